//! UR-50: the clock says 1970 when the daemon starts, and is set later.

use crate::daemon::{Daemon, Start};
use crate::lab::Lab;
use dynflare_testkit::cloudflare::FakeZone;
use dynflare_testkit::echo::{Echo, Say};
use dynflare_testkit::nameserver::skip;
use dynflare_testkit::serve::Server;
use dynflare_testkit::tls::Authority;
use std::fs;
use std::path::PathBuf;

/// The library that lies about the time (Debian's package faketime), as the one for programs with threads.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let found =
        folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|file| file.is_file());
    if found.is_none() {
        skip("libfaketime is not installed (apt-get install faketime)");
    }
    found
}

#[tokio::test]
async fn ur_50_a_daemon_whose_clock_says_1970_names_the_clock_and_is_right_once_it_is_set() {
    let Some(library) = library() else { return };
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    let authority = Authority::new();
    let identity = authority.loopback();
    let source = Echo::https(&identity, Say::address("203.0.113.7")).await;
    let api = Server::https(&identity, lab.cloudflare.handler()).await;
    let config = format!(
        "version = 1\nrecords = [\"cloudflare:example.org:A:home\"]\npool = [\"url:{}/\"]\nquorum = 1\n\
         allow = [\"203.0.113.0/24\"]\nconfirm = false\nrouter_events = \"off\"\nca_file = \"{}\"\n\
         [providers.cloudflare]\nbase_url = \"{}/client/v4\"\n",
        source.base(),
        authority.file().display(),
        api.base()
    );
    // Set as a whole: half a file would be another time.
    let folder = lab.folder.path().to_owned();
    let set = |clock: &str| {
        fs::write(folder.join("clock.new"), clock).expect("our folder");
        fs::rename(folder.join("clock.new"), folder.join("clock")).expect("our folder");
    };
    set("@1970-01-01 00:01:00");
    let variables = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", folder.join("clock").display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        // Only the clock on the wall is wrong.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    let mut daemon = Daemon::start_in(
        lab,
        "clock",
        &Start { config: &config, arguments: &["--json"], variables: &variables, behind: &[] },
    );
    let failed = daemon.says("\"event\":\"record\"").await;
    let clock = "is not valid before 2000-01-01 00:00 UTC; this machine's clock says 1970-01-01 00:0";
    assert!(failed.contains(clock), "{failed}");
    assert!(failed.contains("check this machine's clock and its time synchronisation"), "{failed}");
    let at: serde_json::Value = serde_json::from_str(&failed).expect("an object a line");
    assert!(at["at"].as_u64().is_some_and(|at| at < 86_400), "{failed}");
    assert!(daemon.lab.cloudflare.log().is_empty());

    // Nobody tells it that the clock was set, as where there is no such event: it tries again by itself.
    set("+0");
    let changed = daemon.says("\"outcome\":\"changed\"").await;
    let changed: serde_json::Value = serde_json::from_str(&changed).expect("an object a line");
    assert!(changed["at"].as_u64().is_some_and(|at| at > 1_700_000_000), "{changed}");
    assert_eq!(daemon.lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.7"]);
    daemon.asked(&["status", "--check"]).await.exits(0);
    daemon.stop().await;
}
