//! News as sentences and as lines of history.

use super::*;

#[test]
fn every_kind_is_one_sentence() {
    let subject =
        Subject { account: "cloudflare".into(), name: "home.example.org".into(), rtype: "A".into() };
    let of = |what| News { at: 10_000, record: Some(subject.clone()), what, ballots: Vec::new() }.sentence();
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let changed = |from: &[&str], to: &[&str]| {
        let text = of(What::Changed { from: values(from), to: values(to) });
        text.strip_prefix("home.example.org A at cloudflare: ").expect("the record comes first").to_owned()
    };
    assert_eq!(changed(&["192.0.2.1"], &["203.0.113.7"]), "192.0.2.1 -> 203.0.113.7");
    assert_eq!(changed(&[], &["203.0.113.7"]), "created 203.0.113.7");
    assert_eq!(changed(&["192.0.2.1", "192.0.2.2"], &[]), "removed 192.0.2.1 and 192.0.2.2");
    assert_eq!(changed(&[], &[]), "corrected");
    let cause = "the token was refused".to_owned();
    assert_eq!(
        of(What::Failing { times: 3, since: 9_280, cause: cause.clone() }),
        "home.example.org A at cloudflare: failing for 12 min (3 times in a row): the token was refused"
    );
    assert_eq!(
        of(What::Recovered { since: 2_500 }),
        "home.example.org A at cloudflare: right again after 2 h 5 min"
    );
    let program = News { at: 1, record: None, what: What::Config { cause }, ballots: Vec::new() };
    assert_eq!(
        program.sentence(),
        "the changed configuration cannot be used, the old one goes on: the token was refused"
    );
}

#[test]
fn news_survive_being_written_down() {
    for what in [
        What::Changed { from: Vec::new(), to: vec!["2001:db8::1".into()] },
        What::Failing { times: 3, since: 5, cause: "why".into() },
        What::Refused { cause: "why".into() },
        What::Recovered { since: 5 },
        What::Config { cause: "why".into() },
        What::ConfigRight,
    ] {
        let said = Said {
            source: "s".into(),
            operator: "o".into(),
            family: 6,
            said: "2001:db8::1".into(),
            took_ms: Some(84),
        };
        let news = News { at: 7, record: None, what, ballots: vec![said] };
        let text = serde_json::to_string(&news).expect("it becomes JSON");
        assert_eq!(serde_json::from_str::<News>(&text).expect("and comes back"), news, "{text}");
    }
}
