//! What the server answers, to whom, and what it does not put up with.

use crate::{body, exchange, get, serve, start};
use dynflare::server::client::{Telling, Trust};
use dynflare::server::echo::Echo;
use dynflare::server::listen::Limits;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn each_path_tells_the_peers_address() {
    let server = serve(None, &[], Telling::default()).await;
    let to = server.address();
    for path in ["/", "/ip", "/?x=y"] {
        let answer = get(to, path, "").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert_eq!(body(&answer), "127.0.0.1");
        assert!(answer.contains("cache-control: no-store\r\n"), "{answer}");
    }
    assert_eq!(body(&get(to, "/json", "").await), r#"{"family":4,"ip":"127.0.0.1"}"#);
    assert!(get(to, "/other", "").await.starts_with("HTTP/1.1 404 "));
    assert!(get(to, "/json?nonce=short", "").await.starts_with("HTTP/1.1 400 "));
    let posted = exchange(to, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n").await;
    assert!(posted.starts_with("HTTP/1.1 405 ") && posted.contains("allow: GET, HEAD\r\n"), "{posted}");
    let head = exchange(to, b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 ") && body(&head).is_empty(), "{head}");
}

#[tokio::test]
async fn ipv6_is_told_as_such() {
    let echo = Echo { trust: Trust::default(), signer: None };
    let server = start("[::1]:0", echo, Limits::default()).await;
    assert_eq!(body(&get(server.address(), "/json", "").await), r#"{"family":6,"ip":"::1"}"#);
}

#[tokio::test]
async fn a_header_that_nobody_was_told_to_trust_is_ignored() {
    let server = serve(None, &[], Telling::default()).await;
    let forged =
        "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nCF-Connecting-IP: 203.0.113.9\r\n";
    assert_eq!(body(&get(server.address(), "/", forged).await), "127.0.0.1");
}

#[tokio::test]
async fn only_the_hop_of_a_trusted_proxy_counts() {
    let server = serve(None, &["127.0.0.1/32"], Telling::XForwardedFor).await;
    let header = "X-Forwarded-For: 198.51.100.66, 203.0.113.7\r\nForwarded: for=198.51.100.66\r\n";
    assert_eq!(body(&get(server.address(), "/", header).await), "203.0.113.7");
    let unknown = "X-Forwarded-For: 198.51.100.66, unknown\r\n";
    assert!(get(server.address(), "/", unknown).await.starts_with("HTTP/1.1 400 "));
    let server = serve(None, &["127.0.0.1/32"], Telling::Forwarded).await;
    let header = "X-Forwarded-For: 198.51.100.66\r\nForwarded: for=\"[2001:db8::7]:4711\";proto=https\r\n";
    assert_eq!(body(&get(server.address(), "/", header).await), "2001:db8::7");
}

#[tokio::test]
async fn a_proxy_header_is_wanted_of_the_proxy_and_of_nobody_else() {
    let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    let with = format!("PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n{request}");
    let server = serve(None, &["127.0.0.1/32"], Telling::ProxyProtocol).await;
    assert_eq!(body(&exchange(server.address(), with.as_bytes()).await), "203.0.113.7");
    assert_eq!(exchange(server.address(), request.as_bytes()).await, "");
    // A stranger's PROXY header is no HTTP.
    let server = serve(None, &["192.0.2.0/24"], Telling::ProxyProtocol).await;
    assert!(!exchange(server.address(), with.as_bytes()).await.contains("203.0.113.7"));
    assert_eq!(body(&exchange(server.address(), request.as_bytes()).await), "127.0.0.1");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = serve(None, &[], Telling::default()).await;
    let large = get(server.address(), "/", &format!("X: {}\r\n", "x".repeat(20_000))).await;
    assert!(!large.starts_with("HTTP/1.1 200"), "{large}");
    let many = get(server.address(), "/", &"X: y\r\n".repeat(100)).await;
    assert!(!many.starts_with("HTTP/1.1 200"), "{many}");
}

#[tokio::test]
async fn quiet_and_slow_clients_lose_their_places_and_others_get_them() {
    let limits = Limits {
        connections: 2,
        step: Duration::from_millis(200),
        whole: Duration::from_millis(400),
        ..Limits::default()
    };
    let echo = Echo { trust: Trust::default(), signer: None };
    let server = start("127.0.0.1:0", echo, limits).await;
    let mut quiet = TcpStream::connect(server.address()).await.expect("it listens");
    let mut slow = TcpStream::connect(server.address()).await.expect("it listens");
    slow.write_all(b"GET / HTTP/1.1\r\nHost").await.expect("it is open");
    // Both places are taken; this one waits until they are free again.
    assert_eq!(body(&get(server.address(), "/", "").await), "127.0.0.1");
    for stream in [&mut quiet, &mut slow] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn no_request_follows_on_a_connection() {
    let server = serve(None, &[], Telling::default()).await;
    let twice = "GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(2);
    let answer = exchange(server.address(), twice.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
}
