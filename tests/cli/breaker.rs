//! A source that fails, over several rounds: the memory on disk carries what one run of the program tells the next.
//! Time passes by moving the times in that file back.

use crate::lab::{Lab, OPERATED, Ran};
use dynflare_testkit::cloudflare::FakeZone;
use dynflare_testkit::echo::Say;
use dynflare_testkit::serve::{Server, handler};
use hyper::body::Bytes;
use hyper::{Request, Response};
use serde_json::Value;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const RECORD: &str = "cloudflare:example.org:A:home";
/// The one of the lab's five sources that does not do well.
const BAD: usize = 3;

async fn world() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    lab
}

/// One round that asks four of the five sources, and the fifth where one of them fails.
async fn round(lab: &Lab, arguments: &[&str]) -> Ran {
    let config = format!("records = [{RECORD:?}]\npanel = 4\nquorum = 4");
    lab.run(&config, &[&["update"], arguments].concat()).await.exits(0)
}

/// Lets so many seconds pass.
fn wait(lab: &Lab, seconds: u64) {
    let path = lab.folder.path().join("state/memory.json");
    let mut memory: Value = serde_json::from_slice(&fs::read(&path).expect("the memory")).expect("JSON");
    for track in memory["sources"].as_array_mut().expect("the sources") {
        for key in ["asked", "answered", "until"] {
            if let Some(at) = track[key].as_u64() {
                track[key] = (at - seconds).into();
            }
        }
    }
    fs::write(&path, memory.to_string()).expect("the memory can be written");
}

/// What `sources` tells of one source over IPv4.
async fn told(lab: &Lab, id: &str, arguments: &[&str]) -> Value {
    let ran = lab.run("", &[&["sources", "--json"], arguments].concat()).await.exits(0);
    let value: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let pool = value["pool"].as_array().expect("the pool");
    pool.iter().find(|one| one["source"] == id).expect("it is in the pool")["memory"][0].clone()
}

#[tokio::test]
async fn ur_12_a_source_that_keeps_failing_is_asked_last_with_one_warning_and_closes_again() {
    let lab = world().await;
    lab.sources[BAD].say(Say::Reply(500, Vec::new()));
    let asked = || lab.sources[BAD].asked();
    let mut warnings = Vec::new();
    // It is drawn first or stands in for nobody: rounds go on until it has been asked three times.
    while asked() < 3 {
        let ran = round(&lab, &[]).await;
        warnings.extend(ran.stderr.lines().filter(|line| line.contains("in a row")).map(str::to_owned));
        wait(&lab, 600);
    }
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with(
            "note: the source ipify has failed 3 times in a row over IPv4 and is asked last for 5 min"
        ),
        "{warnings:?}"
    );
    assert_eq!(lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.7"]);

    // Ten minutes later its rest of five is over: on trial, it fails again and rests for longer, without a word.
    assert_eq!(told(&lab, OPERATED[BAD], &[]).await["breaker"], "on trial");
    while asked() < 4 {
        assert!(!round(&lab, &[]).await.stderr.contains("in a row"));
        wait(&lab, 301);
    }
    let open = told(&lab, OPERATED[BAD], &[]).await;
    assert_eq!((&open["breaker"], &open["failures_in_a_row"]), (&"open".into(), &4.into()), "{open}");
    assert_eq!(open["why"], "4 failures in a row");

    // While it rests, four others are enough, and it is left alone.
    for _ in 0..3 {
        round(&lab, &[]).await;
        assert_eq!(asked(), 4);
    }
    let text = lab.run("", &["sources"]).await.exits(0).stdout;
    let row = text.lines().find(|line| line.trim_start().starts_with("ipify ")).expect("its row");
    assert!(
        row.contains("never") && row.contains("resting for") && row.contains("4 failures in a row"),
        "{row}"
    );

    // Its rest is over and it answers again: the breaker is closed.
    lab.say(BAD, "203.0.113.7");
    wait(&lab, 3_600);
    while asked() < 5 {
        round(&lab, &[]).await;
        wait(&lab, 3_600);
    }
    let closed = told(&lab, OPERATED[BAD], &[]).await;
    assert_eq!((&closed["breaker"], &closed["failures_in_a_row"]), (&"closed".into(), &0.into()), "{closed}");
    assert!(closed["last_success_seconds_ago"].as_u64().expect("a number") >= 3_600, "{closed}");
}

#[tokio::test]
async fn a_source_that_asks_to_be_left_alone_is_not_asked_before_its_time() {
    let lab = world().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let strict = Server::http(handler(move |_: Request<Bytes>| {
        let first = counter.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            let answer = Response::builder();
            let answer = if first { answer.status(429).header("retry-after", "1800") } else { answer };
            answer.body(Bytes::from_static(b"203.0.113.7\n")).expect("a response")
        }
    }))
    .await;
    let spec = format!("url:{}/", strict.base());
    let id = strict.base().trim_start_matches("http://");
    let pool = ["-s", "akamai", "-s", "amazon", "-s", "hetzner", "-s", "ipify", "-s", spec.as_str()];
    let asked = || asked.load(Ordering::SeqCst);
    while asked() == 0 {
        round(&lab, &pool).await;
        wait(&lab, 300);
    }
    let open = told(&lab, id, &pool).await;
    assert_eq!((&open["breaker"], &open["failures_in_a_row"]), (&"open".into(), &1.into()), "{open}");
    assert_eq!(open["why"], "it asked for that (Retry-After)");
    // Half an hour less five minutes: four others are there, and however often they have been asked lately, it rests.
    for _ in 0..4 {
        let said = round(&lab, &pool).await.stderr;
        assert!(asked() == 1 && !said.contains("in a row"), "{said}");
    }
    wait(&lab, 1_500);
    assert_eq!(told(&lab, id, &pool).await["breaker"], "on trial");
    while asked() == 1 {
        round(&lab, &pool).await;
        wait(&lab, 300);
    }
    assert_eq!(told(&lab, id, &pool).await["breaker"], "closed");
}
