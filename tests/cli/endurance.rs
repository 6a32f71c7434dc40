//! UR-59: round after round, and no memory more. `DYNFLARE_TEST_ROUNDS` says how many rounds (3,000); the figures of a
//! release build are `cargo xtask soak`'s.

use crate::daemon::{Daemon, Start};
use crate::lab::Lab;
use dynflare_testkit::nameserver::{KEYS, Kind, NameServer, ZONE};
use rustix::process::Signal;
use std::fs;

/// What the daemon may have more at the end than after a third of the rounds: the allocator's own unrest, in KiB. Of 2,000
/// rounds a leak of 70 bytes each is more.
const UNREST: u64 = 128;

#[expect(clippy::disallowed_methods, reason = "how thorough a test is depends on the surroundings")]
fn rounds() -> u32 {
    std::env::var("DYNFLARE_TEST_ROUNDS").ok().map_or(3_000, |text| text.parse().expect("a number"))
}

/// What is the process' own, in KiB: not the text of the program.
fn own_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("Linux says so");
    line.trim_end_matches("kB").trim().parse().expect("a number")
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "how much it is is worth knowing")]
async fn ur_59_thousands_of_rounds_leave_the_memory_of_the_daemon_as_it_was() {
    let Some(bind) = NameServer::start(Kind::Bind) else { return };
    let lab = Lab::new().await;
    let more = format!(
        "records = [\"rfc2136:{ZONE}:A:home\"]\nconfirm = false\nrouter_events = \"off\"\nsentinel = \"off\""
    );
    let config = lab.config(&more);
    let key = &KEYS[0];
    let variables = [
        ("RFC2136_SERVER", bind.v4().to_string()),
        ("RFC2136_KEY", format!("{}:{}:{}", key.algorithm, key.name, key.secret)),
    ];
    let mut daemon = Daemon::start_in(
        lab,
        "endurance",
        &Start { config: &config, arguments: &["-v"], variables: &variables, behind: &[] },
    );
    daemon.says("created 203.0.113.7").await;
    let (pid, rounds) = (daemon.child.id().expect("it runs"), rounds());
    let mut early = 0;
    for round in 0..rounds {
        if round == rounds / 3 {
            early = own_memory(pid);
        }
        daemon.signal(Signal::USR1);
        daemon.says("unchanged").await;
    }
    let late = own_memory(pid);
    eprintln!("{rounds} rounds: {early} KiB of its own after a third, {late} KiB at the end");
    assert!(late <= early + UNREST, "{early} KiB after a third of {rounds} rounds, {late} KiB at the end");
    daemon.stop().await;
}
