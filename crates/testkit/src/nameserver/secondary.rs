//! Secondaries: servers that have a zone from another, and are late with it until they are told.

use super::process::{Directory, installed, persist};
use super::{Key, Kind, NameServer, bind, client, knot, pdns};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

impl NameServer {
    /// Starts Knot or PowerDNS as a secondary of `primary` for [`ZONE`], at `address` and the same port, IPv4 only. It transfers the zone when
    /// it has started, and then when it is notified from 127.0.0.1; no other does so soon.
    pub fn start_secondary(kind: Kind, primary: &Self, address: Ipv4Addr) -> Option<Self> {
        if !installed(kind.programs(), kind.packages()) {
            return None;
        }
        let (directory, port) = (Directory::new().expect("a directory for it"), primary.port);
        let launch = match kind {
            Kind::Bind => panic!("BIND listens only at addresses that an interface has"),
            Kind::Knot => knot::prepare_secondary(&directory.0, primary.v4(), address),
            Kind::PowerDns => pdns::prepare_secondary(&directory.0, primary.v4(), address),
        };
        let server = Self::launch(kind, directory, port, launch.expect("its files can be written"));
        Some(server.unwrap_or_else(|error| panic!("{kind:?} does not start: {error}")))
    }
}

/// A zone that a secondary has from a primary that is none of ours: where, and the key for everything between them.
#[derive(Clone, Copy, Debug)]
pub struct Primary<'a> {
    /// Where it listens.
    pub address: SocketAddr,
    /// The zone.
    pub zone: &'a str,
    /// Signs transfers, and has to sign the word that the zone has changed.
    pub key: Option<Key>,
}

impl NameServer {
    /// Starts BIND or Knot as a secondary of some server on 127.0.0.1, at that address and a port of its own. It
    /// transfers the zone when it has started, and then when it is told of a change from 127.0.0.1.
    pub fn start_secondary_of(kind: Kind, primary: Primary<'_>) -> Option<Self> {
        if !client::installed() || !installed(kind.programs(), kind.packages()) {
            return None;
        }
        let prepare = |path: &Path, port| {
            let launch = match kind {
                Kind::Bind => bind::prepare_secondary_of(path, port, primary),
                Kind::Knot => knot::prepare_secondary_of(path, port, primary),
                Kind::PowerDns => panic!("PowerDNS is a secondary of PowerDNS only here"),
            };
            launch.map(|launch| (launch, ()))
        };
        let (server, ()) = persist(|| Self::try_start_with(kind, prepare));
        Some(server)
    }

    /// The serial number of a zone; `None` while it does not answer for it.
    pub fn serial(&self, zone: &str) -> Option<u32> {
        self.read(zone, "SOA").first()?.split(' ').nth(2)?.parse().ok()
    }
}
