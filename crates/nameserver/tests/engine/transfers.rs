//! Zones for secondaries: RFC 5936, RFC 1995, signed message by message (RFC 8945 §5.3.1).

use crate::asking::{asking, name, octets, server_with, set, somebody, zone};
use crate::signed::{good, key, rcode};
use domain::base::iana::Class;
use domain::base::message_builder::AdditionalBuilder;
use domain::base::{Message, MessageBuilder, Name, ParsedName, Question, Rtype, Ttl, UnknownRecordData};
use domain::rdata::AllRecordData;
use domain::rdata::tsig::Time48;
use domain::tsig::ClientSequence;
use dynflare_core::address::Prefix;
use dynflare_core::record::RecordType;
use dynflare_nameserver::{
    Algorithm, Answered, Change, NameServer, Permit, Transfer, Transport, ZoneSettings,
};
use std::str::FromStr;

fn house(permit: Permit, names: usize) -> NameServer {
    let initial = (0..names).map(|number| {
        set(&format!("n{number:05}.example.org"), RecordType::A, &["203.0.113.7", "203.0.113.8"])
    });
    let zone = ZoneSettings { transfer: vec![permit], ..zone(initial.collect()) };
    server_with(vec![zone], vec![key("laptop", Algorithm::Sha256)])
}

fn near() -> Permit {
    Permit { key: None, from: Some(Prefix::covering(somebody().ip(), 24).expect("24 of 32")) }
}

/// IXFR with the SOA record that the client has.
fn increment(serial: u32) -> AdditionalBuilder<Vec<u8>> {
    let mut builder = MessageBuilder::new_vec().question();
    let origin = Name::<Vec<u8>>::from_str("example.org").expect("a name");
    builder.push(Question::new(origin.clone(), Rtype::IXFR, Class::IN)).expect("it fits");
    let mut builder = builder.authority();
    let data = [&[0, 0], &serial.to_be_bytes()[..], &[0; 16]].concat();
    let soa = UnknownRecordData::from_octets(Rtype::SOA, data).expect("short");
    builder.push((origin, Class::IN, Ttl::ZERO, soa)).expect("it fits");
    builder.additional()
}

fn begin(server: &NameServer, request: &[u8]) -> Result<Transfer, String> {
    let mut out = Vec::new();
    match server.answer(request, somebody(), Transport::Tcp, &mut out) {
        Answered::Transfer(transfer) => Ok(transfer),
        Answered::Done => Err(rcode(&out)),
        Answered::Update(_) => panic!("no update was sent"),
    }
}

/// The records of all messages, `owner TTL type data`, SOA records as `SOA serial`.
fn lines(messages: impl Iterator<Item = Vec<u8>>) -> Vec<String> {
    let mut lines = Vec::new();
    for octets in messages {
        let message = Message::from_octets(octets).expect("a whole head");
        assert!(message.header().aa() && !message.header().tc());
        for record in message.answer().expect("a section") {
            let record = record.expect("a whole record");
            let record = record.into_record::<AllRecordData<_, ParsedName<_>>>();
            let record = record.expect("data of its type").expect("any type");
            lines.push(match record.data() {
                AllRecordData::Soa(soa) => format!("SOA {}", soa.serial()),
                data => format!("{} {} {} {data}", record.owner(), record.ttl().as_secs(), record.rtype()),
            });
        }
    }
    lines
}

async fn change(server: &NameServer, text: &str, values: &[&str]) -> u32 {
    let change = Change::to(set(text, RecordType::A, values));
    server.change(&name("example.org"), vec![change]).await.expect("it can be made")
}

#[test]
fn a_whole_zone_goes_out_in_messages_that_fit() {
    let server = house(near(), 3000);
    let messages: Vec<Vec<u8>> =
        begin(&server, &asking("example.org", Rtype::AXFR).finish()).expect("permitted").collect();
    assert!(messages.len() > 5 && messages.iter().all(|octets| octets.len() < 17_000));
    let lines = lines(messages.into_iter());
    assert_eq!((lines[0].as_str(), lines.last().map(String::as_str)), ("SOA 1", Some("SOA 1")));
    assert_eq!(lines.len(), 2 + 2 + 6000, "NS and its address, two for each name, two SOA");
    assert!(lines.contains(&"example.org 60 NS ns.example.org.".to_owned()));
    assert_eq!(lines.iter().filter(|line| line.starts_with("n02999.example.org 60 A")).count(), 2);
}

#[tokio::test]
async fn a_transfer_shows_the_zone_as_it_was_when_it_began() {
    let server = house(near(), 2000);
    let mut transfer = begin(&server, &asking("example.org", Rtype::AXFR).finish()).expect("permitted");
    let first = transfer.next().expect("more than one");
    assert_eq!(change(&server, "n01999.example.org", &["203.0.113.99"]).await, 2);
    let lines = lines(std::iter::once(first).chain(transfer));
    assert_eq!(lines.last().map(String::as_str), Some("SOA 1"));
    assert!(!lines.iter().any(|line| line.contains("203.0.113.99")));
}

