//! The client's side: signed answers over plain HTTP, and every way in which one is not.

use crate::{ask, serve};
use dynflare::secret::Secret;
use dynflare::server::client::Telling;
use dynflare::server::listen::Server;
use dynflare::signed::{Scheme, Signer, Verifier, fresh};
use dynflare::source::{Extras, Source};
use dynflare_core::address::Family;
use dynflare_core::quorum::Vote;
use dynflare_testkit::serve::{Server as Fake, handler, reply};

fn source(server: &Server, verifier: Option<Verifier>) -> Source {
    let extras = Extras { verifier, ..Extras::default() };
    Source::parse_with(&format!("echo:http://{}", server.address()), &extras).expect("a source")
}

fn keys(scheme: Scheme) -> (Signer, Verifier, Secret) {
    let (server, client) = fresh(scheme).expect("randomness");
    let verifier = match scheme {
        Scheme::HmacSha256 => Verifier::shared(&client),
        Scheme::Ed25519 => Verifier::public(client.expose()),
    };
    (Signer::parse(&server).expect("a key"), verifier.expect("a key"), client)
}

#[tokio::test]
async fn a_signed_server_is_believed_over_plain_http_and_votes() {
    for scheme in [Scheme::HmacSha256, Scheme::Ed25519] {
        let (signer, verifier, _) = keys(scheme);
        let server = serve(Some(signer), &[], Telling::default()).await;
        let source = source(&server, Some(verifier));
        assert_eq!(ask(&source, Family::V4).await, Ok("127.0.0.1".to_owned()));
        assert_eq!((source.vote, source.serves(Family::V6)), (Vote::Full, false));
    }
}

#[tokio::test]
async fn an_unsigned_server_over_plain_http_is_a_witness() {
    let server = serve(None, &[], Telling::default()).await;
    let unsigned = source(&server, None);
    assert_eq!(ask(&unsigned, Family::V4).await, Ok("127.0.0.1".to_owned()));
    assert_eq!(unsigned.vote, Vote::Witness);
    assert_eq!(Source::parse_spec("echo:https://vps.example.org").expect("a source").vote, Vote::Full);
}

#[tokio::test]
async fn a_public_key_may_stand_in_the_spec() {
    let (signer, _, public) = keys(Scheme::Ed25519);
    let server = serve(Some(signer), &[], Telling::default()).await;
    let spec = format!("echo:http://{}#ed25519={}", server.address(), public.expose());
    let source = Source::parse_spec(&spec).expect("a source");
    assert_eq!(ask(&source, Family::V4).await, Ok("127.0.0.1".to_owned()));
}

#[tokio::test]
async fn another_key_or_none_at_the_server_is_no_answer() {
    let (_, verifier, _) = keys(Scheme::Ed25519);
    let other = serve(Some(keys(Scheme::Ed25519).0), &[], Telling::default()).await;
    let refused = ask(&source(&other, Some(verifier.clone())), Family::V4).await.expect_err("refused");
    assert_eq!(refused, "the signature of the answer is not the server's");
    for signer in [None, Some(keys(Scheme::HmacSha256).0)] {
        let server = serve(signer, &[], Telling::default()).await;
        let refused = ask(&source(&server, Some(verifier.clone())), Family::V4).await.expect_err("refused");
        assert_eq!(refused, "the answer is not signed as it should be");
    }
}

#[tokio::test]
async fn an_old_answer_that_is_played_again_is_no_answer() {
    let (signer, verifier, _) = keys(Scheme::HmacSha256);
    let server = serve(Some(signer), &[], Telling::default()).await;
    let nonce = "ab".repeat(32);
    let old = crate::get(server.address(), &format!("/json?nonce={nonce}"), "").await;
    let old = crate::body(&old).to_owned();
    assert!(old.contains("hmac-sha256"), "{old}");
    let fake = Fake::http(handler(move |_| {
        let old = old.clone();
        async move { reply(200, old) }
    }))
    .await;
    let extras = Extras { verifier: Some(verifier), ..Extras::default() };
    let source = Source::parse_with(&format!("echo:{}", fake.base()), &extras).expect("a source");
    let refused = ask(&source, Family::V4).await.expect_err("refused");
    assert_eq!(refused, "the signature of the answer is not the server's");
}

#[test]
fn a_secret_in_the_spec_is_refused() {
    for spec in ["echo:https://vps.example.org/?key=hidden", "echo:https://me:hidden@vps.example.org"] {
        let refused = Source::parse_spec(spec).expect_err("refused").to_string();
        assert!(!refused.contains("hidden"), "{refused}");
    }
}
