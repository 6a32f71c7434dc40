//! The demo's own authoritative name server: one zone on loopback, changed by signed RFC 2136 updates.
//!
//! It is the name server of `serve`, in memory. Unsigned questions are answered; a signed one is checked and its answer
//! signed; an update must be signed.

use crate::provider::rfc2136::settings::{Algorithm, TsigKey};
use dynflare_core::name::Name;
use dynflare_core::record::{Key as SetKey, RecordType, RrSet};
use dynflare_nameserver::net::{Manners, Server, Streams, bind};
use dynflare_nameserver::{self as nameserver, Grant, Key, KeySettings, Names, Soa, Store, ZoneSettings};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

/// The TTL of the zone's own records, in seconds.
const TTL: u32 = 60;
/// For how long "there is nothing" may be kept, in seconds: who plays does not wait.
const MINIMUM: u32 = 5;

/// The codes of two types that a zone hangs on.
const NS: u16 = 2;
const SOA: u16 = 6;

/// A running name server; it stops when dropped.
pub struct NameServer {
    address: SocketAddr,
    _server: Server,
}

impl NameServer {
    /// Serves a zone on a free port of 127.0.0.1, UDP and TCP.
    ///
    /// The zone holds its own SOA, NS and name server records beside `initial`.
    pub fn start(zone: &Name, key: &TsigKey, initial: &[RrSet]) -> io::Result<Self> {
        let primary =
            Name::parse("ns").and_then(|label| label.below(zone)).map_err(|error| invalid(&error))?;
        let own = SetKey { name: primary.clone(), rtype: RecordType::A };
        let address = RrSet { key: own, ttl: Some(TTL), values: vec![Ipv4Addr::LOCALHOST.to_string()] };
        let settings = ZoneSettings::new(zone.clone(), primary);
        let soa = Soa { expire: 86_400, minimum: MINIMUM, ttl: TTL, ..settings.soa };
        let zones = vec![ZoneSettings {
            soa,
            fixed: vec![address],
            initial: initial.to_vec(),
            first_serial: Some(1),
            ..settings
        }];
        // Everything, what the zone hangs on included: there is nobody else.
        let grant = |types| Grant { names: Names::Within(zone.clone()), types };
        let keys =
            vec![KeySettings { key: shared(key)?, grants: vec![grant(None), grant(Some(vec![NS, SOA]))] }];
        let settings = nameserver::Settings { zones, keys, store: Store::Memory };
        let engine = nameserver::NameServer::open(settings).map_err(|error| invalid(&error))?;
        let sockets = bind(&[SocketAddr::from((Ipv4Addr::LOCALHOST, 0))])?;
        let server = Server::start(engine, sockets, Streams::default(), (Manners::default(), Vec::new()))?;
        let address = *server.addresses().first().expect("invariant: it was given one socket");
        Ok(Self { address, _server: server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The key as the name server has it.
fn shared(key: &TsigKey) -> io::Result<Key> {
    let algorithm = match key.algorithm {
        Algorithm::Sha256 => nameserver::Algorithm::Sha256,
        Algorithm::Sha384 => nameserver::Algorithm::Sha384,
        Algorithm::Sha512 => nameserver::Algorithm::Sha512,
    };
    let name = Name::parse(&key.name).map_err(|error| invalid(&error))?;
    let secret = key.octets().map_err(|error| invalid(&error))?;
    Key::new(name, algorithm, &secret).ok_or_else(|| invalid(&"the secret is empty"))
}

fn invalid(error: &impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error.to_string())
}
