//! Certificates that are and are not believed, and how that is said.

use crate::{client, get, network};
use dynflare::net::error::Flaw;
use dynflare::net::{Effect, NetError, Network, NetworkSettings};
use dynflare_core::fault::Class;
use dynflare_testkit::serve::{Handler, Server, handler, reply};
use dynflare_testkit::tls::{Authority, Validity};

fn ok() -> Handler {
    handler(|_| async { reply(200, "ok") })
}

/// What a request to a server with a certificate for these names and times fails with.
async fn refusal(names: &[&str], validity: Validity) -> NetError {
    let authority = Authority::new();
    let server = Server::https(&authority.issue(names, validity), ok()).await;
    client(&network(&authority), server.base()).send(get("/")).await.expect_err("the certificate is no good")
}

#[tokio::test]
async fn a_configured_ca_file_adds_to_the_trust() {
    let (one, other) = (Authority::new(), Authority::new());
    let ca_files = vec![one.file().to_owned(), other.file().to_owned()];
    let network = Network::new(NetworkSettings { ca_files, ..NetworkSettings::default() });
    for authority in [&one, &other] {
        let server = Server::https(&authority.loopback(), ok()).await;
        client(&network, server.base()).send(get("/")).await.expect("its issuer is trusted");
    }
}

#[tokio::test]
async fn a_name_and_an_ipv4_address_are_both_checked() {
    let authority = Authority::new();
    let server = Server::https(&authority.issue(&["localhost"], Validity::Current), ok()).await;
    let network = network(&authority);
    let by_name = format!("https://localhost:{}", server.address().port());
    client(&network, &by_name).send(get("/")).await.expect("the certificate is for localhost");
    let error = client(&network, server.base()).send(get("/")).await.expect_err("not for 127.0.0.1");
    assert_eq!(error.to_string(), "the certificate of 127.0.0.1 is for localhost");
}

#[tokio::test]
async fn an_unknown_issuer_is_refused_with_what_to_do() {
    let server = Server::https(&Authority::new().loopback(), ok()).await;
    let error = client(&network(&Authority::new()), server.base()).send(get("/")).await;
    let error = error.expect_err("its issuer is unknown");
    assert_eq!(error.to_string(), "the certificate of 127.0.0.1 was issued by nobody this machine trusts");
    let fault = error.fault(Effect::Write);
    assert_eq!(fault.class, Class::Unavailable);
    assert!(fault.hint.is_some_and(|hint| hint.contains("`ca_file`")));
}

#[tokio::test]
async fn an_expired_certificate_is_refused_and_the_clock_mentioned() {
    let error = refusal(&["127.0.0.1"], Validity::Over).await;
    let NetError::Certificate { flaw: Flaw::Expired { end, now }, .. } = &error else { panic!("{error}") };
    assert!(now > end);
    assert!(
        error.to_string().contains("expired on 2001-01-01 00:00 UTC; this machine's clock says "),
        "{error}"
    );
}

#[tokio::test]
async fn ur_50_a_certificate_from_the_future_points_at_the_clock() {
    let error = refusal(&["127.0.0.1"], Validity::ToCome).await;
    assert!(error.to_string().contains("is not valid before 2100-01-01 00:00 UTC"), "{error}");
    let fault = error.fault(Effect::Write);
    assert!(fault.class.policy().is_temporary());
    assert!(fault.hint.is_some_and(|hint| hint.contains("clock")));
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart() {
    let server = Server::http(ok()).await;
    let base = server.base().replace("http:", "https:");
    let error = client(&network(&Authority::new()), &base).send(get("/")).await.expect_err("no TLS there");
    assert_eq!(error.to_string(), "cannot set up TLS with 127.0.0.1: it does not speak TLS on this port");
    assert_eq!(error.fault(Effect::Write).class, Class::Unavailable);
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_named() {
    let authority = Authority::new();
    let server = Server::https(&authority.loopback(), ok()).await;
    let empty = authority.file().with_extension("empty");
    std::fs::write(&empty, "no certificate\n").expect("the temporary directory can be written");
    let missing = authority.file().with_extension("missing");
    for (file, reason) in
        [(&empty, "it holds no certificate in PEM form"), (&missing, "no such file or directory")]
    {
        let ca_files = vec![authority.file().to_owned(), file.clone()];
        let network = Network::new(NetworkSettings { ca_files, ..NetworkSettings::default() });
        let error = client(&network, server.base()).send(get("/")).await.expect_err("the file is no good");
        assert_eq!(error.to_string(), format!("cannot use the CA file {}: {reason}", file.display()));
        assert_eq!(error.fault(Effect::Write).class, Class::Invalid);
    }
    std::fs::remove_file(&empty).expect("it was just written");
}
