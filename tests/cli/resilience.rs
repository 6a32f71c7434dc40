//! Writes that may have happened, limits, refusals.

use crate::lab::{Lab, TOKEN};
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone, On, Trouble};

const RECORD: &str = "cloudflare:example.org:A:home";

async fn world() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    lab
}

fn contents(lab: &Lab) -> Vec<String> {
    lab.cloudflare.contents("example.org", "home.example.org", "A")
}

#[tokio::test]
async fn ur_28_a_create_that_was_applied_and_never_answered_is_found_by_listing_again() {
    let lab = world().await;
    lab.cloudflare.script(On::Write, Trouble::AppliedThenCut);
    lab.update(&[RECORD], &[]).await.exits(0);
    assert_eq!(contents(&lab), ["203.0.113.7"]);
    assert_eq!(lab.cloudflare.writes().len(), 1);
}

#[tokio::test]
async fn a_write_that_was_cut_before_it_took_effect_is_tried_once_more() {
    let lab = world().await;
    lab.cloudflare.script(On::Write, Trouble::Cut);
    lab.update(&[RECORD], &[]).await.exits(0);
    assert_eq!(contents(&lab), ["203.0.113.7"]);
    assert_eq!(lab.cloudflare.writes().len(), 2);
}

#[tokio::test]
async fn a_write_that_stays_unclear_is_not_called_done() {
    let lab = world().await;
    lab.cloudflare.script(On::Write, Trouble::Cut);
    lab.cloudflare.script(On::Write, Trouble::Cut);
    let ran = lab.update(&[RECORD], &[]).await.exits(75);
    assert!(
        ran.stderr.starts_with("error: could not confirm the update of home.example.org A"),
        "{}",
        ran.stderr
    );
    assert!(contents(&lab).is_empty());
}

#[tokio::test]
async fn ur_29_a_record_that_turns_out_to_exist_is_listed_again_and_judged() {
    let lab = world().await;
    lab.cloudflare.script(On::Write, Trouble::refusal(400, 81058, "An identical record already exists."));
    lab.update(&[RECORD], &[]).await.exits(0);
    assert_eq!(contents(&lab), ["203.0.113.7"]);
}

#[tokio::test]
async fn ur_31c_a_record_that_went_away_meanwhile_is_made_anew() {
    let lab = world().await;
    lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", "198.51.100.4"));
    lab.cloudflare.script(On::Write, Trouble::refusal(404, 81044, "Record does not exist."));
    lab.update(&[RECORD], &[]).await.exits(0);
    assert_eq!(contents(&lab), ["203.0.113.7"]);
}

#[tokio::test]
async fn ur_25b_a_refused_content_only_patch_is_resent_whole_once() {
    let lab = world().await;
    let record = FakeRecord::new("A", "home.example.org", "198.51.100.4").ttl(600).comment("my house");
    lab.cloudflare.record("example.org", record);
    lab.cloudflare.refuse_partial_patches();
    lab.update(&[RECORD], &[]).await.exits(0);
    let after = lab.cloudflare.records("example.org");
    assert_eq!(after[0].content, "203.0.113.7");
    assert_eq!((after[0].ttl, after[0].comment.as_deref()), (600, Some("my house")));
    assert_eq!(lab.cloudflare.writes().len(), 2);
}

#[tokio::test]
async fn ur_31_a_write_that_fails_for_now_leaves_no_second_record_behind() {
    let lab = world().await;
    lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", "198.51.100.4"));
    for _ in 0..2 {
        lab.cloudflare.script(On::Write, Trouble::refusal(500, 1000, "internal error"));
    }
    lab.update(&[RECORD], &[]).await.exits(75);
    assert_eq!(contents(&lab), ["198.51.100.4"]);
    lab.update(&[RECORD], &[]).await.exits(0);
    assert_eq!(contents(&lab), ["203.0.113.7"]);
}

#[tokio::test]
async fn ur_48_a_rate_limit_is_told_and_costs_no_further_call() {
    let lab = world().await;
    lab.cloudflare.script(On::Any, Trouble::RateLimited { retry_after: Some(37) });
    let ran = lab.update(&[RECORD], &[]).await.exits(75);
    assert!(ran.stderr.contains("37 s"), "{}", ran.stderr);
    assert_eq!(lab.cloudflare.log().len(), 1);
}

#[tokio::test]
async fn ur_43_a_refused_token_is_said_with_what_to_do() {
    let lab = world().await;
    lab.cloudflare.script(On::Any, Trouble::refusal(403, 9109, "Invalid access token"));
    let ran = lab.update(&[RECORD], &[]).await.exits(1);
    assert!(ran.stderr.contains("(HTTP 403, 9109 \"Invalid access token\")"), "{}", ran.stderr);
    assert!(ran.stderr.contains("\n  hint: "), "{}", ran.stderr);
}

#[tokio::test]
async fn ur_52_a_corrupt_memory_is_moved_aside_and_an_unwritable_one_is_a_warning() {
    let lab = world().await;
    let state = lab.folder.path().join("state");
    std::fs::create_dir_all(&state).expect("our folder");
    std::fs::write(state.join("memory.json"), "{ not JSON").expect("our file");
    let ran = lab.update(&[RECORD], &[]).await.exits(0);
    assert!(ran.stderr.starts_with("note: cannot understand "), "{}", ran.stderr);
    assert!(state.join("memory.json.bad").exists());
    let ran =
        lab.update(&["cloudflare:example.org:A:other"], &["--state-dir", "/proc/nowhere"]).await.exits(0);
    assert!(ran.stderr.contains("note: cannot write /proc/nowhere"), "{}", ran.stderr);
    assert_eq!(lab.cloudflare.contents("example.org", "other.example.org", "A"), ["203.0.113.7"]);
}

#[tokio::test]
async fn flapping_is_held_back_with_a_reason_and_the_record_stays() {
    let lab = world().await;
    lab.update(&[RECORD], &[]).await.exits(0);
    (0..5).for_each(|source| lab.say(source, "203.0.113.8"));
    lab.update(&[RECORD], &[]).await.exits(0);
    (0..5).for_each(|source| lab.say(source, "203.0.113.7"));
    let ran = lab.update(&[RECORD], &[]).await.exits(75);
    assert!(ran.stderr.contains("203.0.113.7 was replaced only a short while ago"), "{}", ran.stderr);
    assert_eq!(contents(&lab), ["203.0.113.8"]);
}

#[tokio::test]
async fn a_token_echoed_by_the_provider_is_masked() {
    let lab = world().await;
    lab.cloudflare.script(On::Any, Trouble::refusal(403, 9109, &format!("Invalid access token {TOKEN}")));
    let ran = lab.update(&[RECORD], &[]).await.exits(1);
    assert!(ran.stderr.contains("Invalid access token ***"), "{}", ran.stderr);
}
