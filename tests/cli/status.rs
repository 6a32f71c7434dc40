//! `status` and `kick`, with a daemon that answers and without one.

use crate::lab::{Folder, Lab, Ran, program};
use crate::terminal::{at_terminal, plain};
use dynflare::daemon::trigger::Trigger;
use dynflare::report::news::Subject;
use dynflare::report::status::{NextRound, RecordStatus, Status};
use dynflare::server::control::Control;
use dynflare_testkit::cloudflare::FakeZone;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, watch};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn snapshot() -> Status {
    let record = RecordStatus {
        record: Subject { account: "cloudflare".into(), name: "home.example.org".into(), rtype: "A".into() },
        values: Some(vec!["203.0.113.7".into()]),
        state: "unchanged".into(),
        right: true,
        since: now() - 3600,
        ..RecordStatus::default()
    };
    Status {
        version: "0.1.0".into(),
        pid: 7,
        started: now() - 3600,
        at: now(),
        fine: Some(now()),
        healthy_until: now() + 900,
        next: Some(NextRound { at: now() + 300, cause: "schedule".into() }),
        records: vec![record],
        ..Status::default()
    }
}

/// A daemon that only answers, in a state directory whose path is short enough for a socket.
struct Played {
    folder: PathBuf,
    status: watch::Sender<Arc<Status>>,
    triggers: mpsc::Receiver<Trigger>,
    _control: Control,
}

impl Played {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("dfl-status-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let (status, seen) = watch::channel(Arc::new(snapshot()));
        let (sender, triggers) = mpsc::channel(4);
        let control = Control::start(&folder, seen, sender).expect("it listens");
        Self { folder, status, triggers, _control: control }
    }

    async fn asked(&self, arguments: &[&str]) -> Ran {
        ask(&self.folder, arguments).await
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}

async fn ask(folder: &Path, arguments: &[&str]) -> Ran {
    let mut all: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
    all.extend(["--state-dir".to_owned(), folder.display().to_string()]);
    program(all, Vec::new()).await
}

#[tokio::test]
async fn a_daemon_is_shown_in_a_few_lines_and_as_json() {
    let daemon = Played::new("shown");
    let shown = daemon.asked(&["status"]).await.exits(0).warns("");
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert!(lines[0].starts_with("healthy: the last round in which all came right was "), "{lines:?}");
    assert_eq!(lines[1], "home.example.org A at cloudflare: 203.0.113.7, right for 1 h");
    let json = daemon.asked(&["status", "--json"]).await.exits(0);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).expect("one value");
    assert_eq!(
        (&value["running"], &value["healthy"], &value["exit"]),
        (&true.into(), &true.into(), &0.into())
    );
    let status: Status = serde_json::from_value(value["status"].clone()).expect("a snapshot");
    assert_eq!(status, **daemon.status.borrow());
}

#[tokio::test]
async fn at_a_terminal_a_daemon_is_shown_in_columns_and_where_it_is_narrow_in_blocks() {
    let daemon = Played::new("columns");
    daemon.status.send_modify(|status| {
        let failing = RecordStatus {
            record: Subject {
                account: "cloudflare".into(),
                name: "www.example.org".into(),
                rtype: "AAAA".into(),
            },
            state: "failed".into(),
            failures: 2,
            since: now() - 3600,
            cause: Some("the token was refused".into()),
            ..RecordStatus::default()
        };
        Arc::make_mut(status).records.push(failing);
    });
    let folder = daemon.folder.display().to_string();
    let asked = ["status", "--state-dir", &folder];
    let Some((wide, code)) = at_terminal(120, &asked, &[]).await else { return };
    assert_eq!(code, 0, "{wide}");
    assert!(wide.contains("\u{1b}[1mNAME"), "{wide:?}");
    for line in [
        "NAME              TYPE  ACCOUNT     VALUE         STATE",
        "home.example.org  A     cloudflare  203.0.113.7   right for 1 h",
        "www.example.org   AAAA  cloudflare  not seen yet  failed for 1 h, 2 times in a row",
        "error: www.example.org AAAA at cloudflare is not right",
        "  cause: the token was refused",
    ] {
        assert!(plain(&wide).lines().any(|shown| shown == line), "{line}\n{}", plain(&wide));
    }
    let Some((narrow, _)) = at_terminal(40, &asked, &[("NO_COLOR", "1")]).await else { return };
    assert!(!narrow.contains('\u{1b}'), "{narrow:?}");
    assert!(narrow.contains("home.example.org\n    type     A\n    account  cloudflare\n"), "{narrow}");
}

