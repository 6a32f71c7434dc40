//! Who is asked, and who is believed.
//!
//! A source belongs to an operator, the independent party that runs it, and operators vote: one vote each, in one
//! family at a time. [`Rules`] say how many must agree, [`count`] is the pure count behind every verdict, and
//! [`Round`] decides whom to ask next, as a state machine without I/O: events and the time come in, actions go out.
//! [`Pool`] is what a panel is drawn from. [`accept`] judges an address before it may become an opinion.
//!
//! The bound: with a quorum of more than half the panel, and a panel that never has more members than its size, fewer
//! lying operators than the quorum cannot bring about an agreement, however they collude. A failure never lowers the
//! bar: who fails is replaced, and where nobody is left the round stays undecided.
//!
//! Asking, timers and what a source's answer must look like are the driver's and the sources' business.

use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

mod accept;
mod count;
mod draw;
mod part;
mod round;
mod rules;

pub use accept::{Refusal, accept};
pub use count::{Tally, count, count_part};
pub use draw::{Candidate, Groups, Pool, PoolError, Vote};
pub use part::Part;
pub use round::{Action, Event, Round};
pub use rules::{Rule, Rules, RulesError, Times};

/// What an operator can say about one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Opinion {
    /// This is the address.
    Address(IpAddr),
    /// There certainly is none; only deterministic sources may say so.
    NoAddress,
}

impl fmt::Display for Opinion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => fmt::Display::fmt(address, f),
            Self::NoAddress => f.pad("no address"),
        }
    }
}

/// One answer that counts: which source gave it, whose source that is, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ballot {
    /// The source's place in the list of candidates.
    pub source: usize,
    /// The operator, as numbered by the caller.
    pub operator: usize,
    /// What it says.
    pub opinion: Opinion,
}

/// What a count, or a round, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Enough operators say this.
    Agreed(Opinion),
    /// Operators contradict each other, and nothing they say has enough votes.
    Split,
    /// Nobody contradicts, and too few vote.
    TooFew,
    /// Nobody answered.
    Unknown,
}

impl Outcome {
    /// The word for reports and machine-readable output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agreed(_) => "agreed",
            Self::Split => "split",
            Self::TooFew => "too few",
            Self::Unknown => "unknown",
        }
    }

    /// The agreed opinion, where there is one.
    pub fn agreed(self) -> Option<Opinion> {
        match self {
            Self::Agreed(opinion) => Some(opinion),
            Self::Split | Self::TooFew | Self::Unknown => None,
        }
    }
}

/// How a round ended, with everything a report needs to explain it. Sources are named by their place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it came to.
    pub outcome: Outcome,
    /// What it came to for networks of these lengths alone, where the round was about them; an agreed address is the
    /// network's first.
    pub networks: Vec<(u8, Outcome)>,
    /// The answers, in the order heard.
    pub ballots: Vec<Ballot>,
    /// How many operators had to agree.
    pub quorum: usize,
    /// How many operators may vote in one round.
    pub panel: usize,
    /// Sources that failed and said so.
    pub failed: Vec<usize>,
    /// Sources that did not answer in time.
    pub late: Vec<usize>,
    /// Sources that were asked and turned out not to be needed.
    pub dropped: Vec<usize>,
}

impl Verdict {
    /// How many sources were asked.
    pub fn asked(&self) -> usize {
        self.ballots.len() + self.failed.len() + self.late.len() + self.dropped.len()
    }

    /// What it came to for that part of the address.
    pub fn outcome_of(&self, part: Part) -> Outcome {
        let of_length = |length: u8| self.networks.iter().find(|(other, _)| *other == length);
        match part {
            Part::Whole => self.outcome,
            Part::Network(length) => of_length(length).map_or(self.outcome, |(_, outcome)| *outcome),
        }
    }

    /// The ballots for what was agreed on in that part; none without agreement.
    pub fn agreeing_on(&self, part: Part) -> impl Iterator<Item = &Ballot> {
        let agreed = self.outcome_of(part).agreed().map(|opinion| opinion.part(part));
        self.ballots.iter().filter(move |ballot| Some(ballot.opinion.part(part)) == agreed)
    }

    /// The ballots for the agreed opinion; none without agreement.
    pub fn agreeing(&self) -> impl Iterator<Item = &Ballot> {
        let agreed = self.outcome.agreed();
        self.ballots.iter().filter(move |ballot| Some(ballot.opinion) == agreed)
    }

    /// The ballots against the agreed opinion; all of them without agreement.
    pub fn dissenting(&self) -> impl Iterator<Item = &Ballot> {
        let agreed = self.outcome.agreed();
        self.ballots.iter().filter(move |ballot| Some(ballot.opinion) != agreed)
    }
}
