//! The page as somebody uses it: live, without scripts, by keyboard; and what hostile words and foreign names come to.

use crate::stage::{Stage, now, ordinary, past, troubled};
use dynflare::report::status::Status;
use dynflare_testkit::browser::Browser;
use serde_json::{Value, json};
use std::sync::Arc;

/// What somebody else may want to have run.
const HOSTILE: &str = "\"'></code></table></main><script>window.hit=1</script><img src=x onerror=window.hit=2><svg onload=window.hit=3>";

/// The rows of the table of records, as they are read out.
async fn records(browser: &mut Browser) -> Vec<String> {
    browser.text("#records tbody tr").await
}

#[tokio::test]
async fn a_change_is_seen_without_loading_the_page_again_and_focus_stays_where_it_is() {
    let Some(mut browser) = Browser::start().await else { return };
    let stage = Stage::showing(ordinary(now()), &past(now())).await;
    browser.open(&stage.url(), json!({})).await;
    browser.until("document.getElementById('live').textContent === 'live'").await;
    browser.evaluate("window.same = true; document.querySelector('details summary').click(); document.querySelector('details summary').focus()").await;
    assert!(records(&mut browser).await[2].contains("right for 9 d"));
    stage.status.send_replace(Arc::new(troubled(now())));
    browser
        .until("document.querySelector('#records tbody tr:nth-child(3)').innerText.includes('failed for')")
        .await;
    let kept = "[window.same, document.activeElement.tagName, document.querySelector('details').open, document.title, !!document.getElementById('attention-title')]";
    let expected = json!([true, "SUMMARY", true, "not healthy · Dynflare", true]);
    assert_eq!(browser.evaluate(kept).await, expected);
    stage.status.send_replace(Arc::new(ordinary(now())));
    browser
        .until("document.title === 'all right · Dynflare' && !document.getElementById('attention-title')")
        .await;
    assert_eq!(browser.complaints().await, json!([]));
}

#[tokio::test]
async fn a_daemon_that_is_gone_is_told_and_one_that_comes_back_is_live_again() {
    let Some(mut browser) = Browser::start().await else { return };
    let stage = Stage::showing(ordinary(now()), &[]).await;
    browser.open(&stage.url(), json!({})).await;
    browser.until("document.getElementById('live').textContent === 'live'").await;
    let at = stage.server.address();
    drop(stage);
    browser.until("document.getElementById('live').textContent.startsWith('not live')").await;
    let _again = Stage::at(at, troubled(now()), &[]).await;
    browser.until("document.getElementById('live').textContent === 'live'").await;
    browser.until("document.title === 'not healthy · Dynflare'").await;
}

#[tokio::test]
async fn without_scripts_the_page_says_the_same_and_how_to_renew_it() {
    let Some(mut browser) = Browser::start().await else { return };
    let stage = Stage::showing(troubled(now()), &past(now())).await;
    browser.open(&stage.url(), json!({})).await;
    browser.evaluate("document.querySelectorAll('time').forEach(one => one.textContent = 'then')").await;
    let live =
        browser.text("#attention, #records tbody th, #addresses code, #history code, #machinery td").await;
    browser.open(&stage.url(), json!({ "script": false })).await;
    let still =
        browser.text("#attention, #records tbody th, #addresses code, #history code, #machinery td").await;
    assert_eq!(still.len(), live.len());
    assert!(still.len() > 30 && still.iter().skip(1).eq(live.iter().skip(1)), "{still:?}\n{live:?}");
    let offered = browser.text("noscript .live").await.join(" ");
    assert!(offered.contains("renew"), "{offered}");
    browser.picture("troubled-without-scripts").await;
}

