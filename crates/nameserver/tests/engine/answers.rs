//! What questions are answered: RFC 1034 §4.3.2, RFC 2308, RFC 4592, RFC 6891, RFC 8482.

use crate::asking::{ask, name, octets, question, question_with, server, set, text, zone};
use domain::base::Rtype;
use dynflare_core::record::RecordType;
use dynflare_nameserver::{Change, ChangeError, NameServer, Transport, ZoneSettings};

const SOA: &str = "~ example.org 5 SOA ns.example.org. hostmaster.example.org. 1 3600 600 86400 5";

fn house() -> NameServer {
    server(vec![zone(vec![
        set("home.example.org", RecordType::A, &["203.0.113.7"]),
        set("home.example.org", RecordType::Txt, &["hello"]),
        set("alias.example.org", RecordType::Cname, &["home.example.org"]),
        set("away.example.org", RecordType::Cname, &["www.example.com"]),
        set("lost.example.org", RecordType::Cname, &["nothing.example.org"]),
        set("one.example.org", RecordType::Cname, &["two.example.org"]),
        set("two.example.org", RecordType::Cname, &["one.example.org"]),
        set("*.wild.example.org", RecordType::A, &["203.0.113.9"]),
        set("text.wild.example.org", RecordType::Txt, &["here"]),
        set("*.round.example.org", RecordType::Cname, &["home.example.org"]),
        set("a.b.example.org", RecordType::Aaaa, &["2001:db8::1"]),
        set("mail.example.org", RecordType::Mx, &["10 home.example.org", "20 mail.example.com"]),
        set("_sip._tcp.example.org", RecordType::Srv, &["0 5 5060 home.example.org"]),
        set("example.org", RecordType::Caa, &["0 issue \"ca.example.com\""]),
        set("web.example.org", RecordType::Https, &["1 . alpn=h2 ipv4hint=203.0.113.7"]),
        set("svc.example.org", RecordType::Svcb, &["1 home.example.org port=8443"]),
    ])])
}

fn lines(lines: &[&str]) -> String {
    lines.join("\n")
}

