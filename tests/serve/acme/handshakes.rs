//! What hostile and mistaken clients get in a handshake. No authority is needed.

use super::site::Place;
use crate::body;
use dynflare::server::client::Trust;
use dynflare::server::echo::Echo;
use dynflare::server::listen::{Limits, Server};
use dynflare::server::tls::{Certificate, Identity};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, ClientConfig, RootCertStore, version};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

async fn serve(identity: Arc<dyn Identity>, limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let echo = Echo { trust: Trust::default(), signer: None };
    Server::start(listener, Some(identity), limits, Arc::new(echo)).expect("it starts")
}

/// A handshake that offers these protocols.
async fn shake(place: &Place, to: SocketAddr, offered: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(place.authority.pem().as_bytes()).expect("a certificate");
    roots.add(root).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .expect("ring has both")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = offered.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let tcp = TcpStream::connect(to).await.expect("it listens");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

fn alert(shaken: std::io::Result<TlsStream<TcpStream>>) -> Option<AlertDescription> {
    let error = shaken.err()?;
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

#[tokio::test]
async fn a_connection_is_served_with_http_1_or_without_a_word_about_protocols_and_with_nothing_else() {
    let place = Place::new();
    let (chain, key) = place.own_files();
    let certificate = Arc::new(Certificate::load(&chain, &key).expect("both files are there"));
    let server = serve(certificate, Limits::default()).await;
    let offers: [&[&str]; 3] = [&[], &["http/1.1"], &["h2", "acme-tls/1", "http/1.1"]];
    for offered in offers {
        let mut stream = shake(&place, server.address(), offered).await.expect("this is served");
        stream.write_all(b"GET /ip HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("it is open");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(body(&String::from_utf8_lossy(&answer)), "127.0.0.1", "{offered:?}");
    }
    let refused: [&[&str]; 4] = [&["h2"], &["acme-tls/1"], &["dot", "smtp"], &["http/1.0"]];
    for offered in refused {
        let alert = alert(shake(&place, server.address(), offered).await);
        assert_eq!(alert, Some(AlertDescription::NoApplicationProtocol), "{offered:?}");
    }
}

#[tokio::test]
async fn until_there_is_a_certificate_handshakes_end_with_an_alert_whatever_they_offer() {
    let place = Place::new();
    let site = place.without_an_authority();
    let server = serve(site.acme.identity(), Limits::default()).await;
    for offered in [&["http/1.1"][..], &[], &["acme-tls/1", "http/1.1"]] {
        let alert = alert(shake(&place, server.address(), offered).await);
        assert_eq!(alert, Some(AlertDescription::AccessDenied), "{offered:?}");
    }
    // A proof that nobody has ordered.
    let alert = alert(shake(&place, server.address(), &["acme-tls/1"]).await);
    assert!(alert.is_some(), "there is no proof of that name");
}

#[tokio::test]
async fn a_handshake_that_comes_in_drops_loses_its_place() {
    let place = Place::new();
    let (chain, key) = place.own_files();
    let certificate = Arc::new(Certificate::load(&chain, &key).expect("both files are there"));
    let limits = Limits { connections: 1, step: Duration::from_millis(200), ..Limits::default() };
    let server = serve(certificate, limits).await;
    let mut slow = TcpStream::connect(server.address()).await.expect("it listens");
    // The head of a record that never comes.
    slow.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await.expect("it is open");
    let shaken = shake(&place, server.address(), &["http/1.1"]).await;
    assert!(shaken.is_ok(), "the place is free again");
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest).await;
    assert!(rest.len() < 16, "nothing but an alert: {rest:?}");
}

#[tokio::test]
async fn what_is_no_tls_is_told_so_and_ends() {
    let place = Place::new();
    let (chain, key) = place.own_files();
    let certificate = Arc::new(Certificate::load(&chain, &key).expect("both files are there"));
    let server = serve(certificate, Limits::default()).await;
    for hostile in [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"\x16\x03\x01\xff\xff",
        b"\x80\x2e\x01\x00\x02",
        &[0; 64],
    ] {
        let answer = crate::exchange(server.address(), hostile).await;
        assert!(!answer.contains("HTTP/1.1 200") && answer.len() < 16, "{hostile:?}: {answer:?}");
    }
    // SSL 3 up to TLS 1.1: a client that speaks no later version.
    for old in 0..=2 {
        let hello = [&[0x16, 3, old, 0, 45, 1, 0, 0, 41, 3, old][..], &[7; 32], &[0, 0, 2, 0xc0, 0x13, 1, 0]]
            .concat();
        let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
        stream.write_all(&hello).await.expect("it is open");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        // A fatal alert: protocol_version (70) or handshake_failure (40).
        assert!(matches!(answer[..], [0x15, 3, _, 0, 2, 2, 70 | 40]), "3.{old}: {answer:?}");
    }
}
