//! The authority says when to renew (RFC 9773). Pebble of Debian does not, so its directory is shown with that in it.

use super::site::{NAME, Place};
use dynflare::server::acme::Challenge;
use dynflare::server::listen::{Limits, Server};
use dynflare::server::tls::Certificate;
use dynflare::server::{Answer, Asked, Reply, Service};
use hyper::header::{HeaderValue, RETRY_AFTER};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Pebble's directory with one line more, and what that leads to.
struct Front {
    directory: String,
    window: Mutex<(&'static str, &'static str)>,
    asked: Mutex<Vec<String>>,
}

impl Service for Front {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        let Some(identifier) = asked.path.strip_prefix("/renewal/") else {
            return Reply::new(200, "application/json", self.directory.clone()).into();
        };
        self.asked.lock().expect("nobody panics").push(identifier.to_owned());
        let (start, end) = *self.window.lock().expect("nobody panics");
        let window = json!({ "suggestedWindow": { "start": start, "end": end } });
        Reply::new(200, "application/json", window.to_string())
            .with(RETRY_AFTER, HeaderValue::from_static("21600"))
            .into()
    }

    fn begins_with_proxy_header(&self, _: SocketAddr) -> bool {
        false
    }
}

#[tokio::test]
async fn a_certificate_is_renewed_when_the_authority_says_so() {
    let place = Place::new();
    let Some(pebble) = place.authority(&place.options()) else { return };
    let mut settings = place.settings(&pebble, &[NAME], &[Challenge::TlsAlpn]);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let there = format!("https://{}", listener.local_addr().expect("it is bound"));
    let directory = place.fetch(pebble.address(), "/dir").await;
    let mut directory: serde_json::Value = serde_json::from_slice(&directory).expect("a directory");
    directory["renewalInfo"] = format!("{there}/renewal").into();
    let front = Arc::new(Front {
        directory: directory.to_string(),
        window: Mutex::new(("2100-01-01T00:00:00Z", "2100-01-02T00:00:00Z")),
        asked: Mutex::default(),
    });
    let (chain, key) = place.own_files();
    let identity = Arc::new(Certificate::load(&chain, &key).expect("both files are there"));
    let _server =
        Server::start(listener, Some(identity), Limits::default(), front.clone()).expect("it starts");

    settings.directory = format!("{there}/dir");
    let site = place.open(settings).await;
    site.issued(1).await;
    let first = place.ask(&pebble, NAME, "127.0.0.1").await.expect("a certificate");
    site.until("the suggestion is known", |_| front.asked.lock().expect("nobody panics").len() == 1).await;
    place.days_pass(1);
    *front.window.lock().expect("nobody panics") = ("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z");
    site.acme.look_again();
    // Pebble does not reflect what the new one replaces, and the order is made without it.
    site.issued(2).await;
    assert!(place.ask(&pebble, NAME, "127.0.0.1").await.is_ok_and(|second| second != first));
    // Who is asked about is named as the standard says: key identifier and serial number.
    let asked = front.asked.lock().expect("nobody panics").clone();
    assert!(asked[0] == asked[1] && asked[0].matches('.').count() == 1, "{asked:?}");
    // The suggestion of the second lies in the past, too: no order without end comes from it.
    assert_eq!(site.acme.standing().borrow().issued, 2);
}
