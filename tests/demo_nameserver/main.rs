//! The demo's name server against `dig` and `nsupdate`, and against our own adapter.

#![cfg(feature = "demo")]

use dynflare::demo::nameserver::NameServer;
use dynflare::net::{Network, NetworkSettings};
use dynflare::provider::rfc2136::Rfc2136;
use dynflare::provider::rfc2136::settings::{Algorithm, Settings, Transport, TsigKey};
use dynflare::provider::{RrSets, Zone};
use dynflare::secret::Secret;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType, RrSet};
use dynflare_testkit::nameserver::{self, KEYS, dig, nsupdate, read};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn key(key: nameserver::Key) -> TsigKey {
    TsigKey {
        name: key.name.into(),
        algorithm: key.algorithm.parse::<Algorithm>().expect("one of ours"),
        secret: Secret::new(key.secret),
    }
}

fn set(text: &str, rtype: RecordType, values: &[&str]) -> RrSet {
    let ttl = (!values.is_empty()).then_some(60);
    let key = Key { name: name(text), rtype };
    RrSet { key, ttl, values: values.iter().map(ToString::to_string).collect() }
}

/// A server with a few records; `None` where the clients are missing.
fn start(algorithm: usize) -> Option<NameServer> {
    let initial = [
        set("home.example.org", RecordType::A, &["198.51.100.1"]),
        set("alias.example.org", RecordType::Cname, &["home.example.org"]),
        set("*.wild.example.org", RecordType::A, &["198.51.100.9"]),
        set("text.wild.example.org", RecordType::Txt, &["here"]),
        set("a.b.example.org", RecordType::Aaaa, &["2001:db8::1"]),
    ];
    let start =
        || NameServer::start(&name("example.org"), &key(KEYS[algorithm]), &initial).expect("it starts");
    nameserver::clients_installed().then(start)
}

