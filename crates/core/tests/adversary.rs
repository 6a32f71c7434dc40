//! A hundred thousand rounds against an adversary, with random pools, panels, failures and delays.
//!
//! The liars are as strong as they can be: they know each other, answer first and at once, and say the same; in some
//! rounds each picks the moment to lie, or they split over two lies to tire the round out. The one thing they are
//! not is as many as a quorum.

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use dynflare_core::quorum::{
    Action, Candidate, Event, Groups, Opinion, Outcome, Pool, Round, Rule, Rules, Verdict, Vote,
};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const TRUTH: Opinion = Opinion::Address(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)));
const LIES: [Opinion; 2] = [
    Opinion::Address(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 66))),
    Opinion::Address(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 67))),
];
const PANELS: [usize; 4] = [3, 5, 7, 9];

/// Xorshift (Marsaglia 2003): enough to make cases, the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("64 bits") % bound
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

#[derive(Clone, Copy)]
enum Conduct {
    /// Says this after that many milliseconds.
    Says(Opinion, u64),
    /// Fails after that many milliseconds.
    Fails(u64),
    Silent,
}

/// How the liars go about it.
#[derive(Clone, Copy)]
enum Plan {
    SameLie,
    TwoLies,
    LieOrTruth,
}

struct Field {
    operators: Vec<usize>,
    conducts: Vec<Conduct>,
}

/// At least a quorum of honest operators, that many liars, one to three sources each.
fn field(dice: &mut Dice, panel: usize, liars: usize) -> Field {
    let honest = panel / 2 + 1 + dice.below(panel + 2);
    let plan = [Plan::SameLie, Plan::SameLie, Plan::TwoLies, Plan::LieOrTruth][dice.below(4)];
    let trouble = dice.below(4);
    let mut field = Field { operators: Vec::new(), conducts: Vec::new() };
    for operator in 0..honest + liars {
        for _ in 0..=usize::from(dice.one_in(5)) + usize::from(dice.one_in(10)) {
            field.operators.push(operator);
            field.conducts.push(if operator < liars { lie(dice, plan) } else { honestly(dice, trouble) });
        }
    }
    field
}

fn lie(dice: &mut Dice, plan: Plan) -> Conduct {
    match plan {
        Plan::SameLie => Conduct::Says(LIES[0], 0),
        Plan::TwoLies => Conduct::Says(LIES[dice.below(2)], 0),
        Plan::LieOrTruth => Conduct::Says(if dice.one_in(2) { LIES[0] } else { TRUTH }, 0),
    }
}

fn honestly(dice: &mut Dice, trouble: usize) -> Conduct {
    let delay = u64::try_from(20 + dice.below(180)).expect("small");
    match dice.below(12) {
        0 if trouble > 0 => Conduct::Fails(delay),
        1 if trouble > 1 => Conduct::Silent,
        2 | 3 if trouble > 1 => Conduct::Says(TRUTH, delay * 30),
        4..=6 if trouble > 2 => Conduct::Fails(delay * 10),
        _ => Conduct::Says(TRUTH, delay),
    }
}

