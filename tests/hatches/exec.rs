//! A provider that is a program.

use crate::{Folder, dynflare, key, name};
use dynflare::provider::exec::{Exec, Settings, TIMEOUT};
use dynflare::provider::{RrSets, Zone};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::plan::Replace;
use dynflare_core::record::RecordType::{A, Txt};
use std::time::Duration;

/// Keeps one set in a file, and every request in another.
const KEEPER: &str = r#"
read -r request
echo "$request" >> HERE/requests
case "$request" in
*'"operation":"list-zones"'*) echo '{"zones":["org","example.org","xample.org"]}' ;;
*'"operation":"get"'*) cat HERE/set 2>/dev/null || echo '{"values":[],"ttl":null}' ;;
*'"operation":"replace"'*)
    values=$(echo "$request" | sed 's/.*"values":\(\[[^]]*\]\).*/\1/')
    ttl=$(echo "$request" | sed 's/.*"ttl":\([0-9]*\),"type".*/\1/')
    echo "{\"values\":$values,\"ttl\":$ttl}" > HERE/set
    echo '{}' ;;
esac
"#;

fn settings(folder: &Folder, script: &str) -> Settings {
    let script = script.replace("HERE", &folder.0.display().to_string());
    let command = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec();
    Settings { command, timeout: TIMEOUT, without: Vec::new() }
}

fn zone() -> Zone {
    Zone { name: name("example.org"), id: "example.org".to_owned() }
}

/// What reading and writing come to where the program does this; the read before the write is answered well.
async fn faults(folder: &Folder, script: &str) -> (Fault, Fault) {
    let all = Exec::new(settings(folder, script));
    let key = key("home.example.org", A);
    let read = all.get(&zone(), &key).await.expect_err("it does not answer");
    let get = "*'\"operation\":\"get\"'*) echo '{\"values\":[]}' ;;";
    let writes = Exec::new(settings(
        folder,
        &format!("read -r request\ncase \"$request\" in {get} *) {script} ;; esac"),
    ));
    let expect = writes.get(&zone(), &key).await.expect("it is read");
    let step = Replace { expect, values: vec!["203.0.113.7".to_owned()], ttl: 300 };
    (read, writes.replace(&zone(), &step).await.expect_err("it does not answer"))
}

#[tokio::test]
async fn a_set_is_read_and_replaced_by_what_the_program_is_asked() {
    let folder = Folder::new("exec-set");
    let exec = Exec::new(settings(&folder, KEEPER));
    let key = key("home.example.org", A);
    let found = exec.locate(None, &key.name).await.expect("it lists its zones");
    assert_eq!(found, zone());
    let before = exec.get(&found, &key).await.expect("it is read");
    assert_eq!((before.values.len(), before.ttl), (0, None));
    let step = Replace { expect: before, values: vec!["203.0.113.7".to_owned()], ttl: 120 };
    exec.replace(&found, &step).await.expect("it is replaced");
    let after = exec.get(&found, &key).await.expect("it is read");
    assert_eq!((after.values, after.ttl), (vec!["203.0.113.7".to_owned()], Some(120)));
    let requests = folder.read("requests");
    let last: serde_json::Value = requests
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .find(|request: &serde_json::Value| request["operation"] == "replace")
        .expect("a replacement");
    let expected = serde_json::json!({
        "version": 1,
        "operation": "replace",
        "zone": "example.org",
        "name": "home.example.org",
        "type": "A",
        "expect": { "values": [], "ttl": null },
        "values": ["203.0.113.7"],
        "ttl": 120,
    });
    assert_eq!(last, expected);
    let none = exec.locate(None, &name("home.example.net")).await.expect_err("there is none");
    assert_eq!(none.to_string(), "/bin/sh lists no zone of home.example.net");
    assert_eq!(none.class, Class::NoSuchZone);
}

