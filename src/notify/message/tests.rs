//! Every kind of news, literally, and what must not be in any.

use super::*;
use crate::report::news::Said;
use crate::secret::Secret;

/// 2026-11-23 08:00 UTC.
const THEN: u64 = 1_795_420_800;

fn news(what: What) -> News {
    let record = Subject { account: "cloudflare".into(), name: "home.example.org".into(), rtype: "A".into() };
    News { at: THEN + 3 * 3600, record: Some(record), what, ballots: vec![] }
}

fn told(news: &News) -> [String; 2] {
    let message = Message::of(news, &Cleaner::default());
    [message.title.clone(), message.sentences()]
}

fn changed(from: &[&str], to: &[&str]) -> News {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    news(What::Changed { from: owned(from), to: owned(to) })
}

#[test]
fn a_change_names_the_record_and_both_values() {
    assert_eq!(
        told(&changed(&["203.0.113.5"], &["203.0.113.7"])),
        [
            "home.example.org A changed",
            "home.example.org A at cloudflare is now 203.0.113.7; it was 203.0.113.5"
        ]
    );
    assert_eq!(
        told(&changed(&[], &["203.0.113.7", "203.0.113.8"])),
        [
            "home.example.org A changed",
            "home.example.org A at cloudflare is now 203.0.113.7 and 203.0.113.8; there was none before"
        ]
    );
    assert_eq!(
        told(&changed(&["203.0.113.5"], &[])),
        ["home.example.org A changed", "home.example.org A at cloudflare was removed; it was 203.0.113.5"]
    );
}

#[test]
fn a_failure_says_how_often_since_when_and_why() {
    let failing = |times| What::Failing {
        times,
        since: THEN,
        cause: "the token was refused (HTTP 403, 9109 \"Invalid access token\")".to_owned(),
    };
    assert_eq!(
        told(&news(failing(3))),
        [
            "home.example.org A is failing",
            "home.example.org A at cloudflare has failed 3 times in a row since 2026-11-23 08:00 UTC: the token was \
             refused (HTTP 403, 9109 \"Invalid access token\")\nhint: `dynflare status` shows whether it still fails"
        ]
    );
    let of_the_program = News { record: None, ..news(failing(1)) };
    assert_eq!(
        told(&of_the_program),
        [
            "dynflare is failing",
            "dynflare has failed since 2026-11-23 08:00 UTC: the token was refused (HTTP 403, 9109 \"Invalid access \
             token\")\nhint: `dynflare status` shows whether it still fails"
        ]
    );
}

#[test]
fn a_refusal_says_that_somebody_has_to_look() {
    let refused = What::Refused { cause: "it would remove 3 values, and the limit is 1".to_owned() };
    assert_eq!(
        told(&news(refused)),
        [
            "home.example.org A needs you",
            "home.example.org A at cloudflare was left as it is, and somebody has to look: it would remove 3 values, \
             and the limit is 1\nhint: `dynflare plan` shows what would be done"
        ]
    );
}

#[test]
fn a_recovery_says_how_long_it_lasted() {
    assert_eq!(
        told(&news(What::Recovered { since: THEN })),
        [
            "home.example.org A is right again",
            "home.example.org A at cloudflare is right again, after 3 hours"
        ]
    );
    for (seconds, expected) in
        [(0, "0 s"), (119, "119 s"), (120, "2 minutes"), (7199, "119 minutes"), (172_800, "2 days")]
    {
        assert_eq!(lasted(seconds), expected);
    }
}

#[test]
fn a_wrong_configuration_says_that_the_old_one_goes_on() {
    let config = News { record: None, ..news(What::Config { cause: "unknown setting `pannel`".to_owned() }) };
    assert_eq!(
        told(&config),
        [
            "dynflare cannot use its configuration",
            "the changed configuration cannot be used, and the old one goes on: unknown setting `pannel`\n\
             hint: `dynflare check` shows what is wrong and where"
        ]
    );
    let right = News { record: None, ..news(What::ConfigRight) };
    assert_eq!(
        told(&right),
        ["dynflare's configuration is right again", "the configuration is right again and in use"]
    );
}

#[test]
fn the_form_for_programs_is_the_news_with_its_words() {
    let mut news = changed(&["203.0.113.5"], &["203.0.113.7"]);
    news.ballots = vec![Said {
        source: "ipify".into(),
        operator: "ipify".into(),
        family: 4,
        said: "203.0.113.7".into(),
        took_ms: Some(84),
    }];
    let message = Message::of(&news, &Cleaner::default());
    assert_eq!(
        message.to_json(),
        json!({
            "id": message.id,
            "at": THEN + 3 * 3600,
            "kind": "changed",
            "title": "home.example.org A changed",
            "text": "home.example.org A at cloudflare is now 203.0.113.7; it was 203.0.113.5",
            "record": { "account": "cloudflare", "name": "home.example.org", "type": "A" },
            "from": ["203.0.113.5"],
            "to": ["203.0.113.7"],
            "ballots": [{ "source": "ipify", "operator": "ipify", "family": 4, "said": "203.0.113.7", "took_ms": 84 }],
        })
    );
    assert_eq!(message.id.len(), 32);
    let right = News { record: None, ..self::news(What::ConfigRight) };
    let right = Message::of(&right, &Cleaner::default()).to_json();
    assert_eq!((&right["kind"], &right["what"]), (&json!("config"), &json!("config-right")));
    let test = Message::test(THEN).to_json();
    assert_eq!((&test["kind"], &test["at"], test.get("record")), (&json!("test"), &json!(THEN), None));
}

#[test]
fn ur_45_no_known_secret_is_in_a_message() {
    let cleaner = Cleaner::new(vec![Secret::new("s3cret-s3cret")]);
    let leaky = || "the server said s3cret-s3cret\r\nBcc: x".to_owned();
    let mut failing = news(What::Failing { times: 3, since: THEN, cause: leaky() });
    failing.ballots =
        vec![Said { source: "own".into(), operator: "own".into(), family: 4, said: leaky(), took_ms: None }];
    let message = Message::of(&failing, &cleaner);
    let all = format!("{message:?} {} {}", message.sentences(), message.to_json());
    assert!(!all.contains("s3cret"), "{all}");
    assert!(message.text.ends_with("the server said *** Bcc: x"), "on one line: {}", message.text);
}
