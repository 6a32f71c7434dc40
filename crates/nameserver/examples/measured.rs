//! The name server alone, for measuring it: `measured ADDRESS NAMES [STORE]`.
//!
//! It serves `dyn.example.org` with so many names, `h0` onwards, each with one address, and takes updates signed with the
//! key `k256`. Without a store nothing is kept. It runs until it is killed.

use dynflare_core::name::Name;
use dynflare_core::record::{Key as SetKey, RecordType, RrSet};
use dynflare_nameserver::net::{Manners, RateLimit, Server, Streams, bind};
use dynflare_nameserver::{Algorithm, Key, KeySettings, NameServer, Settings, Store, ZoneSettings};
use std::error::Error;

/// In base64: `MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=`.
const SECRET: &[u8] = b"01234567890123456789012345678901";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("measured ADDRESS NAMES [STORE]");
    let address = next()?.parse()?;
    let count: u32 = next()?.parse()?;
    let store = next().map_or(Store::Memory, |path| Store::File(path.into()));
    let name = Name::parse("dyn.example.org")?;
    let mut zone = ZoneSettings::new(name.clone(), Name::parse("ns1.dyn.example.org")?);
    let set = |owner: Name, address: String| RrSet {
        key: SetKey { name: owner, rtype: RecordType::A },
        ttl: Some(60),
        values: vec![address],
    };
    zone.fixed = vec![set(Name::parse("ns1.dyn.example.org")?, "127.0.0.1".to_owned())];
    for number in 0..count {
        let owner = Name::parse(&format!("h{number}.dyn.example.org"))?;
        zone.initial.push(set(owner, format!("203.0.{}.{}", number % 113, number % 250 + 1)));
    }
    let key = Key::new(Name::parse("k256")?, Algorithm::Sha256, SECRET).ok_or("no secret")?;
    let keys = vec![KeySettings::for_zones(key, [&name])];
    let engine = NameServer::open(Settings { zones: vec![zone], keys, store })?;
    // As it comes: the limiter is there and lets this machine through.
    let manners =
        Manners { rate: Some(RateLimit::default()), whoami: vec![Name::parse("whoami.dyn.example.org")?] };
    let _server = Server::start(engine, bind(&[address])?, Streams::default(), (manners, Vec::new()))?;
    loop {
        std::thread::park();
    }
}
