//! `dynflare init`: by arguments alone and in a conversation at a terminal, against a fake Cloudflare; what it writes is
//! taken by `check` and writes the record by `update`.

use crate::lab::{Lab, Ran, TOKEN, program};
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone};
use dynflare_testkit::nameserver::skip;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

const PYTHON: &str = "/usr/bin/python3";

async fn world() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    lab.cloudflare.zone(FakeZone::new("example.com"));
    lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", "198.51.100.4"));
    lab
}

/// The arguments that name this world instead of the real one.
fn of_world(lab: &Lab) -> Vec<String> {
    let config = lab.folder.path().join("new/dynflare.toml").display().to_string();
    let words = ["init", "--base-url", &format!("{}/client/v4", lab.api()), "--quorum", "1", "--panel", "1"];
    let words = words.into_iter().map(str::to_owned);
    let source = format!("url:{}/", lab.sources[0].base());
    let more = ["--allow", "203.0.113.0/24", "--config", &config, "--source", &source].map(str::to_owned);
    words.chain(more).collect()
}

async fn init(lab: &Lab, more: &[&str], variables: &[(&str, &str)]) -> Ran {
    let words = of_world(lab).into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect();
    let home = ("HOME".to_owned(), lab.folder.path().display().to_string());
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    program(words, variables.chain([home]).collect()).await
}

