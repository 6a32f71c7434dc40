//! At a terminal, a real one as far as the program can tell: colours, widths, the line that says that one has to wait;
//! and elsewhere nothing of it.

use crate::lab::{Lab, Ran, TOKEN, program};
use dynflare_testkit::cloudflare::FakeZone;
use dynflare_testkit::echo::Say;
use dynflare_testkit::nameserver::skip;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const PYTHON: &str = "/usr/bin/python3";

/// What a terminal of so many columns is sent, and the exit code; nothing where there can be none.
pub(crate) async fn at_terminal(
    columns: u16,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Option<(String, i32)> {
    if !Path::new(PYTHON).exists() {
        skip("no terminal can be made (apt-get install python3)");
        return None;
    }
    let mut command = Command::new(PYTHON);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/at_terminal.py"))
        .arg(columns.to_string())
        .arg(env!("CARGO_BIN_EXE_dynflare"))
        .args(arguments)
        .env_clear()
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    let run = move || command.output().expect("python starts");
    let output = tokio::task::spawn_blocking(run).await.expect("it was waited for");
    let text = String::from_utf8(output.stdout).expect("UTF-8").replace("\r\n", "\n");
    Some((text, output.status.code().expect("an exit code")))
}

/// The text without colours.
pub(crate) fn plain(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |all, piece| all + piece.split_once('m').map_or("", |(_, rest)| rest))
}

/// What is seen in the end: a line that was taken away is not.
fn seen(text: &str) -> String {
    let lines = text.split('\n').map(|line| line.rsplit("\r\u{1b}[K").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

async fn piped(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    program(arguments, variables.collect()).await
}

#[tokio::test]
async fn colours_are_where_a_terminal_is_unless_somebody_wants_none_or_wants_them_anyway() {
    let (never, force) = (("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"));
    let Some((shown, code)) = at_terminal(100, &["providers", "hetznr"], &[]).await else { return };
    assert_eq!(code, 2);
    assert!(shown.contains('\u{1b}'), "{shown:?}");
    let (table, _) = at_terminal(100, &["providers"], &[]).await.expect("there is a terminal");
    assert!(table.starts_with("\u{1b}[1mID"), "{}", &table[..80]);
    for variables in [vec![never], vec![never, force], vec![("TERM", "dumb")]] {
        let (shown, _) = at_terminal(100, &["providers", "hetznr"], &variables).await.expect("a terminal");
        assert!(!shown.contains('\u{1b}'), "{variables:?}: {shown:?}");
        assert!(shown.contains("there is no provider `hetznr`"), "{shown}");
    }
    assert!(!piped(&["providers", "hetznr"], &[]).await.stderr.contains('\u{1b}'));
    assert!(piped(&["providers", "hetznr"], &[force]).await.stderr.contains('\u{1b}'));
    assert!(!piped(&["providers", "hetznr"], &[force, never]).await.stderr.contains('\u{1b}'));
}

#[tokio::test]
async fn no_table_is_wider_than_the_terminal_and_what_is_piped_is_not_wrapped() {
    for command in ["providers", "sources", "config"] {
        let arguments = [command, "-r", "cloudflare:example.org:A+AAAA:home"];
        let variables = [("CLOUDFLARE_API_TOKEN", TOKEN), ("HOME", "/nonexistent")];
        let whole = piped(&arguments, &variables).await.exits(0).stdout;
        for columns in [60, 100] {
            let Some((shown, code)) = at_terminal(columns, &arguments, &variables).await else { return };
            assert_eq!(code, 0, "{shown}");
            let shown = plain(&shown);
            let table = shown.lines().filter(|line| !line.starts_with("known, and not in the pool"));
            let wide: Vec<&str> = table.filter(|line| line.chars().count() > usize::from(columns)).collect();
            assert!(wide.is_empty(), "{command} at {columns}: {wide:#?}");
            assert!(shown.lines().count() >= whole.lines().count(), "{command} at {columns}: {shown}");
        }
    }
}

#[tokio::test]
async fn whoever_waits_at_a_terminal_is_told_for_what_and_nothing_of_it_stays() {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    for (source, echo) in lab.sources.iter().enumerate() {
        let address =
            if source == 4 { "{\"ip\":\"203.0.113.7\",\"mullvad_exit_ip\":false}" } else { "203.0.113.7" };
        echo.say(Say::After(Duration::from_millis(1500), Box::new(Say::address(address))));
    }
    let text = lab.config("records = [\"cloudflare:example.org:A:home\"]");
    let config = lab.folder.file("dynflare.toml", &text).display().to_string();
    let state = lab.folder.path().join("state").display().to_string();
    let variables = [("CLOUDFLARE_API_TOKEN", TOKEN), ("STATE_DIRECTORY", state.as_str())];
    for (arguments, said) in [
        (vec!["update"], "asking for the address and reading the records"),
        (vec!["detect"], "asking every source"),
    ] {
        let arguments = [arguments, vec!["--config", &config]].concat();
        let Some((shown, _)) = at_terminal(60, &arguments, &variables).await else { return };
        assert!(shown.contains(&format!("\r\u{1b}[K{said} … ")), "{shown:?}");
        assert!(!seen(&shown).contains(said), "{shown:?}");
        assert!(seen(&shown).contains("203.0.113.7"), "{shown:?}");
        for quiet in [vec!["--json"], vec!["-q"]] {
            let arguments = [arguments.clone(), quiet].concat();
            let (shown, _) = at_terminal(60, &arguments, &variables).await.expect("a terminal");
            assert!(!shown.contains(said), "{shown:?}");
        }
        let piped = piped(&arguments, &variables).await;
        assert!(!piped.stderr.contains(said) && !piped.stdout.contains('\u{1b}'), "{piped:?}");
    }
}

#[tokio::test]
async fn whatever_is_mistyped_gets_a_suggestion() {
    let record = "cloudflare:example.org:A:home";
    for (arguments, expected) in [
        (vec!["stauts"], "'status'"),
        (vec!["--dry-rnu"], "'--dry-run'"),
        (vec!["detect", "--ruoter"], "'--router'"),
        (vec!["completions", "bsh"], "bash"),
        (vec!["providers", "hetznr"], "did you mean `hetzner"),
        (vec!["check", "-r", "cloudflar:example.org:A:home"], "did you mean `cloudflare`?"),
        (vec!["check", "-r", "cloudflare:example.org:AAAB:home"], "did you mean `AAAA`?"),
        (vec!["check", "-r", "cloudflare:example.org:A:home?proxid=true"], "did you mean `proxied`?"),
        (vec!["check", "-r", record, "-s", "akamia"], "did you mean `akamai`?"),
        (vec!["check", "-r", record, "--rule", "majorty"], "did you mean `majority`?"),
        (vec!["check", "-r", record, "--privacy", "opne"], "did you mean `open`?"),
    ] {
        let ran = piped(&arguments, &[("CLOUDFLARE_API_TOKEN", TOKEN)]).await.exits(2);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
    let misspelt = [("CLOUDFLARE_API_TOKEN", TOKEN), ("DYNFLARE_PANNEL", "3")];
    let ran = piped(&["check", "-r", record], &misspelt).await.exits(2);
    assert!(ran.stderr.contains("DYNFLARE_PANEL"), "{}", ran.stderr);
    let lab = Lab::new().await;
    let ran = lab.run("records = [\"cloudflare:example.org:A:home\"]\npannel = 3", &["check"]).await.exits(2);
    assert!(ran.stderr.contains("did you mean `panel`?"), "{}", ran.stderr);
}
