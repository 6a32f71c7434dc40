//! The status page of a daemon of the real binary: in a real browser, beside what `status --json` says.

use crate::daemon::Daemon;
use dynflare_testkit::browser::Browser;
use serde_json::{Value, json};

#[tokio::test]
async fn the_page_shows_what_status_says_and_follows_the_daemon_live() {
    let Some(mut browser) = Browser::start().await else { return };
    let mut daemon = Daemon::start("page", &["--json", "--listen", "127.0.0.1:0"]).await;
    let note = daemon.says("status pages at http://").await;
    let note: Value = serde_json::from_str(&note).expect("an object a line");
    let at = note["text"].as_str().expect("a text").rsplit('/').next().expect("an address").to_owned();
    daemon.says("\"outcome\":\"changed\"").await;
    browser.open(&format!("http://{at}/"), json!({})).await;
    browser.until("document.getElementById('live').textContent === 'live'").await;
    browser.until("document.querySelectorAll('#history .lanes tbody tr').length === 1").await;

    let said = daemon.asked(&["status", "--json"]).await.exits(0).stdout;
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let status = &said["status"];
    let record = &status["records"][0];
    let row = browser.text("#records tbody tr").await.join(" ");
    for word in [&record["name"], &record["type"], &record["values"][0]] {
        assert!(row.contains(word.as_str().expect("a text")), "{word} in {row}");
    }
    assert!(row.contains("right for ") && row.contains("at cloudflare"), "{row}");
    let address = &status["addresses"][0];
    assert_eq!((&address["panel"], &address["quorum"]), (&json!(5), &json!(3)));
    let ballots = address["ballots"].as_array().expect("a list");
    let rows = browser.text("#addresses .ballots tbody tr").await;
    assert_eq!(rows.len(), ballots.len());
    for ballot in ballots {
        let shown = |row: &&String| row.contains(ballot["operator"].as_str().expect("a text"));
        let row = rows.iter().find(shown).unwrap_or_else(|| panic!("{ballot} in {rows:?}"));
        assert!(row.contains("203.0.113.7") && row.contains("agrees"), "{row}");
        assert!(ballot["took_ms"].is_u64(), "{ballot}");
    }
    assert_eq!(address["recent"].as_array().map(Vec::len), Some(1));

    browser.evaluate("window.same = true").await;
    (0..5).for_each(|source| daemon.lab.say(source, "203.0.113.8"));
    daemon.asked(&["kick"]).await.exits(0);
    browser.until("document.querySelector('#records tbody tr').innerText.includes('203.0.113.8')").await;
    browser
        .until("document.querySelector('#events tbody tr').innerText.includes('203.0.113.7 -> 203.0.113.8')")
        .await;
    browser.until("document.querySelectorAll('#history .lanes tbody tr').length === 2").await;
    assert_eq!(browser.evaluate("window.same").await, json!(true), "it was not loaded again");
    assert_eq!(browser.complaints().await, json!([]));
    daemon.stop().await;
}
