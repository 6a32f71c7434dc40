//! Writing: what exactly is sent, and what stays as it was.

use crate::setting::{Setting, TOKEN, create, key, name, update};
use dynflare::provider::cloudflare::Credential;
use dynflare::provider::{Records, Scope};
use dynflare::secret::Secret;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::plan::Change;
use dynflare_core::record::{Attributes, RecordType};
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeRecord, FakeZone, Grant, On, Trouble};
use serde_json::{Value, json};

fn decorated(at: &str, content: &str) -> FakeRecord {
    FakeRecord::new("A", at, content)
        .proxied()
        .comment("the door camera")
        .settings(json!({ "ipv4_only": true }))
}

/// Method, path below the zone's records, body.
fn writes(setting: &Setting) -> Vec<(String, String, String)> {
    let shown = setting.fake.writes().into_iter().map(|seen| {
        let path = seen.path.split_once("/dns_records").expect("a record's path").1.to_owned();
        (seen.method.to_string(), path, seen.body)
    });
    shown.collect()
}

fn body(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

async fn apply(setting: &Setting, changes: &[Change]) -> Vec<Result<(), Fault>> {
    let zone = setting.zone().await;
    setting.cloudflare.apply(&zone, changes).await
}

#[tokio::test]
async fn ur_25_patch_body_is_only_the_content() {
    let setting = Setting::new().await;
    let record = setting.listed(decorated("www.example.org", "192.0.2.1")).await;
    let before = setting.fake.records("example.org");
    setting.apply(update(&record, "192.0.2.2")).await.expect("updated");
    let wanted = ("PATCH".to_owned(), format!("/{}", record.id), r#"{"content":"192.0.2.2"}"#.to_owned());
    assert_eq!(writes(&setting), [wanted]);
    let after = setting.fake.records("example.org");
    assert_eq!(after, [FakeRecord { content: "192.0.2.2".to_owned(), ..before[0].clone() }]);
}

#[tokio::test]
async fn ur_25_in_a_batch_too_an_update_is_only_identifier_and_content() {
    let setting = Setting::new().await;
    let one = setting.listed(decorated("one.example.org", "192.0.2.1")).await;
    let two = setting.listed(decorated("two.example.org", "192.0.2.1")).await;
    let outcomes = apply(&setting, &[update(&one, "192.0.2.2"), update(&two, "192.0.2.3")]).await;
    assert_eq!(outcomes, [Ok(()), Ok(())]);
    let writes = writes(&setting);
    assert_eq!((writes.len(), writes[0].0.as_str(), writes[0].1.as_str()), (1, "POST", "/batch"));
    let wanted = json!({ "patches": [
        { "id": one.id, "content": "192.0.2.2" },
        { "id": two.id, "content": "192.0.2.3" },
    ]});
    assert_eq!(body(&writes[0].2), wanted);
    assert!(
        setting.fake.records("example.org").iter().all(|record| record.proxied && record.comment.is_some())
    );
}

#[tokio::test]
async fn ur_25b_a_refused_partial_update_is_repeated_whole_once() {
    let setting = Setting::new().await;
    let record = setting.listed(decorated("www.example.org", "192.0.2.1")).await;
    let before = setting.fake.records("example.org");
    setting.fake.refuse_partial_patches();
    setting.apply(update(&record, "192.0.2.2")).await.expect("updated");
    let writes = writes(&setting);
    assert_eq!(writes.len(), 2);
    let wanted = json!({
        "name": "www.example.org", "type": "A", "content": "192.0.2.2", "ttl": 1, "proxied": true,
        "comment": "the door camera", "tags": [],
    });
    assert_eq!(body(&writes[1].2), wanted);
    let after = setting.fake.records("example.org");
    assert_eq!(after, [FakeRecord { content: "192.0.2.2".to_owned(), ..before[0].clone() }]);
}

#[tokio::test]
async fn ur_25b_a_refused_batch_of_partial_updates_is_repeated_whole_once() {
    let setting = Setting::new().await;
    let one = setting.listed(decorated("one.example.org", "192.0.2.1")).await;
    let two = setting.listed(decorated("two.example.org", "192.0.2.1")).await;
    setting.fake.refuse_partial_patches();
    let outcomes = apply(&setting, &[update(&one, "192.0.2.2"), update(&two, "192.0.2.3")]).await;
    assert_eq!(outcomes, [Ok(()), Ok(())]);
    let writes = writes(&setting);
    assert_eq!(writes.iter().map(|write| write.1.as_str()).collect::<Vec<_>>(), ["/batch", "/batch"]);
    assert_eq!(body(&writes[1].2)["patches"][0]["ttl"], json!(1));
}

#[tokio::test]
async fn only_the_attributes_that_change_are_named_beside_the_content() {
    let setting = Setting::new().await;
    let record = setting.listed(decorated("www.example.org", "192.0.2.1")).await;
    let attributes = Attributes { comment: Some("dynflare".to_owned()), ..Attributes::default() };
    let change = Change::Update { record: record.clone(), content: None, attributes };
    setting.apply(change).await.expect("updated");
    assert_eq!(writes(&setting)[0].2, r#"{"comment":"dynflare"}"#);

    setting.fake.clear_log();
    let nothing = Change::Update { record, content: None, attributes: Attributes::default() };
    setting.apply(nothing).await.expect("nothing to do");
    assert_eq!(setting.fake.writes(), []);
}

#[tokio::test]
async fn a_new_record_carries_what_was_wished_for() {
    let setting = Setting::new().await;
    let attributes = Attributes {
        ttl: Some(300),
        proxied: Some(false),
        comment: Some("dynflare".to_owned()),
        ..Attributes::default()
    };
    let wished = Change::Create {
        key: key("www.example.org", RecordType::Aaaa),
        content: "2001:db8::1".to_owned(),
        attributes,
    };
    setting.apply(wished).await.expect("made");
    setting.apply(create("plain.example.org", "192.0.2.1")).await.expect("made");
    let records = setting.fake.records("example.org");
    assert_eq!((records[0].ttl, records[0].comment.as_deref()), (300, Some("dynflare")));
    assert_eq!((records[1].ttl, records[1].proxied, &records[1].comment), (1, false, &None));
}

#[tokio::test]
async fn ur_18_and_21_one_transaction_touches_exactly_the_records_it_names() {
    let setting = Setting::new().await;
    for (rtype, content) in
        [("TXT", "\"v=spf1 -all\""), ("CAA", "0 issue \"ca.example\""), ("MX", "mail.example.org")]
    {
        setting.fake.record("example.org", FakeRecord::new(rtype, "www.example.org", content));
    }
    let kept = setting.listed(FakeRecord::new("A", "www.example.org", "192.0.2.9")).await;
    let stale = setting.listed(FakeRecord::new("A", "www.example.org", "192.0.2.1")).await;
    let leftover = setting.listed(FakeRecord::new("A", "www.example.org", "192.0.2.2")).await;
    let changes = [update(&stale, "192.0.2.3"), Change::Delete { record: leftover.clone() }];
    assert_eq!(apply(&setting, &changes).await, [Ok(()), Ok(())]);
    let writes = writes(&setting);
    assert_eq!(writes.len(), 1);
    let wanted = json!({
        "deletes": [{ "id": leftover.id }],
        "patches": [{ "id": stale.id, "content": "192.0.2.3" }],
    });
    assert_eq!(body(&writes[0].2), wanted);
    assert_eq!(
        setting.fake.contents("example.org", "www.example.org", "A"),
        ["192.0.2.3", kept.content.as_str()]
    );
    assert_eq!(setting.fake.records("example.org").len(), 5);
}

#[tokio::test]
async fn more_changes_than_a_batch_holds_take_several_batches() {
    let setting = Setting::new().await;
    let changes: Vec<Change> =
        (0..450).map(|number| create(&format!("host{number}.example.org"), "192.0.2.1")).collect();
    let outcomes = apply(&setting, &changes).await;
    assert!(outcomes.len() == 450 && outcomes.iter().all(Result::is_ok));
    let writes = writes(&setting);
    let sizes: Vec<usize> =
        writes.iter().map(|write| body(&write.2)["posts"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 450);
    assert!(sizes.len() == 3 && sizes.iter().all(|&size| size <= 200), "{sizes:?}");
}

#[tokio::test]
async fn a_hundred_records_in_five_zones_are_located_listed_and_changed_with_fifteen_requests() {
    let fake = FakeCloudflare::new();
    fake.token(TOKEN, Grant::all());
    let names: Vec<String> = (0..5).map(|number| format!("zone{number}.example")).collect();
    for zone in &names {
        fake.zone(FakeZone::new(zone));
        for host in 0..20 {
            fake.record(zone, FakeRecord::new("A", &format!("host{host}.{zone}"), "192.0.2.1"));
        }
    }
    let setting = Setting::around(fake, Credential::Token(Secret::new(TOKEN))).await;
    for zone in &names {
        let keys: Vec<_> = (0..20).map(|host| key(&format!("host{host}.{zone}"), RecordType::A)).collect();
        let zone = setting.cloudflare.locate(Some(&name(zone)), &keys[0].name).await.expect("a zone");
        let records = setting.cloudflare.list(&zone, Scope::Keys(&keys)).await.expect("a list");
        let changes: Vec<Change> = records.iter().map(|record| update(record, "192.0.2.2")).collect();
        assert_eq!(setting.cloudflare.apply(&zone, &changes).await, vec![Ok(()); 20]);
    }
    assert_eq!(setting.fake.log().len(), 15);
    for zone in &names {
        assert!(setting.fake.records(zone).iter().all(|record| record.content == "192.0.2.2"));
    }
}

#[tokio::test]
async fn one_faulty_change_does_not_keep_the_others_from_being_made() {
    let setting = Setting::new().await;
    let changes = [
        create("one.example.org", "192.0.2.1"),
        create("two.example.org", "no address"),
        create("three.example.org", "192.0.2.1"),
    ];
    let outcomes = apply(&setting, &changes).await;
    assert_eq!((&outcomes[0], &outcomes[2]), (&Ok(()), &Ok(())));
    let fault = outcomes[1].as_ref().expect_err("no address");
    assert_eq!(fault.class, Class::Invalid);
    assert_eq!(
        fault.to_string(),
        "the content was refused as no valid content of this type (HTTP 400, 9005 \"Content for A record must be a \
         valid IPv4 address.\")"
    );
    assert_eq!(setting.fake.records("example.org").len(), 2);
}

#[tokio::test]
async fn ur_30_a_cname_in_the_way_is_named_and_other_names_go_on() {
    let setting = Setting::new().await;
    setting.fake.record("example.org", FakeRecord::new("CNAME", "www.example.org", "elsewhere.example.com"));
    let outcomes =
        apply(&setting, &[create("www.example.org", "192.0.2.1"), create("mail.example.org", "192.0.2.1")])
            .await;
    let fault = outcomes[0].as_ref().expect_err("a CNAME is there");
    assert_eq!(fault.class, Class::Invalid);
    assert_eq!(
        fault.to_string(),
        "www.example.org holds a CNAME record to elsewhere.example.com, which excludes A records (HTTP 400, 81054 \
         \"A CNAME record with that host already exists.\")"
    );
    assert_eq!(fault.hint.as_deref(), Some("remove that record, or leave www.example.org A out"));
    assert_eq!(outcomes[1], Ok(()));
    assert_eq!(setting.fake.contents("example.org", "mail.example.org", "A"), ["192.0.2.1"]);
}

#[tokio::test]
async fn ur_29_a_record_that_is_there_already_is_unconfirmed_so_that_it_is_listed_again() {
    for (code, words) in
        [(81057, "The record already exists."), (81058, "An identical record already exists.")]
    {
        let setting = Setting::new().await;
        let zone = setting.zone().await;
        setting.fake.script(On::Write, Trouble::refusal(400, code, words));
        let outcome =
            setting.cloudflare.apply(&zone, &[create("www.example.org", "192.0.2.1")]).await.remove(0);
        assert_eq!(outcome.expect_err("it is there").class, Class::Unconfirmed);
        assert_eq!(setting.fake.writes().len(), 1, "nothing is repeated");
    }
}

#[tokio::test]
async fn ur_31c_a_record_that_is_gone_is_unconfirmed_so_that_it_is_listed_again() {
    let setting = Setting::new().await;
    let gone = setting.listed(FakeRecord::new("A", "www.example.org", "192.0.2.1")).await;
    let there = setting.listed(FakeRecord::new("A", "mail.example.org", "192.0.2.1")).await;
    setting.fake.remove_record(&gone.id);
    let fault = setting.apply(update(&gone, "192.0.2.2")).await.expect_err("gone");
    assert_eq!((fault.class, fault.status.as_deref()), (Class::Unconfirmed, Some("HTTP 404, 81044")));

    let outcomes = apply(&setting, &[update(&gone, "192.0.2.2"), update(&there, "192.0.2.2")]).await;
    assert_eq!(outcomes[0].as_ref().expect_err("gone").class, Class::Unconfirmed);
    assert_eq!(outcomes[1], Ok(()));
}

#[tokio::test]
async fn without_a_batch_endpoint_each_change_is_made_by_itself() {
    let setting = Setting::new().await;
    setting.fake.refuse_batches();
    let outcomes =
        apply(&setting, &[create("a.example.org", "192.0.2.1"), create("b.example.org", "192.0.2.1")]).await;
    assert_eq!(outcomes, [Ok(()), Ok(())]);
    assert_eq!(setting.fake.writes().len(), 3);
}

#[tokio::test]
async fn after_a_failed_step_nothing_more_is_deleted_at_that_name() {
    let setting = Setting::new().await;
    setting.fake.refuse_batches();
    let only = setting.listed(FakeRecord::new("A", "www.example.org", "192.0.2.1")).await;
    let other = setting.listed(FakeRecord::new("A", "mail.example.org", "192.0.2.1")).await;
    let changes = [
        create("www.example.org", "no address"),
        Change::Delete { record: only },
        Change::Delete { record: other },
    ];
    let outcomes = apply(&setting, &changes).await;
    let fault = outcomes[1].as_ref().expect_err("not tried");
    let what =
        "not tried after another step failed: the content was refused as no valid content of this type";
    assert_eq!((fault.class, fault.what.as_str()), (Class::Invalid, what));
    assert!(outcomes[0].is_err() && outcomes[2].is_ok());
    assert_eq!(setting.fake.contents("example.org", "www.example.org", "A"), ["192.0.2.1"]);
}

#[tokio::test]
async fn a_comment_that_is_too_long_for_the_plan_is_not_sent() {
    let commented = |length| Change::Create {
        key: key("www.example.org", RecordType::A),
        content: "192.0.2.1".to_owned(),
        attributes: Attributes { comment: Some("x".repeat(length)), ..Attributes::default() },
    };
    let setting = Setting::new().await;
    let fault = setting.apply(commented(101)).await.expect_err("too long");
    assert_eq!(fault.class, Class::Invalid);
    assert_eq!(fault.to_string(), "the comment has 101 characters, and the zone's plan allows 100");
    assert_eq!(setting.fake.writes(), []);
    setting.apply(commented(100)).await.expect("fits");

    let fake = FakeCloudflare::new();
    fake.token(TOKEN, Grant::all());
    fake.zone(FakeZone::new("example.org").paid());
    let setting = Setting::around(fake, Credential::Token(Secret::new(TOKEN))).await;
    setting.apply(commented(500)).await.expect("fits");
    setting.apply(commented(501)).await.expect_err("too long");
}

#[tokio::test]
async fn every_type_is_made_listed_and_found_as_it_was_wished_for() {
    let setting = Setting::new().await;
    let zone = setting.zone().await;
    for (rtype, content) in [
        (RecordType::Txt, "\"v=spf1 ip4:192.0.2.1 -all\""),
        (RecordType::Mx, "10 mail.example.org"),
        (RecordType::Srv, "10 5 5060 sip.example.org"),
        (RecordType::Caa, "0 issue \"ca.example\""),
        (RecordType::Https, "1 . alpn=\"h3\""),
        (RecordType::Svcb, "0 www.example.org"),
    ] {
        let key = key("svc.example.org", rtype);
        let (content, attributes) = (content.to_owned(), Attributes::default());
        let wanted = dynflare::provider::presentation::canonical(rtype, &content).expect("valid");
        setting.apply(Change::Create { key: key.clone(), content, attributes }).await.expect("made");
        let listed =
            setting.cloudflare.list(&zone, Scope::Keys(std::slice::from_ref(&key))).await.expect("a list");
        assert_eq!(
            listed.iter().map(|record| record.content.as_str()).collect::<Vec<_>>(),
            [wanted.as_str()]
        );
        let again = [update(&listed[0], &wanted)];
        assert_eq!(setting.cloudflare.apply(&zone, &again).await, [Ok(())], "{rtype}");
    }
}

#[tokio::test]
async fn ur_37_a_wildcard_is_made_and_changed_without_a_duplicate() {
    let setting = Setting::new().await;
    setting.apply(create("*.example.org", "192.0.2.1")).await.expect("made");
    let zone = setting.zone().await;
    let wildcard = [key("*.example.org", RecordType::A)];
    let listed = setting.cloudflare.list(&zone, Scope::Keys(&wildcard)).await.expect("a list").remove(0);
    assert_eq!(listed.key.name, name("*.example.org"));
    setting.apply(update(&listed, "192.0.2.2")).await.expect("updated");
    assert_eq!(setting.fake.contents("example.org", "*.example.org", "A"), ["192.0.2.2"]);
}
