//! `dynflare generate`.

use crate::{dynflare, folder, root, text};
use std::fs;

fn file(path: &str) -> String {
    fs::read_to_string(root().join("etc").join(path)).expect("it is part of the repository")
}

#[test]
fn one_file_is_printed_as_it_is_with_the_path_of_the_program() {
    let ran = dynflare(&["generate", "cron", "--program", "/opt/bin/dynflare"]);
    let expected = file("cron/dynflare").replace("/usr/bin/dynflare", "/opt/bin/dynflare");
    assert_eq!((ran.status.code(), text(&ran.stdout), text(&ran.stderr)), (Some(0), expected, String::new()));
    let own = text(&dynflare(&["generate", "cron"]).stdout);
    assert!(own.contains(&format!(" {} --quiet", env!("CARGO_BIN_EXE_dynflare"))), "{own}");
}

#[test]
fn several_files_are_written_and_none_that_is_there_is_touched() {
    let place = folder("generate");
    let words = ["generate", "systemd", "--program", "/usr/bin/dynflare", "--output"];
    let at = place.display().to_string();
    let run = || dynflare(&[&words[..], &[&at]].concat());
    let first = run();
    assert_eq!(
        (first.status.code(), text(&first.stdout)),
        (
            Some(0),
            format!(
                "wrote {at}/dynflare.service, {at}/dynflare.socket\n\
                 next: install them in /etc/systemd/system, then: systemctl enable --now dynflare\n"
            )
        )
    );
    for name in ["dynflare.service", "dynflare.socket"] {
        let written = fs::read_to_string(place.join(name)).expect("it was written");
        assert_eq!(written, file(&format!("systemd/{name}")));
    }
    fs::remove_file(place.join("dynflare.service")).expect("it was written");
    let again = run();
    assert_eq!(
        (again.status.code(), text(&again.stderr)),
        (
            Some(2),
            format!(
                "error: {at}/dynflare.socket is there already\n  hint: name another directory, or move the file away\n\
                 nothing was written\n"
            )
        )
    );
    assert!(!place.join("dynflare.service").exists());
}

#[test]
fn a_kind_that_is_not_known_and_a_path_that_cannot_stand_there_are_mistakes() {
    let ran = dynflare(&["generate", "systmd"]);
    let said = text(&ran.stderr);
    assert!(ran.status.code() == Some(2) && said.contains("compose, cron, kubernetes"), "{said}");
    let ran = dynflare(&["generate", "launchd", "--program", "/opt/<b>/dynflare"]);
    assert_eq!(
        (ran.status.code(), text(&ran.stderr)),
        (Some(2), "error: `--program`: '<' cannot stand in a path here\n".to_owned())
    );
}

#[test]
fn every_kind_is_one_json_value() {
    for kind in ["compose", "cron", "kubernetes", "launchd", "systemd", "windows"] {
        let ran = dynflare(&["generate", kind, "--json"]);
        let value: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        assert!(value["files"].as_object().is_some_and(|files| !files.is_empty()), "{kind}");
        assert_eq!((value["exit"].as_i64(), ran.status.code()), (Some(0), Some(0)), "{kind}");
    }
}

#[test]
fn the_plist_and_the_task_are_what_their_formats_want() {
    let program = "import plistlib,sys;d=plistlib.load(open(sys.argv[1],'rb'));print(d['ProgramArguments'],d['KeepAlive'])";
    let path = root().join("etc/launchd/io.github.dynflare.plist");
    let Ok(ran) = std::process::Command::new("python3").args(["-c", program]).arg(path).output() else {
        return dynflare_testkit::nameserver::skip("python3 is not installed");
    };
    assert_eq!(text(&ran.stdout).trim(), "['/usr/bin/dynflare', 'run'] {'SuccessfulExit': False}");
    let task = fs::read(root().join("etc/windows/dynflare.xml")).expect("it is part of the repository");
    let task = dynflare::net::xml::Element::read(&task).expect("one document");
    assert_eq!(task.text("Actions/Exec/Command"), Ok("/usr/bin/dynflare"));
    assert_eq!(task.text("Settings/ExecutionTimeLimit"), Ok("PT0S"), "no limit: it is to run for ever");
}
