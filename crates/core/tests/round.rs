//! The quorum's state machine under a script and a fake clock, and its laws over all small inputs.

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use dynflare_core::quorum::{
    Action, Candidate, Event, Groups, Opinion, Outcome, Pool, Round, Rule, Rules, Times, Verdict, Vote,
};
use std::collections::BTreeSet;

const A: Opinion = Opinion::Address(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)));
const B: Opinion = Opinion::Address(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 2)));
const C: Opinion = Opinion::Address(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 3)));

fn voter(operator: usize) -> Candidate {
    Candidate { operator, vote: Vote::Full, groups: Groups::NONE }
}

fn majority(panel: usize) -> Rules {
    Rules::new(Some(panel), None, Rule::Majority).expect("rules")
}

fn plurality(panel: usize) -> Rules {
    Rules::new(Some(panel), None, Rule::Plurality).expect("rules")
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A round, the clock, and what the round wants.
struct Play {
    round: Round,
    now: Duration,
    asked: Vec<usize>,
    dropped: Vec<usize>,
    wake: Option<Duration>,
    verdict: Option<Verdict>,
}

impl Play {
    fn start(candidates: &[Candidate], limits: &[usize], rules: Rules, seed: u64) -> Self {
        let pool = Pool::new(candidates.to_vec(), limits, &rules).expect("a pool");
        let mut play = Self {
            round: Round::new(pool, rules, seed),
            now: Duration::ZERO,
            asked: Vec::new(),
            dropped: Vec::new(),
            wake: None,
            verdict: None,
        };
        play.on(Event::Start);
        play
    }

    fn on(&mut self, event: Event) {
        for action in self.round.on(self.now, event) {
            assert!(self.verdict.is_none(), "the verdict is the last action");
            match action {
                Action::Ask(candidate) => self.asked.push(candidate),
                Action::WakeAt(time) => {
                    assert!(time > self.now, "a wake-up in the past would spin");
                    self.wake = Some(time);
                }
                Action::Drop(candidate) => self.dropped.push(candidate),
                Action::Decided(verdict) => self.verdict = Some(verdict),
            }
        }
    }

    /// The `turn`-th that was asked answers.
    fn answer(&mut self, turn: usize, opinion: Opinion) {
        let candidate = self.asked[turn];
        self.on(Event::Answered { candidate, opinion });
    }

    /// The `turn`-th that was asked fails.
    fn fail(&mut self, turn: usize) {
        let candidate = self.asked[turn];
        self.on(Event::Failed { candidate });
    }

    /// Lets the time come for which the round asked to be woken.
    fn sleep(&mut self) {
        self.now = self.wake.expect("a wake-up");
        self.on(Event::Tick);
    }

    fn outcome(&self) -> Option<Outcome> {
        self.verdict.as_ref().map(|verdict| verdict.outcome)
    }

    fn verdict(&self) -> &Verdict {
        self.verdict.as_ref().expect("decided")
    }
}

fn ten() -> Vec<Candidate> {
    (0..10).map(voter).collect()
}

#[test]
fn three_that_agree_are_all_that_is_asked() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    assert_eq!(play.asked.len(), 3);
    play.answer(0, A);
    play.answer(1, A);
    assert_eq!(play.outcome(), None);
    play.answer(2, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    assert_eq!((play.asked.len(), play.verdict().asked()), (3, 3));
    assert_eq!(play.verdict().agreeing().count(), 3);
    assert_eq!(play.verdict().dissenting().count(), 0);
}

#[test]
fn a_dissent_costs_one_more_question() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    play.answer(0, A);
    play.answer(1, B);
    assert_eq!(play.asked.len(), 4);
    play.answer(2, A);
    assert_eq!(play.asked.len(), 4);
    play.answer(3, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    assert_eq!(play.verdict().dissenting().map(|ballot| ballot.opinion).collect::<Vec<_>>(), [B]);
}

#[test]
fn a_failed_member_is_replaced_and_the_bar_stays() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    for turn in 0..7 {
        play.fail(turn);
        assert_eq!(play.asked.len(), 4 + turn.min(6));
    }
    assert_eq!(play.outcome(), None);
    play.answer(7, A);
    play.answer(8, A);
    play.fail(9);
    assert_eq!(play.outcome(), Some(Outcome::TooFew));
    assert_eq!(play.verdict().failed.len(), 8);
}

#[test]
fn nobody_left_to_ask_ends_the_round_before_the_deadline() {
    let mut play = Play::start(&[0, 1, 2].map(voter), &[], Rules::default(), 1);
    play.fail(0);
    assert_eq!(play.outcome(), Some(Outcome::Unknown));
    assert_eq!(play.dropped.len(), 2);
    assert_eq!(play.verdict().dropped.len(), 2);
}

