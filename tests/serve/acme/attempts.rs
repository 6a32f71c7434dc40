//! What goes wrong on the way to a certificate, and what stays in use meanwhile.

use super::site::{NAME, Place, binding, notes};
use dynflare::server::acme::Challenge;
use dynflare_testkit::pebble::{BINDING, Options, Pebble};

const TLS: [Challenge; 1] = [Challenge::TlsAlpn];

#[tokio::test]
async fn a_certificate_is_kept_renewed_and_stays_in_use_while_renewal_fails() {
    let place = Place::new();
    let options = place.options();
    let Some(pebble) = place.authority(&options) else { return };
    let settings = place.settings(&pebble, &[NAME], &TLS);
    let site = place.open(settings.clone()).await;
    site.issued(1).await;
    let first = place.ask(&pebble, NAME, "127.0.0.1").await.expect("a certificate");
    site.close().await;
    #[cfg(unix)]
    for file in ["acme.json", "certificate.pem"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.folder.join(file)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }

    // Started again, it serves at once what was kept, and orders nothing.
    let site = place.open(settings).await;
    assert_eq!(place.ask(&pebble, NAME, "127.0.0.1").await, Ok(first.clone()));
    place.days_pass(57);
    site.acme.look_again();
    // Days before the time nothing happens; what comes next is the renewal.
    assert_eq!(pebble.orders(), 1);
    place.days_pass(4);
    site.acme.look_again();
    site.issued(1).await;
    let second = place.ask(&pebble, NAME, "127.0.0.1").await.expect("a certificate");
    assert!(second != first, "it was renewed");
    assert_eq!(pebble.orders(), 2);

    // The authority goes away, and the certificate stays.
    let address = pebble.address();
    drop(pebble);
    place.days_pass(20);
    site.acme.look_again();
    let why = site.failed(1).await;
    assert!(why.contains("asking the certificate authority: "), "{why}");
    assert!(site.told().contains("the present one is valid for 8 days"), "{}", site.told());

    // It comes back and has forgotten everybody: a new account is made.
    let pebble = Pebble::start_again(&options, &place.authority, address).expect("it was there before");
    assert_eq!(place.ask(&pebble, NAME, "127.0.0.1").await, Ok(second), "the old one is in use");
    site.acme.look_again();
    site.issued(2).await;
    assert!(place.ask(&pebble, NAME, "127.0.0.1").await.is_err(), "it is of the new root");
}

#[tokio::test]
async fn nonces_may_be_refused_more_often_than_not() {
    let place = Place::new();
    let options = Options { refused_nonces: 60, ..place.options() };
    let Some(pebble) = place.authority(&options) else { return };
    let site = place.open(place.settings(&pebble, &[NAME], &TLS)).await;
    site.issued(1).await;
    assert!(place.ask(&pebble, NAME, "127.0.0.1").await.is_ok(), "{}", site.told());
}

#[tokio::test]
async fn names_that_are_proven_already_are_not_proven_again() {
    let place = Place::new();
    let options = Options { reused_authorizations: 100, ..place.options() };
    let Some(pebble) = place.authority(&options) else { return };
    let site = place.open(place.settings(&pebble, &[NAME], &TLS)).await;
    site.issued(1).await;
    site.close().await;
    // With one name more: a certificate for what is wanted is ordered at once, one authorization is there.
    let site = place.open(place.settings(&pebble, &[NAME, "www.example.org"], &TLS)).await;
    site.issued(1).await;
    assert!(place.ask(&pebble, "www.example.org", "127.0.0.1").await.is_ok(), "{}", site.told());
    assert_eq!(pebble.orders(), 2);
}

#[tokio::test]
async fn the_next_challenge_has_its_turn_after_one_that_fails_and_the_reason_is_told() {
    let place = Place::new();
    // Where the authority looks for TLS-ALPN-01 somebody else answers, with an ordinary certificate.
    let mistaken = Place::new();
    let options = Options { tls_port: mistaken.tls_port, ..place.options() };
    let Some(pebble) = place.authority(&options) else { return };
    let settings = place.settings(&pebble, &[NAME], &[Challenge::TlsAlpn, Challenge::Http]);
    let _other = mistaken.open(mistaken.settings(&pebble, &["other.example.org"], &[Challenge::Http])).await;
    let site = place.open(settings).await;
    let why = site.failed(1).await;
    assert!(why.starts_with("TLS-ALPN-01 did not succeed: ddns.example.org: "), "{why}");
    // Meanwhile nobody is shown anything.
    assert!(place.ask(&pebble, NAME, "127.0.0.1").await.is_err());
    assert!(site.told().contains("until it is there TLS connections are refused"), "{}", site.told());
    assert!(site.told().contains("there is no valid one"), "{}", site.told());
    site.acme.look_again();
    let standing = site.issued(1).await;
    assert_eq!((standing.failed, standing.failing), (1, None));
    assert!(place.ask(&pebble, NAME, "127.0.0.1").await.is_ok(), "{}", site.told());
}

// With threads to wait for the authority in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_on_after_a_restart_in_its_middle() {
    let place = Place::new();
    let options = Options { slowness: 9, refused_nonces: 0, ..place.options() };
    let Some(pebble) = place.authority(&options) else { return };
    let settings = place.settings(&pebble, &[NAME], &TLS);
    let site = place.open(settings.clone()).await;
    // It is told that the proof can be seen, and takes its time.
    pebble.wait("Pulled a task");
    let order = notes(&place.folder)["order"]["url"].clone();
    assert!(order.is_string(), "it is kept before anybody is asked to look");
    site.close().await;
    let site = place.open(settings).await;
    let standing = site.until("the old order ends", |standing| standing.issued + standing.failed > 0).await;
    // It may have looked just while nobody was there: then that order is over, and another begins.
    let missed = pebble.log().contains("set INVALID by completed challenge");
    if standing.failed > 0 {
        assert!(missed, "{}\n{}", site.told(), pebble.log());
        site.acme.look_again();
        site.issued(1).await;
    }
    assert_eq!(pebble.orders(), if missed { 2 } else { 1 }, "{}", pebble.log());
    assert!(notes(&place.folder)["order"].is_null());
}

#[tokio::test]
async fn an_authority_that_wants_an_account_of_its_own_gets_it() {
    let place = Place::new();
    let options = Options { binding: true, ..place.options() };
    let Some(pebble) = place.authority(&options) else { return };
    let without = place.settings(&pebble, &[NAME], &TLS);
    let site = place.open(without.clone()).await;
    let why = site.failed(1).await;
    assert!(why.contains("externalAccountRequired"), "{why}");
    site.close().await;
    let mut bound = without;
    bound.binding = Some(binding(BINDING.0, BINDING.1));
    let site = place.open(bound).await;
    site.issued(1).await;
    assert!(!site.told().contains(BINDING.1));
}

#[tokio::test]
async fn two_that_serve_from_one_directory_make_one_order() {
    let place = Place::new();
    let Some(pebble) = place.authority(&place.options()) else { return };
    let settings = place.settings(&pebble, &[NAME], &TLS);
    let site = place.open(settings.clone()).await;
    let other = place.keep(settings);
    site.issued(1).await;
    // The other one is told to look instead of waiting its minute.
    other.acme.look_again();
    other.until("it has the same", |standing| standing.valid_until.is_some()).await;
    assert_eq!(pebble.orders(), 1, "{}", pebble.log());
}