/// The header line, the answer and the authority section of what `dig` prints.
fn answer(server: &NameServer, arguments: &[&str]) -> String {
    let text =
        dig(server.address(), &[&["+noall", "+comments", "+answer", "+authority"], arguments].concat());
    let interesting = |line: &&str| {
        !line.is_empty() && (!line.starts_with(';') || line.contains("status:") || line.contains("flags:"))
    };
    let lines =
        text.lines().filter(interesting).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> =
        lines.map(|line| line.split(", id:").next().unwrap_or_default().to_owned()).collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_answered_as_dig_expects() {
    let Some(server) = start(0) else { return };
    let soa = "example.org. 5 IN SOA ns.example.org. hostmaster.example.org. 1 3600 600 86400 5";
    let table: [(&[&str], &str, &[&str]); 12] = [
        (&["home.example.org", "A"], "NOERROR", &["home.example.org. 60 IN A 198.51.100.1"]),
        (&["HOME.example.org", "A"], "NOERROR", &["HOME.example.org. 60 IN A 198.51.100.1"]),
        (&["+tcp", "home.example.org", "A"], "NOERROR", &["home.example.org. 60 IN A 198.51.100.1"]),
        (&["+noedns", "home.example.org", "A"], "NOERROR", &["home.example.org. 60 IN A 198.51.100.1"]),
        (&["home.example.org", "AAAA"], "NOERROR", &[soa]),
        (&["b.example.org", "A"], "NOERROR", &[soa]),
        (&["nothing.example.org", "A"], "NXDOMAIN", &[soa]),
        (
            &["alias.example.org", "A"],
            "NOERROR",
            &["alias.example.org. 60 IN CNAME home.example.org.", "home.example.org. 60 IN A 198.51.100.1"],
        ),
        (&["x.y.wild.example.org", "A"], "NOERROR", &["x.y.wild.example.org. 60 IN A 198.51.100.9"]),
        (&["text.wild.example.org", "A"], "NOERROR", &[soa]),
        (&["below.text.wild.example.org", "A"], "NXDOMAIN", &[soa]),
        (&["www.example.com", "A"], "REFUSED", &[]),
    ];
    for (question, status, records) in table {
        let text = answer(&server, question);
        assert!(text.contains(&format!("status: {status}")), "{question:?}: {text}");
        assert_eq!(text.contains("flags: qr aa"), status != "REFUSED", "{question:?}: {text}");
        let found: Vec<&str> = text.lines().filter(|line| !line.starts_with(';')).collect();
        assert_eq!(found, records, "{question:?}");
    }
    let text = answer(&server, &["+edns=1", "+noednsneg", "home.example.org", "A"]);
    assert!(text.contains("status: BADVERS"), "{text}");
    let text = answer(&server, &["example.org", "AXFR"]);
    assert!(!text.contains("SOA"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_are_taken_as_nsupdate_sends_them() {
    for (algorithm, key) in KEYS.into_iter().enumerate() {
        let Some(server) = start(algorithm) else { return };
        let change = |text: &str| nsupdate(server.address(), Some(key), &format!("zone example.org\n{text}"));
        assert_eq!(
            change("update delete home.example.org A\nupdate add home.example.org 30 A 198.51.100.2"),
            ""
        );
        assert_eq!(read(server.address(), "home.example.org", "A"), [(30, "198.51.100.2".to_owned())]);
        assert_eq!(
            change(
                "prereq yxrrset home.example.org A 198.51.100.2\nupdate add home.example.org 30 A 198.51.100.3"
            ),
            ""
        );
        assert_eq!(read(server.address(), "home.example.org", "A").len(), 2);

        assert_eq!(change("update delete home.example.org A 198.51.100.3"), "");
        assert_eq!(read(server.address(), "home.example.org", "A").len(), 1);
        assert_eq!(change("update add home.example.org 30 CNAME www.example.org."), "");
        assert!(read(server.address(), "home.example.org", "CNAME").is_empty(), "other records stand there");
        assert_eq!(change("update add home.example.org 30 A 198.51.100.3"), "");

        let failures = [
            ("prereq nxrrset home.example.org A", "YXRRSET"),
            ("prereq yxrrset home.example.org AAAA", "NXRRSET"),
            ("prereq yxrrset home.example.org A 198.51.100.2", "NXRRSET"),
            ("prereq nxdomain home.example.org", "YXDOMAIN"),
            ("prereq yxdomain nothing.example.org", "NXDOMAIN"),
            ("prereq yxdomain b.example.org", "NXDOMAIN"),
        ];
        for (prerequisite, expected) in failures {
            let said = change(&format!("{prerequisite}\nupdate add new.example.org 60 A 198.51.100.4"));
            assert_eq!(said, format!("update failed: {expected}\n"), "{prerequisite}");
        }
        assert_eq!(change("update add www.example.com 60 A 198.51.100.4"), "update failed: NOTZONE\n");
        assert!(read(server.address(), "new.example.org", "A").is_empty());

        // Passed over silently (RFC 2136 §3.4.2.2), like the deletion of what the zone cannot be without (§3.4.2.3).
        assert_eq!(change("update add alias.example.org 60 A 198.51.100.4"), "");
        assert_eq!(change("update delete example.org"), "");
        assert_eq!(change("update delete example.org NS ns.example.org."), "");
        assert_eq!(read(server.address(), "alias.example.org", "CNAME").len(), 1);
        assert_eq!(read(server.address(), "example.org", "NS").len(), 1);
        let soa = &read(server.address(), "example.org", "SOA")[0].1;
        assert_eq!(
            soa, "ns.example.org. hostmaster.example.org. 5 3600 600 86400 5",
            "four updates changed something"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_without_the_right_key_is_refused() {
    let Some(server) = start(0) else { return };
    let change = |key| nsupdate(server.address(), key, "zone example.org\nupdate delete home.example.org A");
    assert_eq!(change(None), "update failed: REFUSED\n");
    let unknown = change(Some(nameserver::Key { name: "stranger", ..KEYS[0] }));
    assert!(unknown.contains("BADKEY"), "{unknown}");
    let algorithm = change(Some(nameserver::Key { name: KEYS[0].name, ..KEYS[1] }));
    assert!(algorithm.contains("BADKEY"), "{algorithm}");
    let secret = change(Some(nameserver::Key { secret: KEYS[1].secret, ..KEYS[0] }));
    assert!(secret.contains("BADSIG"), "{secret}");
    let elsewhere =
        nsupdate(server.address(), Some(KEYS[0]), "zone example.com\nupdate delete www.example.com A");
    assert_eq!(elsewhere, "update failed: NOTAUTH\n");
    assert_eq!(read(server.address(), "home.example.org", "A").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signed_questions_get_signed_answers_and_large_ones_come_over_tcp() {
    let Some(server) = start(0) else { return };
    let lines: Vec<String> =
        (1..=90).map(|number| format!("update add many.example.org 60 AAAA 2001:db8::{number:x}")).collect();
    assert_eq!(
        nsupdate(server.address(), Some(KEYS[0]), &format!("zone example.org\n{}", lines.join("\n"))),
        ""
    );
    let signed = format!("{}:{}:{}", KEYS[0].algorithm, KEYS[0].name, KEYS[0].secret);
    for transport in ["+notcp", "+tcp"] {
        let text = dig(server.address(), &["-y", &signed, transport, "many.example.org", "AAAA"]);
        assert!(text.contains("ANSWER: 90") && !text.contains("verify"), "{text}");
        assert!(text.contains("TSIG PSEUDOSECTION"), "{text}");
    }
    let text = dig(server.address(), &["+ignore", "many.example.org", "AAAA"]);
    assert!(text.contains("qr aa tc"), "{text}");
}

#[tokio::test]
async fn our_own_adapter_gets_along_with_it() {
    let initial = [set("home.example.org", RecordType::A, &["198.51.100.1"])];
    for (number, test_key) in KEYS.into_iter().enumerate() {
        let server = NameServer::start(&name("example.org"), &key(test_key), &initial).expect("it starts");
        for transport in [Transport::Udp, Transport::Tcp, Transport::Auto] {
            let adapter = |key| {
                let settings = Settings { server: server.address().to_string(), key, transport };
                Rfc2136::new(settings, &Network::new(NetworkSettings::default())).expect("settings are right")
            };
            let ours = adapter(Some(key(test_key)));
            let located = RrSets::locate(&ours, None, &name("deep.home.example.org")).await;
            let zone = Zone { name: name("example.org"), id: "example.org".into() };
            assert_eq!(located.as_ref(), Ok(&zone));
            let home = Key { name: name("home.example.org"), rtype: RecordType::A };
            let expect = RrSets::get(&ours, &zone, &home).await.expect("it is there");
            let step = Replace { expect, values: vec!["203.0.113.9".into()], ttl: 60 };
            assert_eq!(RrSets::replace(&ours, &zone, &step).await, Ok(()));
            let stale = Replace { expect: initial[0].clone(), ..step };
            let fault = RrSets::replace(&ours, &zone, &stale).await.expect_err("changed meanwhile");
            assert_eq!((fault.class, fault.status.as_deref()), (Class::Unconfirmed, Some("NXRRSET")));

            let wrong = TsigKey { secret: Secret::new(KEYS[(number + 1) % 3].secret), ..key(test_key) };
            let fault =
                RrSets::replace(&adapter(Some(wrong)), &zone, &stale).await.expect_err("badly signed");
            assert_eq!((fault.class, fault.status.as_deref()), (Class::Denied, Some("NOTAUTH (BADSIG)")));
            let fault = RrSets::replace(&adapter(None), &zone, &stale).await.expect_err("unsigned");
            assert_eq!((fault.class, fault.status.as_deref()), (Class::Denied, Some("REFUSED")));

            let expect = RrSets::get(&ours, &zone, &home).await.expect("it is there");
            assert_eq!(expect.values, ["203.0.113.9"]);
            let back = Replace { expect, values: vec!["198.51.100.1".into()], ttl: 60 };
            assert_eq!(RrSets::replace(&ours, &zone, &back).await, Ok(()));
        }
    }
}

#[tokio::test]
async fn it_stops_when_dropped() {
    let server = NameServer::start(&name("example.org"), &key(KEYS[0]), &[]).expect("it starts");
    let address = server.address();
    drop(server);
    tokio::task::yield_now().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