#[test]
fn a_late_answer_costs_one_more_question_and_still_counts() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    play.answer(0, A);
    play.answer(1, A);
    assert_eq!(play.wake, Some(ms(1000)));
    play.sleep();
    assert_eq!(play.asked.len(), 4);
    assert_eq!(play.wake, Some(ms(2000)));
    play.sleep();
    assert_eq!(play.asked.len(), 5);
    play.sleep();
    assert_eq!(play.asked.len(), 5, "the panel is full");
    play.now = ms(3100);
    play.answer(2, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    assert_eq!(play.verdict().dropped.len(), 2);
    assert_eq!(play.dropped, [play.asked[3], play.asked[4]]);
}

#[test]
fn three_late_answers_fill_the_panel_and_no_more() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    play.sleep();
    assert_eq!((play.now, play.asked.len()), (ms(1000), 5));
    while play.now < ms(4999) && play.asked.len() == 5 {
        play.sleep();
    }
    assert_eq!((play.now, play.asked.len()), (ms(5000), 8), "three timed out and gave their seats back");
    assert_eq!(play.dropped.len(), 3);
}

#[test]
fn silence_ends_at_the_deadline() {
    let twenty: Vec<_> = (0..20).map(voter).collect();
    let mut play = Play::start(&twenty, &[], Rules::default(), 1);
    while play.verdict.is_none() {
        play.sleep();
    }
    assert_eq!((play.now, play.outcome()), (ms(12_000), Some(Outcome::Unknown)));
    assert_eq!(play.verdict().late.len(), play.asked.len());
    assert!(play.round.on(ms(12_001), Event::Tick).is_empty());
}

#[test]
fn the_deadline_decides_with_what_is_there() {
    let mut play = Play::start(&ten(), &[], plurality(5), 1);
    play.answer(0, A);
    play.answer(1, A);
    play.answer(2, B);
    while play.verdict.is_none() {
        play.sleep();
        let all_others_silent = play.asked.len();
        assert!(all_others_silent <= 10);
    }
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
}

#[test]
fn an_answer_after_its_time_is_ignored() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    play.now = ms(5000);
    play.on(Event::Tick);
    for turn in 0..3 {
        play.answer(turn, A);
    }
    assert_eq!(play.outcome(), None);
}

#[test]
fn nobody_is_heard_twice_nor_without_being_asked() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    let stranger = (0..10).find(|candidate| !play.asked.contains(candidate)).expect("a bench");
    for _ in 0..5 {
        play.answer(0, A);
        play.on(Event::Answered { candidate: stranger, opinion: A });
        play.on(Event::Answered { candidate: 99, opinion: A });
    }
    assert_eq!(play.outcome(), None);
    assert_eq!(play.asked.len(), 3);
}

#[test]
fn ur_5_three_opinions_of_three_end_undecided() {
    let mut play = Play::start(&[0, 1, 2].map(voter), &[], majority(3), 1);
    play.answer(0, A);
    play.answer(1, B);
    play.answer(2, C);
    assert_eq!(play.outcome(), Some(Outcome::Split));
    assert_eq!(play.verdict().dissenting().count(), 3);
}

#[test]
fn ur_5_two_against_two_end_undecided_however_large_the_bench() {
    let mut play = Play::start(&ten(), &[], majority(4), 1);
    for (turn, opinion) in [A, A, B, B].into_iter().enumerate() {
        play.answer(turn, opinion);
    }
    assert_eq!(play.outcome(), Some(Outcome::Split));
    assert_eq!(play.asked.len(), 4);
}

#[test]
fn ur_5_one_liar_of_three_is_outvoted() {
    for liar in 0..3 {
        let mut play = Play::start(&[0, 1, 2].map(voter), &[], majority(3), 1);
        let mut turn = 0;
        while play.verdict.is_none() {
            let opinion = if play.asked[turn] == liar { B } else { A };
            play.answer(turn, opinion);
            turn += 1;
        }
        assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    }
}

#[test]
fn ur_6_two_sources_of_one_operator_never_sit_on_one_panel() {
    let candidates = [0, 0, 0, 1, 1, 2].map(voter);
    for seed in 0..200 {
        let mut play = Play::start(&candidates, &[], majority(3), seed);
        let mut turn = 0;
        while play.verdict.is_none() {
            let lies = candidates[play.asked[turn]].operator == 0;
            play.answer(turn, if lies { B } else { A });
            turn += 1;
        }
        assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
        let operators: BTreeSet<_> = play.verdict().ballots.iter().map(|ballot| ballot.operator).collect();
        assert_eq!(operators.len(), play.verdict().ballots.len());
    }
}

