//! Questions in wire form, and answers as text.

use domain::base::iana::{Class, Opcode};
use domain::base::message_builder::AdditionalBuilder;
use domain::base::{Message, MessageBuilder, Name, ParsedName, Question, Rtype};
use domain::rdata::AllRecordData;
use dynflare_core::name::Name as CoreName;
use dynflare_core::record::{Key, RecordType, RrSet};
use dynflare_nameserver::{Answered, KeySettings, NameServer, Settings, Soa, Store, Transport, ZoneSettings};
use std::net::SocketAddr;
use std::str::FromStr;

/// A checked name.
pub(crate) fn name(text: &str) -> CoreName {
    CoreName::parse(text).expect("a name")
}

/// A set with a TTL of a minute.
pub(crate) fn set(text: &str, rtype: RecordType, values: &[&str]) -> RrSet {
    let values = values.iter().map(ToString::to_string).collect();
    RrSet { key: Key { name: name(text), rtype }, ttl: Some(60), values }
}

/// The zone example.org with some of everything.
pub(crate) fn zone(initial: Vec<RrSet>) -> ZoneSettings {
    let base = ZoneSettings::new(name("example.org"), name("ns.example.org"));
    let soa = Soa { refresh: 3600, retry: 600, expire: 86_400, minimum: 5, ttl: 60, ..base.soa };
    ZoneSettings {
        soa,
        fixed: vec![set("ns.example.org", RecordType::A, &["192.0.2.53"])],
        initial,
        first_serial: Some(1),
        ..base
    }
}

/// A server of some zones in memory.
pub(crate) fn server(zones: Vec<ZoneSettings>) -> NameServer {
    server_with(zones, Vec::new())
}

/// A server of some zones in memory, with keys.
pub(crate) fn server_with(zones: Vec<ZoneSettings>, keys: Vec<KeySettings>) -> NameServer {
    NameServer::open(Settings { zones, keys, store: Store::Memory }).expect("it opens")
}

/// Where all requests seem to come from.
pub(crate) fn somebody() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7], 5353))
}

/// A question without EDNS.
pub(crate) fn question(text: &str, rtype: Rtype) -> Vec<u8> {
    asking(text, rtype).finish()
}

/// The same, while records can still be added.
pub(crate) fn asking(text: &str, rtype: Rtype) -> AdditionalBuilder<Vec<u8>> {
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_id(0x1234);
    builder.header_mut().set_opcode(Opcode::QUERY);
    let mut builder = builder.question();
    let name = Name::<Vec<u8>>::from_str(text).expect("a name");
    builder.push(Question::new(name, rtype, Class::IN)).expect("it fits");
    builder.additional()
}

/// A question with EDNS and this payload size.
pub(crate) fn question_with(text: &str, rtype: Rtype, payload: u16) -> Vec<u8> {
    let mut octets = question(text, rtype);
    octets[11] = 1;
    octets.extend([0, 0, 41]);
    octets.extend(payload.to_be_bytes());
    octets.extend([0, 0, 0, 0, 0, 0]);
    octets
}

/// The answer's octets; empty for silence.
pub(crate) fn octets(server: &NameServer, request: &[u8], transport: Transport) -> Vec<u8> {
    let mut out = Vec::new();
    match server.answer(request, somebody(), transport, &mut out) {
        Answered::Done => out,
        Answered::Update(_) | Answered::Transfer(_) => panic!("a plain answer was expected"),
    }
}

/// An answer as text: `RCODE flags`, then each record with the letter of its section.
pub(crate) fn text(octets: &[u8]) -> String {
    let message = Message::from_octets(octets).expect("a whole head");
    let header = message.header();
    let flag = |on: bool, text: &'static str| if on { text } else { "" };
    let mut lines = vec![format!(
        "{}{}{}{}{}",
        message.opt_rcode(),
        flag(header.aa(), " aa"),
        flag(header.tc(), " tc"),
        flag(header.rd(), " rd"),
        flag(header.ra(), " ra"),
    )];
    let sections = [message.answer(), message.authority(), message.additional()];
    for (section, letter) in sections.into_iter().zip(["+", "~", "."]) {
        for record in section.expect("a whole message") {
            let record = record.expect("a whole record");
            if matches!(record.rtype(), Rtype::OPT | Rtype::TSIG) {
                continue;
            }
            let record = record
                .into_record::<AllRecordData<_, ParsedName<_>>>()
                .expect("data of its type")
                .expect("any type is read");
            lines.push(format!(
                "{letter} {} {} {} {}",
                record.owner(),
                record.ttl().as_secs(),
                record.rtype(),
                record.data()
            ));
        }
    }
    lines.join("\n")
}

/// What a question over UDP is answered, as text.
pub(crate) fn ask(server: &NameServer, text: &str, rtype: Rtype) -> String {
    self::text(&octets(server, &question(text, rtype), Transport::Udp))
}