#[tokio::test]
async fn a_check_is_one_line_and_an_exit_code() {
    let daemon = Played::new("check");
    let healthy = daemon.asked(&["status", "--check"]).await.exits(0);
    assert!(healthy.stdout.starts_with("healthy: ") && healthy.stdout.lines().count() == 1, "{healthy:?}");
    daemon.status.send_modify(|status| Arc::make_mut(status).healthy_until = now() - 1);
    let sick = daemon.asked(&["status", "--check"]).await.exits(1);
    assert!(sick.stdout.starts_with("not healthy: the last round in which all came right was "), "{sick:?}");
    daemon.asked(&["status"]).await.exits(0);
    let json = daemon.asked(&["status", "--check", "--json"]).await.exits(1);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).expect("one value");
    assert_eq!((&value["healthy"], &value["exit"]), (&false.into(), &1.into()));
}

#[tokio::test]
async fn a_configuration_that_became_wrong_does_not_keep_the_daemon_from_being_asked() {
    let daemon = Played::new("wrong");
    let folder = Folder::new();
    let config = folder.file("dynflare.toml", "version = 1\npanel = \"many\"\nnosuch = [\n");
    let config = config.display().to_string();
    daemon.asked(&["status", "--check", "--config", &config]).await.exits(0);
    daemon.asked(&["kick", "--config", &config]).await.exits(0);
}

#[tokio::test]
async fn a_kick_is_taken_at_once() {
    let mut daemon = Played::new("kick");
    daemon.asked(&["kick"]).await.exits(0).says("the daemon begins a round\n");
    assert_eq!(daemon.triggers.recv().await, Some(Trigger::Kick));
    let json = daemon.asked(&["kick", "--json"]).await.exits(0);
    assert!(json.stdout.contains("\"taken\": true"), "{json:?}");
}

#[tokio::test]
async fn without_a_daemon_the_last_run_is_shown_and_the_check_fails() {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    lab.update(&["cloudflare:example.org:A:home"], &[]).await.exits(0);
    // A link, since the lab's own path may be too long for a socket.
    let state = std::env::temp_dir().join(format!("dfl-status-{}-last", std::process::id()));
    std::os::unix::fs::symlink(lab.folder.path().join("state"), &state).expect("a link");
    let shown = ask(&state, &["status"]).await.exits(0).warns("");
    let none = format!("no daemon is running with the state directory {}", state.display());
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!(lines[0], format!("{none}; as of the last run:"));
    assert!(lines[1].starts_with("home.example.org A at cloudflare: 203.0.113.7, written "), "{lines:?}");
    ask(&state, &["status", "--check"]).await.exits(1).says(&format!("not healthy: {none}\n"));
    let kicked = ask(&state, &["kick"]).await.exits(1).says("");
    let hint = "`dynflare run` is the daemon; `dynflare update` makes a round of its own";
    assert_eq!(kicked.stderr, format!("error: cannot ask for a round\n  cause: {none}\n  hint: {hint}\n"));
    let json = ask(&state, &["status", "--json"]).await.exits(0);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).expect("one value");
    assert_eq!(
        (&value["running"], &value["records"][0]["values"][0]),
        (&false.into(), &"203.0.113.7".into())
    );
    fs::remove_file(&state).expect("our link");
}

#[tokio::test]
async fn a_place_that_nothing_is_known_of_is_named() {
    let state = std::env::temp_dir().join(format!("dfl-status-{}-none", std::process::id()));
    let none = format!("no daemon is running with the state directory {}", state.display());
    let shown = ask(&state, &["status"]).await.exits(0);
    assert_eq!(shown.stdout, format!("{none}, and nothing is known of an earlier run\n"));
    assert!(!state.exists(), "asking makes nothing");
}
