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

/// The exit code. How the machine of the test is connected is no matter of the test: one that has a public address of its
/// own is rightly warned that the sources see another.
#[track_caller]
fn exits(ran: Ran, code: i32) -> Ran {
    let warned = ran.stdout.contains("warning:  connection");
    ran.exits(if warned && code == 0 { 5 } else { code })
}

fn last(ran: &Ran) -> &str {
    ran.stdout.lines().last().unwrap_or_default()
}

#[tokio::test]
async fn where_all_is_well_every_line_says_so_and_nothing_is_written() {
    let lab = right().await;
    let ran = exits(lab.run(RECORD, &["doctor"]).await.warns(""), 0);
    assert_eq!(about(&ran, "configuration"), ["ok:       configuration  can be used: 1 record at 1 account"]);
    let token =
        "ok:       credential     `cloudflare`: the token is good and does not expire; it sees example.org";
    assert_eq!(about(&ran, "credential"), [token]);
    let record = "ok:       record         home.example.org A at cloudflare: right, 203.0.113.7";
    assert_eq!(about(&ran, "record"), [record]);
    let sources = "ok:       sources        IPv4: all 5 sources answer and say 203.0.113.7";
    assert_eq!(about(&ran, "sources"), [sources]);
    let quorum = "ok:       quorum         IPv4: 5 operators agree, 3 must, so 2 may fail";
    assert_eq!(about(&ran, "quorum"), [quorum]);
    assert!(!ran.stdout.contains("error:"), "{}", ran.stdout);
    assert_eq!(last(&ran).starts_with("all is well"), !ran.stdout.contains("warning:"), "{}", ran.stdout);
    assert!(lab.cloudflare.writes().is_empty());
    assert!(!lab.folder.path().join("state").exists(), "looking makes nothing");
}

#[tokio::test]
async fn what_an_update_would_do_is_told_and_not_done() {
    let lab = right().await;
    (0..5).for_each(|source| lab.say(source, "203.0.113.8"));
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 0);
    let record = "note:     record         home.example.org A at cloudflare: to be done: update 203.0.113.7 to 203.0.113.8";
    assert_eq!(about(&ran, "record"), [record]);
    assert!(lab.cloudflare.writes().is_empty());
}

#[tokio::test]
async fn a_refused_token_is_an_error_that_is_told_once_with_what_to_do() {
    let lab = right().await;
    let more = "records = [\"cloudflare:example.org:A+AAAA:home\"]";
    lab.cloudflare.token(TOKEN, Grant::all().refused_from("203.0.113.7"));
    let ran = exits(lab.run(more, &["doctor"]).await, 1);
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
    let sources = "ok:       sources        IPv4: all 5 sources answer and say 203.0.113.7";
    assert!(about(&ran, "sources").contains(&sources), "the other checks go on: {}", ran.stdout);
    assert!(!ran.stdout.contains(TOKEN) && !ran.stderr.contains(TOKEN));
}

#[tokio::test]
async fn a_token_that_sees_no_such_zone_is_told_with_what_it_sees() {
    let lab = right().await;
    lab.cloudflare.zone(FakeZone::new("example.com"));
    lab.cloudflare.token(TOKEN, Grant::on(["example.com"]));
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 1);
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
        let ran = exits(lab.run(RECORD, &["doctor"]).await, code);
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
async fn a_zone_that_is_not_served_yet_is_a_warning() {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org").status("pending"));
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 5);
    let said = "warning:  record         the zone example.org at cloudflare is `pending`: what is written there is not served";
    assert!(about(&ran, "record").contains(&said), "{}", ran.stdout);
}

