//! From a name to its zone.

use crate::setting::{Setting, TOKEN, key, name};
use dynflare::provider::cloudflare::Credential;
use dynflare::provider::{Records, Scope, Zone};
use dynflare::secret::Secret;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::plan::Change;
use dynflare_core::record::{Attributes, RecordType};
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeRecord, FakeZone, Grant, On, Trouble};

async fn having(zones: &[&str]) -> Setting {
    let fake = FakeCloudflare::new();
    for zone in zones {
        fake.zone(FakeZone::new(zone));
    }
    fake.token(TOKEN, Grant::all());
    Setting::around(fake, Credential::Token(Secret::new(TOKEN))).await
}

async fn zone_of(setting: &Setting, text: &str) -> Result<String, Fault> {
    let zone = setting.cloudflare.locate(None, &name(text)).await?;
    Ok(zone.name.to_string())
}

#[tokio::test]
async fn ur_33_a_zone_is_matched_at_label_boundaries() {
    let setting =
        having(&["example.com", "subexample.com", "mydomain.co.uk", "zone.org", "testzone.org"]).await;
    for (at, zone) in [
        ("a.subexample.com", "subexample.com"),
        ("host.mydomain.co.uk", "mydomain.co.uk"),
        ("a.b.c.example.com", "example.com"),
        ("test.zone.org", "zone.org"),
        ("test.testzone.org", "testzone.org"),
        ("example.com", "example.com"),
        ("*.example.com", "example.com"),
    ] {
        assert_eq!(zone_of(&setting, at).await.as_deref(), Ok(zone), "{at}");
    }
    assert_eq!(setting.fake.log().len(), 1, "one listing serves all names");
}

#[tokio::test]
async fn ur_34_the_longer_of_two_zones_wins() {
    let setting = having(&["example.com", "b.example.com"]).await;
    assert_eq!(zone_of(&setting, "a.b.example.com").await.as_deref(), Ok("b.example.com"));
    assert_eq!(zone_of(&setting, "a.example.com").await.as_deref(), Ok("example.com"));
}

