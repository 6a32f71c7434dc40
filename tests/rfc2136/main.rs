//! The RFC 2136 adapter against BIND, Knot and PowerDNS, over UDP and TCP, IPv4 and IPv6.
//!
//! Each test runs at every server that is installed; what it says about one way of reaching it is said about all four
//! unless the test is about something else.

use dynflare::net::{Network, NetworkSettings};
use dynflare::provider::rfc2136::Rfc2136;
use dynflare::provider::rfc2136::settings::{Algorithm, Settings, Transport, TsigKey};
use dynflare::provider::{RrSets, Zone};
use dynflare::secret::Secret;
use dynflare_core::fault::Fault;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType, RrSet};
use dynflare_testkit::nameserver::{self, KEYS, Kind, NameServer};
use std::net::SocketAddr;

mod change;
mod doubt;
mod locate;
mod race;
mod refusal;

/// One way to one server.
struct Way<'s> {
    server: &'s NameServer,
    adapter: Rfc2136,
    /// A label of its own, under which its test may do as it likes.
    label: String,
}

impl Way<'_> {
    fn name(&self, prefix: &str) -> String {
        format!("{prefix}{}.example.org", self.label)
    }

    async fn get(&self, name: &str, rtype: RecordType) -> Result<RrSet, Fault> {
        RrSets::get(&self.adapter, &zone("example.org"), &key(name, rtype)).await
    }

    /// Reads the set and replaces it by `values`.
    async fn set(&self, name: &str, rtype: RecordType, values: &[&str]) -> Result<(), Fault> {
        let expect = self.get(name, rtype).await?;
        self.replace(expect, values).await
    }

    async fn replace(&self, expect: RrSet, values: &[&str]) -> Result<(), Fault> {
        let step = Replace { expect, values: values.iter().map(ToString::to_string).collect(), ttl: 60 };
        RrSets::replace(&self.adapter, &zone("example.org"), &step).await
    }
}

/// Runs a test over UDP and TCP, IPv4 and IPv6 at each server; the keys take turns, so that each algorithm is used.
async fn every_way(test: impl AsyncFn(&Way<'_>)) {
    for server in Kind::ALL.into_iter().filter_map(NameServer::start) {
        let ways = [
            (server.v4(), Transport::Udp),
            (server.v6(), Transport::Udp),
            (server.v4(), Transport::Tcp),
            (server.v6(), Transport::Tcp),
            (server.v4(), Transport::Auto),
        ];
        for (number, (address, transport)) in ways.into_iter().enumerate() {
            let adapter = adapter(address, transport, Some(KEYS[number % KEYS.len()]));
            test(&Way { server: &server, adapter, label: format!("way{number}") }).await;
        }
    }
}

/// Runs a test once at each server.
async fn every_server(test: impl AsyncFn(&Way<'_>)) {
    for server in Kind::ALL.into_iter().filter_map(NameServer::start) {
        let adapter = adapter(server.v4(), Transport::Auto, Some(KEYS[0]));
        test(&Way { server: &server, adapter, label: "home".into() }).await;
    }
}

fn adapter(address: SocketAddr, transport: Transport, key: Option<nameserver::Key>) -> Rfc2136 {
    let key = key.map(|key| TsigKey {
        name: key.name.into(),
        algorithm: key.algorithm.parse::<Algorithm>().expect("one of ours"),
        secret: Secret::new(key.secret),
    });
    let settings = Settings { server: address.to_string(), key, transport };
    Rfc2136::new(settings, &Network::new(NetworkSettings::default())).expect("settings are right")
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn zone(text: &str) -> Zone {
    Zone { name: name(text), id: text.into() }
}

fn key(text: &str, rtype: RecordType) -> Key {
    Key { name: name(text), rtype }
}

/// A set as core describes it.
fn set(text: &str, rtype: RecordType, values: &[&str]) -> RrSet {
    let ttl = (!values.is_empty()).then_some(60);
    RrSet { key: key(text, rtype), ttl, values: values.iter().map(ToString::to_string).collect() }
}
