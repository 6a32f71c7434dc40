//! Where credentials must not go.

use crate::lab::{Folder, Lab, TOKEN, program};
use dynflare_testkit::cloudflare::FakeZone;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A program that keeps its environment and says an address.
fn nosy(folder: &Folder) -> String {
    let kept = folder.path().join("environment").display().to_string();
    let path = folder.file("nosy", &format!("#!/bin/sh\nenv > {kept}\necho 203.0.113.7\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("our own file");
    path.display().to_string()
}

#[tokio::test]
async fn a_program_that_tells_the_address_gets_no_credentials_with_its_environment() {
    let folder = Folder::new();
    let config = folder.file(
        "dynflare.toml",
        "version = 1\n[providers.other]\ntype = \"cloudflare\"\ntoken = \"env:OTHER_TOKEN\"\n",
    );
    let arguments = ["--config", &config.display().to_string(), "--panel", "1", "--allow", "203.0.113.0/24"];
    let mut arguments: Vec<String> = arguments.map(str::to_owned).into();
    arguments.extend(["--source".to_owned(), format!("command:{}", nosy(&folder)), "detect".to_owned()]);
    let secret = [
        ("CLOUDFLARE_API_TOKEN", TOKEN),
        ("CF_API_EMAIL", TOKEN),
        ("RFC2136_KEY", TOKEN),
        ("OTHER_TOKEN", TOKEN),
        ("CLOUDFLARE_API_KEY", "env:THIRD_TOKEN"),
        ("THIRD_TOKEN", TOKEN),
    ];
    let kept = [("PATH", "/usr/bin:/bin"), ("HOME", "/home/somebody"), ("ROUTER", "192.0.2.1")];
    let variables = secret.iter().chain(&kept).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    program(arguments, variables.collect()).await.exits(0);
    let environment = fs::read_to_string(folder.path().join("environment")).expect("kept by the program");
    assert!(!environment.contains(TOKEN), "{environment}");
    for (name, value) in kept {
        assert!(environment.contains(&format!("{name}={value}\n")), "{environment}");
    }
}

#[tokio::test]
async fn ur_45_no_command_and_no_failure_shows_the_token() {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    let record = "cloudflare:example.org:A:home";
    for arguments in [
        &["update", "-v"][..],
        &["update", "--json"],
        &["plan", "-vv"],
        &["records"],
        &["records", "--json"],
        &["detect", "-v"],
        &["check"],
        &["config"],
        &["config", "--json"],
        &["sources", "--json"],
        &["providers", "cloudflare"],
        &["update", "-v", "--record", TOKEN],
        &["update", "--json", "--source", TOKEN],
        &["update", "--quorum", TOKEN],
    ] {
        let ran = lab.update(&[record], arguments).await;
        // What the user wrote on the command line in the wrong place is shown as it was written.
        let mistaken = arguments.contains(&TOKEN);
        assert!(mistaken || !format!("{ran:?}").contains(TOKEN), "{arguments:?}: {ran:?}");
        assert!(!ran.stdout.is_empty() || !ran.stderr.is_empty(), "{arguments:?}");
    }
    let memory = fs::read_to_string(lab.folder.path().join("state").join("memory.json")).expect("was saved");
    assert!(!memory.contains(TOKEN));
}
