//! The page as text: complete, escaped, and in the words of `status`.

use super::*;
use crate::report::news::{Said, Subject, What};
use crate::report::status::{AddressStatus, RecordStatus};

/// What somebody else may want to have run; the same words in every place that others can write to.
const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;\u{202e}\u{1b}[2J";

fn hostile() -> (Status, Vec<News>) {
    let hostile = || HOSTILE.to_owned();
    let record = Subject { account: hostile(), name: hostile(), rtype: "A".to_owned() };
    let said =
        |said: String| Said { source: hostile(), operator: hostile(), family: 4, said, took_ms: Some(7) };
    let mut status = Status { config_mistake: Some(hostile()), version: hostile(), ..Status::default() };
    status.records.push(RecordStatus {
        record: record.clone(),
        values: Some(vec![hostile()]),
        state: hostile(),
        cause: Some(hostile()),
        hint: Some(hostile()),
        confirmation: Some(crate::report::status::Confirmation {
            state: "partly".into(),
            why: Some(hostile()),
            ..Default::default()
        }),
        ..RecordStatus::default()
    });
    status.addresses.push(AddressStatus {
        family: 4,
        uplink: Some(hostile()),
        verdict: hostile(),
        ballots: vec![said(hostile()), said("203.0.113.7".into())],
        ..AddressStatus::default()
    });
    status.counters.sources.insert(hostile(), [1, 1, 1]);
    status.counters.requests.insert(hostile(), 1);
    status.counters.failures.insert(hostile(), 1);
    status.triggers.push(crate::report::status::TriggerStatus {
        name: hostile(),
        why: Some(hostile()),
        ..Default::default()
    });
    let change = What::Changed { from: vec![hostile()], to: vec![hostile()] };
    let news = [change, What::Refused { cause: hostile() }];
    let news = news.map(|what| News { at: 5, record: Some(record.clone()), what, ballots: Vec::new() });
    (status, news.to_vec())
}

fn shown(status: &Status, past: &[News]) -> String {
    document(View { status, past, now: 100, clock: &Clock::utc() })
}

#[test]
fn what_others_wrote_stays_text_wherever_it_stands() {
    let (status, past) = hostile();
    let page = shown(&status, &past);
    let own = page.replace(STYLE, "").replace(SCRIPT, "");
    assert_eq!(own.matches("<script").count(), 1, "only our own");
    for never in ["<img", "onerror=alert(2)>", "alert(1)</", "\u{202e}", "\u{1b}", "\"'>"] {
        assert!(!own.contains(never), "{never:?} in {own}");
    }
    assert!(own.matches("&lt;script&gt;alert(1)&lt;/script&gt;").count() > 12, "it is there as text: {own}");
    assert!(own.contains("&amp;lt;"), "and not read as something else");
}

#[test]
fn the_policy_lets_nothing_run_but_what_is_in_the_page() {
    let hash = |text: &str| base64::encode_string(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    let page = shown(&Status::default(), &[]);
    let inner = |tag: &str| {
        let (_, rest) = page.split_once(&format!("<{tag}>")).expect("it begins");
        rest.split_once(&format!("</{tag}>")).expect("it ends").0.to_owned()
    };
    assert!(POLICY.starts_with("default-src 'none'; "));
    assert!(POLICY.contains(&format!("style-src 'sha256-{}'", hash(&inner("style")))));
    assert!(POLICY.contains(&format!("script-src 'sha256-{}'", hash(&inner("script")))));
    assert!(!POLICY.contains("unsafe"));
    for never in [" style=\"", " onclick", "javascript:", "http://", "//cdn"] {
        let own = page.replace(STYLE, "").replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains(never), "{never}");
    }
}

#[test]
fn a_record_is_told_in_the_words_of_status() {
    let record = RecordStatus {
        record: Subject { account: "cloudflare".into(), name: "home.example.org".into(), rtype: "A".into() },
        state: "failed".into(),
        since: 40,
        failures: 3,
        ..RecordStatus::default()
    };
    let page = shown(&Status { records: vec![record.clone()], ..Status::default() }, &[]);
    let words = crate::report::status::page::standing(&record, 100);
    assert_eq!(words, "failed for 1 min, 3 times in a row");
    assert!(page.contains(&words), "{page}");
}

#[test]
fn what_happened_is_kept_up_to_a_limit_and_read_back_once() {
    let chronicle = Chronicle::default();
    let news = |at| News { at, record: None, what: What::ConfigRight, ballots: Vec::new() };
    (0..600).for_each(|at| chronicle.add(&news(at)));
    let kept = chronicle.news();
    assert_eq!(
        (kept.len(), kept.first().map(|one| one.at), kept.last().map(|one| one.at)),
        (500, Some(100), Some(599))
    );
    let folder = std::env::temp_dir().join(format!("dfl-chronicle-{}", std::process::id()));
    let mut history = crate::history::History::open(&folder);
    let chronicle = Chronicle::default();
    for at in [1, 2, 3] {
        assert!(history.append(&news(at)).is_none());
    }
    // The third was told before the files were read, the fourth never reached them.
    chronicle.add(&news(3));
    chronicle.add(&news(4));
    chronicle.read(&folder);
    let kept: Vec<u64> = chronicle.news().iter().map(|one| one.at).collect();
    assert_eq!(kept, [1, 2, 3, 4]);
    std::fs::remove_dir_all(&folder).expect("our folder");
}
