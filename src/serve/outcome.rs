//! What became of a record, as whoever wished it is told, and what follows for trying again.

use crate::report::clean::Cleaner;
use crate::report::event::{Outcome, RecordEvent};
use crate::report::words;
use crate::server::update::setter::{Set, Why};
use dynflare_core::fault::{Again, Class, Fault};
use dynflare_core::guard;
use dynflare_core::plan::Refusal;
use std::time::Duration;

/// What became of one name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// It is right.
    Right(Set),
    /// It will not be done.
    Refused(Why),
    /// Not now.
    Waits(Waits),
}

/// Why something waits, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waits {
    /// What is in the way.
    pub(super) fault: Fault,
    /// What else has to wait for it.
    pub(super) who: Who,
    /// How long at least; where nobody says, that follows from how often it has failed.
    pub(super) least: Option<Duration>,
}

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// The name alone.
    Name,
    /// The whole zone: its provider does not answer, or not to us.
    Zone,
}

/// How long is waited where trying again does not help before somebody has done something. It is tried all the same:
/// not everybody tells the program when he has, and new settings are tried at once.
const AFTER_CHANGE: Duration = Duration::from_secs(60 * 60);

/// The same where the provider has barred the account: each further call makes that longer.
const AFTER_HUMAN: Duration = Duration::from_secs(6 * 60 * 60);

/// What an event says.
pub(super) fn became(event: &RecordEvent) -> Became {
    match &event.outcome {
        Outcome::Changed(..) => Became::Right(Set::Changed),
        Outcome::Unchanged(_) => Became::Right(Set::Unchanged),
        Outcome::Refused(refusal) => {
            let text = words::refusal_cause(refusal, &Cleaner::default());
            Became::Refused(match refusal {
                Refusal::NoneOurs(_) | Refusal::Cname(_) => Why::Foreign(text),
            })
        }
        Outcome::Guarded(refusal) => guarded(refusal),
        Outcome::Failed(fault, _) | Outcome::Unconfirmed(fault) => Became::Waits(failed(fault)),
        Outcome::Pending(..) | Outcome::Absent(_) | Outcome::Grace(..) | Outcome::NotAgreed(_) => {
            let fault = Fault::new(Class::Unexpected, "the update came to nothing");
            Became::Waits(Waits { fault, who: Who::Name, least: None })
        }
    }
}

fn guarded(refusal: &guard::Refusal) -> Became {
    let (cause, _) = words::guard_cause(refusal);
    match refusal {
        guard::Refusal::Address { .. } | guard::Refusal::Deletions { .. } => {
            Became::Refused(Why::Rejected(cause))
        }
        guard::Refusal::Flapping { wait, .. } | guard::Refusal::Rate { wait, .. } => {
            let wait = Duration::from_secs(*wait);
            let fault = Fault::new(Class::RateLimited, cause).retry_after(Some(wait));
            Became::Waits(Waits { fault, who: Who::Name, least: Some(wait) })
        }
    }
}

fn failed(fault: &Fault) -> Waits {
    let who = match fault.class {
        Class::Denied | Class::NoSuchZone | Class::RateLimited | Class::Barred | Class::Unavailable => {
            Who::Zone
        }
        Class::NoSuchName | Class::Invalid | Class::Unconfirmed | Class::Unexpected => Who::Name,
    };
    let least = match fault.class.policy().again {
        Again::Later => fault.retry_after,
        Again::AfterChange => Some(AFTER_CHANGE),
        Again::AfterHuman => Some(AFTER_HUMAN),
    };
    Waits { fault: fault.clone(), who, least }
}

/// Of what became of the two families of a name, what the client is told.
pub(super) fn worse(one: Set, other: Set) -> Set {
    let rank = |set: &Set| match set {
        Set::Unchanged => 0,
        Set::Changed => 1,
        Set::Refused(_) => 2,
        Set::Later(_) => 3,
    };
    if rank(&other) > rank(&one) { other } else { one }
}
