//! What the user asks for beside right values: what goes with its address, what is written again, and what is refused.

use crate::lab::{Lab, Ran, TOKEN, program};
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone};
use dynflare_testkit::nameserver::{KEYS, Kind, NameServer, ZONE};
use std::fs;

/// The configuration of the lab with one source that may know that there is no address: a file.
fn config(lab: &Lab, more: &str) -> String {
    let file = lab.folder.path().join("address").display().to_string();
    let text = lab.config(&format!("quorum = 1\n{more}"));
    let text = text.split_once("\n[sources.").map_or(text.as_str(), |(before, _)| before);
    let pool = text.lines().find(|line| line.starts_with("pool = ")).expect("a pool");
    text.replace(pool, &format!("pool = [\"file:{file}\"]"))
}

async fn run(lab: &Lab, more: &str, variables: &[(&str, String)]) -> Ran {
    let config = lab.folder.file("dynflare.toml", &config(lab, more));
    let state = lab.folder.path().join("state").display().to_string();
    let mut all =
        vec![("CLOUDFLARE_API_TOKEN".to_owned(), TOKEN.to_owned()), ("STATE_DIRECTORY".to_owned(), state)];
    all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    program(vec!["--config".to_owned(), config.display().to_string()], all).await
}

async fn world() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    lab.folder.file("address", "203.0.113.7\n");
    lab
}

const RECORD: &str = "records = [\"cloudflare:example.org:A:home\"]\n";

fn contents(lab: &Lab) -> Vec<String> {
    lab.cloudflare.contents("example.org", "home.example.org", "A")
}

#[tokio::test]
async fn a_record_goes_with_its_address_after_the_grace_period_if_its_user_says_so() {
    let lab = world().await;
    let delete = format!("{RECORD}on_no_address = \"delete\"");
    run(&lab, &delete, &[]).await.exits(0).warns("");
    assert_eq!(contents(&lab), ["203.0.113.7"]);
    lab.folder.file("address", "# none\n");
    let kept = run(&lab, RECORD, &[]).await.exits(3);
    assert!(kept.stderr.contains("this machine has no IPv4 address"), "{}", kept.stderr);
    assert_eq!(contents(&lab), ["203.0.113.7"], "kept unless asked for");
    run(&lab, &delete, &[]).await.exits(0).warns("").says(
        "home.example.org A at cloudflare: this machine has no IPv4 address; goes in 10 min if that lasts\n",
    );
    let memory = lab.folder.path().join("state/memory.json");
    let memory = fs::read_to_string(memory).expect("the memory of the runs");
    assert!(memory.contains("\"absence\""), "{memory}");
    let now = format!("{delete}\nno_address_grace = \"0s\"");
    let gone = run(&lab, &now, &[]).await.exits(0).warns("");
    assert!(
        gone.stdout.starts_with(
            "home.example.org A at cloudflare: removed 203.0.113.7 (no address, agreed by file:"
        ),
        "{}",
        gone.stdout
    );
    assert!(contents(&lab).is_empty());
    lab.folder.file("address", "203.0.113.8\n");
    run(&lab, &now, &[]).await.exits(0);
    assert_eq!(contents(&lab), ["203.0.113.8"]);
}

#[tokio::test]
async fn what_was_there_before_stays_although_it_was_taken_over() {
    let lab = world().await;
    lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", "198.51.100.4"));
    let delete = format!("{RECORD}on_no_address = \"delete\"\nno_address_grace = \"0s\"");
    run(&lab, &delete, &[]).await.exits(0);
    lab.folder.file("address", "");
    run(&lab, &delete, &[]).await.exits(0).warns("");
    assert_eq!(contents(&lab), ["203.0.113.7"], "it does not carry the mark");
}

#[tokio::test]
async fn one_record_can_say_otherwise_than_the_rest() {
    let lab = world().await;
    let more = "records = [\"cloudflare:example.org:A:home?on_no_address=keep\", \
                \"cloudflare:example.org:A:other\"]\n\
                on_no_address = \"delete\"\nno_address_grace = \"0s\"";
    run(&lab, more, &[]).await.exits(0);
    lab.folder.file("address", "");
    run(&lab, more, &[]).await.exits(75);
    assert_eq!(contents(&lab), ["203.0.113.7"]);
    assert!(lab.cloudflare.contents("example.org", "other.example.org", "A").is_empty());
}

