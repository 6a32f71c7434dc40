//! The HTTP API of a real PowerDNS, read back by DNS.

use super::{get, open, put, zone};
use crate::world::{key, name};
use dynflare::net::http::header::{HeaderName, HeaderValue};
use dynflare::net::http::{Client, Method, Request};
use dynflare::net::{Network, NetworkSettings, Route};
use dynflare_core::fault::Class;
use dynflare_core::plan::Replace;
use dynflare_core::record::RecordType::{A, Aaaa, Caa, Cname, Mx, Srv, Txt};
use dynflare_testkit::nameserver::{Api, NameServer, ZONE};
use std::time::Duration;

#[tokio::test]
async fn what_is_written_is_what_the_name_server_answers() {
    let Some((server, api)) = NameServer::start_with_api() else { return };
    let adapter = open("powerdns", None, &[("api_key", api.key), ("server", &api.base)]);
    let adapter = adapter.as_ref();
    let auto = zone(adapter, None).await;
    assert_eq!(auto, zone(adapter, Some(ZONE)).await);
    assert_eq!((auto.name.as_str(), auto.id.as_str()), ("example.org", "example.org."));
    for (text, rtype, values, shown) in [
        ("home.example.org", A, &["192.0.2.1", "192.0.2.9"][..], &["192.0.2.1", "192.0.2.9"][..]),
        ("home.example.org", A, &["192.0.2.2", "192.0.2.9"], &["192.0.2.2", "192.0.2.9"]),
        ("home.example.org", Aaaa, &["2001:db8::1"], &["2001:db8::1"]),
        ("home.example.org", Txt, &["\"a \\\"b\\\" c\""], &["\"a \\\"b\\\" c\""]),
        ("*.example.org", A, &["192.0.2.3"], &["192.0.2.3"]),
        ("example.org", A, &["192.0.2.4"], &["192.0.2.4"]),
        ("example.org", Mx, &["10 mx.example.net"], &["10 mx.example.net."]),
        ("example.org", Caa, &["0 issue \"ca.example.net\""], &["0 issue \"ca.example.net\""]),
        ("www.example.org", Cname, &["home.example.org"], &["home.example.org."]),
        ("_x._tcp.example.org", Srv, &["1 2 443 home.example.org"], &["1 2 443 home.example.org."]),
    ] {
        put(adapter, (text, rtype), values, 60)
            .await
            .unwrap_or_else(|fault| panic!("{text} {rtype}: {fault}"));
        let asked = text.replace('*', "any");
        assert_eq!(server.read(&asked, rtype.as_str()), shown, "{text}");
        assert_eq!(server.ttl(&asked, rtype.as_str()), Some(60), "{text}");
        let set = get(adapter, text, rtype).await;
        assert_eq!(set.ttl, Some(60));
        put(adapter, (text, rtype), values, 60).await.expect("what was read is what is expected");
    }
    put(adapter, ("home.example.org", A), &[], 60).await.expect("it is removed");
    assert!(
        server.read("home.example.org", "A").iter().all(|value| value == "192.0.2.3"),
        "the wildcard answers"
    );
    assert_eq!(server.read("home.example.org", "AAAA"), ["2001:db8::1"], "other sets stay");
}

#[tokio::test]
async fn comments_and_records_that_are_switched_off_stay() {
    let Some((server, api)) = NameServer::start_with_api() else { return };
    let adapter = open("powerdns", None, &[("api_key", api.key), ("server", &api.base)]);
    let adapter = adapter.as_ref();
    let set = r#"{"rrsets":[{"name":"home.example.org.","type":"A","ttl":60,"changetype":"REPLACE",
        "records":[{"content":"192.0.2.1","disabled":false},{"content":"192.0.2.77","disabled":true}],
        "comments":[{"content":"mine","account":"me","modified_at":1}]}]}"#;
    raw(&api, Method::PATCH, Some(set)).await;
    assert_eq!(get(adapter, "home.example.org", A).await.values, ["192.0.2.1"]);
    put(adapter, ("home.example.org", A), &["192.0.2.2"], 60).await.expect("it is changed");
    assert_eq!(server.read("home.example.org", "A"), ["192.0.2.2"]);
    let whole = raw(&api, Method::GET, None).await;
    assert!(whole.contains("192.0.2.77") && whole.contains("mine"), "{whole}");
}

/// Speaks to the zone as its owner would.
async fn raw(api: &Api, method: Method, body: Option<&str>) -> String {
    let network = Network::new(NetworkSettings::default());
    let client = Client::new(&network, api.base.parse().expect("a base"), Route::default());
    let headers = vec![(HeaderName::from_static("x-api-key"), HeaderValue::from_static(api.key))];
    let request = Request {
        method,
        path: "/api/v1/servers/localhost/zones/example.org.".to_owned(),
        headers,
        body: body.map(|body| body.as_bytes().to_vec()),
        timeout: Duration::from_secs(10),
        limit: 1 << 20,
    };
    let response = client.send(request).await.expect("it answers");
    let body = String::from_utf8_lossy(&response.body).into_owned();
    assert!((200..300).contains(&response.status), "{body}");
    body
}

#[tokio::test]
async fn what_it_refuses_is_told_by_its_reason() {
    let Some((server, api)) = NameServer::start_with_api() else { return };
    let adapter = open("powerdns", None, &[("api_key", "another-key"), ("server", &api.base)]);
    let fault = adapter.locate(Some(&name(ZONE)), &name("home.example.org")).await.expect_err("a wrong key");
    assert_eq!(fault.class, Class::Denied, "{fault}");
    let adapter = open("powerdns", None, &[("api_key", api.key), ("server", &api.base)]);
    let missing = name("example.edu");
    let fault = adapter.locate(Some(&missing), &missing).await.expect_err("no such zone");
    assert_eq!(fault.class, Class::NoSuchZone, "{fault}");
    let zone = zone(adapter.as_ref(), Some(ZONE)).await;
    let expect = adapter.get(&zone, &key("home.example.org", A)).await.expect("it is read");
    server.change("update add home.example.org 60 A 192.0.2.77\n");
    let step = Replace { expect, values: vec!["192.0.2.1".to_owned()], ttl: 60 };
    let fault = adapter.replace(&zone, &step).await.expect_err("somebody else was quicker");
    assert_eq!(fault.class, Class::Unconfirmed, "{fault}");
    assert_eq!(server.read("home.example.org", "A"), ["192.0.2.77"]);
}
