//! What a name server is told when it is opened: zones, keys, where it keeps what changes.

use crate::tsig::{Algorithm, Key};
use dynflare_core::address::Prefix;
use dynflare_core::name::Name;
use dynflare_core::record::RrSet;
use std::net::IpAddr;
use std::path::PathBuf;

/// All of it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The zones it answers for.
    pub zones: Vec<ZoneSettings>,
    /// The keys that may change or transfer zones (RFC 8945).
    pub keys: Vec<KeySettings>,
    /// Where changes are kept.
    pub store: Store,
}

/// Where changes are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// Nowhere: they end with the program.
    Memory,
    /// In this file, which is made where there is none. A file with `.lock` at the end of its name stands beside it.
    File(PathBuf),
}

/// One zone.
#[derive(Clone, Debug)]
pub struct ZoneSettings {
    /// Its name.
    pub name: Name,
    /// Its SOA record, all but the serial number.
    pub soa: Soa,
    /// Its NS records.
    pub servers: Vec<Name>,
    /// Sets that hold what stands here from the moment of opening on, like the addresses of its own name servers.
    /// An empty set takes away what an earlier opening put there.
    pub fixed: Vec<RrSet>,
    /// Sets that a zone begins with; not looked at where the store knows the zone.
    pub initial: Vec<RrSet>,
    /// Who may transfer it; nobody else may.
    pub transfer: Vec<Permit>,
    /// The serial number of a zone that the store does not know. `None`: the seconds since 1970, so that a zone that
    /// had to be made anew is newer than what its secondaries remember.
    pub first_serial: Option<u32>,
}

/// The fields of a SOA record (RFC 1035 §3.3.13), all but the serial number. Times in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soa {
    /// The primary name server.
    pub primary: Name,
    /// The mailbox of whoever is in charge, with a dot for the `@`.
    pub contact: Name,
    /// How often secondaries look.
    pub refresh: u32,
    /// How soon they look again after a failure.
    pub retry: u32,
    /// After how long without an answer they give up the zone.
    pub expire: u32,
    /// For how long "there is nothing" may be kept (RFC 2308 §4).
    pub minimum: u32,
    /// The TTL of the SOA and the NS records.
    pub ttl: u32,
}

/// Who may transfer a zone. Both have to hold where both are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The key that the request is signed with.
    pub key: Option<Name>,
    /// Where it comes from.
    pub from: Option<Prefix>,
}

/// A key and what may be changed with it.
#[derive(Clone, Debug)]
pub struct KeySettings {
    /// Name, algorithm and secret.
    pub key: Key,
    /// What it may change; a key without grants may transfer and ask, where that is permitted, and change nothing.
    pub grants: Vec<Grant>,
}

/// Names and types that a key may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The names.
    pub names: Names,
    /// The types, by their codes. `None`: all but those that a zone hangs on (SOA, NS, DNSSEC's).
    pub types: Option<Vec<u16>>,
}

/// Some names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// Exactly this one.
    Exactly(Name),
    /// Those below this one, but not itself.
    Below(Name),
    /// This one and those below.
    Within(Name),
}

/// A name server cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The same zone twice.
    #[error("the zone {0} is given twice")]
    TwiceZone(Name),
    /// The same key twice.
    #[error("the key {0} is given twice")]
    TwiceKey(String),
    /// A set that does not lie in its zone, or whose values are none of its type.
    #[error("the zone {zone} cannot hold {what}: {why}")]
    Set {
        /// The zone.
        zone: Name,
        /// Name and type.
        what: String,
        /// The reason, as a clause.
        why: String,
    },
    /// The store cannot be used.
    #[error("the store {} {why}", .path.display())]
    Store {
        /// Its file.
        path: PathBuf,
        /// What is wrong, as the rest of the sentence.
        why: String,
    },
    /// The system has no thread left.
    #[error("the thread that writes changes does not run: {0}")]
    Thread(std::io::Error),
}

impl ZoneSettings {
    /// A zone with one name server, which is told of nothing yet: times as they suit names that move.
    pub fn new(name: Name, primary: Name) -> Self {
        let contact =
            Name::parse("hostmaster").and_then(|label| label.below(&name)).unwrap_or_else(|_| name.clone());
        let soa = Soa {
            primary: primary.clone(),
            contact,
            refresh: 3600,
            retry: 600,
            expire: 1_209_600,
            minimum: 60,
            ttl: 3600,
        };
        Self {
            name,
            soa,
            servers: vec![primary],
            fixed: Vec::new(),
            initial: Vec::new(),
            transfer: Vec::new(),
            first_serial: None,
        }
    }
}

impl Permit {
    /// Whether a request from an address, signed with a key or not, is permitted.
    pub(crate) fn holds(&self, from: IpAddr, signed: Option<&Name>) -> bool {
        let key = self.key.as_ref().is_none_or(|key| signed == Some(key));
        let address = self.from.is_none_or(|prefix| prefix.contains(from.to_canonical()));
        // A permit without conditions would be one for everybody by oversight.
        key && address && (self.key.is_some() || self.from.is_some())
    }
}

impl KeySettings {
    /// A key that may change everything in all zones but what a zone hangs on.
    pub fn for_zones<'z>(key: Key, zones: impl IntoIterator<Item = &'z Name>) -> Self {
        let grant = |zone: &Name| Grant { names: Names::Within(zone.clone()), types: None };
        Self { key, grants: zones.into_iter().map(grant).collect() }
    }
}

impl Key {
    /// Reads a secret in octets; at least one.
    pub fn new(name: Name, algorithm: Algorithm, secret: &[u8]) -> Option<Self> {
        (!secret.is_empty()).then(|| Self::of(name, algorithm, secret))
    }
}
