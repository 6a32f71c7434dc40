//! Secondaries: servers that have a zone from another, and are late with it until they are told.

use super::process::{Directory, installed};
use super::{Kind, NameServer, knot, pdns};
use std::net::Ipv4Addr;

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