#[tokio::test]
async fn a_token_that_sees_other_zones_is_a_note_and_a_global_key_a_warning() {
    let lab = right().await;
    lab.cloudflare.zone(FakeZone::new("example.com"));
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 0);
    let note =
        "note:     credential     `cloudflare`: the token sees 2 zones, and the records lie in example.org";
    assert!(about(&ran, "credential").contains(&note), "{}", ran.stdout);
    assert!(ran.stdout.contains("  hint:   limit it to example.org"), "{}", ran.stdout);

    let (email, key) = ("me@example.com", "0123456789abcdef0123456789abcdef01234");
    lab.cloudflare.global_key(email, key, Grant::all());
    let flags = ["doctor", "--cloudflare-email", email, "--cloudflare-api-key", key];
    let config = lab.folder.file("key.toml", &lab.config(RECORD)).display().to_string();
    let arguments = ["--config", &config].into_iter().chain(flags).map(str::to_owned).collect();
    let ran = exits(program(arguments, Vec::new()).await, 5);
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
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 5);
    let said = format!(
        "warning:  sources        IPv4: {} says 198.51.100.9, and the agreed address is 203.0.113.7",
        OPERATED[3]
    );
    assert!(about(&ran, "sources").contains(&said.as_str()), "{}", ran.stdout);
    assert_eq!(
        about(&ran, "quorum"),
        ["ok:       quorum         IPv4: 4 operators agree, 3 must, so 1 may fail"]
    );
    assert!(last(&ran).starts_with("it works, and something should be done: "), "{}", ran.stdout);
}

#[tokio::test]
async fn too_few_operators_are_an_error_and_just_enough_a_warning() {
    let lab = right().await;
    for source in [0, 1] {
        lab.sources[source].say(Say::Reply(503, Vec::new()));
    }
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 5);
    let said =
        "warning:  quorum         IPv4: 3 operators agree, 3 must: if one more fails, nothing is published";
    assert_eq!(about(&ran, "quorum"), [said]);
    let silent =
        format!("nothing usable from {} and {}: is broken for now (HTTP 503)", OPERATED[0], OPERATED[1]);
    assert!(
        about(&ran, "sources").iter().any(|line| line.starts_with("note:") && line.contains(&silent)),
        "{}",
        ran.stdout
    );

    lab.sources[2].say(Say::Reply(503, Vec::new()));
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 1);
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
    assert!(
        !ran.stdout.contains("nobody else can read a secret"),
        "they were not all looked at: {}",
        ran.stdout
    );
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
    let ran = exits(program(arguments, vec![("CLOUDFLARE_API_TOKEN".to_owned(), TOKEN.to_owned())]).await, 0);
    let [note, _] = about(&ran, "configuration")[..] else { panic!("{}", ran.stdout) };
    assert!(note.starts_with("note:     configuration  the account `spare` ("), "{note}");
    assert!(note.ends_with(") is used by no record and no zone"), "{note}");
}

#[tokio::test]
async fn for_programs_there_is_one_value() {
    let lab = right().await;
    lab.say(3, "198.51.100.9");
    let ran = exits(lab.run(RECORD, &["doctor", "--json"]).await.warns(""), 5);
    let value: Value = serde_json::from_str(&ran.stdout).expect("one value");
    assert_eq!((&value["worst"], &value["exit"]), (&"warning".into(), &5.into()));
    assert_eq!(value["errors"], 0);
    assert!(value["warnings"].as_u64() >= Some(1) && value["notes"].as_u64() >= Some(1), "{value}");
    let findings = value["findings"].as_array().expect("a list");
    for finding in findings {
        let fields = finding.as_object().expect("an object");
        assert_eq!(
            fields.keys().map(String::as_str).collect::<Vec<_>>(),
            ["hint", "level", "subject", "what"]
        );
    }
    let warning =
        findings.iter().find(|finding| finding["subject"] == "sources" && finding["level"] == "warning");
    let warning = warning.expect("the dissent");
    assert!(warning["hint"].as_str().is_some_and(|hint| hint.contains("VPN")), "{warning}");
}

#[tokio::test]
async fn quiet_leaves_what_is_wrong() {
    let lab = right().await;
    let ran = exits(lab.run(RECORD, &["doctor", "-q"]).await.warns(""), 0);
    assert!(!ran.stdout.contains("ok:") && !ran.stdout.contains("note:"), "{}", ran.stdout);
    lab.say(3, "198.51.100.9");
    let ran = exits(lab.run(RECORD, &["doctor", "-q"]).await, 5);
    assert!(ran.stdout.starts_with("warning:  sources") && !ran.stdout.contains("ok:"), "{}", ran.stdout);
}

