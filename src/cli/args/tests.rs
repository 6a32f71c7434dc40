//! Command lines and what they mean.

use super::*;
use crate::config::{Colour, Environment, KEYS, Secrets, Settings, load};

fn invoke(line: &str) -> Invocation {
    let words = ["dynflare"].into_iter().chain(line.split_whitespace()).map(OsString::from);
    parse(words).unwrap_or_else(|stop| panic!("{line}: {}", stop.text(Colour::Never)))
}

fn stop(line: &str) -> Stop {
    let words = ["dynflare"].into_iter().chain(line.split_whitespace()).map(OsString::from);
    parse(words).expect_err(line)
}

fn settings(line: &str) -> Settings {
    load(&Environment::default(), &invoke(line).arguments, Secrets::Leave).expect(line).0
}

#[cfg(feature = "demo")]
fn demo(change: impl Fn(&mut super::Demo)) -> Command {
    let mut arguments = super::Demo { once: false, move_to: None, at: None };
    change(&mut arguments);
    Command::Demo(arguments)
}

#[test]
fn the_table_is_sound() {
    table().debug_assert();
}

#[test]
fn no_command_is_update() {
    let invocation = invoke("-r cloudflare:example.com:A:example-subdomain");
    assert_eq!(invocation.command, Command::Update(Update::default()));
    assert_eq!(invocation.steps, Steps::Take);
    assert_eq!(invocation.output, Output::Human);
    assert_eq!(invocation.verbosity, Verbosity::Normal);
}

#[test]
fn every_command_is_there() {
    for (line, command) in [
        ("update", Command::Update(Update::default())),
        ("update --retry-stopped", Command::Update(Update { retry_stopped: true })),
        ("plan", Command::Plan),
        ("records", Command::Records),
        ("-p", Command::Records),
        ("records --print", Command::Records),
        ("detect", Command::Detect(Detect { router: false })),
        #[cfg(feature = "router")]
        ("detect --router", Command::Detect(Detect { router: true })),
        ("check", Command::Check),
        ("sources", Command::Sources),
        ("providers", Command::Providers { id: None }),
        ("providers rfc2136", Command::Providers { id: Some("rfc2136".to_owned()) }),
        ("config", Command::Config),
        #[cfg(feature = "demo")]
        ("demo", demo(|_| {})),
        #[cfg(feature = "demo")]
        ("demo --once", demo(|demo| demo.once = true)),
        #[cfg(feature = "setup")]
        ("completions zsh", Command::Completions { shell: Shell::Zsh }),
        #[cfg(feature = "setup")]
        ("man", Command::Man),
    ] {
        assert_eq!(invoke(line).command, command, "{line}");
    }
}

#[test]
fn the_original_programs_spellings_work() {
    assert_eq!(invoke("-dry").steps, Steps::Show);
    assert_eq!(invoke("--dry").steps, Steps::Show);
    assert_eq!(invoke("--dry-run").steps, Steps::Show);
    for line in [
        "-cloudflare-email someone@example.org -cloudflare-api-key 0123",
        "-cloudflare-email=someone@example.org -cloudflare-api-key=0123",
        "--cloudflare-email someone@example.org --cloudflare-api-key=0123",
    ] {
        let shown = format!("{:?}", invoke(line));
        assert!(!shown.contains("someone") && !shown.contains("0123"), "{shown}");
        assert!(shown.contains("--cloudflare-email") && shown.contains("--cloudflare-api-key"), "{shown}");
    }
    let rewritten = rewritten(["-dryer", "--", "-dry"].map(OsString::from));
    assert_eq!(rewritten, ["-dryer", "--", "-dry"]);
}

#[test]
fn options_work_before_and_behind_the_command() {
    for line in ["--panel 3 plan --json -v", "plan --json -v --panel 3", "-v --json --panel=3 plan"] {
        let invocation = invoke(line);
        assert_eq!(invocation.command, Command::Plan);
        assert_eq!(invocation.output, Output::Json);
        assert_eq!(invocation.verbosity, Verbosity::Verbose);
        let panel = settings(line).panel;
        assert_eq!((panel.value, panel.origin.to_string().as_str()), (3, "--panel"));
    }
    assert_eq!(invoke("-q").verbosity, Verbosity::Quiet);
    assert_eq!(invoke("-vv").verbosity, Verbosity::Debug);
}

#[test]
fn repeated_records_and_sources_are_all_taken() {
    let settings = settings(
        "-r cloudflare:example.org:A:a -r cloudflare:example.org:A:b plan -s static:192.0.2.1,2001:db8::1 \
         -s ipify --quorum 2 --panel 2 --allow 192.0.2.0/24,198.51.100.0/24 --allow 203.0.113.0/24",
    );
    assert_eq!(settings.records.len(), 2);
    assert_eq!(settings.pool.value.len(), 2);
    assert_eq!(settings.allow.value.len(), 3);
}

#[test]
fn every_setting_with_an_argument_has_it() {
    let table = table();
    for row in KEYS {
        let Some(argument) = row.argument else { continue };
        let name = argument.trim_start_matches('-');
        let of =
            |command: &clap::Command| command.get_arguments().any(|known| known.get_long() == Some(name));
        assert!(of(&table) || table.get_subcommands().any(of), "{argument}");
    }
}

#[test]
fn a_slip_gets_a_suggestion_and_is_a_mistake() {
    for (line, expected) in [
        ("--pannel 3", "unexpected argument '--pannel' found\n\n  tip: a similar argument exists: '--panel'"),
        ("plna", "unrecognized subcommand 'plna'\n\n  tip: a similar subcommand exists: 'plan'"),
        ("-v -q", "cannot be used with"),
        ("plan -p", "--print shows the records and cannot be used with another command"),
        ("completions tcsh", "invalid value 'tcsh'"),
        ("--record", "a value is required for '--record <RECORD>' but none was supplied"),
    ] {
        let stop = stop(line);
        assert!(stop.is_mistake());
        let text = stop.text(Colour::Never);
        assert!(text.contains(expected), "{line}: {text}");
    }
}

#[test]
fn help_and_version_are_no_mistakes() {
    for line in ["--help", "-h", "--version", "plan --help"] {
        assert!(!stop(line).is_mistake(), "{line}");
    }
    let help = stop("-h").text(Colour::Never);
    assert!(help.lines().all(|line| line.chars().count() <= 110), "{help}");
}

#[test]
fn ur_45_a_mistake_does_not_repeat_a_secret() {
    for line in [
        "--cloudflare-api-tokn s3cret",
        "--cloudflare-api-tokn=s3cret",
        "--cloudflare-api-token s3cret --cloudflare-api-token s3cret",
        "--cloudflare-api-key=s3cret --panel",
    ] {
        let text = stop(line).text(Colour::Never);
        assert!(!text.contains("s3cret"), "{line}: {text}");
    }
}

#[cfg(not(feature = "serve"))]
#[test]
fn a_command_that_this_program_was_built_without_is_named_with_what_to_do() {
    assert_eq!(
        stop("serve --echo").sentence(),
        "this program was built without `serve`; use one that was built with the feature `serve`"
    );
    assert!(!stop("serv").sentence().contains("built without"));
}
