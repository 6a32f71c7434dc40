//! UR-52: the state directory is on a file system without room, and later has some.

use crate::daemon::{Daemon, Start};
use crate::lab::Lab;
use dynflare_testkit::cloudflare::FakeZone;
use dynflare_testkit::nameserver::skip;
use rustix::process::Signal;
use std::process::{Command, Output};

/// Lays a file system of 64 KiB over `$1`, which only the daemon sees, fills it, and becomes the rest of the words.
const FILLED: &str = "mount -t tmpfs -o size=64k none \"$1\" && { head -c 1000000 /dev/zero > \"$1\"/filler; } 2> /dev/null; \
                      shift; exec \"$@\"";

/// Runs a command that sees what the daemon sees.
fn beside(pid: u32, argv: &[&str]) -> Output {
    let mut command = Command::new("nsenter");
    command.args(["-t", &pid.to_string(), "-m"]).args(argv).output().expect("nsenter is installed")
}

fn contents(lab: &Lab) -> Vec<String> {
    lab.cloudflare.contents("example.org", "home.example.org", "A")
}

#[tokio::test]
async fn ur_52_a_full_disk_is_a_warning_and_what_is_known_is_kept_once_there_is_room() {
    if !rustix::process::geteuid().is_root() {
        return skip("a file system of one's own needs root");
    }
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    let config =
        lab.config("records = [\"cloudflare:example.org:A:home\"]\nconfirm = false\nrouter_events = \"off\"");
    let state = Daemon::state("full");
    std::fs::create_dir_all(&state).expect("a folder of our own");
    let folder = state.display().to_string();
    let path = [("PATH", "/usr/sbin:/usr/bin:/sbin:/bin".to_owned())];
    let behind = ["unshare", "-m", "sh", "-c", FILLED, "sh", &folder];
    let start = Start { config: &config, arguments: &["--json"], variables: &path, behind: &behind };
    let mut daemon = Daemon::start_in(lab, "full", &start);
    let note = daemon.says("cannot write").await;
    assert!(
        note.contains("memory.json") && note.to_lowercase().contains("no space left on device"),
        "{note}"
    );
    // The record is worth more than a note of it.
    while contents(&daemon.lab) != ["203.0.113.7"] {
        daemon.says("\"event\":\"record\"").await;
    }
    let pid = daemon.child.id().expect("it runs");
    let half = beside(pid, &["cat", &format!("{folder}/memory.json")]);
    assert!(half.stdout.is_empty(), "no half of it is left: {half:?}");

    // There is room again, and the next change is kept.
    assert!(beside(pid, &["rm", &format!("{folder}/filler")]).status.success());
    (0..5).for_each(|source| daemon.lab.say(source, "203.0.113.8"));
    daemon.signal(Signal::USR1);
    daemon.says("203.0.113.8").await;
    assert_eq!(contents(&daemon.lab), ["203.0.113.8"]);
    let kept = beside(pid, &["cat", &format!("{folder}/memory.json")]);
    let memory: serde_json::Value = serde_json::from_slice(&kept.stdout).expect("it is whole");
    assert!(memory.to_string().contains("203.0.113.8"), "{memory}");
    let history = beside(pid, &["cat", &format!("{folder}/history.jsonl")]);
    let history = String::from_utf8(history.stdout).expect("UTF-8");
    let last = history.lines().last().expect("a line");
    let last: serde_json::Value = serde_json::from_str(last).expect("a whole line");
    assert!(last.to_string().contains("203.0.113.8"), "{history}");
    daemon.stop().await;
}