/// A time of day as HTTP writes it, so many seconds from now.
fn date(ahead: i64) -> String {
    let then = jiff::Timestamp::now().as_second() + ahead;
    let then = jiff::Timestamp::from_second(then).expect("a time");
    then.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_by_the_servers_and_a_single_wrong_one_of_theirs_is_not_believed() {
    let lab = right().await;
    let ran = lab.run(RECORD, &["doctor"]).await;
    assert_eq!(
        about(&ran, "clock"),
        ["ok:       clock          this machine's clock agrees with that of 6 servers"]
    );
    let dated = |lab: &Lab, source: usize, ahead| {
        let address = match OPERATED[source] {
            "mullvad" => Say::Text("{\"ip\":\"203.0.113.7\",\"mullvad_exit_ip\":false}".to_owned()),
            _ => Say::address("203.0.113.7"),
        };
        lab.sources[source].say(Say::At(date(ahead), Box::new(address)));
    };
    // Two hours and a half, so that a slow machine says the same.
    dated(&lab, 0, 9000);
    let ran = lab.run(RECORD, &["doctor"]).await;
    let [note, clock] = about(&ran, "clock")[..] else { panic!("{}", ran.stdout) };
    assert!(note.starts_with("note:") && note.contains("is wrong by 2 h"), "{note}");
    assert!(clock.starts_with("ok:") && clock.ends_with("agrees with that of 5 servers"), "{clock}");

    (0..5).for_each(|source| dated(&lab, source, 9000));
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 5);
    let lines = about(&ran, "clock");
    let told = |line: &&&str| line.starts_with("warning:") && line.contains("this machine's clock is 2 h");
    let warning = lines.iter().find(told).expect("the majority");
    assert!(warning.ends_with("behind that of 5 servers"), "{warning}");
    assert!(ran.stdout.contains("  hint:   set the clock"), "{}", ran.stdout);
}

#[cfg(unix)]
#[tokio::test]
async fn a_secret_that_others_can_read_is_a_warning_with_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt;
    let lab = right().await;
    let secret = lab.folder.file("token", TOKEN);
    let account = "[providers.cloudflare]\n";
    let with_token = format!("{account}token = \"file:{}\"\n", secret.display());
    let config = lab.config(RECORD).replace(account, &with_token);
    let file = lab.folder.file("dynflare.toml", &config);
    let state = lab.folder.path().join("state").display().to_string();
    let run = |file: &std::path::Path| {
        let arguments = ["--config", &file.display().to_string(), "doctor"].map(str::to_owned).to_vec();
        program(arguments, vec![("STATE_DIRECTORY".to_owned(), state.clone())])
    };
    let mode = |path: &std::path::Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("our own file");
    };
    mode(&secret, 0o644);
    let ran = exits(run(&file).await, 5);
    let said = format!(
        "warning:  files          every user of this machine can read the token in `{}`",
        secret.display()
    );
    assert!(about(&ran, "files").contains(&said.as_str()), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("  hint:   chmod 600 {}", secret.display())), "{}", ran.stdout);

    mode(&secret, 0o600);
    mode(&file, 0o646);
    let ran = exits(run(&file).await, 5);
    let said =
        format!("every user of this machine can change `{}`, and with it what is published", file.display());
    assert!(about(&ran, "files").iter().any(|line| line.contains(&said)), "{}", ran.stdout);

    mode(&file, 0o644);
    let ran = exits(run(&file).await, 0);
    let kept = format!("ok:       files          what is learnt will be kept in {state}");
    assert_eq!(
        about(&ran, "files"),
        ["ok:       files          nobody else can read a secret or change the configuration", &kept]
    );

    let literal = config.replace(&format!("file:{}", secret.display()), TOKEN);
    let file = lab.folder.file("literal.toml", &literal);
    mode(&file, 0o644);
    let ran = exits(run(&file).await, 5);
    assert!(ran.stdout.contains("every user of this machine can read the secret in"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(TOKEN) && !ran.stderr.contains(TOKEN));
}

