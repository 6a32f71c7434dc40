//! The driver of a round, with sources that follow a script instead of a network, under a paused clock.

use crate::{TRUE, detect, filters, network, opinion, panel};
use dynflare::source::{Answering, Engine, Failure, Inquiry, Question, Source};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::{Opinion, Outcome, PoolError, Vote};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How often sources were asked, and how many of their questions were dropped before their answer.
#[derive(Debug, Default)]
struct Tally {
    asked: AtomicUsize,
    dropped: AtomicUsize,
}

#[derive(Clone, Debug)]
enum Conduct {
    Says(&'static str),
    NoRoute,
    Panics,
}

#[derive(Clone, Debug)]
struct Scripted {
    conduct: Conduct,
    after: Duration,
    tally: Arc<Tally>,
}

/// Counts a question that ends without an answer.
struct Open<'a>(&'a Tally, bool);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.1 {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Engine for Scripted {
    fn kind(&self) -> &'static str {
        "scripted"
    }

    fn serves(&self, _family: Family) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn ask<'a>(&'a self, _question: Question<'a>) -> Answering<'a> {
        Box::pin(async move {
            self.tally.asked.fetch_add(1, Ordering::SeqCst);
            let mut open = Open(&self.tally, true);
            tokio::time::sleep(self.after).await;
            open.1 = false;
            match self.conduct {
                Conduct::Says(address) => Ok(opinion(address)),
                Conduct::NoRoute => {
                    let fault = Fault::new(Class::Unavailable, "this machine has no way there");
                    Err(Failure { fault, no_route: true })
                }
                Conduct::Panics => panic!("the plug was pulled"),
            }
        })
    }
}

struct Field {
    sources: Vec<Source>,
    tally: Arc<Tally>,
}

impl Field {
    /// Sources of operators of their own; each answers after so many milliseconds.
    fn new(script: &[(Conduct, u64)]) -> Self {
        let tally = Arc::new(Tally::default());
        let source = |(place, (conduct, after)): (usize, &(Conduct, u64))| {
            let (after, tally) = (Duration::from_millis(*after), Arc::clone(&tally));
            Source::new(format!("source-{place}"), Scripted { conduct: conduct.clone(), after, tally })
        };
        Self { sources: script.iter().enumerate().map(source).collect(), tally }
    }

    fn asked(&self) -> usize {
        self.tally.asked.load(Ordering::SeqCst)
    }

    fn dropped(&self) -> usize {
        self.tally.dropped.load(Ordering::SeqCst)
    }
}

const LIE: &str = "198.51.100.66";
const NEVER: u64 = 3_600_000;

fn honest(sources: usize) -> Vec<(Conduct, u64)> {
    vec![(Conduct::Says(TRUE), 50); sources]
}

