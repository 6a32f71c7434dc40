//! Laws over all small rounds: every conduct of every source, in many orders.

use crate::{A, B, Play, majority, plurality, voter};
use dynflare_core::quorum::{Event, Opinion, Outcome, Rules, Verdict};
use std::collections::BTreeSet;

/// What a source does when its turn comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conduct {
    Says(Opinion),
    Fails,
    Silent,
}

const CONDUCTS: [Conduct; 4] = [Conduct::Says(A), Conduct::Says(B), Conduct::Fails, Conduct::Silent];

/// Plays one round in which, of those waited for, always the one answers whose place in `order` comes first.
fn play_out(conducts: &[Conduct], order: &[usize], rules: Rules, seed: u64) -> Verdict {
    let candidates: Vec<_> = (0..conducts.len()).map(voter).collect();
    let mut play = Play::start(&candidates, &[], rules, seed);
    let mut spoken = BTreeSet::new();
    while play.verdict.is_none() {
        let waiting = |candidate: &&usize| {
            play.asked.contains(candidate)
                && !spoken.contains(*candidate)
                && conducts[**candidate] != Conduct::Silent
                && !play.dropped.contains(candidate)
        };
        let live = play.asked.len() - spoken.iter().filter(|c| conducts[**c] == Conduct::Fails).count();
        assert!(live - play.dropped.len() <= rules.panel(), "never more than the panel at stake");
        let Some(next) = order.iter().find(waiting).copied() else {
            play.sleep();
            continue;
        };
        spoken.insert(next);
        match conducts[next] {
            Conduct::Says(opinion) => play.on(Event::Answered { candidate: next, opinion }),
            Conduct::Fails => play.on(Event::Failed { candidate: next }),
            Conduct::Silent => unreachable!("the silent are not waiting to speak"),
        }
    }
    play.verdict.expect("decided")
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(place);
        all.extend(permutations(&rest).into_iter().map(|mut tail| {
            tail.insert(0, *item);
            tail
        }));
    }
    all
}

fn every_conduct(sources: usize, mut look: impl FnMut(&[Conduct])) {
    for number in 0..CONDUCTS.len().pow(u32::try_from(sources).expect("few")) {
        let mut rest = number;
        let conducts: Vec<_> = (0..sources)
            .map(|_| {
                let conduct = CONDUCTS[rest % CONDUCTS.len()];
                rest /= CONDUCTS.len();
                conduct
            })
            .collect();
        look(&conducts);
    }
}

fn sayers(conducts: &[Conduct], opinion: Opinion) -> usize {
    conducts.iter().filter(|conduct| **conduct == Conduct::Says(opinion)).count()
}

#[test]
fn for_all_small_rounds_agreement_is_exactly_what_a_quorum_of_the_panel_says() {
    // Everybody sits on the panel, so whatever the order of answers, the outcome is that of the count.
    for panel in [1, 2, 3, 4] {
        let orders = permutations(&(0..panel).collect::<Vec<_>>());
        every_conduct(panel, |conducts| {
            let rules = majority(panel);
            let expected = [A, B].into_iter().find(|opinion| sayers(conducts, *opinion) >= rules.quorum());
            for order in &orders {
                let verdict = play_out(conducts, order, rules, 3);
                assert_eq!(verdict.outcome.agreed(), expected, "panel {panel}");
            }
        });
    }
}

#[test]
fn for_all_small_rounds_with_a_bench_agreed_means_a_quorum_said_so() {
    let orders = [vec![0, 1, 2, 3, 4], vec![4, 3, 2, 1, 0], vec![2, 0, 4, 1, 3]];
    every_conduct(5, |conducts| {
        for order in &orders {
            for seed in 0..4 {
                let rules = majority(3);
                let verdict = play_out(conducts, order, rules, seed);
                let (a, b) = (sayers(conducts, A), sayers(conducts, B));
                match verdict.outcome.agreed() {
                    Some(opinion) => assert!(sayers(conducts, opinion) >= rules.quorum()),
                    // With one side alone and enough of it, failures and silence only delay.
                    None => assert!(a.max(b) < rules.quorum() || a.min(b) > 0),
                }
                let liars_cannot = a < rules.quorum() || verdict.outcome != Outcome::Agreed(B) || b >= 2;
                assert!(liars_cannot);
                assert!(verdict.asked() <= conducts.len());
            }
        }
    });
}

#[test]
fn for_all_small_pluralities_the_most_seen_wins_and_a_tie_aborts() {
    let orders = permutations(&[0, 1, 2, 3]);
    every_conduct(4, |conducts| {
        let (a, b) = (sayers(conducts, A), sayers(conducts, B));
        let expected = match a.cmp(&b) {
            core::cmp::Ordering::Greater => Some(A),
            core::cmp::Ordering::Less => Some(B),
            core::cmp::Ordering::Equal => None,
        };
        for order in &orders {
            assert_eq!(play_out(conducts, order, plurality(4), 5).outcome.agreed(), expected);
        }
    });
}