#[tokio::test]
async fn of_a_set_at_a_real_server_only_the_published_value_goes() {
    let lab = world().await;
    let Some(server) = NameServer::start(Kind::Bind) else { return };
    let name = format!("gone.{ZONE}");
    let key = &KEYS[0];
    let variables = [
        ("RFC2136_SERVER", server.v4().to_string()),
        ("RFC2136_KEY", format!("{}:{}:{}", key.algorithm, key.name, key.secret)),
    ];
    let record = format!("records = [\"rfc2136:{ZONE}:A:gone?on_no_address=delete\"]\n");
    let more = format!("{record}no_address_grace = \"0s\"");
    run(&lab, &more, &variables).await.exits(0);
    server.change(&format!("update add {name} 300 A 198.51.100.200\nsend\n"));
    lab.folder.file("address", "");
    run(&lab, &more, &variables).await.exits(0);
    assert_eq!(server.read(&name, "A"), ["198.51.100.200"]);
    run(&lab, &more, &variables).await.exits(0).says("").warns("");
}

#[tokio::test]
async fn a_right_set_is_written_again_where_nobody_knows_how_old_it_is() {
    let lab = world().await;
    let Some(server) = NameServer::start(Kind::Bind) else { return };
    let key = &KEYS[0];
    let variables = [
        ("RFC2136_SERVER", server.v4().to_string()),
        ("RFC2136_KEY", format!("{}:{}:{}", key.algorithm, key.name, key.secret)),
    ];
    let more = format!("records = [\"rfc2136:{ZONE}:A:fresh?refresh_after=7d\"]\n");
    run(&lab, &more, &variables).await.exits(0);
    run(&lab, &more, &variables).await.exits(0).says("");
    fs::remove_dir_all(lab.folder.path().join("state")).expect("the state of the first run");
    let again = run(&lab, &more, &variables).await.exits(0).warns("");
    assert!(
        again.stdout.starts_with("fresh.example.org A at rfc2136: written again, unchanged (agreed by "),
        "{}",
        again.stdout
    );
    assert_eq!(server.read(&format!("fresh.{ZONE}"), "A"), ["203.0.113.7"]);
    run(&lab, &more, &variables).await.exits(0).says("");
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anybody_is_asked() {
    for (more, message) in [
        (
            "records = [\"cloudflare:example.org:A:home?refresh_after=7d\"]",
            "Cloudflare has no `refresh_after`",
        ),
        (
            "records = [\"cloudflare:example.org:A:home?on_stop=remove\"]",
            "`on_stop`: expected one of `delete` and `keep`, found `remove`",
        ),
        (
            "records = [\"cloudflare:example.org:A:home\"]\nmax_deletions = 0\non_stop = \"delete\"",
            "`max_deletions`: nothing may be deleted, and `on_stop` asks for it",
        ),
        (
            "records = [\"cloudflare:example.org:A:home\"]\naudit_interval = \"30s\"",
            "`audit_interval`: expected a duration from 1m to 7d, found 30s",
        ),
        (
            "records = [\"cloudflare:example.org:A:home\"]\nno_address_grace = \"8d\"",
            "`no_address_grace`: expected a duration from 0s to 7d, found 8d",
        ),
        (
            "records = [\"rfc2136:example.org:A:home?refresh_after=5m\"]",
            "`refresh_after`: expected a duration from 1h to 365d, found 5m",
        ),
    ] {
        let lab = world().await;
        let ran = run(&lab, more, &[]).await.exits(2);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
        assert!(lab.cloudflare.log().is_empty());
    }
    let lab = world().await;
    let text = lab
        .config(RECORD)
        .replace("[providers.cloudflare]", "[providers.cloudflare]\nrefresh_after = \"7d\"");
    let config = lab.folder.file("dynflare.toml", &text);
    let ran = program(vec!["--config".to_owned(), config.display().to_string()], vec![]).await.exits(2);
    assert!(ran.stderr.contains("`refresh_after`: records do not expire at Cloudflare"), "{}", ran.stderr);
}

#[tokio::test]
async fn deleting_on_the_word_of_the_web_alone_is_noted_as_what_it_is() {
    let lab = world().await;
    let ran = lab.run(&format!("{RECORD}on_no_address = \"delete\""), &[]).await.exits(0);
    assert!(ran.stderr.contains("`on_no_address` does nothing here"), "{}", ran.stderr);
}
