//! What `dynflare serve` is told: plain values, checked, with their places where something may be said about them later.

use super::access::Pattern;
use crate::config::origin::{self, Setting};
use crate::provider::rfc2136::settings::TsigKey;
use crate::secret::Secret;
use crate::server::client::Telling;
use dynflare_core::address::Prefix;
use dynflare_core::name::Name;
use dynflare_core::record::RecordType;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The table `[serve]`.
#[derive(Clone, Debug)]
pub struct Serve {
    /// Where it begins.
    pub place: origin::Place,
    /// The server's own name: for its certificate and for the name server records of its zones.
    pub name: Setting<Option<Name>>,
    /// Where the web side listens.
    pub listen: Setting<Vec<SocketAddr>>,
    /// Where the name server listens, UDP and TCP.
    pub dns: Setting<Vec<SocketAddr>>,
    /// Where the STUN responder listens, UDP and TCP.
    pub stun: Setting<Vec<SocketAddr>>,
    /// Where `/healthz` and `/metrics` are.
    pub status: Setting<Vec<SocketAddr>>,
    /// The addresses of this server, for the records of its zones.
    pub addresses: Setting<Vec<IpAddr>>,
    /// Whose word about clients counts.
    pub proxies: Setting<Vec<Prefix>>,
    /// How they tell.
    pub way: Setting<Telling>,
    /// The name that answers with the asker's address.
    pub whoami: Setting<Option<Name>>,
    /// What echoes are signed with.
    pub echo_key: Option<Secret>,
    /// How long a value that was replaced may not come back.
    pub flap_window: Setting<Duration>,
    /// Where the certificate comes from.
    pub tls: Option<Tls>,
    /// Where that is said.
    pub tls_place: Option<origin::Place>,
    /// The zones by name.
    pub zones: BTreeMap<Name, Zone>,
    /// Who may update, by name.
    pub accounts: BTreeMap<String, Account>,
    /// Keys that sign updates and transfers, by the name of their table.
    pub keys: BTreeMap<String, Key>,
    /// Who is told of changes and may transfer zones, by the name of their table.
    pub secondaries: BTreeMap<String, Secondary>,
    /// How much is served.
    pub limits: Limits,
}

impl Serve {
    /// The zone that a name lies in: the longest.
    pub fn zone_of(&self, name: &Name) -> Option<&Name> {
        name.longest_zone(self.zones.keys())
    }

    /// The accounts that zones lie in, each with the zone that asks for it.
    pub(in crate::config) fn accounts_of_zones(&self) -> impl Iterator<Item = (&str, &origin::Place)> {
        self.zones.values().filter_map(|zone| match &zone.provider {
            Place::Local(_) => None,
            Place::Account(account) => Some((account.as_str(), &zone.place)),
        })
    }

    /// The zones of the server itself.
    pub fn local(&self) -> impl Iterator<Item = (&Name, &Zone, &Local)> {
        self.zones.iter().filter_map(|(name, zone)| match &zone.provider {
            Place::Local(local) => Some((name, zone, local)),
            Place::Account(_) => None,
        })
    }
}

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From files, which are read again when they change.
    Files {
        /// The chain, PEM.
        certificate: PathBuf,
        /// Its private key, PEM.
        key: PathBuf,
    },
    /// It is asked for by itself.
    Acme {
        /// Whom the certificate authority may write to, as `mailto:` URLs.
        contact: Vec<String>,
        /// The certificate authority's directory, where it is not the usual one.
        directory: Option<String>,
        /// Whom to trust about the directory's own certificate, beside the system's authorities.
        ca_file: Option<PathBuf>,
    },
}

/// A zone whose names can be updated.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Where it is said.
    pub place: origin::Place,
    /// Where its records lie.
    pub provider: Place,
    /// The provider's identifier of the zone.
    pub zone_id: Option<String>,
    /// The TTL of new records in seconds; the provider's own where it is `None`.
    pub ttl: Option<u32>,
}

/// Where the records of a zone lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the name server of this program.
    Local(Local),
    /// In an account at a provider.
    Account(String),
}

/// What belongs to a zone of the server itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Its name servers, this one first; their addresses are in the zone where their names are.
    pub servers: Vec<Name>,
}

/// Who may update.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where it is said.
    pub place: origin::Place,
    /// The hash of its password.
    pub password: Option<Secret>,
    /// The hash of its token.
    pub token: Option<Secret>,
    /// The names it may set.
    pub names: Vec<Pattern>,
    /// The types it may set.
    pub types: Vec<RecordType>,
}

/// A key that signs DNS messages.
#[derive(Clone, Debug)]
pub struct Key {
    /// The key.
    pub key: TsigKey,
    /// The names it may update; none where it only transfers.
    pub names: Vec<Pattern>,
    /// The types it may update; all where there are none.
    pub types: Vec<RecordType>,
    /// Whether it may transfer zones.
    pub transfer: bool,
}

/// A server that holds copies of the zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secondary {
    /// Where it is told of changes.
    pub address: SocketAddr,
    /// The table of the key that signs what it is told and asks.
    pub key: Option<String>,
}

/// How much is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time, to the web side.
    pub connections: u32,
    /// The same from one address, /64 in IPv6.
    pub connections_per_address: u32,
    /// Updates of one account a minute.
    pub updates_per_minute: u32,
    /// Requests of one address a minute, /64 in IPv6.
    pub requests_per_minute: u32,
    /// The same DNS answers to one network a second; more are dropped or cut short.
    pub dns_responses_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_address: 32,
            updates_per_minute: 60,
            requests_per_minute: 120,
            dns_responses_per_second: 20,
        }
    }
}
