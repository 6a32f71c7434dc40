//! The crontab line of the post it all began with, and the original program's spellings.

use crate::lab::{Lab, Ran, TOKEN, program};
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone, Grant};

const EMAIL: &str = "me@example.com";
const KEY: &str = "0123456789abcdef0123456789abcdef01234";

async fn world() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.global_key(EMAIL, KEY, Grant::all());
    lab.cloudflare.zone(FakeZone::new("example.com"));
    lab.cloudflare
        .record("example.com", FakeRecord::new("A", "example-subdomain.example.com", "198.51.100.4"));
    lab
}

/// Runs in a world that only a configuration file without records or credentials describes.
async fn run(lab: &Lab, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let config = lab.folder.file("dynflare.toml", &lab.config(""));
    let mut all = vec![("DYNFLARE_CONFIG".to_owned(), config.display().to_string())];
    all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    program(arguments.iter().map(|argument| (*argument).to_owned()).collect(), all).await
}

#[tokio::test]
async fn the_crontab_line_works_as_it_is() {
    let lab = world().await;
    let variables = [("CLOUDFLARE_API_KEY", EMAIL), ("CLOUDFLARE_API_SECRET", KEY)];
    let ran = run(&lab, &variables, &["-r", "cloudflare:example.com:A:example-subdomain"]).await.exits(0);
    assert_eq!(lab.cloudflare.contents("example.com", "example-subdomain.example.com", "A"), ["203.0.113.7"]);
    assert!(
        ran.stdout.starts_with("example-subdomain.example.com A at cloudflare: 198.51.100.4 -> 203.0.113.7")
    );
    // The next hour nothing has changed, and cron has nothing to mail.
    run(&lab, &variables, &["-r", "cloudflare:example.com:A:example-subdomain"])
        .await
        .exits(0)
        .says("")
        .warns("");
}

#[tokio::test]
async fn the_original_flags_and_variables_work() {
    let lab = world().await;
    let records = ("RECORDS", "cloudflare:example.com:A:example-subdomain,cloudflare:example.com:A:other");
    let dry = run(&lab, &[records], &["-dry", "-cloudflare-email", EMAIL, "-cloudflare-api-key", KEY]).await;
    dry.exits(0);
    assert!(lab.cloudflare.writes().is_empty());
    run(&lab, &[records, ("CLOUDFLARE_EMAIL", EMAIL), ("CLOUDFLARE_API_KEY", KEY)], &[]).await.exits(0);
    assert_eq!(lab.cloudflare.contents("example.com", "other.example.com", "A"), ["203.0.113.7"]);
    let printed = run(&lab, &[records, ("CLOUDFLARE_API_TOKEN", TOKEN)], &["-p"]).await.exits(0);
    assert!(printed.stdout.contains("example-subdomain.example.com  A"), "{}", printed.stdout);
}