#[tokio::test]
async fn ur_35_all_pages_of_zones_are_seen() {
    for count in [21, 50, 51, 101] {
        let names: Vec<String> = (0..count).map(|number| format!("zone{number}.example")).collect();
        let setting = having(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let last = format!("www.zone{}.example", count - 1);
        assert_eq!(zone_of(&setting, &last).await, Ok(format!("zone{}.example", count - 1)));
        assert_eq!(setting.fake.log().len(), usize::div_ceil(count, 50));
    }
}

#[tokio::test]
async fn ur_36_a_zone_that_is_not_active_yet_works_and_an_active_one_of_its_name_goes_first() {
    for status in ["pending", "initializing"] {
        let fake = FakeCloudflare::new();
        fake.token(TOKEN, Grant::all());
        let id = fake.zone(FakeZone::new("example.org").status(status));
        let setting = Setting::around(fake, Credential::Token(Secret::new(TOKEN))).await;
        assert_eq!(setting.zone().await, Zone { name: name("example.org"), id });

        let active = setting.fake.zone(FakeZone::new("example.org").account("Another Account"));
        let another = setting.another(Credential::Token(Secret::new(TOKEN)));
        let zone = another.locate(None, &name("www.example.org")).await.expect("a zone");
        assert_eq!(zone.id, active);
    }
}

#[tokio::test]
async fn ur_38_with_a_zone_id_no_zone_is_asked_for() {
    let fake = FakeCloudflare::new();
    fake.token(TOKEN, Grant::on(["example.org"]).refused_zone_list());
    let id = fake.zone(FakeZone::new("example.org"));
    fake.record("example.org", FakeRecord::new("A", "www.example.org", "192.0.2.1"));
    let setting = Setting::around(fake, Credential::Token(Secret::new(TOKEN))).await;
    let zone = Zone { name: name("example.org"), id: id.clone() };
    let keys = [key("www.example.org", RecordType::A)];
    let records = setting.cloudflare.list(&zone, Scope::Keys(&keys)).await.expect("no Zone:Read is needed");
    assert_eq!(records.len(), 1);
    let log = setting.fake.log();
    assert!(log.iter().all(|seen| seen.path.starts_with(&format!("/zones/{id}/dns_records?"))), "{log:?}");
}

#[tokio::test]
async fn ur_39_a_token_that_sees_no_zone_is_told_so() {
    let setting = Setting::with(Grant::all().without_zone_read()).await;
    let zone = name("example.org");
    let wanted = "the token sees no zone at all, so no zone of example.org either";
    let hint = "give the token Zone.Zone:Read and Zone.DNS:Edit on it (dash.cloudflare.com, My Profile, API \
                Tokens), or set `zone_id`";
    let fault = setting.cloudflare.locate(Some(&zone), &zone).await.expect_err("nothing is visible");
    assert_eq!((fault.class, fault.what.as_str()), (Class::NoSuchZone, wanted));
    assert_eq!(fault.hint.as_deref(), Some(hint));

    let fault = setting.cloudflare.locate(None, &zone).await.expect_err("nothing is visible");
    assert_eq!((fault.class, fault.what.as_str()), (Class::NoSuchZone, wanted));
}

#[tokio::test]
async fn ur_39_a_zone_that_is_not_visible_is_told_with_those_that_are() {
    let setting = having(&["example.com", "example.net"]).await;
    let zone = name("exmaple.com");
    let wanted = "it sees example.com and example.net; check the spelling, or give the token Zone.Zone:Read and \
                  Zone.DNS:Edit on it (dash.cloudflare.com, My Profile, API Tokens)";
    for asked in [Some(&zone), None] {
        let fault = setting.cloudflare.locate(asked, &zone).await.expect_err("there is no such zone");
        assert_eq!(fault.what, "the token cannot see a zone of exmaple.com");
        assert_eq!(fault.hint.as_deref(), Some(wanted));
    }
}

#[tokio::test]
async fn a_refused_zone_list_points_to_zone_id() {
    let setting = Setting::with(Grant::all().refused_zone_list()).await;
    let zone = name("example.org");
    let fault = setting.cloudflare.locate(Some(&zone), &zone).await.expect_err("the list is refused");
    assert_eq!(fault.what, "the token may not list zones");
    let hint = "set `zone_id` for example.org, or give the token Zone.Zone:Read on all zones";
    assert_eq!(fault.hint.as_deref(), Some(hint));
    assert_eq!(fault.status.as_deref(), Some("HTTP 403, 0"));
    assert_eq!(setting.fake.log().len(), 1, "nothing more is asked");
}

#[tokio::test]
async fn names_that_look_for_one_zone_at_the_same_time_share_one_request() {
    let setting = Setting::new().await;
    let (zone, www, mail) = (name("example.org"), name("www.example.org"), name("mail.example.org"));
    let at = &setting.cloudflare;
    let (a, b) = tokio::join!(at.locate(Some(&zone), &www), at.locate(Some(&zone), &mail));
    assert_eq!(a.expect("found"), b.expect("found"));
    assert_eq!(setting.fake.log().len(), 1);

    setting.fake.clear_log();
    let (a, b) = tokio::join!(at.locate(None, &www), at.locate(None, &mail));
    assert_eq!(a.expect("found"), b.expect("found"));
    assert_eq!(setting.fake.log().len(), 1);
}

#[tokio::test]
async fn names_that_share_a_failing_request_share_its_failure() {
    let setting = Setting::new().await;
    setting.fake.script(On::Any, Trouble::refusal(403, 9109, "Invalid access token"));
    let (zone, www, mail) = (name("example.org"), name("www.example.org"), name("mail.example.org"));
    let at = &setting.cloudflare;
    let (a, b) = tokio::join!(at.locate(Some(&zone), &www), at.locate(Some(&zone), &mail));
    assert_eq!(a.expect_err("refused"), b.expect_err("refused"));
    assert_eq!(setting.fake.log().len(), 1);
    assert!(at.locate(Some(&zone), &www).await.is_ok(), "the next round asks again");
}

#[tokio::test]
async fn a_zone_that_was_made_anew_is_found_under_its_new_identifier() {
    let setting = Setting::new().await;
    let old = setting.zone().await;
    setting.fake.remove_zone("example.org");
    let new = setting.fake.zone(FakeZone::new("example.org"));
    let keys = [key("www.example.org", RecordType::A)];
    assert!(setting.cloudflare.list(&old, Scope::Keys(&keys)).await.is_err());
    assert_eq!(setting.zone().await.id, new);
}

#[tokio::test]
async fn with_the_identifier_of_another_zone_nothing_is_left_behind() {
    let setting = Setting::new().await;
    setting.fake.zone(FakeZone::new("example.com"));
    let other = name("example.com");
    let id = setting.cloudflare.locate(Some(&other), &other).await.expect("there").id;
    let wrong = Zone { name: name("example.org"), id };
    let create = |at: &str| Change::Create {
        key: key(at, RecordType::A),
        content: "192.0.2.1".to_owned(),
        attributes: Attributes::default(),
    };
    for changes in
        [&[create("www.example.org")][..], &[create("www.example.org"), create("mail.example.org")]]
    {
        for outcome in setting.cloudflare.apply(&wrong, changes).await {
            let fault = outcome.expect_err("not where it should be");
            assert_eq!(fault.class, Class::Invalid);
            assert!(fault.what.ends_with(".example.org.example.com, which was taken back"), "{fault}");
            assert!(fault.hint.is_some_and(|hint| hint.starts_with("correct `zone_id`")));
        }
    }
    assert!(setting.fake.records("example.com").is_empty());
}
