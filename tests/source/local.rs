//! Sources on this machine: what was configured, files and programs.

use crate::{TRUE, alone, detect, filters, network, opinion, panel, said};
use dynflare::source::{Inquiry, Source};
use dynflare_core::address::Family;
use dynflare_core::quorum::{Opinion, Outcome, Times};
use std::path::PathBuf;
use std::time::Duration;

/// A file of its own, gone with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dynflare-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("the directory for temporary files can be written");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn command(argv: &[&str]) -> Source {
    let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
    Source::command(&argv).expect("a program")
}

fn shell(script: &str) -> Source {
    command(&["sh", "-c", script])
}

#[tokio::test]
async fn what_was_configured_is_known_for_both_families() {
    let fixed = Source::parse_spec("static:203.0.113.7").expect("a source");
    assert_eq!(alone(fixed.clone()).await, Ok(opinion(TRUE)));
    let (sources, rules, filters, network) = ([fixed], panel(1), filters(), network());
    let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &filters, network: &network };
    let detection = inquiry.detect(Family::V6, 1).await.expect("operators enough");
    assert_eq!(detection.verdict.outcome, Outcome::Agreed(Opinion::NoAddress));
}

#[tokio::test]
async fn a_file_is_read_again_each_round() {
    let scratch = Scratch::new("reread", "203.0.113.7\n");
    let source = Source::file(&scratch.0);
    assert_eq!(alone(source.clone()).await, Ok(opinion(TRUE)));
    std::fs::write(&scratch.0, "203.0.113.8\n").expect("the file can be written");
    assert_eq!(alone(source.clone()).await, Ok(opinion("203.0.113.8")));
    std::fs::write(&scratch.0, "").expect("the file can be written");
    assert_eq!(alone(source.clone()).await, Ok(Opinion::NoAddress));
    std::fs::write(&scratch.0, "down").expect("the file can be written");
    assert_eq!(
        alone(source).await,
        Err("the file holds something that is not an address (\"down\")".to_owned())
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_not_a_file_that_says_none() {
    let missing = alone(Source::file("/nowhere/address")).await.expect_err("refused");
    assert_eq!(missing, "cannot read /nowhere/address: no such file or directory");
    let endless = alone(Source::file("/dev/zero")).await.expect_err("refused");
    assert_eq!(endless, "cannot read /dev/zero: it is not a regular file");
    let large = Scratch::new("large", &"203.0.113.7\n".repeat(400));
    let large = alone(Source::file(&large.0)).await.expect_err("refused");
    assert!(large.ends_with("it is larger than 4096 bytes"), "{large}");
}

#[tokio::test]
async fn a_program_prints_one_address() {
    assert_eq!(alone(command(&["echo", TRUE])).await, Ok(opinion(TRUE)));
    assert_eq!(alone(command(&["printf", "203.0.113.%s", "{family}"])).await, Ok(opinion("203.0.113.4")));
    for script in ["echo 203.0.113.7 203.0.113.8", "true", "echo down", "echo 2001:db8::7"] {
        assert!(alone(shell(script)).await.is_err(), "{script}");
    }
}

#[tokio::test]
async fn a_program_is_started_without_a_shell() {
    let text = alone(command(&["echo", "203.0.113.7; true"])).await.expect_err("refused");
    assert_eq!(text, "the answer is not one address and nothing else (\"203.0.113.7; true\")");
}

#[tokio::test]
async fn a_program_that_fails_is_quoted() {
    assert_eq!(
        alone(shell("echo 203.0.113.7; echo started >&2; echo no modem >&2; exit 3")).await,
        Err("sh failed (exit status: 3 \"no modem\")".to_owned())
    );
    assert_eq!(
        alone(command(&["/nowhere/program"])).await,
        Err("cannot start /nowhere/program: no such file or directory".to_owned())
    );
}

#[tokio::test]
async fn a_program_that_floods_is_cut_off() {
    for script in ["while :; do echo 203.0.113.7; done", "while :; do echo 203.0.113.7 >&2; done"] {
        assert!(alone(shell(script)).await.is_err(), "{script}");
    }
}

#[tokio::test]
async fn a_program_that_does_not_end_is_killed_with_its_time() {
    let pid = Scratch::new("pid", "");
    let hang = shell(&format!("echo $$ > {}; exec sleep 600", pid.0.display()));
    let times = Times { source_timeout: Duration::from_millis(300), ..Times::default() };
    let rules = panel(1).timed(times).expect("rules");
    let detection = detect(&[hang], &rules).await;
    assert!(said(&detection).is_err());
    let pid = std::fs::read_to_string(&pid.0).expect("the program began");
    let alive = || std::process::Command::new("kill").args(["-0", pid.trim()]).output().expect("kill runs");
    // The kernel ends a killed process in its own time.
    while alive().status.success() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
