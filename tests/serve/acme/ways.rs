//! By which ways a certificate comes, and what is shown meanwhile.

use super::site::{NAME, Place};
use crate::{body, exchange};
use dynflare::server::acme::Challenge;
use dynflare_testkit::pebble::Options;
use std::net::SocketAddr;

const BOTH: [Challenge; 2] = [Challenge::TlsAlpn, Challenge::Http];

#[tokio::test]
async fn two_names_are_proven_on_the_https_port_over_ipv4() {
    let place = Place::new();
    // Nobody answers where it would look for HTTP-01.
    let options = Options { v6: "", http_port: 1, ..place.options() };
    let Some(pebble) = place.authority(&options) else { return };
    let site = place.open(place.settings(&pebble, &[NAME, "www.example.org"], &BOTH)).await;
    site.issued(1).await;
    for name in [NAME, "www.example.org"] {
        assert!(place.ask(&pebble, name, "127.0.0.1").await.is_ok(), "{name}: {}", site.told());
    }
    // Another name is not what it is for, and the client says so.
    let other = place.ask(&pebble, "other.example.org", "127.0.0.1").await.expect_err("another name");
    assert!(other.contains("other.example.org"), "{other}");
    assert_eq!(pebble.orders(), 1);
}

#[tokio::test]
async fn a_name_is_proven_on_the_https_port_over_ipv6() {
    let place = Place::new();
    let options = Options { v4: "", http_port: 1, ..place.options() };
    let Some(pebble) = place.authority(&options) else { return };
    let site = place.open(place.settings(&pebble, &[NAME], &BOTH)).await;
    site.issued(1).await;
    assert!(place.ask(&pebble, NAME, "::1").await.is_ok(), "{}", site.told());
}

#[tokio::test]
async fn a_name_and_an_address_are_proven_on_the_http_port() {
    let place = Place::new();
    let options = Options { tls_port: 1, ..place.options() };
    let Some(pebble) = place.authority(&options) else { return };
    let site = place.open(place.settings(&pebble, &[NAME, "127.0.0.1"], &[Challenge::Http])).await;
    site.issued(1).await;
    for name in [NAME, "127.0.0.1"] {
        assert!(place.ask(&pebble, name, "127.0.0.1").await.is_ok(), "{name}: {}", site.told());
    }
    // The proof is gone with the order, and everything else is sent to HTTPS.
    let to = SocketAddr::from(([127, 0, 0, 1], place.http_port));
    let there = format!("location: https://{NAME}/ip\r\n");
    let sent_on = exchange(to, format!("GET /ip HTTP/1.1\r\nHost: {NAME}\r\n\r\n").as_bytes()).await;
    assert!(sent_on.starts_with("HTTP/1.1 308 ") && sent_on.contains(&there), "{sent_on}");
    // But not whoever has just told a password to everybody.
    for asked in ["/ip HTTP/1.1\r\nAuthorization: Basic dXNlcjpzM2NyZXQ=", "/ip?password=s3cret HTTP/1.1"] {
        let refused = exchange(to, format!("GET {asked}\r\nHost: {NAME}\r\n\r\n").as_bytes()).await;
        assert!(
            refused.starts_with("HTTP/1.1 403 ") && body(&refused).starts_with("come over https"),
            "{refused}"
        );
        assert!(!refused.contains("s3cret"), "{refused}");
    }
}

#[tokio::test]
async fn an_address_is_proven_on_the_https_port() {
    let place = Place::new();
    let Some(pebble) = place.authority(&place.options()) else { return };
    let site = place.open(place.settings(&pebble, &["127.0.0.1", "::1"], &[Challenge::TlsAlpn])).await;
    site.issued(1).await;
    for address in ["127.0.0.1", "::1"] {
        assert!(place.ask(&pebble, address, address).await.is_ok(), "{address}: {}", site.told());
    }
}
