//! Which address is believed.

use crate::lab::Lab;
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone};
use dynflare_testkit::echo::Say;

const RECORD: &str = "cloudflare:example.org:A:home";

async fn world() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", "198.51.100.4"));
    lab
}

fn contents(lab: &Lab) -> Vec<String> {
    lab.cloudflare.contents("example.org", "home.example.org", "A")
}

#[tokio::test]
async fn a_detection_that_knows_no_address_has_the_exit_code_of_one() {
    let lab = Lab::new().await;
    let none = lab.run("quorum = 1", &["detect", "-s", "interface:lo", "-q"]).await.exits(3);
    assert!(none.stdout.contains("IPv4: no address"), "{}", none.stdout);
    let both = ["--quorum", "1", "-s", "static:203.0.113.7", "-q"];
    lab.run("", &[&["detect"], both.as_slice()].concat()).await.exits(0);
    for (record, code) in [("A+AAAA", 0), ("A", 0), ("AAAA", 3)] {
        let record = format!("cloudflare:example.org:{record}:home");
        lab.run("", &[&["detect", "-r", record.as_str()], both.as_slice()].concat()).await.exits(code);
    }
}

#[tokio::test]
async fn where_only_witnesses_speak_the_verdict_says_so() {
    let folder = crate::lab::Folder::new();
    let config = "version = 1\npool = [\"seen\"]\nallow = [\"203.0.113.0/24\"]\n\
                  [sources.seen]\nspec = \"static:203.0.113.7\"\ntrust = \"witness\"\n";
    let file = folder.file("dynflare.toml", config).display().to_string();
    let arguments = ["--config", &file, "detect"].map(str::to_owned).to_vec();
    let ran = crate::lab::program(arguments, Vec::new()).await.exits(3);
    let verdict = "IPv4: not agreed: only sources without a vote named the IPv4 address: 203.0.113.7 by seen";
    assert!(ran.stdout.contains(verdict), "{}", ran.stdout);
}

#[tokio::test]
async fn two_liars_of_five_together_move_nothing() {
    let lab = world().await;
    lab.say(0, "198.51.100.66");
    lab.say(3, "198.51.100.66");
    for _ in 0..5 {
        lab.update(&[RECORD], &[]).await.exits(0);
        assert_eq!(contents(&lab), ["203.0.113.7"]);
    }
}

#[tokio::test]
async fn ur_5_without_a_majority_nothing_is_written_and_the_reason_is_said() {
    let lab = world().await;
    for (source, address) in ["203.0.113.1", "203.0.113.1", "203.0.113.2", "203.0.113.2"].iter().enumerate() {
        lab.say(source, address);
    }
    lab.sources[4].say(Say::Reply(503, b"203.0.113.1".to_vec()));
    let ran = lab.update(&[RECORD], &[]).await.exits(3).says("");
    assert!(
        ran.stderr.starts_with(
            "error: cannot update home.example.org A at cloudflare\n  \
             cause: the sources disagree about the IPv4 address: 203.0.113.1 by akamai and amazon, 203.0.113.2 by hetzner and ipify; \
             3 operators must agree; 1 source failed\n"
        ),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.ends_with("the record was kept as it is\n"), "{}", ran.stderr);
    assert!(lab.cloudflare.writes().is_empty());
}

#[tokio::test]
async fn ur_7_sources_that_change_their_minds_cannot_make_a_record_flap() {
    let lab = world().await;
    let mut writes = 0;
    for round in 0..6 {
        for source in 0..2 {
            lab.say(source, if round % 2 == 0 { "198.51.100.66" } else { "198.51.100.67" });
        }
        lab.update(&[RECORD], &[]).await.exits(0);
        writes = lab.cloudflare.writes().len();
    }
    assert_eq!(writes, 1);
    assert_eq!(contents(&lab), ["203.0.113.7"]);
}

#[tokio::test]
async fn ur_16_ipv4_that_cannot_be_told_leaves_ipv6_alone() {
    let lab = world().await;
    let more =
        "records = [\"cloudflare:example.org:A:home\", \"cloudflare:example.org:AAAA:home\"]\nquorum = 1";
    // One source that knows IPv6 only, by configuration.
    let file = lab.folder.file("address", "2001:db8::7\n");
    let pool = format!("{more}\npool = [\"file:{}\"]", file.display());
    let text = lab.config("").lines().filter(|line| !line.starts_with("pool")).collect::<Vec<_>>().join("\n");
    let config =
        lab.folder.file("mixed.toml", &text.replacen("version = 1", &format!("version = 1\n{pool}"), 1));
    let arguments = ["--config", config.to_str().expect("UTF-8")].map(str::to_owned).to_vec();
    let token = ("CLOUDFLARE_API_TOKEN".to_owned(), crate::lab::TOKEN.to_owned());
    let ran = crate::lab::program(arguments, vec![token]).await;
    assert_eq!(lab.cloudflare.contents("example.org", "home.example.org", "AAAA"), ["2001:db8::7"]);
    assert_eq!(contents(&lab), ["198.51.100.4"]);
    assert!(ran.stderr.contains("cannot update home.example.org A"), "{}", ran.stderr);
}

#[tokio::test]
async fn too_few_operators_for_the_quorum_is_a_configuration_error() {
    let lab = world().await;
    let ran = lab.update(&[RECORD], &["-s", "ipify", "-s", "mullvad"]).await.exits(2);
    assert!(
        ran.stderr.contains("error: the pool has 2 operators that vote, and 3 must agree"),
        "{}",
        ran.stderr
    );
    assert!(lab.cloudflare.log().is_empty());
}

#[tokio::test]
async fn detect_shows_everybody_and_the_verdict() {
    let lab = world().await;
    lab.say(1, "198.51.100.66");
    let ran = lab.update(&[RECORD], &["detect"]).await.exits(0);
    assert!(
        ran.stdout.starts_with("IPv4: 203.0.113.7, agreed by 4 operators (3 of a panel of 5 must agree)\n"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("198.51.100.66"), "{}", ran.stdout);
    assert!(lab.cloudflare.log().is_empty());
}

#[tokio::test]
async fn ur_27_what_a_resolver_says_about_the_name_does_not_matter() {
    let lab = Lab::new().await;
    // On every machine this name resolves, and not to what its record holds.
    lab.cloudflare.zone(FakeZone::new("localhost"));
    lab.cloudflare.record("localhost", FakeRecord::new("A", "localhost", "203.0.113.7"));
    for _ in 0..3 {
        lab.update(&["cloudflare:localhost:A:@"], &[]).await.exits(0).says("");
    }
    assert!(lab.cloudflare.writes().is_empty());
}