/// Runs a command with the configuration that was written, and nothing else.
async fn with_written(lab: &Lab, command: &str) -> Ran {
    let config = lab.folder.path().join("new/dynflare.toml").display().to_string();
    let state = ("STATE_DIRECTORY".to_owned(), lab.folder.path().join("state").display().to_string());
    program(vec![command.to_owned(), "--config".to_owned(), config], vec![state]).await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

const ALL: [&str; 6] = ["--provider", "cloudflare", "--zone", "example.org", "--name", "home"];

#[tokio::test]
async fn by_arguments_alone_it_writes_what_check_accepts_and_update_writes_the_record() {
    let lab = world().await;
    let token = lab.folder.file("given", &format!("{TOKEN}\n")).display().to_string();
    let ran = init(&lab, &[&ALL[..], &["--token-file", &token]].concat(), &[]).await.exits(0);
    let new = lab.folder.path().join("new");
    assert!(ran.stdout.contains("the configuration is right: 1 record at 1 account"), "{}", ran.stdout);
    assert!(ran.stderr.contains("203.0.113.7, agreed by 1 operator"), "{}", ran.stderr);
    assert_eq!(mode(&new.join("cloudflare-token")), 0o600);
    assert_eq!(fs::read_to_string(new.join("cloudflare-token")).expect("the token"), format!("{TOKEN}\n"));
    let text = fs::read_to_string(new.join("dynflare.toml")).expect("the configuration");
    assert!(text.contains("records = [\"cloudflare:example.org:A:home\"]"), "{text}");
    assert!(text.contains("token = \"file:cloudflare-token\""), "{text}");
    for shown in [&ran.stdout, &ran.stderr, &text] {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
    with_written(&lab, "check").await.exits(0);
    with_written(&lab, "update").await.exits(0);
    assert_eq!(lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.7"]);
    // What is there stays, and the provider is not even asked.
    lab.cloudflare.clear_log();
    let ran =
        init(&lab, &[&ALL[..], &["--token-file", &token, "--name", "other"]].concat(), &[]).await.exits(2);
    assert!(ran.stderr.contains("it is there already") && ran.stderr.contains("`--force`"), "{}", ran.stderr);
    assert!(lab.cloudflare.log().is_empty());
    assert_eq!(fs::read_to_string(new.join("dynflare.toml")).expect("the configuration"), text);
    let more = ["--token-file", &token, "--name", "other", "--force"];
    init(&lab, &[&ALL[..], &more].concat(), &[]).await.exits(0);
    assert!(fs::read_to_string(new.join("dynflare.toml")).expect("it").contains(":A:other\""));
    assert_eq!(mode(&new.join("cloudflare-token")), 0o600);
    let left: Vec<_> = fs::read_dir(&new).expect("the folder").collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[tokio::test]
async fn without_a_terminal_a_missing_answer_is_a_mistake_that_names_its_argument() {
    let lab = world().await;
    let token = [("CLOUDFLARE_API_TOKEN", TOKEN)];
    for (given, variables, expected) in [
        (&[][..], &[][..], "`--provider`"),
        (&ALL[..2], &[], "`--token-file`"),
        (&ALL[..2], &token, "`--zone`"),
        (&ALL[..4], &token, "`--name`"),
    ] {
        let ran = init(&lab, given, variables).await.exits(2);
        assert!(ran.stderr.contains(&format!("give it with {expected}")), "{given:?}: {}", ran.stderr);
        assert!(ran.stderr.ends_with("nothing was written\n"), "{}", ran.stderr);
    }
    for (given, expected) in [
        (["--provider", "cloudfalre"], "did you mean `cloudflare`?"),
        (["--credential", "tokn=file:x"], "did you mean `token`?"),
        (["--zone", "exmaple.org"], "did you mean `example.org`?"),
        (["--name", "home.example.com"], "lies in the zone example.com"),
        (["--type", "MX"], "none of A, AAAA and A+AAAA"),
        (["--generate", "systemdd"], "did you mean `systemd`?"),
    ] {
        let mut words = ALL.to_vec();
        if let Some(at) = words.iter().position(|word| *word == given[0]) {
            words.drain(at..at + 2);
        }
        let ran = init(&lab, &[&words[..], &given].concat(), &token).await.exits(2);
        assert!(ran.stderr.contains(expected), "{given:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(given[0]) || ran.stderr.contains("--token-file"),
            "{given:?}: {}",
            ran.stderr
        );
    }
    assert!(!lab.folder.path().join("new").exists());
}

#[tokio::test]
async fn no_secret_is_taken_from_the_command_line_and_none_is_shown() {
    let lab = world().await;
    for given in
        [["--credential", "token=cfut_onTheCommandLine"], ["--cloudflare-api-token", "cfut_onTheCommandLine"]]
    {
        let ran = init(&lab, &[&ALL[..], &given].concat(), &[]).await.exits(2);
        assert!(ran.stderr.contains("every user"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("cfut_onTheCommandLine"), "{}", ran.stderr);
    }
    let ran = init(&lab, &ALL, &[("CLOUDFLARE_API_TOKEN", "cfut_wrongAndShownNowhere")]).await.exits(1);
    assert!(ran.stderr.contains("needed is token: an API token with Zone.DNS:Edit"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("cfut_wrongAndShownNowhere"), "{}", ran.stderr);
    assert!(!lab.folder.path().join("new").exists());
}

#[tokio::test]
async fn a_provider_that_shows_nothing_is_set_up_without_asking_anybody() {
    let lab = Lab::new().await;
    let given = ["--provider", "duckdns", "--name", "home.duckdns.org", "--type", "A"];
    let ran =
        init(&lab, &[&given[..], &["--json"]].concat(), &[("DUCKDNS_TOKEN", "a-b-c-d-e-f-g")]).await.exits(0);
    let value: Value = serde_json::from_str(&ran.stdout).expect("one JSON value");
    assert_eq!(value["records"], json!(["duckdns:auto:A:home.duckdns.org"]));
    assert_eq!(value["written"].as_array().map(Vec::len), Some(2));
    with_written(&lab, "check").await.exits(0);
}

#[tokio::test]
async fn what_runs_it_gets_a_folder_with_everything_in_it() {
    for (kind, files, refers) in [
        ("systemd", ["dynflare.service", "dynflare.socket"], "credential:cloudflare-token"),
        ("compose", ["compose.yaml", "dynflare.toml"], "file:/run/secrets/cloudflare-token"),
        (
            "kubernetes",
            ["kustomization.yaml", "deployment.yaml"],
            "file:/run/secrets/dynflare/cloudflare-token",
        ),
    ] {
        let lab = world().await;
        let token = [("CLOUDFLARE_API_TOKEN", TOKEN)];
        let ran =
            init(&lab, &[&ALL[..], &["--type", "A", "--generate", kind]].concat(), &token).await.exits(0);
        let folder = lab.folder.path().join("new").join(format!("dynflare-{kind}"));
        for file in files {
            assert!(folder.join(file).exists(), "{kind}: {}", ran.stdout);
        }
        assert_eq!(mode(&folder.join("cloudflare-token")), 0o600);
        let text = fs::read_to_string(folder.join("dynflare.toml")).expect("its configuration");
        assert!(text.contains(&format!("token = \"{refers}\"")), "{text}");
        assert!(ran.stdout.contains(&format!("dynflare-{kind}")), "{}", ran.stdout);
        with_written(&lab, "check").await.exits(0);
    }
}

/// What came of a conversation at a terminal; nothing where there can be none.
async fn conversation(lab: &Lab, steps: &[(&str, &str)], more: &[&str]) -> Option<(String, i64, bool)> {
    if !Path::new(PYTHON).exists() {
        skip("no terminal can be made (apt-get install python3)");
        return None;
    }
    let steps: Vec<[&str; 2]> = steps.iter().map(|(text, answer)| [*text, *answer]).collect();
    let mut command = Command::new(PYTHON);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/conversation.py"))
        .arg(json!(steps).to_string())
        .arg(env!("CARGO_BIN_EXE_dynflare"))
        .args(of_world(lab))
        .args(more)
        .env_clear()
        .env("HOME", lab.folder.path())
        .env("TERM", "dumb")
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().expect("python starts")).await;
    let output = output.expect("it was waited for");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"));
    let text = value["shown"].as_str().expect("a text").to_owned();
    Some((text, value["code"].as_i64().expect("a code"), value["shows"].as_bool().expect("a flag")))
}

#[tokio::test]
async fn a_conversation_at_a_terminal_never_shows_the_token_and_ends_with_a_record_that_is_right() {
    let lab = world().await;
    let steps = [
        ("? lists them): ", "cloudfalre"),
        ("? lists them) [cloudflare]: ", ""),
        ("token (not shown): ", "cfut_mistypedAndShownNowhere0123456789"),
        ("token (not shown): ", TOKEN),
        ("Zone (number or name): ", "2"),
        ("several with commas): ", "1"),
        ("A+AAAA [A]: ", ""),
        ("none) [none]: ", ""),
    ];
    let Some((shown, code, echoes)) = conversation(&lab, &steps, &[]).await else { return };
    assert_eq!(code, 0, "{shown}");
    assert!(echoes, "the terminal is as it was");
    assert!(!shown.contains(TOKEN) && !shown.contains("cfut_"), "{shown}");
    for said in [
        "there is no provider `cloudfalre`; did you mean `cloudflare`?",
        "error: cannot ask for the zones",
        "an API token with Zone.DNS:Edit and Zone.Zone:Read",
        "  2  example.org\n",
        "  1  home  A 198.51.100.4\n",
        "203.0.113.7, agreed by 1 operator",
    ] {
        assert!(shown.contains(said), "{said:?} in {shown}");
    }
    with_written(&lab, "update").await.exits(0);
    assert_eq!(lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.7"]);
}

#[tokio::test]
async fn whoever_has_enough_finds_the_terminal_as_it_was_and_no_file() {
    let lab = world().await;
    for steps in [
        vec![("? lists them): ", "^C")],
        vec![("? lists them): ", "cloudflare"), ("token (not shown): ", "^C")],
        vec![
            ("? lists them): ", "cloudflare"),
            ("token (not shown): ", TOKEN),
            ("Zone (number or name): ", "^C"),
        ],
    ] {
        let Some((shown, code, echoes)) = conversation(&lab, &steps, &[]).await else { return };
        assert_eq!(code, 1, "{shown}");
        assert!(echoes && shown.ends_with("ended; nothing was written\n"), "{shown}");
        assert!(!lab.folder.path().join("new").exists());
    }
}
