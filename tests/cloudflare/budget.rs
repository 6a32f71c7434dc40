//! What one credential may send, shared by every adapter that has it. The clock stands still until a test moves it.

use crate::setting::{Setting, TOKEN, create, key, name};
use dynflare::net::{Network, NetworkSettings};
use dynflare::provider::cloudflare::{Cloudflare, Credential, Settings};
use dynflare::provider::{Budgets, Records, Scope, Zone};
use dynflare::secret::Secret;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::record::RecordType;
use dynflare_testkit::cloudflare::{Grant, On, Trouble};
use std::time::Duration;
use tokio::time::Instant;

const ANOTHER: &str = "cfut_another0000000000000000000000000000012345678";

/// Stops the clock for good: it moves only where a test says so, never because everybody waits for a socket.
fn stop_the_clock() {
    tokio::time::pause();
    tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
}

fn adapter(setting: &Setting, token: &str, budgets: &Budgets) -> Cloudflare {
    let base = format!("{}/client/v4", setting.base()).parse().expect("a loopback URL");
    let credential = Credential::Token(Secret::new(token));
    Cloudflare::sharing(Settings { base, credential }, &Network::new(NetworkSettings::default()), budgets)
}

async fn read(cloudflare: &Cloudflare, zone: &Zone) -> Result<(), Fault> {
    let keys = [key("www.example.org", RecordType::A)];
    cloudflare.list(zone, Scope::Keys(&keys)).await.map(drop)
}

async fn locate(cloudflare: &Cloudflare) -> Zone {
    let name = name("example.org");
    cloudflare.locate(Some(&name), &name).await.expect("the zone is there")
}

/// The wait of a request that was not sent.
fn wait(fault: &Fault) -> Duration {
    assert_eq!(fault.class, Class::RateLimited, "{fault}");
    fault.retry_after.expect("it says how long")
}

#[tokio::test]
async fn of_1_300_wanted_requests_never_more_than_1_200_are_sent_in_any_five_minutes() {
    let setting = Setting::new().await;
    stop_the_clock();
    let (start, budgets) = (Instant::now(), Budgets::new());
    // Two accounts, or uplinks, of one credential; a reload makes another in the middle of it.
    let mut adapters = vec![adapter(&setting, TOKEN, &budgets), adapter(&setting, TOKEN, &budgets)];
    let zone = locate(&adapters[0]).await;
    let mut sent = vec![start.elapsed()];
    let mut waited = Vec::new();
    while sent.len() < 1_300 {
        if sent.len() == 700 {
            adapters.push(adapter(&setting, TOKEN, &budgets));
        }
        let turn = sent.len() % adapters.len();
        match read(&adapters[turn], &zone).await {
            Ok(()) => sent.push(start.elapsed()),
            Err(fault) => {
                let wait = wait(&fault);
                waited.push(wait);
                tokio::time::advance(wait).await;
            }
        }
        tokio::time::advance(Duration::from_millis(50)).await;
    }
    assert_eq!(setting.fake.log().len(), 1_300, "what was refused here was not sent");
    for window in sent.windows(1_201) {
        assert!(window[1_200].abs_diff(window[0]) >= Duration::from_secs(300));
    }
    // 1,100 reads take 55 s; the first of them leaves the window after 310 s.
    assert_eq!(waited.len(), 1, "{waited:?}");
    assert!(waited[0].abs_diff(Duration::from_secs(255)) < Duration::from_secs(1), "{waited:?}");
}

#[tokio::test]
async fn what_was_read_can_still_be_written_when_reading_has_used_its_share_up() {
    let setting = Setting::new().await;
    stop_the_clock();
    let cloudflare = adapter(&setting, TOKEN, &Budgets::new());
    let zone = locate(&cloudflare).await;
    while read(&cloudflare, &zone).await.is_ok() {}
    let fault = read(&cloudflare, &zone).await.expect_err("used up");
    assert_eq!(fault.what, "the 1,200 requests allowed in five minutes are used up, so nothing was sent");
    let before = setting.fake.log().len();
    assert_eq!(before, 1_100);
    let outcome = cloudflare.apply(&zone, &[create("www.example.org", "192.0.2.1")]).await.remove(0);
    outcome.expect("written from the reserve");
    assert_eq!(setting.fake.writes().len(), 1);
}

#[tokio::test]
async fn ur_48_after_429_the_whole_credential_rests_as_long_as_asked_and_no_other() {
    let setting = Setting::new().await;
    setting.fake.token(ANOTHER, Grant::all());
    stop_the_clock();
    let budgets = Budgets::new();
    let (one, two) = (adapter(&setting, TOKEN, &budgets), adapter(&setting, TOKEN, &budgets));
    let other = adapter(&setting, ANOTHER, &budgets);
    let zone = locate(&one).await;
    setting.fake.clear_log();
    setting.fake.script(On::Any, Trouble::RateLimited { retry_after: Some(37) });
    assert_eq!(wait(&read(&one, &zone).await.expect_err("scripted")), Duration::from_secs(37));
    for _ in 0..37 {
        let fault = read(&two, &zone).await.expect_err("it rests");
        assert_eq!(fault.what, "the API asked this token to wait, so nothing was sent");
        let write = one.apply(&zone, &[create("www.example.org", "192.0.2.1")]).await.remove(0);
        assert_eq!(write.expect_err("it rests").class, Class::RateLimited);
        assert!(wait(&fault) > Duration::ZERO);
        tokio::time::advance(Duration::from_millis(999)).await;
    }
    assert_eq!(setting.fake.log().len(), 1, "no call before");
    read(&other, &zone).await.expect("another credential is unaffected");
    let rest = wait(&read(&two, &zone).await.expect_err("a few milliseconds are left"));
    tokio::time::advance(rest).await;
    read(&two, &zone).await.expect("the rest is over");
}

#[tokio::test]
async fn ur_48_the_five_minute_block_is_waited_out_by_adapters_of_a_later_reload_too() {
    let setting = Setting::new().await;
    stop_the_clock();
    let budgets = Budgets::new();
    let before = adapter(&setting, TOKEN, &budgets);
    let zone = locate(&before).await;
    setting.fake.script(On::Any, Trouble::html(429, "error code: 1015"));
    assert_eq!(wait(&read(&before, &zone).await.expect_err("blocked")), Duration::from_secs(300));
    drop(before);
    setting.fake.clear_log();
    tokio::time::advance(Duration::from_secs(299)).await;
    let after = adapter(&setting, TOKEN, &budgets);
    assert_eq!(wait(&read(&after, &zone).await.expect_err("it rests")), Duration::from_secs(1));
    assert!(setting.fake.log().is_empty(), "no call before");
    tokio::time::advance(Duration::from_secs(1)).await;
    read(&after, &zone).await.expect("the block is over");
}