#[test]
fn every_kind_of_question_gets_its_answer() {
    let server = house();
    let cname = "+ alias.example.org 60 CNAME home.example.org.";
    let table: &[(&str, Rtype, &[&str])] = &[
        ("home.example.org", Rtype::A, &["NOERROR aa", "+ home.example.org 60 A 203.0.113.7"]),
        ("HoMe.eXample.ORG", Rtype::A, &["NOERROR aa", "+ HoMe.eXample.ORG 60 A 203.0.113.7"]),
        ("home.example.org", Rtype::TXT, &["NOERROR aa", "+ home.example.org 60 TXT \"hello\""]),
        ("home.example.org", Rtype::AAAA, &["NOERROR aa", SOA]),
        ("nothing.example.org", Rtype::A, &["NXDOMAIN aa", SOA]),
        ("below.home.example.org", Rtype::A, &["NXDOMAIN aa", SOA]),
        ("b.example.org", Rtype::AAAA, &["NOERROR aa", SOA]),
        ("_tcp.example.org", Rtype::A, &["NOERROR aa", SOA]),
        ("alias.example.org", Rtype::A, &["NOERROR aa", cname, "+ home.example.org 60 A 203.0.113.7"]),
        ("alias.example.org", Rtype::AAAA, &["NOERROR aa", cname, SOA]),
        ("alias.example.org", Rtype::CNAME, &["NOERROR aa", cname]),
        ("away.example.org", Rtype::A, &["NOERROR aa", "+ away.example.org 60 CNAME www.example.com."]),
        (
            "lost.example.org",
            Rtype::A,
            &["NXDOMAIN aa", "+ lost.example.org 60 CNAME nothing.example.org.", SOA],
        ),
        ("x.y.wild.example.org", Rtype::A, &["NOERROR aa", "+ x.y.wild.example.org 60 A 203.0.113.9"]),
        ("*.wild.example.org", Rtype::A, &["NOERROR aa", "+ *.wild.example.org 60 A 203.0.113.9"]),
        ("x.wild.example.org", Rtype::TXT, &["NOERROR aa", SOA]),
        ("wild.example.org", Rtype::A, &["NOERROR aa", SOA]),
        ("text.wild.example.org", Rtype::A, &["NOERROR aa", SOA]),
        ("below.text.wild.example.org", Rtype::A, &["NXDOMAIN aa", SOA]),
        (
            "x.round.example.org",
            Rtype::A,
            &[
                "NOERROR aa",
                "+ x.round.example.org 60 CNAME home.example.org.",
                "+ home.example.org 60 A 203.0.113.7",
            ],
        ),
        (
            "mail.example.org",
            Rtype::MX,
            &[
                "NOERROR aa",
                "+ mail.example.org 60 MX 10 home.example.org.",
                "+ mail.example.org 60 MX 20 mail.example.com.",
            ],
        ),
        (
            "_sip._tcp.example.org",
            Rtype::SRV,
            &["NOERROR aa", "+ _sip._tcp.example.org 60 SRV 0 5 5060 home.example.org"],
        ),
        ("example.org", Rtype::CAA, &["NOERROR aa", "+ example.org 60 CAA 0 issue \"ca.example.com\""]),
        ("example.org", Rtype::NS, &["NOERROR aa", "+ example.org 60 NS ns.example.org."]),
        (
            "example.org",
            Rtype::SOA,
            &[
                "NOERROR aa",
                "+ example.org 60 SOA ns.example.org. hostmaster.example.org. 1 3600 600 86400 5",
            ],
        ),
        ("example.org", Rtype::A, &["NOERROR aa", SOA]),
        ("www.example.com", Rtype::A, &["REFUSED"]),
        ("org", Rtype::NS, &["REFUSED"]),
        (".", Rtype::NS, &["REFUSED"]),
        ("notexample.org", Rtype::A, &["REFUSED"]),
        ("example.org", Rtype::AXFR, &["REFUSED"]),
        ("example.org", Rtype::OPT, &["FORMERR"]),
    ];
    for (name, rtype, expected) in table {
        assert_eq!(ask(&server, name, *rtype), lines(expected), "{name} {rtype}");
    }
    let web = ask(&server, "web.example.org", Rtype::HTTPS);
    assert!(web.starts_with("NOERROR aa\n+ web.example.org 60 HTTPS 1 . alpn"), "{web}");
    let svc = ask(&server, "svc.example.org", Rtype::SVCB);
    assert!(svc.starts_with("NOERROR aa\n+ svc.example.org 60 SVCB 1 home.example.org. port"), "{svc}");
}

#[test]
fn aliases_that_go_round_come_to_an_end() {
    let said = ask(&house(), "one.example.org", Rtype::A);
    assert!(said.starts_with("NOERROR aa\n+ one.example.org 60 CNAME two.example.org.\n+ two"), "{said}");
    assert_eq!(said.lines().count(), 10);
}

#[test]
fn a_question_for_all_types_gets_one_set_over_udp_and_all_over_tcp() {
    let server = house();
    assert_eq!(
        ask(&server, "home.example.org", Rtype::ANY),
        "NOERROR aa\n+ home.example.org 60 A 203.0.113.7",
        "RFC 8482 §4.1"
    );
    let tcp = text(&octets(&server, &question("home.example.org", Rtype::ANY), Transport::Tcp));
    assert_eq!(tcp, "NOERROR aa\n+ home.example.org 60 A 203.0.113.7\n+ home.example.org 60 TXT \"hello\"");
    assert_eq!(ask(&server, "b.example.org", Rtype::ANY), lines(&["NOERROR aa", SOA]));
    assert_eq!(ask(&server, "no.example.org", Rtype::ANY), lines(&["NXDOMAIN aa", SOA]));
}