#[tokio::test]
async fn values_come_out_in_one_spelling_whatever_the_program_says() {
    let folder = Folder::new("exec-values");
    let exec = Exec::new(settings(&folder, r#"echo '{"values":["b a","\"b a\"","a"],"ttl":60,"more":1}'"#));
    let set = exec.get(&zone(), &key("example.org", Txt)).await.expect("it is read");
    assert_eq!(set.values, ["\"a\"", "\"b a\""]);
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_left_alone() {
    let folder = Folder::new("exec-race");
    let exec = Exec::new(settings(&folder, KEEPER));
    let key = key("home.example.org", A);
    let expect = exec.get(&zone(), &key).await.expect("it is read");
    folder.write("set", "{\"values\":[\"203.0.113.9\"],\"ttl\":60}");
    let step = Replace { expect, values: vec!["203.0.113.7".to_owned()], ttl: 120 };
    let fault = exec.replace(&zone(), &step).await.expect_err("it is another set");
    assert_eq!(fault.class, Class::Unconfirmed);
    assert!(folder.read("set").contains("203.0.113.9"));
}

#[tokio::test]
async fn what_the_program_says_of_a_failure_is_told_by_its_class() {
    let folder = Folder::new("exec-says");
    let script = r#"echo '{"error":{"class":"rate-limited","message":"slower","retry_after":90}}'; exit 1"#;
    for fault in <[Fault; 2]>::from(faults(&folder, script).await) {
        assert_eq!(fault.to_string(), "/bin/sh says rate-limited (\"slower\")");
        assert_eq!((fault.class, fault.retry_after), (Class::RateLimited, Some(Duration::from_secs(90))));
    }
    for class in Class::ALL.into_iter().filter(|class| *class != Class::Unconfirmed) {
        let script = format!("echo '{{\"error\":{{\"class\":\"{class}\"}}}}'");
        let (read, write) = faults(&folder, &script).await;
        assert_eq!((read.class, write.class), (class, class));
    }
    let (read, write) = faults(&folder, r#"echo '{"error":{"class":"bad-luck"}}'"#).await;
    assert_eq!((read.class, write.class), (Class::Unexpected, Class::Unconfirmed));
    assert_eq!(read.to_string(), "/bin/sh says something that is no class of faults");
    let (read, _) = faults(&folder, r#"echo '{"error":"no"}'"#).await;
    assert_eq!(read.to_string(), "/bin/sh answered with an error without `class` (\"\\\"no\\\"\")");
}

#[tokio::test]
async fn an_answer_that_is_none_leaves_a_write_open_and_nothing_else() {
    let folder = Folder::new("exec-odd");
    for (script, class, expected) in [
        ("exit 75", Class::Unavailable, "/bin/sh failed (exit status: 75)"),
        ("echo a >&2; echo b >&2; exit 3", Class::Unexpected, "/bin/sh failed (exit status: 3 \"b\")"),
        ("echo hello", Class::Unexpected, "/bin/sh did not answer with a JSON object (\"hello\")"),
        ("head -c 2000000 /dev/zero", Class::Unexpected, "/bin/sh printed more than 1048576 bytes"),
    ] {
        let (read, write) = faults(&folder, script).await;
        assert_eq!(read.to_string(), expected);
        assert_eq!(write.to_string(), expected);
        assert_eq!((read.class, write.class), (class, Class::Unconfirmed), "{script}");
    }
    let exec = Exec::new(settings(&folder, "echo '{}'"));
    let fault = exec.get(&zone(), &key("home.example.org", A)).await.expect_err("no values");
    assert_eq!(
        fault.to_string(),
        "/bin/sh answered without `values`, or with something else in its place (\"{}\")"
    );
    let long = "x".repeat(500);
    let exec = Exec::new(settings(&folder, &format!("echo {long} >&2; exit 1")));
    let fault = exec.get(&zone(), &key("home.example.org", A)).await.expect_err("it fails");
    assert_eq!(fault.said, Some("x".repeat(200)));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told() {
    let command = vec!["/nowhere/at/all".to_owned()];
    let exec = Exec::new(Settings { command, timeout: TIMEOUT, without: Vec::new() });
    let fault = exec.get(&zone(), &key("home.example.org", A)).await.expect_err("it cannot run");
    assert_eq!(fault.to_string(), "cannot start /nowhere/at/all: no such file or directory");
    assert_eq!(fault.class, Class::Invalid);
}

#[tokio::test]
async fn a_program_whose_time_is_up_is_killed_with_all_it_started() {
    let folder = Folder::new("exec-hangs");
    let script = "sleep 1000 & echo $! > HERE/child; wait";
    let settings = Settings { timeout: Duration::from_millis(500), ..settings(&folder, script) };
    let exec = Exec::new(settings);
    let fault = exec.get(&zone(), &key("home.example.org", A)).await.expect_err("it hangs");
    assert_eq!(fault.to_string(), "/bin/sh did not end within 0.5 s and was killed");
    assert_eq!(fault.class, Class::Unavailable);
    let child = folder.read("child");
    let state = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
    let dead = |state: &str| state.is_empty() || state.contains(") Z");
    for _ in 0..1_000 {
        if dead(&state()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(dead(&state()), "{child} lives");
}

#[tokio::test]
async fn ur_45_a_program_is_not_given_the_credentials_of_other_accounts() {
    let folder = Folder::new("exec-environment");
    // Both are in the environment of every test.
    let settings = Settings {
        without: vec!["CARGO_PKG_NAME".to_owned()],
        ..settings(&folder, "env > HERE/environment; echo '{\"values\":[]}'")
    };
    Exec::new(settings).get(&zone(), &key("home.example.org", A)).await.expect("it answers");
    let environment = folder.read("environment");
    assert!(
        environment.contains("CARGO_PKG_VERSION=") && !environment.contains("CARGO_PKG_NAME="),
        "{environment}"
    );
}

#[tokio::test]
async fn a_configured_program_keeps_a_record() {
    let folder = Folder::new("exec-whole");
    let script = folder.write("keeper", &KEEPER.replace("HERE", &folder.0.display().to_string()));
    let config = format!(
        "records = [\"mine:example.org:A:home?ttl=120\"]\n[providers.mine]\ntype = \"exec\"\n\
         command = [\"/bin/sh\", \"{}\"]\n",
        script.display()
    );
    let (exit, text) = dynflare(&folder, "update", &config).await;
    assert_eq!(exit, 0, "{text}");
    assert_eq!(folder.read("set").trim(), "{\"values\":[\"203.0.113.7\"],\"ttl\":120}");
    let (exit, text) = dynflare(&folder, "update", &config).await;
    assert_eq!(exit, 0, "{text}");
    let writes = folder.read("requests").lines().filter(|line| line.contains("\"replace\"")).count();
    assert_eq!(writes, 1, "nothing is written twice");
}
