//! The unit files by themselves.

use crate::world::{SERVICE, SOCKET, inside};
use dynflare_testkit::machine::analyze;
use std::path::PathBuf;
use std::process::Output;

/// The files with a program that exists and without pages that need not be installed, in a folder of their own.
fn files(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("units-{name}"));
    std::fs::create_dir_all(&folder).expect("a folder in the target folder");
    let plain = |text: &str| {
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("Documentation=man:")).collect();
        lines.join("\n")
    };
    for (name, text) in [("dynflare.service", SERVICE), ("dynflare.socket", SOCKET)] {
        let text = inside(&plain(text)).replace("/opt/dynflare", "/bin/true");
        std::fs::write(folder.join(name), text).expect("our own folder");
    }
    folder
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

#[test]
fn the_units_hold_nothing_that_systemd_does_not_know() {
    let folder = files("verify");
    let path = |name| folder.join(name).display().to_string();
    let Some(output) = analyze(&["verify", &path("dynflare.service"), &path("dynflare.socket")]) else {
        return;
    };
    assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
}

#[test]
fn the_service_is_as_little_exposed_as_one_with_a_network_can_be() {
    let path = files("security").join("dynflare.service").display().to_string();
    let Some(output) = analyze(&["security", "--offline=true", "--threshold=15", &path]) else { return };
    assert!(output.status.success(), "{}", said(&output));
}
