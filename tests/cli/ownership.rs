//! Whose records are whose.

use crate::lab::Lab;
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone};

async fn world(records: Vec<FakeRecord>) -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    for record in records {
        lab.cloudflare.record("example.org", record);
    }
    lab
}

fn a(content: &str) -> FakeRecord {
    FakeRecord::new("A", "home.example.org", content)
}

#[tokio::test]
async fn ur_18_neighbours_of_other_types_are_not_touched() {
    let neighbours = vec![
        FakeRecord::new("TXT", "home.example.org", "\"v=spf1 -all\""),
        FakeRecord::new("CAA", "home.example.org", "0 issue \"ca.example.net\""),
        FakeRecord::new("MX", "home.example.org", "mail.example.org"),
        FakeRecord::new("AAAA", "home.example.org", "2001:db8::1"),
    ];
    let lab = world(neighbours.clone()).await;
    let id = lab.cloudflare.record("example.org", a("198.51.100.4"));
    lab.update(&["cloudflare:example.org:A:home"], &[]).await.exits(0);
    assert!(lab.cloudflare.writes().iter().all(|seen| seen.path.ends_with(&id)));
    let mut left = lab.cloudflare.records("example.org");
    left.retain(|record| record.rtype != "A");
    let contents =
        |records: &[FakeRecord]| records.iter().map(|record| record.content.clone()).collect::<Vec<_>>();
    assert_eq!(contents(&left), contents(&neighbours));
}

#[tokio::test]
async fn ur_19_two_owners_share_a_name_and_each_changes_its_own() {
    let lab = world(vec![]).await;
    lab.update(&["cloudflare:example.org:A:home"], &["--owner", "x"]).await.exits(0);
    (0..5).for_each(|source| lab.say(source, "203.0.113.8"));
    lab.update(&["cloudflare:example.org:A:home"], &["--owner", "y"]).await.exits(0);
    assert_eq!(
        lab.cloudflare.contents("example.org", "home.example.org", "A"),
        ["203.0.113.7", "203.0.113.8"]
    );
    (0..5).for_each(|source| lab.say(source, "203.0.113.9"));
    lab.update(&["cloudflare:example.org:A:home"], &["--owner", "x"]).await.exits(0);
    assert_eq!(
        lab.cloudflare.contents("example.org", "home.example.org", "A"),
        ["203.0.113.8", "203.0.113.9"]
    );
}

#[tokio::test]
async fn ur_20_a_comment_without_the_mark_is_a_configuration_error() {
    let lab = world(vec![]).await;
    let ran = lab.update(&["cloudflare:example.org:A:home?comment=my%20house"], &[]).await.exits(2);
    assert!(ran.stderr.contains("the comment must contain `dynflare`"), "{}", ran.stderr);
    assert!(lab.cloudflare.log().is_empty());
}

#[tokio::test]
async fn ur_21_of_several_stale_records_one_is_reused_the_owned_rest_goes_the_others_stay() {
    let records =
        vec![a("198.51.100.1").comment("dynflare"), a("198.51.100.2").comment("dynflare"), a("198.51.100.3")];
    let lab = world(records).await;
    let ran = lab.update(&["cloudflare:example.org:A:home"], &[]).await.exits(0);
    assert_eq!(
        lab.cloudflare.contents("example.org", "home.example.org", "A"),
        ["198.51.100.3", "203.0.113.7"]
    );
    assert!(
        ran.stdout.contains("note: 198.51.100.3 carries no mark of ours and was left as it is"),
        "{}",
        ran.stdout
    );
}

#[tokio::test]
async fn several_records_of_nobody_are_a_refusal_that_lists_them() {
    let lab = world(vec![a("198.51.100.1"), a("198.51.100.2")]).await;
    let ran = lab.update(&["cloudflare:example.org:A:home"], &[]).await.exits(1);
    ran.says("").warns(
        "error: will not update home.example.org A at cloudflare\n  \
         cause: 2 values are there, and nothing says which is ours: 198.51.100.1 and 198.51.100.2\n  \
         hint: write `dynflare` into the comment of the one to be kept right, or delete all but one\n\
         the record was kept as it is\n",
    );
    assert!(lab.cloudflare.writes().is_empty());
}

#[tokio::test]
async fn ur_30_an_alias_at_the_name_is_named_and_other_names_go_on() {
    let lab = world(vec![FakeRecord::new("CNAME", "home.example.org", "elsewhere.example.net")]).await;
    let records =
        ["cloudflare:example.org:A:home", "cloudflare:example.org:A:b", "cloudflare:example.org:A:c"];
    let ran = lab.update(&records, &[]).await.exits(1);
    assert!(ran.stderr.contains("elsewhere.example.net"), "{}", ran.stderr);
    assert_eq!(lab.cloudflare.contents("example.org", "b.example.org", "A"), ["203.0.113.7"]);
    assert_eq!(lab.cloudflare.contents("example.org", "c.example.org", "A"), ["203.0.113.7"]);
    assert_eq!(
        lab.cloudflare.contents("example.org", "home.example.org", "CNAME"),
        ["elsewhere.example.net"]
    );
}

#[tokio::test]
async fn ur_31b_and_32_what_somebody_removed_or_edited_is_right_again_the_next_time() {
    let lab = world(vec![]).await;
    lab.update(&["cloudflare:example.org:A:home"], &[]).await.exits(0);
    let id = lab.cloudflare.records("example.org")[0].id.clone();
    lab.cloudflare.remove_record(&id);
    lab.update(&["cloudflare:example.org:A:home"], &[]).await.exits(0);
    assert_eq!(lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.7"]);
    let id = lab.cloudflare.records("example.org")[0].id.clone();
    lab.cloudflare.remove_record(&id);
    lab.cloudflare.record("example.org", a("198.51.100.99").comment("dynflare"));
    lab.update(&["cloudflare:example.org:A:home"], &[]).await.exits(0);
    assert_eq!(lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.7"]);
}
