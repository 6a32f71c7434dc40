//! One round for one family: whom to ask, when to ask one more, when to stop.
//!
//! Asked are as many operators as could still be needed: the quorum first, then one more for each that fails, dissents
//! or is late. Never are more than the panel at stake at once: pending or heard. Who fails gives the seat back.

use super::draw::Seats;
use super::{Ballot, Opinion, Part, Pool, Rule, Rules, Tally, Verdict, count, count_part};
use alloc::vec::Vec;
use core::time::Duration;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The round begins.
    Start,
    /// A candidate gave its opinion.
    Answered {
        /// Its place in the pool.
        candidate: usize,
        /// What it says.
        opinion: Opinion,
    },
    /// A candidate will not give one.
    Failed {
        /// Its place in the pool.
        candidate: usize,
    },
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask this candidate.
    Ask(usize),
    /// Send a [`Event::Tick`] at this time since the start, at the latest; replaces an earlier such wish.
    WakeAt(Duration),
    /// The answer of this candidate is no longer needed.
    Drop(usize),
    /// The round is over; always the last action.
    Decided(Verdict),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Untried,
    Pending { since: Duration },
    Heard,
    Failed,
    Late,
}

/// The state machine.
#[derive(Clone, Debug)]
pub struct Round {
    rules: Rules,
    /// What must be settled before the round is.
    parts: Vec<Part>,
    pool: Pool,
    /// Candidates in the order in which seats are offered.
    order: Vec<usize>,
    /// By place in the pool.
    standing: Vec<Standing>,
    seats: Seats,
    ballots: Vec<Ballot>,
    decided: bool,
}

impl Round {
    /// A round that draws its panel from `pool`; the same seed draws the same panel.
    pub fn new(pool: Pool, rules: Rules, seed: u64) -> Self {
        Self {
            rules,
            parts: alloc::vec![Part::Whole],
            order: pool.order(&rules, seed),
            standing: alloc::vec![Standing::Untried; pool.candidates().len()],
            seats: Seats::new(&pool),
            ballots: Vec::new(),
            decided: false,
            pool,
        }
    }

    /// The same round about these parts of the address: it goes on until each is settled. None at all is the whole.
    #[must_use]
    pub fn about(mut self, parts: &[Part]) -> Self {
        if !parts.is_empty() {
            self.parts = parts.to_vec();
            self.parts.sort_unstable();
            self.parts.dedup();
        }
        self
    }

    /// Takes an event at a time since the start and says what is to be done. Time must not run backwards. An answer
    /// that nobody waits for is ignored, and so is everything after the decision.
    pub fn on(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.decided {
            return actions;
        }
        match event {
            Event::Start | Event::Tick => {}
            Event::Answered { candidate, opinion } => self.hear(candidate, opinion),
            Event::Failed { candidate } => self.lose(candidate, Standing::Failed),
        }
        self.expire(now, &mut actions);
        let mut open: Vec<Tally> =
            self.parts.iter().map(|part| Tally::of_part(&self.ballots, *part)).collect();
        open.retain(|tally| !self.settled(tally));
        let over = now >= self.rules.times().deadline || open.is_empty();
        if !over {
            // Whoever completes the hardest of the open parts completes the others as well.
            let lead = open.iter().map(Tally::lead).min().unwrap_or_default();
            self.ask(now, lead, &mut actions);
        }
        match self.next_wake(now) {
            Some(wake) if !over => actions.push(Action::WakeAt(wake)),
            Some(_) | None => self.decide(now, &mut actions),
        }
        actions
    }

    fn pending(&self) -> impl Iterator<Item = (usize, Duration)> {
        self.standing.iter().enumerate().filter_map(|(candidate, standing)| match standing {
            Standing::Pending { since } => Some((candidate, *since)),
            Standing::Untried | Standing::Heard | Standing::Failed | Standing::Late => None,
        })
    }

    fn those(&self, wanted: Standing) -> Vec<usize> {
        (0..self.standing.len()).filter(|candidate| self.standing[*candidate] == wanted).collect()
    }

    fn is_pending(&self, candidate: usize) -> bool {
        matches!(self.standing.get(candidate), Some(Standing::Pending { .. }))
    }

    fn hear(&mut self, candidate: usize, opinion: Opinion) {
        if self.is_pending(candidate) {
            self.standing[candidate] = Standing::Heard;
            let operator = self.pool.candidates()[candidate].operator;
            self.ballots.push(Ballot { source: candidate, operator, opinion });
        }
    }