#[tokio::test(start_paused = true)]
async fn three_that_agree_end_the_round_with_the_third() {
    let field = Field::new(&honest(10));
    let detection = detect(&field.sources, &panel(5)).await;
    assert_eq!(detection.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
    assert_eq!((field.asked(), field.dropped()), (3, 0));
    assert!(detection.answers.iter().all(|answer| answer.took.as_millis() == 50));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_the_fault_of_its_source_and_a_replacement_is_asked() {
    let mut script = honest(3);
    script.extend([(Conduct::Panics, 10), (Conduct::Panics, 10)]);
    let field = Field::new(&script);
    let detection = detect(&field.sources, &panel(5)).await;
    assert_eq!(detection.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
    let failed = detection.answers.iter().find_map(|answer| answer.said.as_ref().err());
    let fault = &failed.expect("one of two was drawn").fault;
    assert_eq!(fault.class, Class::Unexpected);
    assert_eq!(fault.said.as_deref(), Some("the plug was pulled"));
}

#[tokio::test(start_paused = true)]
async fn a_silent_source_is_hedged_and_its_question_dropped() {
    let mut script = honest(4);
    script.push((Conduct::Says(TRUE), NEVER));
    let field = Field::new(&script);
    let (rules, filters, network) = (panel(5), filters(), network());
    let inquiry = Inquiry { sources: &field.sources, rules: &rules, filters: &filters, network: &network };
    for seed in 0..20 {
        let (asked, dropped) = (field.asked(), field.dropped());
        let detection = inquiry.detect(Family::V4, seed).await.expect("operators enough");
        assert_eq!(detection.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
        tokio::task::yield_now().await;
        let hedged = detection.verdict.dropped.len();
        assert_eq!((field.asked() - asked, field.dropped() - dropped), (3 + hedged, hedged));
        assert!(detection.verdict.dropped.iter().all(|source| *source == 4));
    }
}

#[tokio::test(start_paused = true)]
async fn silence_everywhere_ends_at_the_deadline_with_a_word_for_each() {
    let field = Field::new(&vec![(Conduct::Says(TRUE), NEVER); 20]);
    let detection = detect(&field.sources, &panel(5)).await;
    assert_eq!(detection.verdict.outcome, Outcome::Unknown);
    assert_eq!(detection.took, Duration::from_secs(12));
    assert_eq!(detection.answers.len(), detection.verdict.late.len());
    assert!(detection.answers.iter().all(|answer| {
        answer.said.as_ref().is_err_and(|failure| failure.fault.what == "did not answer in time")
    }));
    tokio::task::yield_now().await;
    assert_eq!(field.dropped(), field.asked());
}

#[tokio::test(start_paused = true)]
async fn two_colluding_liars_of_five_only_cost_two_more_questions() {
    let mut script = vec![(Conduct::Says(LIE), 0), (Conduct::Says(LIE), 0)];
    script.extend(honest(3));
    let field = Field::new(&script);
    let (rules, filters, network) = (panel(5), filters(), network());
    let inquiry = Inquiry { sources: &field.sources, rules: &rules, filters: &filters, network: &network };
    for seed in 0..50 {
        let detection = inquiry.detect(Family::V4, seed).await.expect("operators enough");
        assert_eq!(detection.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
        assert!(
            detection.verdict.dissenting().all(|ballot| ballot.source < 2 && ballot.opinion == opinion(LIE))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_the_family_is_recognised_after_a_quorum_of_tries() {
    let field = Field::new(&vec![(Conduct::NoRoute, 1); 12]);
    let detection = detect(&field.sources, &panel(5)).await;
    assert_eq!(detection.verdict.outcome, Outcome::Unknown);
    assert!(detection.no_route());
    assert!(field.asked() <= 5, "{} were asked to find the same", field.asked());
}

#[tokio::test(start_paused = true)]
async fn a_single_source_that_does_answer_proves_a_way_out() {
    let mut script = vec![(Conduct::NoRoute, 1); 2];
    script.extend(honest(3));
    let field = Field::new(&script);
    let detection = detect(&field.sources, &panel(5)).await;
    assert_eq!(detection.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
    assert!(!detection.no_route());
}

#[tokio::test(start_paused = true)]
async fn sources_are_named_by_their_place_although_some_do_not_serve_the_family() {
    let field = Field::new(&honest(2));
    let elsewhere = Source::parse_spec("url:http://[2001:db8::1]/ip").expect("a source");
    let sources = [elsewhere, field.sources[0].clone(), field.sources[1].clone()];
    let detection = detect(&sources, &panel(2)).await;
    let mut places: Vec<usize> = detection.verdict.ballots.iter().map(|ballot| ballot.source).collect();
    places.sort_unstable();
    assert_eq!(places, [1, 2]);
}

#[tokio::test]
async fn too_few_operators_for_a_family_is_an_error_with_both_numbers() {
    let v4_only = ["url:http://192.0.2.1/ip", "url:http://192.0.2.2/ip", "url:http://192.0.2.3/ip"];
    let sources = v4_only.map(|spec| Source::parse_spec(spec).expect("a source"));
    let (rules, filters, network) = (panel(5), filters(), network());
    let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &filters, network: &network };
    assert_eq!(inquiry.check(Family::V4), Ok(()));
    let refused = inquiry.detect(Family::V6, 1).await.expect_err("refused");
    assert_eq!(refused, PoolError::TooFew { usable: 0, quorum: 3 });
}

#[tokio::test(start_paused = true)]
async fn everybody_can_be_asked_and_only_voters_are_counted() {
    let script = [
        (Conduct::Says(TRUE), 10),
        (Conduct::Says(TRUE), 20),
        (Conduct::Says(TRUE), 30),
        (Conduct::Says(LIE), 0),
        (Conduct::Says(LIE), 0),
        (Conduct::Says(TRUE), NEVER),
        (Conduct::Panics, 5),
    ];
    let mut field = Field::new(&script);
    field.sources[4].vote = Vote::Witness;
    let (rules, filters, network) = (panel(5), filters(), network());
    let inquiry = Inquiry { sources: &field.sources, rules: &rules, filters: &filters, network: &network };
    let detection = inquiry.ask_all(Family::V4).await;
    assert_eq!(detection.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
    assert_eq!(detection.answers.len(), 7);
    assert_eq!(detection.verdict.ballots.len(), 4);
    assert_eq!((detection.verdict.failed, detection.verdict.late), (vec![6], vec![5]));
    let opinions = detection.answers.iter().filter_map(|answer| answer.said.as_ref().ok());
    assert_eq!(
        opinions.filter(|said| **said == Opinion::Address(LIE.parse().expect("an address"))).count(),
        2
    );
}

#[test]
fn the_default_pool_is_enough_for_the_default_rules_over_both_families() {
    let (rules, filters, network) = (panel(5), filters(), network());
    let sources = Source::default_pool();
    let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &filters, network: &network };
    for family in Family::BOTH {
        assert_eq!(inquiry.check(family), Ok(()));
    }
}
