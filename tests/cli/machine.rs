//! Output for machines: one JSON value on standard output, whatever happens; and nothing there that a terminal obeys.

use crate::lab::{Lab, Ran, TOKEN, program};
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone, On, Trouble};

const RECORD: &str = "cloudflare:example.org:A:home";

async fn bare(arguments: &[&str]) -> Ran {
    program(arguments.iter().map(|word| (*word).to_owned()).collect(), Vec::new()).await
}

/// The exit code that the only value on standard output tells.
#[track_caller]
fn told(ran: &Ran) -> i64 {
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| {
        panic!("{error}\nstdout:\n{}\nstderr:\n{}", ran.stdout, ran.stderr);
    });
    value["exit"].as_i64().expect("a number")
}

#[tokio::test]
async fn every_failure_is_one_json_value_with_its_exit_code() {
    for arguments in [
        &["--json"][..],
        &["--json", "--frobnicate"],
        &["plan", "--json", "extra"],
        &["--json", "-v", "-q"],
        &["providers", "nosuch", "--json"],
        &["--json", "-p", "detect"],
        &["--json", "--panel", "0", "check"],
        &["--json", "-r", "cloudflare:example.org:A:home"],
        &["--json", "-c", "/nowhere/dynflare.toml", "check"],
        &["completions", "--json", "nosuch"],
    ] {
        let ran = bare(arguments).await.exits(2);
        assert_eq!(told(&ran), 2, "{arguments:?}");
    }
    assert_eq!(
        bare(&["--frobnicate", "--", "--json"]).await.exits(2).stdout,
        "",
        "behind `--` it is no flag"
    );
}

#[tokio::test]
async fn every_command_is_one_json_value_with_its_exit_code() {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    let records = &[RECORD, "cloudflare:example.net:A:home"];
    for (arguments, code) in [
        (&["plan", "--json"][..], 1),
        (&["update", "--json", "-v"], 1),
        (&["records", "--json"], 1),
        (&["detect", "--json"], 0),
        (&["check", "--json"], 0),
        (&["sources", "--json"], 0),
        (&["providers", "--json"], 0),
        (&["config", "--json"], 0),
        (&["man", "--json"], 0),
        (&["completions", "--json", "bash"], 0),
    ] {
        let ran = lab.update(records, arguments).await.exits(code);
        assert_eq!(told(&ran), i64::from(code), "{arguments:?}");
    }
}

#[tokio::test]
async fn what_a_provider_says_does_not_reach_the_terminal_as_a_command() {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    let evil = "\u{1b}[2Jerror: nothing\n\u{7}\u{202e}\u{9b}31m";
    let mut text = FakeRecord::new("TXT", "home.example.org", evil);
    text.comment = Some(format!("dynflare {evil}"));
    lab.cloudflare.record("example.org", text);
    let wanted = "cloudflare:example.org:TXT:home?content={ipv4}&comment=dynflare+x&enforce=yes";
    let drifting = "cloudflare:example.org:TXT:home?content={ipv4}&comment=dynflare+x";
    for (record, arguments) in [
        (wanted, &["plan", "-v"][..]),
        (drifting, &["plan", "-v"]),
        (wanted, &["records"]),
        (wanted, &["plan", "--json"]),
        (drifting, &["update", "-v"]),
    ] {
        let ran = lab.update(&[record], arguments).await;
        assert_clean(&ran);
        assert!(format!("{ran:?}").contains("nothing"), "{ran:?}");
    }
    let refusal = format!(
        "{{\"success\":false,\"errors\":[{{\"code\":9109,\"message\":{}}}]}}",
        serde_json::json!(evil)
    );
    lab.cloudflare.script(On::Any, Trouble::json(403, refusal));
    assert_clean(&lab.update(&[RECORD], &["-v"]).await.exits(1));
    lab.cloudflare.script(On::Any, Trouble::html(503, format!("{evil} {TOKEN}")));
    let ran = lab.update(&[RECORD], &["-v"]).await.exits(75);
    assert_clean(&ran);
    assert!(!ran.stderr.contains(TOKEN));
}

#[track_caller]
fn assert_clean(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{ran:?}");
        assert!(!text.lines().any(|line| line.starts_with("error: nothing")), "{ran:?}");
    }
}