/// Plays the round to its end and checks on the way that the panel is never exceeded.
fn play(field: &Field, rules: Rules, seed: u64) -> Verdict {
    let candidate =
        |operator: &usize| Candidate { operator: *operator, vote: Vote::Full, groups: Groups::NONE };
    let pool = Pool::new(field.operators.iter().map(candidate).collect(), &[], &rules).expect("a pool");
    let mut round = Round::new(pool, rules, seed);
    let mut queue: BinaryHeap<Reverse<(Duration, usize)>> = BinaryHeap::new();
    let mut live = vec![false; field.operators.len()];
    let mut wake = None;
    let (mut now, mut event) = (Duration::ZERO, Event::Start);
    loop {
        if let Event::Failed { candidate } = event {
            live[candidate] = false;
        }
        for action in round.on(now, event) {
            match action {
                Action::Ask(candidate) => {
                    live[candidate] = true;
                    match field.conducts[candidate] {
                        Conduct::Says(_, delay) | Conduct::Fails(delay) => {
                            queue.push(Reverse((now + Duration::from_millis(delay), candidate)));
                        }
                        Conduct::Silent => {}
                    }
                }
                Action::WakeAt(time) => wake = Some(time),
                Action::Drop(candidate) => live[candidate] = false,
                Action::Decided(verdict) => return verdict,
            }
        }
        let seated = (0..live.len()).filter(|seat| live[*seat]).map(|seat| field.operators[seat]);
        let mut seated: Vec<usize> = seated.collect();
        assert!(seated.len() <= rules.panel(), "more at stake than the panel");
        seated.dedup();
        assert_eq!(seated.len(), live.iter().filter(|seat| **seat).count(), "an operator with two seats");
        let alarm = wake.expect("an undecided round wants to be woken");
        (now, event) = match queue.peek() {
            Some(Reverse((time, candidate))) if *time <= alarm => {
                let (time, candidate) = (*time, *candidate);
                queue.pop();
                if !live[candidate] {
                    continue_at(time)
                } else if let Conduct::Says(opinion, _) = field.conducts[candidate] {
                    (time, Event::Answered { candidate, opinion })
                } else {
                    (time, Event::Failed { candidate })
                }
            }
            Some(_) | None => continue_at(alarm),
        };
    }
}

fn continue_at(time: Duration) -> (Duration, Event) {
    (time, Event::Tick)
}

#[derive(Default)]
struct Count {
    rounds: u32,
    undecided: u32,
    wrong: u32,
}

/// Each panel size plays its share of the rounds on a thread of its own.
fn simulate(rounds: u32, more_liars: usize) -> Vec<(usize, Count)> {
    let share = rounds / u32::try_from(PANELS.len()).expect("few");
    std::thread::scope(|scope| {
        PANELS
            .map(|panel| (panel, scope.spawn(move || simulate_panel(panel, share, more_liars))))
            .into_iter()
            .map(|(panel, thread)| (panel, thread.join().expect("no check failed")))
            .collect()
    })
}

fn simulate_panel(panel: usize, rounds: u32, more_liars: usize) -> Count {
    let mut dice = Dice(0x0dd_ba11_5eed + u64::try_from(panel).expect("small"));
    let bound = panel.div_ceil(2) - 1;
    let rules = Rules::new(Some(panel), None, Rule::Majority).expect("rules");
    let mut count = Count { rounds, ..Count::default() };
    for round in 0..rounds {
        let liars = if more_liars > 0 { bound + more_liars } else { bound - dice.below(2) };
        let field = field(&mut dice, panel, liars);
        match play(&field, rules, u64::from(round)).outcome {
            Outcome::Agreed(opinion) if opinion != TRUTH => count.wrong += 1,
            Outcome::Agreed(_) => {}
            Outcome::Split | Outcome::TooFew | Outcome::Unknown => count.undecided += 1,
        }
    }
    count
}

#[test]
#[expect(clippy::print_stdout, reason = "the rate of undecided rounds is this test's result")]
fn fewer_colluding_liars_than_a_quorum_never_bring_about_a_wrong_agreement() {
    for (panel, count) in simulate(100_000, 0) {
        let Count { rounds, undecided, wrong } = count;
        let rate = f64::from(undecided) * 100.0 / f64::from(rounds);
        println!("panel {panel}: {rounds} rounds, {wrong} wrong, {undecided} undecided ({rate:.2} %)");
        assert_eq!(wrong, 0);
        assert!(undecided < rounds / 2, "the rounds must decide something to prove anything");
    }
}

#[test]
fn one_liar_more_can_fool_so_the_simulation_can_fail() {
    for (panel, count) in simulate(8_000, 1) {
        assert!(count.wrong > 0, "panel {panel}: no wrong agreement although the liars are a quorum");
    }
}