#[test]
fn the_closest_zone_answers() {
    let inner = ZoneSettings {
        first_serial: Some(7),
        initial: vec![set("www.dyn.example.org", RecordType::A, &["203.0.113.1"])],
        ..ZoneSettings::new(name("dyn.example.org"), name("ns.example.org"))
    };
    let other = ZoneSettings::new(name("example.com"), name("ns.example.org"));
    let server = server(vec![zone(vec![]), inner, other]);
    assert_eq!(
        ask(&server, "www.dyn.example.org", Rtype::A),
        "NOERROR aa\n+ www.dyn.example.org 60 A 203.0.113.1"
    );
    assert_eq!(ask(&server, "www.example.org", Rtype::A), lines(&["NXDOMAIN aa", SOA]));
    assert!(ask(&server, "www.example.com", Rtype::A).starts_with("NXDOMAIN aa\n~ example.com"));
    assert_eq!(ask(&server, "www.example.net", Rtype::A), "REFUSED");
    // RFC 4035 §3.1.4.1: the parent knows whether the child is signed.
    assert_eq!(ask(&server, "dyn.example.org", Rtype::DS), lines(&["NXDOMAIN aa", SOA]));
}

#[test]
fn edns_is_answered_with_edns_and_a_limit() {
    let server = house();
    let plain = octets(&server, &question("home.example.org", Rtype::A), Transport::Udp);
    assert_eq!(plain[10..12], [0, 0], "no OPT where none was asked for (RFC 6891 §7)");
    let edns = octets(&server, &question_with("home.example.org", Rtype::A, 4096), Transport::Udp);
    assert_eq!(edns[plain.len()..], [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0], "1232 octets, version 0");
    let mut request = question_with("home.example.org", Rtype::A, 4096);
    let at = request.len() - 4;
    request[at] = 0x80;
    let said = octets(&server, &request, Transport::Udp);
    assert_eq!(said[said.len() - 4], 0x80, "DO comes back (RFC 3225 §3)");
    request[at - 1] = 1;
    assert_eq!(text(&octets(&server, &request, Transport::Udp)), "BADVERS");
}