#[test]
fn nobody_else_gets_a_zone() {
    let request = || asking("example.org", Rtype::AXFR).finish();
    let far =
        Permit { key: None, from: Some(Prefix::covering([198, 51, 100, 0].into(), 24).expect("24 of 32")) };
    let keyed = Permit { key: Some(name("laptop")), from: None };
    let other = Permit { key: Some(name("desk")), from: None };
    for permit in [far, keyed.clone(), Permit { key: None, from: None }] {
        assert_eq!(begin(&house(permit, 1), &request()).err().as_deref(), Some("REFUSED"));
    }
    let near = house(near(), 1);
    assert_eq!(
        begin(&near, &asking("www.example.org", Rtype::AXFR).finish()).err().as_deref(),
        Some("NOTAUTH")
    );
    assert_eq!(rcode(&octets(&near, &request(), Transport::Udp)), "FORMERR", "not over UDP");
    for (permit, permitted) in [(keyed, true), (other, false)] {
        let (signed, _) = crate::signed::sign(asking("example.org", Rtype::AXFR), &good(), 0);
        assert_eq!(begin(&house(permit, 1), &signed).is_ok(), permitted);
    }
}

#[test]
fn each_message_of_a_transfer_is_signed_after_the_one_before() {
    let server = house(Permit { key: Some(name("laptop")), from: None }, 3000);
    let mut request = asking("example.org", Rtype::AXFR);
    let mut sequence = ClientSequence::request(good(), &mut request, Time48::now()).expect("it fits");
    let mut messages = 0;
    for octets in begin(&server, &request.finish()).expect("permitted") {
        let mut message = Message::from_octets(octets).expect("a whole head");
        sequence.answer(&mut message, Time48::now()).expect("well signed");
        messages += 1;
    }
    sequence.done().expect("the last one is signed");
    assert!(messages > 5);
}

#[test]
fn too_many_transfers_at_once_are_put_off() {
    let server = house(near(), 1);
    let request = asking("example.org", Rtype::AXFR).finish();
    let mut running: Vec<Transfer> = (0..16).map(|_| begin(&server, &request).expect("a place")).collect();
    assert_eq!(begin(&server, &request).err().as_deref(), Some("SERVFAIL"));
    running.pop();
    assert!(begin(&server, &request).is_ok());
}

#[tokio::test]
async fn what_has_changed_goes_out_alone() {
    let server = house(near(), 100);
    assert_eq!(change(&server, "new.example.org", &["203.0.113.1"]).await, 2);
    assert_eq!(change(&server, "n00000.example.org", &["203.0.113.8", "203.0.113.9"]).await, 3);
    assert_eq!(change(&server, "new.example.org", &[]).await, 4);
    let since = |serial| lines(begin(&server, &increment(serial).finish()).expect("permitted"));
    let last = ["SOA 3", "new.example.org 60 A 203.0.113.1", "SOA 4", "SOA 4"];
    assert_eq!(since(3), [&["SOA 4"], &last[..]].concat());
    let middle =
        ["SOA 2", "n00000.example.org 60 A 203.0.113.7", "SOA 3", "n00000.example.org 60 A 203.0.113.9"];
    assert_eq!(since(2), [&["SOA 4"], &middle[..], &last].concat());
    let first = ["SOA 1", "SOA 2", "new.example.org 60 A 203.0.113.1"];
    assert_eq!(since(1), [&["SOA 4"], &first[..], &middle, &last].concat());
    assert_eq!(since(4), ["SOA 4"], "nothing new");
    assert_eq!(since(5), ["SOA 4"], "the client is ahead");
    let whole = since(77_000_000_u32.wrapping_neg());
    assert_eq!(
        (whole.len(), whole[1].as_str()),
        (2 + 2 + 200, "example.org 60 NS ns.example.org."),
        "unknown: all of it"
    );

    let udp = |serial| octets(&server, &increment(serial).finish(), Transport::Udp);
    assert_eq!(lines(std::iter::once(udp(3))), since(3), "it fits into a datagram");
    assert_eq!(lines(std::iter::once(udp(4))), ["SOA 4"]);
    assert_eq!(
        lines(std::iter::once(udp(77_000_000_u32.wrapping_neg()))),
        ["SOA 4"],
        "the client comes back over TCP"
    );
    for number in 0..40 {
        change(&server, &format!("m{number}.example.org"), &["203.0.113.1"]).await;
    }
    assert_eq!(lines(std::iter::once(udp(4))), ["SOA 44"], "too much for a datagram");
    let without_soa = asking("example.org", Rtype::IXFR).finish();
    assert_eq!(begin(&server, &without_soa).err().as_deref(), Some("FORMERR"));
}

#[tokio::test]
async fn differences_are_kept_up_to_a_bound() {
    let server = house(near(), 10);
    for number in 0..1500 {
        change(
            &server,
            &format!("n0000{}.example.org", number % 10),
            &[&format!("198.51.100.{}", number % 250)],
        )
        .await;
    }
    let since = |serial| lines(begin(&server, &increment(serial).finish()).expect("permitted")).len();
    assert_eq!(since(1), 2 + 2 + 10, "the first ones are forgotten: the whole zone");
    assert!(since(1500) == 6 && since(1400) > 300, "the last ones are there");
}
