//! `doctor`: what it says of a world in which all is well, and of one thing wrong at a time.

use crate::lab::{Lab, OPERATED, Ran, TOKEN, program};
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone, Grant};
use dynflare_testkit::echo::Say;
use serde_json::Value;

const RECORD: &str = "records = [\"cloudflare:example.org:A:home\"]";

/// A world whose one record is right.
async fn right() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    lab.cloudflare
        .record("example.org", FakeRecord::new("A", "home.example.org", "203.0.113.7").comment("dynflare"));
    lab
}

/// The lines about a subject, without what to do.
fn about<'r>(ran: &'r Ran, subject: &str) -> Vec<&'r str> {
    let of_subject = |line: &&str| line.split_whitespace().nth(1) == Some(subject) && !line.starts_with(' ');
    ran.stdout.lines().filter(of_subject).collect()
}

fn last(ran: &Ran) -> &str {
    ran.stdout.lines().last().unwrap_or_default()
}

#[tokio::test]
async fn where_all_is_well_every_line_says_so_and_nothing_is_written() {
    let lab = right().await;
    let ran = lab.run(RECORD, &["doctor"]).await.exits(0).warns("");
    assert_eq!(about(&ran, "configuration"), ["ok:       configuration  can be used: 1 record at 1 account"]);
    let token =
        "ok:       credential     `cloudflare`: the token is good and does not expire; it sees example.org";
    assert_eq!(about(&ran, "credential"), [token]);
    let record = "ok:       record         home.example.org A at cloudflare: right, 203.0.113.7";
    assert_eq!(about(&ran, "record"), [record]);
    let sources = "ok:       sources        IPv4: all of 5 sources answer and say 203.0.113.7";
    assert_eq!(about(&ran, "sources"), [sources]);
    let quorum = "ok:       quorum         IPv4: 5 operators agree, 3 must, so 2 may fail";
    assert_eq!(about(&ran, "quorum"), [quorum]);
    assert!(last(&ran).starts_with("all is well"), "{}", ran.stdout);
    assert!(lab.cloudflare.writes().is_empty());
    assert!(!lab.folder.path().join("state").exists(), "looking makes nothing");
}

#[tokio::test]
async fn what_an_update_would_do_is_told_and_not_done() {
    let lab = right().await;
    (0..5).for_each(|source| lab.say(source, "203.0.113.8"));
    let ran = lab.run(RECORD, &["doctor"]).await.exits(0);
    let record = "note:     record         home.example.org A at cloudflare: to be done: update 203.0.113.7 to 203.0.113.8";
    assert_eq!(about(&ran, "record"), [record]);
    assert!(lab.cloudflare.writes().is_empty());
}

#[tokio::test]
async fn a_refused_token_is_an_error_that_is_told_once_with_what_to_do() {
    let lab = right().await;
    let more = "records = [\"cloudflare:example.org:A+AAAA:home\"]";
    lab.cloudflare.token(TOKEN, Grant::all().refused_from("203.0.113.7"));
    let ran = lab.run(more, &["doctor"]).await.exits(1);
    let [credential] = about(&ran, "credential")[..] else { panic!("{}", ran.stdout) };
    assert!(
        credential.starts_with("error:    credential     `cloudflare`: the token may not be used from"),
        "{credential}"
    );
    assert!(ran.stdout.contains("  hint:   remove the client IP filter of the token"), "{}", ran.stdout);
    let records = about(&ran, "record");
    assert!(
        records[0].contains("home.example.org A and home.example.org AAAA at cloudflare cannot be read"),
        "{records:?}"
    );
    let sources = "ok:       sources        IPv4: all of 5 sources answer and say 203.0.113.7";
    assert!(about(&ran, "sources").contains(&sources), "the other checks go on: {}", ran.stdout);
    assert!(!ran.stdout.contains(TOKEN) && !ran.stderr.contains(TOKEN));
}