#[tokio::test]
async fn what_does_not_fit_is_cut_and_comes_over_tcp() {
    let server = house();
    let values: Vec<String> = (1..=90).map(|number| format!("2001:db8::{number:x}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let many = set("many.example.org", RecordType::Aaaa, &values);
    assert_eq!(server.change(&name("example.org"), vec![Change::to(many)]).await, Ok(2));
    let ask = |request: &[u8], transport| octets(&server, request, transport);
    let small = ask(&question("many.example.org", Rtype::AAAA), Transport::Udp);
    assert_eq!(text(&small), "NOERROR aa tc");
    let large = ask(&question_with("many.example.org", Rtype::AAAA, 65_000), Transport::Udp);
    assert_eq!(text(&large), "NOERROR aa tc", "1232 octets is all that is sent");
    let tcp = ask(&question("many.example.org", Rtype::AAAA), Transport::Tcp);
    assert_eq!(text(&tcp).lines().count(), 91);
    let values: Vec<&str> = values[..16].to_vec();
    let fewer = set("many.example.org", RecordType::Aaaa, &values);
    assert_eq!(server.change(&name("example.org"), vec![Change::to(fewer)]).await, Ok(3));
    // 12 + 22 of the head and the question, 28 for each record: 16 are 482, and EDNS makes 493.
    let fits = ask(&question_with("many.example.org", Rtype::AAAA, 0), Transport::Udp);
    assert_eq!((text(&fits).lines().count(), fits.len()), (17, 493));
}

#[test]
fn messages_that_are_no_questions_get_what_they_deserve() {
    let server = house();
    let ask = |request: &[u8]| octets(&server, request, Transport::Udp);
    let good = question("home.example.org", Rtype::A);
    for short in 0..12 {
        assert!(ask(&good[..short]).is_empty(), "no head, no answer");
    }
    let mut answer = good.clone();
    answer[2] |= 0x80;
    assert!(ask(&answer).is_empty(), "an answer is not answered");
    for cut in 12..good.len() {
        assert_eq!(text(&ask(&good[..cut])), "FORMERR");
    }
    assert_eq!(text(&ask(&[&good[..], &[0]].concat())), "FORMERR");
    for opcode in [1, 2, 3, 4, 6, 15] {
        let mut other = good.clone();
        other[2] = opcode << 3;
        let said = ask(&other);
        assert_eq!(text(&said), "NOTIMP");
        assert_eq!((said[2] >> 3) & 15, opcode);
    }
    for class in [0, 3, 4, 254, 255] {
        let mut other = good.clone();
        let at = other.len() - 1;
        other[at] = class;
        assert_eq!(text(&ask(&other)), "REFUSED", "class {class}");
    }
    let mut recursion = good;
    recursion[2] |= 1;
    assert_eq!(text(&ask(&recursion)), "NOERROR aa rd\n+ home.example.org 60 A 203.0.113.7", "never ra");
}

#[tokio::test]
async fn a_change_is_made_whole_or_not_at_all() {
    let server = house();
    let zone = name("example.org");
    let home = |values: &[&str]| set("home.example.org", RecordType::A, values);
    let change = |changes: Vec<Change>| server.change(&zone, changes);
    let mut serials = server.subscribe();
    assert_eq!(serials.borrow_and_update()[&zone], 1);

    assert_eq!(change(vec![Change::to(home(&["203.0.113.8"]))]).await, Ok(2));
    assert_eq!(serials.borrow_and_update()[&zone], 2);
    assert_eq!(change(vec![Change::to(home(&["203.0.113.8"]))]).await, Ok(2), "nothing changed");
    assert!(!serials.has_changed().expect("it runs"));
    assert_eq!(server.set(&name("home.example.org"), RecordType::A), Some(home(&["203.0.113.8"])));

    let expecting = |expect: &[&str]| Change {
        set: home(&["203.0.113.9"]),
        expect: Some(expect.iter().map(ToString::to_string).collect()),
    };
    let unexpected =
        ChangeError::Unexpected { what: "home.example.org A".into(), values: vec!["203.0.113.8".into()] };
    assert_eq!(change(vec![expecting(&["203.0.113.7"])]).await, Err(unexpected.clone()));
    assert_eq!(change(vec![expecting(&[])]).await, Err(unexpected));
    let other = Change::to(set("other.example.org", RecordType::A, &["203.0.113.1"]));
    assert!(change(vec![other.clone(), expecting(&[])]).await.is_err());
    assert_eq!(server.set(&name("other.example.org"), RecordType::A), None, "all or nothing");
    assert_eq!(change(vec![other, expecting(&["203.0.113.8"])]).await, Ok(3), "one serial number for both");

    let alias = Change::to(set("home.example.org", RecordType::Cname, &["other.example.org"]));
    let clash = Err(ChangeError::Clash(name("home.example.org")));
    assert_eq!(change(vec![alias.clone()]).await, clash);
    let gone = [RecordType::A, RecordType::Txt].map(|rtype| Change::to(set("home.example.org", rtype, &[])));
    assert_eq!(
        change(gone.into_iter().chain([alias]).collect()).await,
        Ok(4),
        "in the same change there is room"
    );

    let outside = change(vec![Change::to(set("www.example.com", RecordType::A, &["203.0.113.1"]))]).await;
    assert_eq!(outside, Err(ChangeError::OutsideZone(name("www.example.com"))));
    let wrong = change(vec![Change::to(set("www.example.org", RecordType::A, &["2001:db8::1"]))]).await;
    assert!(matches!(wrong, Err(ChangeError::Malformed { .. })), "{wrong:?}");
    let nowhere = server.change(&name("example.com"), Vec::new()).await;
    assert_eq!(nowhere, Err(ChangeError::NoZone(name("example.com"))));
    assert_eq!(server.zones()[0].serial, 4);
}
