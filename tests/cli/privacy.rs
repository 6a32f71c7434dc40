//! `privacy = "provider-only"`: who is asked, who is not, and what is said about it.

use crate::lab::{Folder, Lab, Ran, program};
use dynflare_testkit::cloudflare::FakeZone;
use dynflare_testkit::echo::{Echo, Say};

const BOTH: &str = "records = [\"cloudflare:example.org:A+AAAA:home\"]";
const DYNAMIC: &str =
    "records = [\"rfc2136:example.org:A+AAAA:home\"]\n[providers.rfc2136]\nserver = \"192.0.2.53\"";

/// A configuration that asks nobody, under the preset.
async fn told(config: &str, arguments: &[&str]) -> Ran {
    let folder = Folder::new();
    let text = format!("version = 1\nprivacy = \"provider-only\"\n{config}\n");
    let mut all = vec!["--config".to_owned(), folder.file("dynflare.toml", &text).display().to_string()];
    all.extend(arguments.iter().map(|word| (*word).to_owned()));
    program(all, vec![("CLOUDFLARE_API_TOKEN".to_owned(), crate::lab::TOKEN.to_owned())]).await
}

fn trace(base: &str, address: &str) -> Say {
    let host = base.trim_start_matches("http://");
    Say::Text(format!("h={host}\nip={address}\nwarp=off\n"))
}

#[tokio::test]
async fn only_cloudflares_sources_the_router_and_the_interface_are_in_the_pool_of_cloudflares_records() {
    let ran = told(BOTH, &["sources", "--json"]).await.exits(0);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let ids: Vec<&str> =
        value["pool"].as_array().expect("a list").iter().filter_map(|one| one["source"].as_str()).collect();
    assert_eq!(
        ids,
        ["cloudflare", "cloudflare-client", "cloudflare-doh", "cloudflare-www", "router", "interface"]
    );
    assert_eq!((&value["panel"], &value["quorum"]), (&1.into(), &1.into()));
    assert!(value["pool"].as_array().expect("a list").iter().all(|one| one["votes"] == true), "{value}");
    let said = "under `privacy` = provider-only a single party is believed: cloudflare, else router, else this machine";
    assert!(ran.stderr.starts_with(&format!("note: {said}\n")), "{}", ran.stderr);
}

#[tokio::test]
async fn a_provider_without_sources_leaves_the_router_and_the_interface() {
    let ran = told(DYNAMIC, &["config"]).await.exits(0);
    for row in ["router, interface", "provider-only"] {
        assert!(ran.stdout.contains(row), "{}", ran.stdout);
    }
    let ran = told(DYNAMIC, &["check"]).await.exits(0);
    assert!(ran.stdout.contains("2 sources of 2 operators, 1 of a panel of 1 must agree"), "{}", ran.stdout);
    assert!(ran.stderr.contains("a single party is believed: router, else this machine"), "{}", ran.stderr);
}

#[tokio::test]
async fn a_source_that_would_tell_somebody_new_is_a_mistake() {
    let config = format!("{BOTH}\npool = [\"cloudflare\", \"ipify\"]");
    let ran = told(&config, &["check"]).await.exits(2);
    let told_of = "`ipify` would tell ipify this machine's address, and `privacy` is provider-only";
    assert!(ran.stderr.contains(told_of), "{}", ran.stderr);
    assert!(ran.stderr.contains("operator = \"self\""), "{}", ran.stderr);
    let config = format!("{DYNAMIC}\n").replacen('\n', "\npool = [\"cloudflare\"]\n", 1);
    let ran = told(&config, &["check"]).await.exits(2);
    assert!(
        ran.stderr.contains("`cloudflare` would tell cloudflare"),
        "no record lies there: {}",
        ran.stderr
    );
}

#[tokio::test]
async fn a_family_that_nobody_is_left_for_is_a_mistake_with_what_to_add() {
    let ran = told(&format!("{BOTH}\npool = [\"router\"]"), &["check"]).await.exits(2);
    assert!(ran.stderr.contains("nobody in the pool votes on IPv6"), "{}", ran.stderr);
    assert!(ran.stderr.contains("add `interface`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("or `cloudflare`"), "{}", ran.stderr);
    let only_v4 = "records = [\"cloudflare:example.org:A:home\"]\npool = [\"router\"]";
    told(only_v4, &["check"]).await.exits(0);
}

#[tokio::test]
async fn the_address_comes_from_cloudflare_alone_and_the_others_are_not_asked() {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    let (theirs, own) = (Echo::http(Say::Nothing).await, Echo::http(Say::address("203.0.113.8")).await);
    theirs.say(trace(theirs.base(), "203.0.113.9"));
    let text = lab.config("records = [\"cloudflare:example.org:A:home\"]");
    let mut lines: Vec<String> =
        text.lines().filter(|line| !line.starts_with("pool")).map(str::to_owned).collect();
    lines.insert(1, "privacy = \"provider-only\"\npool = [\"cloudflare\", \"mine\"]".to_owned());
    lines.push(format!("[sources.cloudflare]\nurl = \"{}\"", theirs.base()));
    lines.push(format!(
        "[sources.mine]\nspec = \"url:{}\"\noperator = \"self\"\ntrust = \"vote\"",
        own.base()
    ));
    let file = lab.folder.file("private.toml", &lines.join("\n"));
    let run = |word: &'static str| {
        let state = lab.folder.path().join("state").display().to_string();
        let arguments =
            vec!["--config".to_owned(), file.display().to_string(), word.to_owned(), "--json".to_owned()];
        let token = ("CLOUDFLARE_API_TOKEN".to_owned(), crate::lab::TOKEN.to_owned());
        program(arguments, vec![token, ("STATE_DIRECTORY".to_owned(), state)])
    };
    let ran = run("update").await.exits(0);
    assert!(ran.stderr.contains("a single party is believed: cloudflare, else self"), "{}", ran.stderr);
    assert_eq!(lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.9"]);
    assert!(lab.sources.iter().all(|source| source.asked() == 0));

    let ran = run("detect").await.exits(0);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(value["detections"][0]["address"], "203.0.113.9", "the first of the chain decides: {value}");
    assert!(lab.sources.iter().all(|source| source.asked() == 0));

    theirs.say(Say::Reply(503, Vec::new()));
    run("update").await.exits(0);
    assert_eq!(
        lab.cloudflare.contents("example.org", "home.example.org", "A"),
        ["203.0.113.8"],
        "the user's own source stands in"
    );
}