#[tokio::test]
async fn everything_can_be_reached_by_keyboard_and_focus_is_seen() {
    let Some(mut browser) = Browser::start().await else { return };
    let stage = Stage::showing(troubled(now()), &past(now())).await;
    browser.open(&stage.url(), json!({})).await;
    let mut reached = Vec::new();
    for _ in 0..12 {
        browser.press("Tab").await;
        let code = "(() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect(); \
                    return [e.innerText ?? '', s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2, b.width > 0 && b.left >= 0 && b.top >= 0]; })()";
        let seen = browser.evaluate(code).await;
        if seen[0].as_str().is_none_or(|text| text.len() > 100) {
            break;
        }
        assert_eq!((&seen[1], &seen[2]), (&json!(true), &json!(true)), "{seen}");
        reached.push(seen[0].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(reached, ["Skip to the records", "In figures", "In figures", "snapshot", "metrics", "health"]);
    browser.open(&stage.url(), json!({})).await;
    browser.press("Tab").await;
    browser.picture("focus").await;
    browser.press("Enter").await;
    assert_eq!(
        browser.evaluate("[location.hash, document.activeElement.id]").await,
        json!(["#main", "main"])
    );
    // Past the records, the first thing that opens: by keyboard too.
    browser.press("Tab").await;
    browser.press("Enter").await;
    assert_eq!(browser.evaluate("document.querySelector('details').open").await, json!(true));
    let roles = "[...document.querySelectorAll('header, main, footer, section')].every(e => e.tagName !== 'SECTION' || document.getElementById(e.getAttribute('aria-labelledby')))";
    assert_eq!(browser.evaluate(roles).await, json!(true), "every section has its heading as its name");
}

/// Every text of a value replaced by hostile words.
fn poisoned(value: Value) -> Value {
    match value {
        Value::String(_) => HOSTILE.into(),
        Value::Array(items) => items.into_iter().map(poisoned).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, field)| match key.as_str() {
                // An address has a form of its own, and nothing else gets through it.
                "address" => (key, field),
                _ => (key, poisoned(field)),
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

#[tokio::test]
async fn hostile_words_in_every_place_that_has_words_are_shown_and_never_run() {
    let Some(mut browser) = Browser::start().await else { return };
    let status = serde_json::to_value(troubled(now())).expect("it becomes JSON");
    let status: Status = serde_json::from_value(poisoned(status)).expect("the same with other words");
    let mut news = past(now());
    for one in &mut news {
        let record = one.record.as_mut().expect("every one has a record");
        (record.name, record.account) = (HOSTILE.into(), HOSTILE.into());
        let mut value = serde_json::to_value(&one.what).expect("it becomes JSON");
        for field in ["from", "to"] {
            if value.get(field).is_some() {
                value[field] = json!([HOSTILE]);
            }
        }
        one.what = serde_json::from_value(value).expect("the same with other words");
    }
    let stage = Stage::showing(status.clone(), &news).await;
    for scheme in ["light", "dark"] {
        browser.open(&stage.url(), json!({ "scheme": scheme, "width": 360 })).await;
        browser.until("document.getElementById('live').textContent === 'live'").await;
        // The same once more by the script's hand.
        let pid = status.pid + 1;
        stage.status.send_replace(Arc::new(Status { pid, at: now(), ..status.clone() }));
        browser.evaluate("new Promise(done => setTimeout(done, 2500))").await;
        let found = "[window.hit ?? null, document.querySelectorAll('script').length, document.querySelectorAll('img, svg[onload]').length]";
        assert_eq!(browser.evaluate(found).await, json!([null, 1, 0]));
        assert_eq!(browser.complaints().await, json!([]));
        let words = browser.text("body").await.join(" ");
        assert!(words.matches("<script>window.hit=1</script>").count() > 20, "{words}");
    }
    browser.picture("hostile").await;
}

#[tokio::test]
async fn a_name_that_somebody_makes_point_here_is_turned_away_and_a_foreign_page_learns_nothing() {
    let Some(mut browser) = Browser::start().await else { return };
    let stage = Stage::showing(ordinary(now()), &[]).await;
    let port = stage.server.address().port();
    // The browser is told that the name is 127.0.0.1, as a rebinding name server would tell it.
    for path in ["", "events", "status", "metrics"] {
        let answer = browser.open(&format!("http://rebound.example.org:{port}/{path}"), json!({})).await;
        assert_eq!(answer["status"], 421, "{path}");
        let text = browser.text("body").await.join(" ");
        assert!(!text.contains("203.0.113.77") && text.contains("answers to no other name"), "{text}");
    }
    // A page of another origin that asks behind the user's back.
    let other = Stage::showing(Status::default(), &[]).await;
    browser.open(&format!("{}status", other.url()), json!({})).await;
    let ask = format!("fetch('{}status').then(() => 'read', () => 'refused')", stage.url());
    assert_eq!(browser.evaluate(&ask).await, "refused");
    let ask =
        format!("fetch('{}', {{mode: 'no-cors'}}).then(answer => answer.type, () => 'refused')", stage.url());
    assert_eq!(browser.evaluate(&ask).await, "refused", "not even opaquely");
    let frame = format!(
        "new Promise(done => {{ const frame = document.createElement('iframe'); frame.src = '{}'; \
         frame.onload = () => {{ let seen; try {{ seen = frame.contentDocument?.body?.innerText ?? 'closed'; }} catch {{ seen = 'closed'; }} done(seen); }}; \
         document.body.append(frame); }})",
        stage.url()
    );
    let seen = browser.evaluate(&frame).await;
    assert!(!seen.as_str().unwrap_or_default().contains("203.0.113.77"), "{seen}");
}

#[tokio::test]
async fn the_head_of_the_answer_says_what_may_run() {
    let Some(mut browser) = Browser::start().await else { return };
    let stage = Stage::showing(ordinary(now()), &[]).await;
    let answer = browser.open(&stage.url(), json!({})).await;
    let headers = &answer["headers"];
    assert_eq!(headers["content-security-policy"], dynflare::page::POLICY.as_str());
    assert_eq!(
        (&headers["cache-control"], &headers["x-content-type-options"]),
        (&json!("no-store"), &json!("nosniff"))
    );
    // A style or a script that is not the page's own does nothing, even where somebody could put it in.
    let put = "(() => { const s = document.createElement('script'); s.textContent = 'window.hit = 1'; document.body.append(s); \
               document.body.setAttribute('onclick', 'window.hit = 2'); document.body.click(); return window.hit ?? null; })()";
    assert_eq!(browser.evaluate(put).await, json!(null));
    let complaints = browser.complaints().await.to_string();
    assert!(complaints.contains("Content Security Policy"), "{complaints}");
}
