//! Route 53 at moto, which verifies signatures and permissions.

use super::{get, open, put, zone};
use crate::world::{key, name};
use dynflare_core::fault::Class;
use dynflare_core::plan::Replace;
use dynflare_core::record::RecordType::{A, Aaaa, Mx, Txt};
use dynflare_testkit::moto::Moto;

#[tokio::test]
async fn signed_requests_change_what_they_should() {
    let Some(moto) = Moto::start() else { return };
    let fields = [("access_key_id", moto.key_id.as_str()), ("secret_access_key", moto.secret.as_str())];
    let adapter = open("route53", Some(&moto.base), &fields);
    let adapter = adapter.as_ref();
    let found = zone(adapter, None).await;
    assert_eq!(found, zone(adapter, Some("example.org")).await, "the private zone of this name is not it");
    for (text, rtype, values) in [
        ("home.example.org", A, &["192.0.2.1", "192.0.2.9"][..]),
        ("home.example.org", A, &["192.0.2.2", "192.0.2.9"]),
        ("home.example.org", Aaaa, &["2001:db8::1"]),
        ("home.example.org", Txt, &["\"a <b> & c\""]),
        ("*.example.org", A, &["192.0.2.3"]),
        ("example.org", A, &["192.0.2.4"]),
        ("example.org", Mx, &["10 mx.example.net."]),
    ] {
        put(adapter, (text, rtype), values, 60)
            .await
            .unwrap_or_else(|fault| panic!("{text} {rtype}: {fault}"));
        let set = get(adapter, text, rtype).await;
        assert_eq!(
            (set.values, set.ttl),
            (values.iter().map(ToString::to_string).collect(), Some(60)),
            "{text}"
        );
    }
    let one = [fields[0], fields[1], ("hosted_zone_id", found.id.as_str())];
    let by_id = open("route53", Some(&moto.base), &one);
    assert_eq!(get(by_id.as_ref(), "home.example.org", Aaaa).await.values, ["2001:db8::1"]);
    put(adapter, ("home.example.org", A), &[], 60).await.expect("it is removed");
    assert!(get(adapter, "home.example.org", A).await.values.is_empty());
    assert_eq!(get(adapter, "home.example.org", Aaaa).await.values, ["2001:db8::1"], "other sets stay");
    assert_eq!(get(adapter, "*.example.org", A).await.values, ["192.0.2.3"], "other names stay");
}

#[tokio::test]
async fn a_wrong_secret_and_a_change_in_between_are_refused() {
    let Some(moto) = Moto::start() else { return };
    let fields = [("access_key_id", moto.key_id.as_str()), ("secret_access_key", "wrong")];
    let adapter = open("route53", Some(&moto.base), &fields);
    let example = name("example.org");
    let fault = adapter.locate(Some(&example), &example).await.expect_err("a wrong signature");
    assert_eq!(
        (fault.class, fault.status.as_deref()),
        (Class::Denied, Some("HTTP 403, SignatureDoesNotMatch"))
    );
    let fields = [("access_key_id", moto.key_id.as_str()), ("secret_access_key", moto.secret.as_str())];
    let adapter = open("route53", Some(&moto.base), &fields);
    let zone = zone(adapter.as_ref(), Some("example.org")).await;
    let expect = adapter.get(&zone, &key("home.example.org", A)).await.expect("it is read");
    put(adapter.as_ref(), ("home.example.org", A), &["192.0.2.77"], 60)
        .await
        .expect("somebody else is quicker");
    let step = Replace { expect, values: vec!["192.0.2.1".to_owned()], ttl: 60 };
    let fault = adapter.replace(&zone, &step).await.expect_err("it is not what was read");
    assert_eq!(fault.class, Class::Unconfirmed, "{fault}");
}
