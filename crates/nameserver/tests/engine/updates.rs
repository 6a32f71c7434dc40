//! Updates by messages: RFC 2136, with keys that are limited to names and types.

use crate::asking::{ask, name, octets, server_with, set, zone};
use crate::signed::{good, key, rcode, say, sign};
use domain::base::iana::{Class, Opcode};
use domain::base::message_builder::AdditionalBuilder;
use domain::base::{MessageBuilder, Name, Question, Rtype, Ttl, UnknownRecordData};
use dynflare_core::record::RecordType;
use dynflare_nameserver::{Algorithm, Grant, KeySettings, NameServer, Names, Transport};
use std::str::FromStr;

/// One record of an update: name, class, TTL, type, data.
pub(crate) type Line<'l> = (&'l str, Class, u32, Rtype, &'l [u8]);

const HOME: &str = "home.example.org";
const ONE: &[u8] = &[203, 0, 113, 1];
const TWO: &[u8] = &[203, 0, 113, 2];

pub(crate) fn update(
    zone: (&str, Rtype),
    prerequisites: &[Line<'_>],
    updates: &[Line<'_>],
) -> AdditionalBuilder<Vec<u8>> {
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_opcode(Opcode::UPDATE);
    let mut builder = builder.question();
    let wire = |text: &str| Name::<Vec<u8>>::from_str(text).expect("a name");
    builder.push(Question::new(wire(zone.0), zone.1, Class::IN)).expect("it fits");
    let record = |line: &Line<'_>| {
        let data = UnknownRecordData::from_octets(line.3, line.4.to_vec()).expect("short");
        (wire(line.0), line.1, Ttl::from_secs(line.2), data)
    };
    let mut builder = builder.answer();
    for line in prerequisites {
        builder.push(record(line)).expect("it fits");
    }
    let mut builder = builder.authority();
    for line in updates {
        builder.push(record(line)).expect("it fits");
    }
    builder.additional()
}

fn house(keys: Vec<KeySettings>) -> NameServer {
    let initial = vec![
        set(HOME, RecordType::A, &["203.0.113.1"]),
        set("alias.example.org", RecordType::Cname, &[HOME]),
        set("a.b.example.org", RecordType::Aaaa, &["2001:db8::1"]),
    ];
    server_with(vec![zone(initial)], keys)
}

fn open_house() -> NameServer {
    house(vec![key("laptop", Algorithm::Sha256)])
}

async fn change(server: &NameServer, prerequisites: &[Line<'_>], updates: &[Line<'_>]) -> String {
    let request = update(("example.org", Rtype::SOA), prerequisites, updates);
    let (said, opinion) = say(server, sign(request, &good(), 0)).await;
    assert_eq!(opinion, None, "the answer is signed");
    rcode(&said)
}

fn serial(server: &NameServer) -> u32 {
    server.zones()[0].serial
}

#[tokio::test]
async fn records_are_added_and_deleted() {
    let server = open_house();
    let a = |text: &str| {
        let said = ask(&server, text, Rtype::A);
        said.lines().skip(1).filter_map(|line| line.strip_prefix("+ ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let line = |octet: u8, ttl: u32| format!("{HOME} {ttl} A 203.0.113.{octet}");
    assert_eq!(change(&server, &[], &[(HOME, Class::IN, 30, Rtype::A, TWO)]).await, "NOERROR");
    assert_eq!(
        (a(HOME), serial(&server)),
        (vec![line(1, 30), line(2, 30)], 2),
        "one TTL per set (RFC 2181 §5.2)"
    );
    assert_eq!(change(&server, &[], &[(HOME, Class::IN, 30, Rtype::A, TWO)]).await, "NOERROR");
    assert_eq!(serial(&server), 2, "it was there");
    assert_eq!(change(&server, &[], &[(HOME, Class::NONE, 0, Rtype::A, ONE)]).await, "NOERROR");
    assert_eq!((a(HOME), serial(&server)), (vec![line(2, 30)], 3));
    assert_eq!(change(&server, &[], &[(HOME, Class::ANY, 0, Rtype::A, &[])]).await, "NOERROR");
    assert_eq!((ask(&server, HOME, Rtype::A).starts_with("NXDOMAIN"), serial(&server)), (true, 4));
    let replace = [(HOME, Class::ANY, 0, Rtype::A, &[][..]), (HOME, Class::IN, 60, Rtype::A, ONE)];
    assert_eq!(change(&server, &[], &replace).await, "NOERROR");
    assert_eq!(a(HOME), vec![line(1, 60)]);
    assert_eq!(change(&server, &[], &replace).await, "NOERROR");
    assert_eq!(serial(&server), 5, "deleted and added again is no change");
    assert_eq!(change(&server, &[], &[(HOME, Class::ANY, 0, Rtype::ANY, &[])]).await, "NOERROR");
    assert!(ask(&server, HOME, Rtype::A).starts_with("NXDOMAIN"));
}

#[tokio::test]
async fn what_clashes_or_would_break_the_zone_is_passed_over() {
    let server = open_house();
    let target: &[u8] = b"\x04home\x07example\x03org\x00";
    let old_soa = [b"\x02ns\x00", &b"\x02ns\x00"[..], &[0; 20]].concat();
    let silently: [Line<'_>; 7] = [
        (HOME, Class::IN, 60, Rtype::CNAME, target),
        ("alias.example.org", Class::IN, 60, Rtype::A, ONE),
        ("example.org", Class::ANY, 0, Rtype::ANY, &[]),
        ("example.org", Class::ANY, 0, Rtype::from_int(6), &[]),
        ("gone.example.org", Class::ANY, 0, Rtype::A, &[]),
        ("gone.example.org", Class::NONE, 0, Rtype::A, ONE),
        ("alias.example.org", Class::IN, 60, Rtype::CNAME, b"\x04HOME\x07example\x03org\x00"),
    ];
    for (number, line) in silently.into_iter().enumerate() {
        // SOA is special, and the key may not touch it.
        let expected = if number == 3 { "REFUSED" } else { "NOERROR" };
        assert_eq!(change(&server, &[], &[line]).await, expected, "{line:?}");
    }
    assert_eq!(serial(&server), 2, "only the target's case has changed");
    let everything = KeySettings {
        grants: vec![Grant { names: Names::Within(name("example.org")), types: Some(vec![2, 6]) }],
        ..key("laptop", Algorithm::Sha256)
    };
    let server = house(vec![everything]);
    let ns: &[u8] = b"\x02ns\x07example\x03org\x00";
    for line in [
        ("example.org", Class::NONE, 0, Rtype::NS, ns),
        ("example.org", Class::ANY, 0, Rtype::NS, &[]),
        ("example.org", Class::ANY, 0, Rtype::SOA, &[]),
        ("example.org", Class::IN, 60, Rtype::SOA, &old_soa),
        (HOME, Class::IN, 60, Rtype::SOA, &old_soa),
    ] {
        assert_eq!(change(&server, &[], &[line]).await, "NOERROR", "{line:?}");
    }
    assert_eq!(serial(&server), 1);
    assert!(ask(&server, "example.org", Rtype::NS).contains("NS ns.example.org."));
    let newer = [b"\x02ns\x00", &b"\x02ns\x00"[..], &[0, 0, 0, 9], &[0; 16]].concat();
    assert_eq!(change(&server, &[], &[("example.org", Class::IN, 60, Rtype::SOA, &newer)]).await, "NOERROR");
    assert_eq!(serial(&server), 9);
}

#[tokio::test]
async fn prerequisites_are_all_met_or_nothing_is_done() {
    let server = open_house();
    let nothing: &[u8] = &[];
    let table: &[(Line<'_>, &str)] = &[
        ((HOME, Class::ANY, 0, Rtype::ANY, nothing), "NOERROR"),
        ((HOME, Class::ANY, 0, Rtype::A, nothing), "NOERROR"),
        ((HOME, Class::IN, 0, Rtype::A, ONE), "NOERROR"),
        ((HOME, Class::NONE, 0, Rtype::AAAA, nothing), "NOERROR"),
        (("no.example.org", Class::NONE, 0, Rtype::ANY, nothing), "NOERROR"),
        (("b.example.org", Class::NONE, 0, Rtype::ANY, nothing), "NOERROR"),
        (("b.example.org", Class::ANY, 0, Rtype::ANY, nothing), "NXDOMAIN"),
        (("no.example.org", Class::ANY, 0, Rtype::ANY, nothing), "NXDOMAIN"),
        ((HOME, Class::NONE, 0, Rtype::ANY, nothing), "YXDOMAIN"),
        ((HOME, Class::NONE, 0, Rtype::A, nothing), "YXRRSET"),
        ((HOME, Class::ANY, 0, Rtype::AAAA, nothing), "NXRRSET"),
        ((HOME, Class::IN, 0, Rtype::A, TWO), "NXRRSET"),
        ((HOME, Class::ANY, 1, Rtype::A, nothing), "FORMERR"),
        ((HOME, Class::ANY, 0, Rtype::A, ONE), "FORMERR"),
        ((HOME, Class::NONE, 0, Rtype::A, ONE), "FORMERR"),
        ((HOME, Class::CH, 0, Rtype::A, ONE), "FORMERR"),
        (("www.example.com", Class::ANY, 0, Rtype::A, nothing), "NOTZONE"),
    ];
    for (number, (line, expected)) in table.iter().enumerate() {
        let text = format!("new{number}.example.org");
        let before = serial(&server);
        assert_eq!(
            change(&server, &[*line], &[(&text, Class::IN, 60, Rtype::A, ONE)]).await,
            *expected,
            "{line:?}"
        );
        let made = ask(&server, &text, Rtype::A).starts_with("NOERROR");
        assert_eq!(
            (made, serial(&server) - before),
            (*expected == "NOERROR", u32::from(*expected == "NOERROR"))
        );
    }
    let both = [(HOME, Class::IN, 0, Rtype::A, ONE), (HOME, Class::IN, 0, Rtype::A, TWO)];
    assert_eq!(change(&server, &both, &[]).await, "NXRRSET", "the set has to be the whole set");
}

#[tokio::test]
async fn updates_that_break_the_rules_do_nothing() {
    let server = open_house();
    let good_one: Line<'_> = ("new.example.org", Class::IN, 60, Rtype::A, ONE);
    let table: &[(Line<'_>, &str)] = &[
        (("www.example.com", Class::IN, 60, Rtype::A, ONE), "NOTZONE"),
        ((HOME, Class::IN, 60, Rtype::A, &[1, 2, 3]), "FORMERR"),
        ((HOME, Class::IN, 60, Rtype::A, &[]), "FORMERR"),
        ((HOME, Class::IN, 60, Rtype::TXT, &[]), "FORMERR"),
        ((HOME, Class::ANY, 60, Rtype::A, &[]), "FORMERR"),
        ((HOME, Class::ANY, 0, Rtype::A, ONE), "FORMERR"),
        ((HOME, Class::NONE, 60, Rtype::A, ONE), "FORMERR"),
        ((HOME, Class::CH, 60, Rtype::A, ONE), "FORMERR"),
        ((HOME, Class::IN, 60, Rtype::ANY, &[]), "FORMERR"),
        ((HOME, Class::IN, 60, Rtype::from_int(251), ONE), "FORMERR"),
    ];
    for (line, expected) in table {
        assert_eq!(change(&server, &[], &[good_one, *line]).await, *expected, "{line:?}");
        assert_eq!(serial(&server), 1, "all or nothing");
    }
    let elsewhere = [
        (("example.com", Rtype::SOA), "NOTAUTH"),
        (("example.org", Rtype::A), "FORMERR"),
        ((HOME, Rtype::SOA), "NOTAUTH"),
    ];
    for (zone, expected) in elsewhere {
        let request = update(zone, &[], &[good_one]);
        let (said, opinion) = say(&server, sign(request, &good(), 0)).await;
        assert_eq!((rcode(&said).as_str(), opinion), (expected, None));
    }
    let unsigned = update(("example.org", Rtype::SOA), &[], &[good_one]);
    assert_eq!(rcode(&octets(&server, &unsigned.finish(), Transport::Udp)), "REFUSED");
    assert_eq!(serial(&server), 1);
}

#[tokio::test]
async fn a_key_changes_what_it_was_given_and_nothing_else() {
    let grants = vec![
        Grant { names: Names::Exactly(name(HOME)), types: Some(vec![1, 28]) },
        Grant { names: Names::Below(name("lab.example.org")), types: None },
    ];
    let server = house(vec![KeySettings { grants, ..key("laptop", Algorithm::Sha256) }]);
    let text: &[u8] = b"\x02hi";
    let ns: &[u8] = b"\x02ns\x07example\x03org\x00";
    let table: &[(Line<'_>, &str)] = &[
        ((HOME, Class::IN, 60, Rtype::A, TWO), "NOERROR"),
        (("HOME.Example.org", Class::NONE, 0, Rtype::A, TWO), "NOERROR"),
        ((HOME, Class::IN, 60, Rtype::TXT, text), "REFUSED"),
        (("below.home.example.org", Class::IN, 60, Rtype::A, ONE), "REFUSED"),
        (("other.example.org", Class::IN, 60, Rtype::A, ONE), "REFUSED"),
        (("other.example.org", Class::ANY, 0, Rtype::ANY, &[]), "REFUSED"),
        (("example.org", Class::IN, 60, Rtype::A, ONE), "REFUSED"),
        (("lab.example.org", Class::IN, 60, Rtype::A, ONE), "REFUSED"),
        (("x.y.lab.example.org", Class::IN, 60, Rtype::TXT, text), "NOERROR"),
        (("*.lab.example.org", Class::IN, 60, Rtype::A, ONE), "NOERROR"),
        (("x.lab.example.org", Class::IN, 60, Rtype::NS, ns), "REFUSED"),
        (("x.lab.example.org", Class::IN, 60, Rtype::from_int(39), ns), "REFUSED"),
        ((HOME, Class::ANY, 0, Rtype::ANY, &[]), "NOERROR"),
    ];
    for (line, expected) in table {
        assert_eq!(change(&server, &[], &[*line]).await, *expected, "{line:?}");
    }
    // All sets of a name go only where each of their types is granted.
    let both = set(HOME, RecordType::Txt, &["mine"]);
    let a = set(HOME, RecordType::A, &["203.0.113.1"]);
    let changes = [both, a].map(dynflare_nameserver::Change::to).to_vec();
    server.change(&name("example.org"), changes).await.expect("no clash");
    assert_eq!(change(&server, &[], &[(HOME, Class::ANY, 0, Rtype::ANY, &[])]).await, "REFUSED");
    assert_eq!(change(&server, &[], &[(HOME, Class::ANY, 0, Rtype::A, &[])]).await, "NOERROR");
}

#[tokio::test]
async fn changes_are_made_one_after_the_other_though_together() {
    let server = open_house();
    let texts: Vec<String> = (0..50).map(|number| format!("n{number}.example.org")).collect();
    let mut waiting = Vec::new();
    for text in &texts {
        // Each wants to be the first to take the name; only one can be.
        let lines = [
            ("race.example.org", Class::IN, 60, Rtype::TXT, &b"\x02me"[..]),
            (text.as_str(), Class::IN, 60, Rtype::A, ONE),
        ];
        let request = update(
            ("example.org", Rtype::SOA),
            &[("race.example.org", Class::NONE, 0, Rtype::ANY, &[])],
            &lines,
        );
        let (server, signed) = (server.clone(), sign(request, &good(), 0));
        waiting.push(tokio::spawn(async move { rcode(&say(&server, signed).await.0) }));
    }
    let mut made = 0;
    for (text, one) in texts.iter().zip(waiting) {
        let said = one.await.expect("no panic");
        assert!(matches!(said.as_str(), "NOERROR" | "YXDOMAIN"), "{said}");
        made += u32::from(said == "NOERROR");
        assert_eq!(ask(&server, text, Rtype::A).starts_with("NOERROR"), said == "NOERROR");
    }
    assert_eq!((made, serial(&server)), (1, 2));
}

#[tokio::test]
async fn a_delegation_hides_what_lies_below_and_shows_the_way() {
    let grants = vec![Grant { names: Names::Within(name("example.org")), types: Some(vec![1, 2, 16, 43]) }];
    let server = house(vec![KeySettings { grants, ..key("laptop", Algorithm::Sha256) }]);
    let inside: &[u8] = b"\x02ns\x03sub\x07example\x03org\x00";
    let outside: &[u8] = b"\x02ns\x07example\x03com\x00";
    let lines = [
        ("sub.example.org", Class::IN, 60, Rtype::NS, inside),
        ("sub.example.org", Class::IN, 60, Rtype::NS, outside),
        ("ns.sub.example.org", Class::IN, 60, Rtype::A, ONE),
        ("hidden.sub.example.org", Class::IN, 60, Rtype::A, TWO),
        ("sub.example.org", Class::IN, 60, Rtype::TXT, &b"\x02hi"[..]),
        ("sub.example.org", Class::IN, 60, Rtype::DS, &[0, 1, 13, 2, 0xAB]),
        ("way.example.org", Class::IN, 60, Rtype::A, ONE),
    ];
    assert_eq!(change(&server, &[], &lines).await, "NOERROR");
    let referral = "NOERROR\n~ sub.example.org 60 NS ns.sub.example.org.\n~ sub.example.org 60 NS ns.example.com.\n\
                    . ns.sub.example.org 60 A 203.0.113.1";
    for text in ["sub.example.org", "hidden.sub.example.org", "ns.sub.example.org", "a.b.sub.example.org"] {
        for rtype in [Rtype::A, Rtype::TXT, Rtype::NS, Rtype::ANY] {
            assert_eq!(ask(&server, text, rtype), referral, "{text} {rtype}");
        }
    }
    // RFC 4035 §3.1.4.1: of the delegation itself, and of nothing below.
    assert_eq!(ask(&server, "sub.example.org", Rtype::DS), "NOERROR aa\n+ sub.example.org 60 DS 1 13 2 ab");
    assert_eq!(ask(&server, "x.sub.example.org", Rtype::DS), referral);
    assert!(ask(&server, "way.example.org", Rtype::A).starts_with("NOERROR aa"));
    assert_eq!(change(&server, &[], &[("sub.example.org", Class::ANY, 0, Rtype::NS, &[])]).await, "NOERROR");
    assert!(
        ask(&server, "hidden.sub.example.org", Rtype::A).contains("203.0.113.2"),
        "nothing hides it any more"
    );
}