#[tokio::test]
async fn a_token_that_sees_no_such_zone_is_told_with_what_it_sees() {
    let lab = right().await;
    lab.cloudflare.zone(FakeZone::new("example.com"));
    lab.cloudflare.token(TOKEN, Grant::on(["example.com"]));
    let ran = lab.run(RECORD, &["doctor"]).await.exits(1);
    let said = "error:    record         home.example.org A at cloudflare cannot be read: the token cannot see a zone of example.org";
    assert_eq!(about(&ran, "record"), [said]);
    assert!(ran.stdout.contains("it sees example.com; check the spelling"), "{}", ran.stdout);
    assert!(last(&ran).starts_with("something does not work: 1 error"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_token_that_may_too_much_or_too_little_or_not_for_long_is_told() {
    let soon = jiff_in_three_days();
    for (grant, level, said, code) in [
        (Grant::all().until(&soon), "warning:", "the token expires in", 5),
        (
            Grant::all().until("2020-01-01T00:00:00Z"),
            "error:",
            "the token expired on 2020-01-01 00:00 UTC",
            1,
        ),
        (Grant::all().status("disabled"), "error:", "the token is disabled", 1),
        (Grant::all().status("expired"), "error:", "the token has expired", 1),
        (Grant::all().read_only(), "warning:", "may read example.org, and not edit DNS records there", 5),
        (Grant::all().with("#ssl:edit"), "warning:", "may do more than edit DNS records: #ssl:edit", 5),
        (
            Grant::all().account_owned().until("2099-01-01T00:00:00Z"),
            "ok:",
            "the token is good until 2099-01-01",
            0,
        ),
        (Grant::all().account_owned().status("disabled"), "error:", "the token is disabled", 1),
    ] {
        let lab = right().await;
        lab.cloudflare.token(TOKEN, grant);
        let ran = lab.run(RECORD, &["doctor"]).await.exits(code);
        let lines = about(&ran, "credential");
        assert!(lines.iter().any(|line| line.starts_with(level) && line.contains(said)), "{said}: {lines:?}");
    }
}

fn jiff_in_three_days() -> String {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let then = i64::try_from(now + 3 * 86_400).expect("a time of this century");
    jiff::Timestamp::from_second(then).expect("a time").to_string()
}

#[tokio::test]
async fn a_token_that_sees_other_zones_is_a_note_and_a_global_key_a_warning() {
    let lab = right().await;
    lab.cloudflare.zone(FakeZone::new("example.com"));
    let ran = lab.run(RECORD, &["doctor"]).await.exits(0);
    let note =
        "note:     credential     `cloudflare`: the token sees 2 zones, and the records lie in example.org";
    assert!(about(&ran, "credential").contains(&note), "{}", ran.stdout);
    assert!(ran.stdout.contains("  hint:   limit it to example.org"), "{}", ran.stdout);

    let (email, key) = ("me@example.com", "0123456789abcdef0123456789abcdef01234");
    lab.cloudflare.global_key(email, key, Grant::all());
    let flags = ["doctor", "--cloudflare-email", email, "--cloudflare-api-key", key];
    let config = lab.folder.file("key.toml", &lab.config(RECORD)).display().to_string();
    let arguments = ["--config", &config].into_iter().chain(flags).map(str::to_owned).collect();
    let ran = program(arguments, Vec::new()).await.exits(5);
    let said = "the global key may do everything that its user may";
    assert!(
        about(&ran, "credential")[0].starts_with("warning:") && ran.stdout.contains(said),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains(key) && !ran.stderr.contains(key) && !ran.stdout.contains(email));
}

#[tokio::test]
async fn a_source_that_lies_is_named_and_the_quorum_holds() {
    let lab = right().await;
    lab.say(3, "198.51.100.9");
    let ran = lab.run(RECORD, &["doctor"]).await.exits(5);
    let said = format!(
        "warning:  sources        IPv4: {} says 198.51.100.9, and the agreed address is 203.0.113.7",
        OPERATED[3]
    );
    assert!(about(&ran, "sources").contains(&said.as_str()), "{}", ran.stdout);
    assert_eq!(
        about(&ran, "quorum"),
        ["ok:       quorum         IPv4: 4 operators agree, 3 must, so 1 may fail"]
    );
    assert_eq!(last(&ran), "it works, and something should be done: 1 warning");
}

#[tokio::test]
async fn too_few_operators_are_an_error_and_just_enough_a_warning() {
    let lab = right().await;
    for source in [0, 1] {
        lab.sources[source].say(Say::Reply(503, Vec::new()));
    }
    let ran = lab.run(RECORD, &["doctor"]).await.exits(5);
    let said =
        "warning:  quorum         IPv4: 3 operators agree, 3 must: if one more fails, nothing is published";
    assert_eq!(about(&ran, "quorum"), [said]);
    let silent = format!("no answer from {} and {}: is broken for now (HTTP 503)", OPERATED[0], OPERATED[1]);
    assert!(
        about(&ran, "sources").iter().any(|line| line.starts_with("note:") && line.contains(&silent)),
        "{}",
        ran.stdout
    );

    lab.sources[2].say(Say::Reply(503, Vec::new()));
    let ran = lab.run(RECORD, &["doctor"]).await.exits(1);
    let [quorum] = about(&ran, "quorum")[..] else { panic!("{}", ran.stdout) };
    assert!(
        quorum.starts_with("error:    quorum         IPv4: too few sources named the IPv4 address"),
        "{quorum}"
    );
    let record = "error:    record         home.example.org A at cloudflare: nothing can be published, since no IPv4 address is agreed on";
    assert_eq!(about(&ran, "record"), [record]);
    assert!(about(&ran, "credential")[0].starts_with("ok:"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_wrong_configuration_is_told_and_what_can_be_looked_at_is() {
    let lab = right().await;
    let config = lab.folder.file("dynflare.toml", &lab.config(RECORD)).display().to_string();
    let run = |arguments: &[&str]| {
        let all = ["--config", &config].into_iter().chain(arguments.iter().copied());
        program(all.map(str::to_owned).collect(), Vec::new())
    };
    // No token at all.
    let ran = run(&["doctor"]).await.exits(2);
    let [mistake] = about(&ran, "configuration")[..] else { panic!("{}", ran.stdout) };
    assert!(mistake.starts_with("error:") && mistake.contains("there are no credentials"), "{mistake}");
    assert!(about(&ran, "sources")[0].starts_with("ok:"), "{}", ran.stdout);
    assert!(about(&ran, "record")[0].starts_with("note:"), "{}", ran.stdout);
    assert!(lab.cloudflare.log().is_empty());
    // A setting that does not exist: whom one may ask is not known.
    let asked: usize = lab.sources.iter().map(dynflare_testkit::echo::Echo::asked).sum();
    let ran = run(&["doctor", "--panel", "many"]).await.exits(2);
    assert!(about(&ran, "sources")[0].contains("nobody was asked"), "{}", ran.stdout);
    assert_eq!(asked, lab.sources.iter().map(dynflare_testkit::echo::Echo::asked).sum::<usize>());
}

#[tokio::test]
async fn an_account_that_nothing_uses_is_a_note() {
    let lab = right().await;
    let config = format!("{}\n[providers.spare]\ntype = \"cloudflare\"\n", lab.config(RECORD));
    let config = lab.folder.file("spare.toml", &config).display().to_string();
    let arguments = ["--config", &config, "doctor"].map(str::to_owned).to_vec();
    let ran = program(arguments, vec![("CLOUDFLARE_API_TOKEN".to_owned(), TOKEN.to_owned())]).await.exits(0);
    let [note, _] = about(&ran, "configuration")[..] else { panic!("{}", ran.stdout) };
    assert!(note.starts_with("note:     configuration  the account `spare` ("), "{note}");
    assert!(note.ends_with(") is used by no record and no zone"), "{note}");
}

#[tokio::test]
async fn for_programs_there_is_one_value() {
    let lab = right().await;
    lab.say(3, "198.51.100.9");
    let ran = lab.run(RECORD, &["doctor", "--json"]).await.exits(5).warns("");
    let value: Value = serde_json::from_str(&ran.stdout).expect("one value");
    assert_eq!((&value["worst"], &value["exit"]), (&"warning".into(), &5.into()));
    assert_eq!((&value["errors"], &value["warnings"]), (&0.into(), &1.into()));
    let findings = value["findings"].as_array().expect("a list");
    for finding in findings {
        let fields = finding.as_object().expect("an object");
        assert_eq!(
            fields.keys().map(String::as_str).collect::<Vec<_>>(),
            ["hint", "level", "subject", "what"]
        );
    }
    let warning = findings.iter().find(|finding| finding["level"] == "warning").expect("the dissent");
    assert_eq!(warning["subject"], "sources");
    assert!(warning["hint"].as_str().is_some_and(|hint| hint.contains("VPN")), "{warning}");
}

#[tokio::test]
async fn quiet_leaves_what_is_wrong() {
    let lab = right().await;
    lab.run(RECORD, &["doctor", "-q"]).await.exits(0).says("").warns("");
    lab.say(3, "198.51.100.9");
    let ran = lab.run(RECORD, &["doctor", "-q"]).await.exits(5);
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);
}
