//! The three servers refuse in different ways; what the user reads is the same, and nothing is changed.

use super::*;
use dynflare_core::fault::Class;
use dynflare_testkit::nameserver::{HOME_ONLY, Key as TestKey};
use dynflare_testkit::port;
use std::net::SocketAddr;

const TRANSPORTS: [Transport; 2] = [Transport::Udp, Transport::Tcp];

/// Tries to create a set with a key, and shows what came of it.
async fn attempt(server: &NameServer, key: Option<TestKey>, name: &str, transport: Transport) -> String {
    let adapter = adapter(server.v6(), transport, key);
    let step =
        Replace { expect: set(name, RecordType::A, &[]), values: vec!["198.51.100.1".into()], ttl: 60 };
    let fault = RrSets::replace(&adapter, &zone("example.org"), &step).await.expect_err("refused");
    assert_eq!(server.read(name, "A"), [""; 0]);
    assert!(fault.hint.is_some(), "{fault}");
    format!("{}: {fault}", fault.class)
}

#[tokio::test]
async fn a_wrong_secret() {
    every_server(async |way| {
        let wrong = TestKey { secret: KEYS[1].secret, ..KEYS[0] };
        for transport in TRANSPORTS {
            let expected = match way.server.kind() {
                Kind::Bind | Kind::Knot => {
                    "denied: the signature was refused, in an answer that was not signed (NOTAUTH (BADSIG))"
                }
                Kind::PowerDns => {
                    "denied: the server refused the update, in an answer that was not signed (REFUSED)"
                }
            };
            assert_eq!(attempt(way.server, Some(wrong), "home.example.org", transport).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_key() {
    every_server(async |way| {
        let unknown = TestKey { name: "stranger", ..KEYS[0] };
        for transport in TRANSPORTS {
            let expected = match way.server.kind() {
                Kind::Bind | Kind::Knot => {
                    "denied: the key was refused, in an answer that was not signed (NOTAUTH (BADKEY))"
                }
                Kind::PowerDns => {
                    "denied: the server refused the update, in an answer that was not signed (REFUSED)"
                }
            };
            assert_eq!(attempt(way.server, Some(unknown), "home.example.org", transport).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_that_the_key_may_not_change() {
    every_server(async |way| {
        for transport in TRANSPORTS {
            let expected = match way.server.kind() {
                Kind::Bind => "denied: the server refused the update (REFUSED)",
                Kind::Knot => {
                    "denied: the key was refused, in an answer that was not signed (NOTAUTH (BADKEY))"
                }
                // It says NOERROR, and has not done it.
                Kind::PowerDns => "unconfirmed: the server accepted the update, but does not show it",
            };
            assert_eq!(attempt(way.server, Some(HOME_ONLY), "other.example.org", transport).await, expected);
            let limited = adapter(way.server.v4(), transport, Some(HOME_ONLY));
            let home = set("home.example.org", RecordType::A, &[]);
            let step = Replace { expect: home.clone(), values: vec!["198.51.100.1".into()], ttl: 60 };
            assert_eq!(RrSets::replace(&limited, &zone("example.org"), &step).await, Ok(()));
            assert_eq!(way.set("home.example.org", RecordType::A, &[]).await, Ok(()));
        }
    })
    .await;
}

#[tokio::test]
async fn no_key_at_all() {
    every_server(async |way| {
        let said = attempt(way.server, None, "home.example.org", Transport::Udp).await;
        let expected = match way.server.kind() {
            Kind::Bind => "denied: the server refused the update (REFUSED)",
            Kind::Knot => "no-such-zone: the server is not authoritative for this zone (NOTAUTH)",
            Kind::PowerDns => "unconfirmed: the server accepted the update, but does not show it",
        };
        assert_eq!(said, expected);
    })
    .await;
}

#[tokio::test]
async fn a_zone_that_the_server_does_not_hold() {
    every_server(async |way| {
        let elsewhere = set("www.example.com", RecordType::A, &[]);
        let step = Replace { expect: elsewhere, values: vec!["198.51.100.1".into()], ttl: 60 };
        let fault =
            RrSets::replace(&way.adapter, &zone("example.com"), &step).await.expect_err("not its zone");
        assert!(matches!(fault.class, Class::NoSuchZone | Class::Denied), "{:?} {fault}", way.server.kind());
    })
    .await;
}

#[tokio::test]
async fn a_name_outside_the_zone() {
    every_server(async |way| {
        let said = attempt(way.server, Some(KEYS[0]), "www.example.com", Transport::Udp).await;
        assert!(
            said.starts_with("invalid: ") || said.starts_with("denied: "),
            "{:?} {said}",
            way.server.kind()
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_listens() {
    let gone = SocketAddr::from(([127, 0, 0, 1], port::free().expect("loopback has free ports")));
    for transport in TRANSPORTS {
        let nobody = adapter(gone, transport, Some(KEYS[0]));
        let fault =
            nobody.get(&zone("example.org"), &key("example.org", RecordType::A)).await.expect_err("nobody");
        assert_eq!(
            format!("{}: {fault}", fault.class),
            format!("unavailable: {gone} refused the connection")
        );
    }
}

#[tokio::test]
async fn ur_45_no_fault_shows_the_secret() {
    every_server(async |way| {
        let wrong = TestKey { secret: KEYS[1].secret, ..KEYS[0] };
        let adapter = adapter(way.server.v4(), Transport::Udp, Some(wrong));
        let fault =
            adapter.get(&zone("example.org"), &key("example.org", RecordType::A)).await.expect_err("refused");
        assert!(!format!("{fault:?}").contains(wrong.secret));
    })
    .await;
}
