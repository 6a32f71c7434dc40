//! The quorum's state machine under a script and a fake clock, and its laws over all small inputs.

mod laws;
mod parts;
mod script;

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use dynflare_core::quorum::{
    Action, Candidate, Event, Groups, Opinion, Outcome, Part, Pool, Round, Rule, Rules, Verdict, Vote,
};

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
        Self::of(Round::new(pool, rules, seed))
    }

    fn about(candidates: &[Candidate], parts: &[Part], rules: Rules) -> Self {
        let pool = Pool::new(candidates.to_vec(), &[], &rules).expect("a pool");
        Self::of(Round::new(pool, rules, 1).about(parts))
    }

    fn of(round: Round) -> Self {
        let mut play = Self {
            round,
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
