//! The door for the fuzz target: any octets as a request, and as an update of somebody who may do everything.

use crate::draft::{Draft, Pending};
use crate::message::{HEAD, Head, RecordAt, Request};
use crate::name::{self, WireName};
use crate::rdata::code;
use crate::sets;
use crate::settings::{Grant, KeySettings, Names, Permit, Settings, Store, ZoneSettings};
use crate::tsig::{Algorithm, Key};
use crate::update::Update;
use crate::{Answered, NameServer, Transport};
use dynflare_core::address::Prefix;
use dynflare_core::name::Name;
use dynflare_core::record::{Key as SetKey, RecordType, RrSet};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

/// One request, over UDP and over TCP, and once more as an update that is permitted.
pub fn answer(octets: &[u8]) {
    static SERVER: OnceLock<NameServer> = OnceLock::new();
    let server = SERVER.get_or_init(server);
    let from = SocketAddr::from(([192, 0, 2, 7], 5353));
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut out = Vec::new();
        match server.answer(octets, from, transport, &mut out) {
            Answered::Done => check(octets, &out),
            Answered::Update(_) => panic!("nobody can sign by chance"),
            Answered::Transfer(transfer) => transfer.for_each(|message| check(octets, &message)),
        }
    }
    update(server, octets);
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn server() -> NameServer {
    let set = |text, rtype, value: &str| RrSet {
        key: SetKey { name: name(text), rtype },
        ttl: Some(60),
        values: vec![value.to_owned()],
    };
    let zone = ZoneSettings {
        first_serial: Some(1),
        initial: vec![
            set("home.example.org", RecordType::A, "203.0.113.7"),
            set("alias.example.org", RecordType::Cname, "home.example.org"),
            set("*.wild.example.org", RecordType::Txt, "hello"),
            set("a.b.example.org", RecordType::Https, "1 . alpn=h2"),
        ],
        transfer: vec![Permit { key: None, from: Prefix::new([192, 0, 2, 0].into(), 24).ok() }],
        ..ZoneSettings::new(name("example.org"), name("ns.example.org"))
    };
    let keys = vec![sender()];
    NameServer::open(Settings { zones: vec![zone], keys, store: Store::Memory }).expect("it opens")
}

fn sender() -> KeySettings {
    let all = Grant { names: Names::Within(name("example.org")), types: Some((0..=u16::MAX).collect()) };
    KeySettings { key: Key::of(name("key"), Algorithm::Sha256, b"secret"), grants: vec![all] }
}

/// Whatever is answered is a whole message, and the answer to this request.
fn check(request: &[u8], answer: &[u8]) {
    let Some(head) = Head::read(answer) else {
        assert!(answer.is_empty(), "half an answer");
        return;
    };
    assert!(head.is_response() && answer[..2] == request[..2] && answer.len() <= usize::from(u16::MAX));
    let mut at = HEAD;
    for _ in 0..head.counts[0] {
        let (_, next) = WireName::read(answer, at).expect("a question");
        at = next + 4;
    }
    for _ in 0..head.counts[1..].iter().map(|count| u32::from(*count)).sum::<u32>() {
        at = RecordAt::read(answer, at).expect("as many records as it says").to;
    }
    assert_eq!(at, answer.len(), "nothing after the last record");
}

/// Whatever an update does leaves a zone that can be served.
fn update(server: &NameServer, octets: &[u8]) {
    let Some(request) = Request::read(octets) else { return };
    let state = server.state();
    let zone = &state.zones[0].zone;
    let Ok(update) = Update::read(&request, zone.key(), Arc::new(sender())) else { return };
    let nothing = Pending::new();
    let Ok((pending, serial)) = update.apply(Draft::new(zone, &nothing)) else { return };
    assert_eq!(
        pending.is_empty(),
        serial == zone.serial(),
        "the serial number is raised by what changes something"
    );
    for (key, piece) in &pending {
        assert!(sets::is_sound(piece) && name::is_key(key));
        if let Some(alias) = sets::find(piece, code::CNAME) {
            assert!(alias.records().count() == 1 && sets::all(piece).count() == 1, "an alias stands alone");
        }
        if key.is_empty() {
            let soa = sets::find(piece, code::SOA).expect("a zone has a SOA record");
            assert!(soa.records().count() == 1 && sets::find(piece, code::NS).is_some());
        }
    }
}
