//! The name server on the network, as real peers see it: dig, kdig, nsupdate, BIND and Knot as secondaries, and clients
//! that behave badly. Everything is on loopback; where a peer is not installed a test is skipped in plain words.

mod bad;
mod dig;
mod limit;
mod secondaries;
mod transfers;
mod update;

use dynflare_core::name::Name;
use dynflare_core::record::{Key as SetKey, RecordType, RrSet};
use dynflare_nameserver::net::{Manners, RateLimit, Secondary, Server, Sockets, Streams, bind};
use dynflare_nameserver::{
    Algorithm, Change, Key, KeySettings, NameServer, Permit, Settings, Store, ZoneSettings,
};
use dynflare_testkit::nameserver::KEYS;
use std::net::SocketAddr;

pub(crate) const ZONE: &str = "dyn.example.org";
pub(crate) const WHOAMI: &str = "whoami.dyn.example.org";

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect(text)
}

pub(crate) fn set(owner: &str, rtype: RecordType, values: &[&str]) -> RrSet {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    RrSet { key: SetKey { name: name(owner), rtype }, ttl: Some(60), values }
}

/// The testkit's first key.
pub(crate) fn key() -> Key {
    Key::new(name(KEYS[0].name), Algorithm::Sha256, SECRET).expect("a secret")
}

/// What [`KEYS`]' first secret is in octets.
const SECRET: &[u8] = b"01234567890123456789012345678901";

pub(crate) fn engine() -> NameServer {
    let mut zone = ZoneSettings::new(name(ZONE), name("ns1.dyn.example.org"));
    zone.fixed = vec![set("ns1.dyn.example.org", RecordType::A, &["203.0.113.53"])];
    // More than fits into a datagram, and not more than BIND takes (100).
    let many: Vec<String> = (1..=90).map(|number| format!("203.0.113.{number}")).collect();
    zone.initial = vec![
        set("home.dyn.example.org", RecordType::A, &["203.0.113.7"]),
        set("home.dyn.example.org", RecordType::Aaaa, &["2001:db8::7"]),
        set("many.dyn.example.org", RecordType::A, &many.iter().map(String::as_str).collect::<Vec<_>>()),
    ];
    zone.transfer = vec![
        Permit { key: None, from: Some("127.0.0.0/8".parse().expect("a prefix")) },
        Permit { key: Some(name(KEYS[0].name)), from: None },
    ];
    let keys = vec![KeySettings::for_zones(key(), [&name(ZONE)])];
    NameServer::open(Settings { zones: vec![zone], keys, store: Store::Memory }).expect("it opens")
}

pub(crate) fn sockets() -> Sockets {
    let any = ["127.0.0.1:0", "[::1]:0"].map(|address| address.parse().expect("an address"));
    bind(&any).expect("loopback has free ports")
}

/// A server as it comes, limited or not, telling these secondaries.
pub(crate) fn serve(rate: Option<RateLimit>, secondaries: Vec<Secondary>) -> Served {
    serve_with(Streams::default(), rate, secondaries)
}

pub(crate) fn serve_with(streams: Streams, rate: Option<RateLimit>, secondaries: Vec<Secondary>) -> Served {
    let engine = engine();
    let manners = Manners { rate, whoami: vec![name(WHOAMI)] };
    let server =
        Server::start(engine.clone(), sockets(), streams, (manners, secondaries)).expect("it starts");
    let [v4, v6] = *server.addresses() else { panic!("both are there") };
    Served { engine, server, v4, v6 }
}

pub(crate) struct Served {
    pub(crate) engine: NameServer,
    pub(crate) server: Server,
    pub(crate) v4: SocketAddr,
    pub(crate) v6: SocketAddr,
}

impl Served {
    /// Changes the address of `home`, as the program itself does; returns the serial number.
    pub(crate) fn change(&self, address: &str) -> u32 {
        let change = Change::to(set("home.dyn.example.org", RecordType::A, &[address]));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(self.engine.change(&name(ZONE), vec![change])).expect("it is made")
    }
}

/// A question about a name, of that type.
pub(crate) fn question(owner: &str, rtype: u16) -> Vec<u8> {
    let mut octets = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in owner.split('.') {
        octets.push(u8::try_from(label.len()).expect("a label"));
        octets.extend(label.bytes());
    }
    octets.push(0);
    octets.extend(rtype.to_be_bytes());
    octets.extend([0, 1]);
    octets
}
