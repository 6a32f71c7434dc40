//! What an update writes, what it leaves, and what it says.

use crate::lab::{Lab, TOKEN};
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone};
use hyper::Method;
use serde_json::{Value, json};

async fn world() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    lab
}

#[tokio::test]
async fn ur_25_only_the_content_is_sent_and_all_else_stays() {
    let lab = world().await;
    let settings = json!({ "ipv4_only": true });
    let record = FakeRecord::new("A", "home.example.org", "198.51.100.4")
        .proxied()
        .comment("my house")
        .settings(settings);
    lab.cloudflare.record("example.org", record);
    let before = lab.cloudflare.records("example.org");
    lab.update(&["cloudflare:example.org:A:home?ttl=300"], &[]).await.exits(0);
    let writes = lab.cloudflare.writes();
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0].method, Method::PATCH);
    assert_eq!(
        serde_json::from_str::<Value>(&writes[0].body).expect("JSON"),
        json!({ "content": "203.0.113.7" })
    );
    let mut after = lab.cloudflare.records("example.org");
    after[0].content = "198.51.100.4".to_owned();
    assert_eq!(after, before);
}

#[tokio::test]
async fn ur_26_a_proxied_record_with_the_right_content_is_never_written() {
    let lab = world().await;
    lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", "203.0.113.7").proxied());
    for _ in 0..20 {
        lab.update(&["cloudflare:example.org:A:home"], &[]).await.exits(0).says("").warns("");
    }
    assert!(lab.cloudflare.writes().is_empty());
}

#[tokio::test]
async fn ur_57_a_dry_run_and_a_plan_only_read() {
    let lab = world().await;
    lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", "198.51.100.4"));
    let records = ["cloudflare:example.org:A:home", "cloudflare:example.org:A:new?ttl=120&proxied=true"];
    let plan = lab.update(&records, &["plan"]).await.exits(4).warns("");
    let agreed =
        plan.stdout.lines().next().and_then(|line| line.split_once(": would change ")).expect("a line").1;
    let expected = format!(
        "home.example.org A at cloudflare: would change {agreed}\n  \
         update 198.51.100.4 to 203.0.113.7\n  \
         note: 198.51.100.4 is the only one there, so it is taken over\n\
         new.example.org A at cloudflare: would change {agreed}\n  \
         create 203.0.113.7 with TTL 120 s, proxied and comment \"dynflare\"\n"
    );
    plan.says(&expected);
    lab.update(&records, &["--dry-run"]).await.exits(0);
    assert!(lab.cloudflare.writes().is_empty());
    lab.update(&records, &[]).await.exits(0);
    lab.update(&records, &["plan"]).await.exits(0).says("");
}

#[tokio::test]
async fn ur_46_one_record_that_fails_does_not_stop_the_others() {
    let lab = world().await;
    let records = ["cloudflare:nowhere.example:A:home", "cloudflare:example.org:A:home"];
    let ran = lab.update(&records, &[]).await.exits(1);
    assert_eq!(lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.7"]);
    assert!(
        ran.stderr.starts_with("error: cannot update home.nowhere.example A at cloudflare\n  cause: "),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("\n  hint: "), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("\nnothing was changed\n"), "{}", ran.stderr);
}

#[tokio::test]
async fn templates_apex_and_wildcard_are_written_in_one_batch() {
    let lab = world().await;
    let records = [
        "cloudflare:example.org:A:@",
        "cloudflare:example.org:A:*",
        "cloudflare:example.org:TXT:@?content=v%3Dspf1%20ip4:{ipv4}%20-all",
    ];
    lab.update(&records, &[]).await.exits(0);
    let writes = lab.cloudflare.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert!(writes[0].path.ends_with("/dns_records/batch"));
    assert_eq!(lab.cloudflare.contents("example.org", "example.org", "A"), ["203.0.113.7"]);
    assert_eq!(lab.cloudflare.contents("example.org", "*.example.org", "A"), ["203.0.113.7"]);
    let spf = lab.cloudflare.contents("example.org", "example.org", "TXT");
    assert_eq!(spf[0].trim_matches('"'), "v=spf1 ip4:203.0.113.7 -all");
    lab.update(&records, &["plan"]).await.exits(0).says("");
}

#[tokio::test]
async fn ur_37_however_a_name_is_written_it_is_one_record() {
    let lab = world().await;
    lab.cloudflare.zone(FakeZone::new("xn--bcher-kva.example"));
    lab.update(&["cloudflare:Example.ORG.:a:HOME.example.org."], &[]).await.exits(0);
    lab.update(&["cloudflare:example.org:A:home"], &["plan"]).await.exits(0).says("");
    lab.update(&["cloudflare:bücher.example:A:@"], &[]).await.exits(0);
    let apex = lab.cloudflare.contents("xn--bcher-kva.example", "xn--bcher-kva.example", "A");
    assert_eq!(apex, ["203.0.113.7"]);
}

#[tokio::test]
async fn attributes_are_corrected_only_where_that_is_asked_for() {
    let lab = world().await;
    lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", "203.0.113.7").ttl(600));
    lab.update(&["cloudflare:example.org:A:home?ttl=120"], &["plan"]).await.exits(0);
    let ran = lab.update(&["cloudflare:example.org:A:home?ttl=120&enforce=true"], &[]).await.exits(0);
    assert!(
        ran.stdout.starts_with("home.example.org A at cloudflare: corrected (set TTL 120 s)"),
        "{}",
        ran.stdout
    );
    assert_eq!(lab.cloudflare.records("example.org")[0].ttl, 120);
}

#[tokio::test]
async fn json_tells_the_same_to_programs() {
    let lab = world().await;
    let ran = lab.update(&["cloudflare:example.org:A:home"], &["--json"]).await.exits(0).warns("");
    let value: Value = serde_json::from_str(&ran.stdout).expect("one JSON value");
    assert_eq!(value["exit"], 0);
    assert_eq!(value["records"][0]["outcome"], "changed");
    assert_eq!(value["records"][0]["added"], json!(["203.0.113.7"]));
    assert_eq!(value["detections"][0]["address"], "203.0.113.7");
    assert_eq!(value["detections"][0]["quorum"], 3);
}

#[tokio::test]
async fn ur_45_no_output_of_any_command_holds_the_token() {
    let lab = world().await;
    lab.cloudflare
        .record("example.org", FakeRecord::new("A", "home.example.org", "198.51.100.4").comment(TOKEN));
    let commands: [&[&str]; 8] = [
        &["plan", "-v"],
        &["records"],
        &["records", "--json"],
        &["config"],
        &["config", "--json"],
        &["check", "--json"],
        &["update", "-v", "--json"],
        &["detect", "--json"],
    ];
    for arguments in commands {
        let ran = lab.update(&["cloudflare:example.org:A:home"], arguments).await;
        assert!(!ran.stdout.contains(TOKEN) && !ran.stderr.contains(TOKEN), "{arguments:?}: {ran:?}");
    }
}