#[test]
fn ur_7_two_sources_that_alternate_never_flip_the_outcome() {
    let candidates = [0, 1, 2, 3, 4].map(voter);
    for seed in 0..200 {
        let mut play = Play::start(&candidates, &[], majority(5), seed);
        let mut turn = 0;
        while play.verdict.is_none() {
            let flips = play.asked[turn] < 2 && seed % 2 == 0;
            play.answer(turn, if flips { B } else { A });
            turn += 1;
        }
        assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    }
}

#[test]
fn further_sources_of_an_operator_are_tried_when_the_bench_is_empty() {
    let candidates = [0, 0, 1, 1, 2].map(voter);
    let mut play = Play::start(&candidates, &[], majority(3), 1);
    assert_eq!(play.asked.iter().map(|c| candidates[*c].operator).collect::<BTreeSet<_>>().len(), 2);
    play.fail(0);
    play.fail(1);
    // With the third operator heard, only second sources of the first two can still complete a quorum.
    let turns = play.asked.len();
    for turn in 2..turns {
        play.answer(turn, A);
    }
    while play.verdict.is_none() {
        let last = play.asked.len() - 1;
        play.answer(last, A);
    }
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
}

#[test]
fn a_panel_of_one_is_a_chain_of_fall_backs() {
    let mut play = Play::start(&[7, 7, 3].map(voter), &[], majority(1), 99);
    assert_eq!(play.asked, [0]);
    play.fail(0);
    assert_eq!(play.asked, [0, 1]);
    while play.asked.len() == 2 {
        play.sleep();
    }
    assert_eq!(play.now, ms(5000));
    play.answer(2, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    assert_eq!((play.verdict().failed.as_slice(), play.verdict().late.as_slice()), (&[0][..], &[1][..]));
}

#[test]
fn a_group_never_has_more_seats_than_its_limit_and_gives_them_back() {
    let grouped = |operator| Candidate { groups: Groups::NONE.with(0), ..voter(operator) };
    let candidates = [grouped(0), grouped(1), grouped(2), grouped(3), voter(4), voter(5)];
    for seed in 0..200 {
        let mut play = Play::start(&candidates, &[1], majority(3), seed);
        let mut turn = 0;
        let mut heard_of_group = 0;
        while play.verdict.is_none() {
            let in_group = play.asked[turn] < 4;
            // The first three of the group fail: each hands its seat to the next.
            let failed = play.asked[..turn].iter().filter(|c| **c < 4).count();
            if in_group && failed < 3 {
                play.fail(turn);
            } else {
                heard_of_group += usize::from(in_group);
                let opinion = [A, B][turn % 2];
                play.answer(turn, opinion);
            }
            turn += 1;
        }
        assert!(heard_of_group <= 1);
    }
}

#[test]
fn witnesses_are_never_asked() {
    let witness = |operator| Candidate { vote: Vote::Witness, ..voter(operator) };
    let candidates = [witness(0), voter(1), witness(2), voter(3), voter(4)];
    for seed in 0..50 {
        let mut play = Play::start(&candidates, &[], majority(3), seed);
        play.on(Event::Answered { candidate: 0, opinion: B });
        play.fail(0);
        assert!(play.asked.iter().all(|candidate| ![0, 2].contains(candidate)));
    }
}

#[test]
fn a_plurality_asks_the_whole_panel_and_stops_when_the_rest_cannot_matter() {
    let mut play = Play::start(&ten(), &[], plurality(5), 1);
    assert_eq!(play.asked.len(), 5);
    play.answer(0, A);
    play.answer(1, A);
    assert_eq!(play.outcome(), None);
    play.answer(2, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
}

#[test]
fn a_plurality_needs_no_majority_and_a_tie_aborts() {
    let mut play = Play::start(&ten(), &[], plurality(4), 1);
    for (turn, opinion) in [A, B, C, A].into_iter().enumerate() {
        play.answer(turn, opinion);
    }
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    let mut play = Play::start(&ten(), &[], plurality(2), 1);
    play.answer(0, A);
    play.answer(1, B);
    assert_eq!(play.outcome(), Some(Outcome::Split));
}

#[test]
fn a_hedge_of_zero_asks_the_whole_panel_at_once() {
    let rules = Rules::default().timed(Times { hedge: Duration::ZERO, ..Times::default() }).expect("rules");
    let mut play = Play::start(&ten(), &[], rules, 1);
    assert_eq!(play.asked.len(), 5);
    play.answer(0, A);
    play.answer(1, A);
    play.answer(2, A);
    assert_eq!(play.verdict().dropped.len(), 2);
}

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