    fn lose(&mut self, candidate: usize, to: Standing) {
        if self.is_pending(candidate) {
            self.standing[candidate] = to;
            self.seats.release(&self.pool, candidate);
        }
    }

    fn expire(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let limit = self.rules.times().source_timeout;
        let expired: Vec<usize> = self
            .pending()
            .filter(|(_, since)| now >= since.saturating_add(limit))
            .map(|(candidate, _)| candidate)
            .collect();
        for candidate in expired {
            self.lose(candidate, Standing::Late);
            actions.push(Action::Drop(candidate));
        }
    }

    /// Whether nothing that may still be heard can change the outcome.
    fn settled(&self, tally: &Tally) -> bool {
        let untried = self.order.iter().filter(|c| self.standing[**c] == Standing::Untried).count();
        let seats = self.rules.panel() - self.ballots.len();
        let to_come = seats.min(self.pending().count() + untried);
        let quorum = self.rules.quorum();
        let hopeless = tally.lead() + to_come < quorum;
        let won = match self.rules.rule() {
            Rule::Majority => tally.lead() >= quorum,
            Rule::Plurality => tally.lead() >= quorum && tally.lead() > tally.second() + to_come,
        };
        won || hopeless
    }

    /// Fills seats until those asked of late could complete a quorum with the votes of the opinion that leads.
    fn ask(&mut self, now: Duration, lead: usize, actions: &mut Vec<Action>) {
        let hedge = self.rules.times().hedge;
        let mut fresh = self.pending().filter(|(_, since)| now < since.saturating_add(hedge)).count();
        let mut taken = self.pending().count() + self.ballots.len();
        while taken < self.rules.panel() {
            let enough = match self.rules.rule() {
                Rule::Majority => !hedge.is_zero() && lead + fresh >= self.rules.quorum(),
                Rule::Plurality => false,
            };
            let Some(candidate) = self.next().filter(|_| !enough) else { break };
            self.standing[candidate] = Standing::Pending { since: now };
            self.seats.take(&self.pool, candidate);
            actions.push(Action::Ask(candidate));
            fresh += 1;
            taken += 1;
        }
    }

    /// The next that may sit down: not tried, its operator not on the panel, its groups not full.
    fn next(&self) -> Option<usize> {
        let candidates = self.pool.candidates();
        self.order.iter().copied().find(|next| {
            let seated = |(standing, other): (&Standing, &super::Candidate)| {
                matches!(standing, Standing::Pending { .. } | Standing::Heard)
                    && other.operator == candidates[*next].operator
            };
            self.standing[*next] == Standing::Untried
                && !self.standing.iter().zip(candidates).any(seated)
                && self.seats.fit(&self.pool, *next)
        })
    }

    /// When something is due without an event; `None` where nobody is waited for.
    fn next_wake(&self, now: Duration) -> Option<Duration> {
        let times = self.rules.times();
        let due = |since: Duration| {
            let (hedge, limit) =
                (since.saturating_add(times.hedge), since.saturating_add(times.source_timeout));
            if hedge > now { hedge.min(limit) } else { limit }
        };
        self.pending().map(|(_, since)| due(since)).min().map(|earliest| earliest.min(times.deadline))
    }

    fn decide(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let outcome = count(&self.ballots, &self.rules);
        let length = |part: &Part| match part {
            Part::Whole => None,
            Part::Network(length) => Some(*length),
        };
        let networks: Vec<_> = self
            .parts
            .iter()
            .filter_map(length)
            .map(|length| (length, count_part(&self.ballots, Part::Network(length), &self.rules)))
            .collect();
        let agreed = outcome.agreed().is_some() || networks.iter().any(|(_, one)| one.agreed().is_some());
        let waiting: Vec<usize> = self.pending().map(|(candidate, _)| candidate).collect();
        actions.extend(waiting.iter().copied().map(Action::Drop));
        let mut late = self.those(Standing::Late);
        let in_time = now < self.rules.times().deadline || agreed;
        let dropped = if in_time {
            waiting
        } else {
            late.extend(waiting);
            late.sort_unstable();
            Vec::new()
        };
        self.decided = true;
        actions.push(Action::Decided(Verdict {
            outcome,
            networks,
            ballots: core::mem::take(&mut self.ballots),
            quorum: self.rules.quorum(),
            panel: self.rules.panel(),
            failed: self.those(Standing::Failed),
            late,
            dropped,
        }));
    }
}
