//! The samples are true: the clients they are of take them. Nothing is sent: the clients are given no network.

use super::{folder, samples, text};
use dynflare_testkit::nameserver::skip;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs a program without a network; `None` where it is not installed or such a world cannot be made.
fn without_network(program: &str, arguments: &[&str]) -> Option<Output> {
    if !Path::new(program).exists() {
        skip(&format!("{program} is not installed"));
        return None;
    }
    let try_with = |flags: &str| Command::new("unshare").args([flags, program]).args(arguments).output().ok();
    let worked = |output: &Output| !text(&output.stderr).contains("unshare:");
    try_with("-n").filter(worked).or_else(|| try_with("-rn").filter(worked))
}

#[test]
fn inadyn_takes_its_sample() {
    let file = samples().join("inadyn.conf");
    let file = file.to_str().expect("UTF-8");
    let Some(output) = without_network("/usr/sbin/inadyn", &["--check-config", "-f", file]) else {
        return;
    };
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn ddclient_takes_its_sample_but_for_what_is_wrong_on_purpose() {
    let folder = folder("ddclient");
    let file = folder.join("ddclient.conf");
    fs::copy(samples().join("ddclient.conf"), &file).expect("a copy");
    #[cfg(unix)]
    super::private(&file);
    let (file, cache) = (file.to_str().expect("UTF-8"), folder.join("cache"));
    let arguments =
        ["-daemon=0", "-noexec", "-verbose", "-file", file, "-cache", cache.to_str().expect("UTF-8")];
    let Some(output) = without_network("/usr/bin/ddclient", &arguments) else {
        return;
    };
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    let about_file: Vec<&str> = said.lines().filter(|line| line.contains(", line ")).collect();
    assert!(!about_file.is_empty(), "{said}");
    assert!(about_file.iter().all(|line| line.contains("unrecognized keyword 'colour'")), "{about_file:?}");
}
