//! What one-shot runs leave in the history, and how it is shown.

use crate::lab::Lab;
use crate::terminal::at_terminal;
use dynflare_testkit::cloudflare::FakeZone;
use std::fs;

const RECORDS: &[&str] = &["cloudflare:example.org:A:home", "cloudflare:example.org:A:other"];

async fn world() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    lab
}

/// A line without the time it begins with.
fn sentences(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.split_once("  ").map_or(line, |(_, sentence)| sentence)).collect()
}

#[tokio::test]
async fn every_change_is_in_the_history_with_who_said_what_and_nothing_else() {
    let lab = world().await;
    let nothing = lab.run("", &["history"]).await.exits(0).says("");
    assert!(nothing.stderr.starts_with("nothing has happened yet, as far as "), "{}", nothing.stderr);
    lab.update(RECORDS, &["--dry-run"]).await.exits(0);
    lab.update(RECORDS, &[]).await.exits(0);
    lab.update(RECORDS, &[]).await.exits(0);
    (0..5).for_each(|source| lab.say(source, "203.0.113.8"));
    lab.update(&RECORDS[..1], &[]).await.exits(0);
    let shown = lab.run("", &["history"]).await.exits(0).warns("");
    assert_eq!(
        sentences(&shown.stdout),
        [
            "home.example.org A at cloudflare: created 203.0.113.7",
            "other.example.org A at cloudflare: created 203.0.113.7",
            "home.example.org A at cloudflare: 203.0.113.7 -> 203.0.113.8",
        ]
    );
    let state = lab.folder.path().join("state").display().to_string();
    let asked = ["history", "--state-dir", &state];
    if let Some((columns, code)) = at_terminal(120, &asked, &[("NO_COLOR", "1")]).await {
        let mut lines = columns.lines().map(|line| line.split_at_checked(27).unwrap_or((line, "")));
        assert_eq!(
            (code, lines.next()),
            (0, Some(("TIME                       ", "NAME               TYPE  WHAT")))
        );
        let told: Vec<&str> = lines.map(|(_, told)| told).collect();
        assert_eq!(
            told,
            [
                "home.example.org   A     created 203.0.113.7",
                "other.example.org  A     created 203.0.113.7",
                "home.example.org   A     203.0.113.7 -> 203.0.113.8",
            ]
        );
    }
    let one = lab.run("", &["history", "--name", "other.example.org", "-v"]).await.exits(0);
    let lines = sentences(&one.stdout);
    assert_eq!(lines.len(), 4, "the change, and the three who decided it: {lines:?}");
    assert!(lines[1..].iter().all(|line| line.trim().ends_with(" (IPv4): 203.0.113.7")), "{lines:?}");
    let json = lab.run("", &["history", "--json", "--since", "1h"]).await.exits(0);
    let values: Vec<serde_json::Value> =
        json.stdout.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(values.len(), 3);
    assert_eq!(values[2]["kind"], "changed");
    assert_eq!(values[2]["record"]["name"], "home.example.org");
    assert_eq!((&values[2]["from"][0], &values[2]["to"][0]), (&"203.0.113.7".into(), &"203.0.113.8".into()));
    assert!(values[2]["ballots"].as_array().is_some_and(|ballots| ballots.len() == 3));
    let none = lab.run("", &["history", "--since", "2100-01-01"]).await.exits(0).says("");
    assert!(none.stderr.starts_with("nothing of that has happened yet"), "{}", none.stderr);
}

#[tokio::test]
async fn a_time_that_is_not_understood_is_a_mistake() {
    let lab = world().await;
    let ran = lab.run("", &["history", "--since", "yesterday"]).await.exits(2).says("");
    assert_eq!(
        ran.stderr,
        "error: cannot use --since\n  cause: expected a time such as `2h`, `7d`, `2026-11-23` or `2026-11-23 05:49`, found `yesterday`\n"
    );
}

#[tokio::test]
async fn ur_52_a_history_that_cannot_be_written_does_not_fail_the_run() {
    let lab = world().await;
    // A directory stands where the file should be: so it is for root as well, who may write everywhere.
    fs::create_dir_all(lab.folder.path().join("state/history.jsonl")).expect("a folder");
    let ran = lab.update(RECORDS, &[]).await.exits(0);
    let notes: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("history")).collect();
    assert_eq!(notes.len(), 1, "{}", ran.stderr);
    assert!(notes[0].starts_with("note: cannot write "), "{}", ran.stderr);
    assert_eq!(lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.7"]);
    let shown = lab.run("", &["history"]).await.exits(1).says("");
    assert!(shown.stderr.starts_with("error: cannot read the history\n  cause: "), "{}", shown.stderr);
}

#[tokio::test]
async fn what_stands_in_the_file_does_not_reach_the_terminal_as_a_command() {
    let lab = world().await;
    let line = r#"{"at":1,"kind":"refused","cause":"\u001b[2Jgone\nerror: nothing"}"#;
    fs::create_dir_all(lab.folder.path().join("state")).expect("a folder");
    fs::write(lab.folder.path().join("state/history.jsonl"), format!("{line}\n{{\"at\":\n")).expect("a file");
    let ran = lab.run("", &["history"]).await.exits(0);
    assert_eq!(sentences(&ran.stdout), ["refused: [2Jgone error: nothing"]);
    assert_eq!(ran.stderr, "note: 1 line of the history passed over, not understood\n");
}