#[tokio::test]
async fn a_state_directory_that_cannot_be_used_and_a_memory_that_cannot_be_read_are_told_and_left_alone() {
    let lab = right().await;
    let state = lab.folder.file("state", "a file");
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 5);
    let said = format!(
        "warning:  files          what is learnt cannot be kept in {}: it is no folder",
        state.display()
    );
    assert!(about(&ran, "files").contains(&said.as_str()), "{}", ran.stdout);

    std::fs::remove_file(&state).expect("our own file");
    std::fs::create_dir(&state).expect("a folder");
    let memory = state.join("memory.json");
    std::fs::write(&memory, "{ broken").expect("our own file");
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 5);
    assert!(about(&ran, "files").iter().any(|line| line.contains("cannot understand")), "{}", ran.stdout);
    assert_eq!(std::fs::read_to_string(&memory).expect("it is where it was"), "{ broken");
    assert_eq!(std::fs::read_dir(&state).expect("a folder").count(), 1);
}

#[tokio::test]
async fn another_client_at_the_same_record_is_seen_by_its_record_and_by_its_changes() {
    let lab = right().await;
    let ran = lab.run(RECORD, &["doctor"]).await;
    let none = "ok:       other-clients  no trace of another client at these records";
    assert_eq!(about(&ran, "other-clients"), [none]);

    let theirs = FakeRecord::new("A", "home.example.org", "198.51.100.9").comment("dynflare:other");
    let id = lab.cloudflare.record("example.org", theirs);
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 0);
    let said =
        "note:     other-clients  home.example.org A at cloudflare: 198.51.100.9 stands there as well and";
    assert!(about(&ran, "other-clients")[0].starts_with(said), "{}", ran.stdout);
    lab.cloudflare.remove_record(&id);

    // The other client puts its own address there again and again, and we put ours back.
    for _ in 0..3 {
        for record in lab.cloudflare.records("example.org") {
            lab.cloudflare.remove_record(&record.id);
        }
        let theirs = FakeRecord::new("A", "home.example.org", "198.51.100.9").comment("dynflare");
        lab.cloudflare.record("example.org", theirs);
        lab.run(RECORD, &["update"]).await.exits(0);
    }
    let ran = exits(lab.run(RECORD, &["doctor"]).await, 5);
    let said = "warning:  other-clients  home.example.org A at cloudflare: somebody else changed it 2 times in the last 7 days \
                and set it to 198.51.100.9 the last time; put right ";
    assert!(about(&ran, "other-clients")[0].starts_with(said), "{}", ran.stdout);
}

#[tokio::test]
async fn a_file_of_authorities_that_cannot_be_read_is_an_error_and_the_rest_is_looked_at() {
    let lab = right().await;
    let missing = lab.folder.path().join("no-such.pem");
    let ran = exits(lab.run(RECORD, &["doctor", "--ca-file", &missing.display().to_string()]).await, 1);
    let [trust] = about(&ran, "tls-roots")[..] else { panic!("{}", ran.stdout) };
    assert!(trust.starts_with("error:") && trust.contains("no-such.pem"), "{trust}");
    assert!(about(&ran, "quorum")[0].starts_with("ok:"), "{}", ran.stdout);
}

#[tokio::test]
async fn nobody_is_asked_who_is_not_a_source() {
    let lab = right().await;
    let ran = lab.run(RECORD, &["doctor"]).await;
    let [plain] = about(&ran, "plain-dns")[..] else { panic!("{}", ran.stdout) };
    assert!(plain.starts_with("note:     plain-dns      not tried"), "{plain}");
}

#[tokio::test]
async fn arguments_and_variables_do_without_a_file() {
    let lab = right().await;
    // Where the servers of the test are, only a file can say; the record and the token come from elsewhere.
    let config = lab.folder.file("places.toml", &lab.config("")).display().to_string();
    let state = lab.folder.path().join("state").display().to_string();
    let variables =
        [("DYNFLARE_CONFIG", config.as_str()), ("CLOUDFLARE_API_TOKEN", TOKEN), ("STATE_DIRECTORY", &state)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let arguments = ["doctor", "-r", "cloudflare:example.org:A:home"].map(str::to_owned).to_vec();
    let ran = exits(program(arguments, variables.clone()).await, 0);
    assert_eq!(about(&ran, "configuration"), ["ok:       configuration  can be used: 1 record at 1 account"]);
    let ran = exits(program(vec!["doctor".to_owned()], variables).await, 2);
    assert!(about(&ran, "configuration")[0].contains("there are no records to keep right"), "{}", ran.stdout);
}
