//! The closed list of what can be said. Events are values; sentences are made from them by the renderers.

use super::heard::Heard;
use super::news::News;
use dynflare_core::address::Family;
use dynflare_core::desired::Desired;
use dynflare_core::fault::Fault;
use dynflare_core::guard;
use dynflare_core::name::Name;
use dynflare_core::plan::{Change, Effect, Note, PushStep, Refusal, Replace};
use dynflare_core::record::Key;
use std::sync::Arc;

/// Something that can be said.
#[derive(Clone, Debug)]
pub enum Event {
    /// Worth knowing, and nothing failed: a cleaned secret, a memory that cannot be written.
    Notice(String),
    /// What became of one record.
    Record(Box<RecordEvent>),
    /// The beginning or the end of an incident.
    News(Box<News>),
}

/// What became of one record.
#[derive(Clone, Debug)]
pub struct RecordEvent {
    /// The account, as the record string names it.
    pub account: String,
    /// Name and type.
    pub key: Key,
    /// The zone, once it is known.
    pub zone: Option<Name>,
    /// What happened.
    pub outcome: Outcome,
    /// What the plan had to say beside its steps.
    pub notes: Vec<Note>,
    /// How the addresses it needs were found out.
    pub detections: Vec<Arc<Heard>>,
    /// What it should hold, where that is known.
    pub desired: Option<Desired>,
    /// Whether its provider was asked.
    pub reading: Reading,
    /// In how many seconds it is tried again, where somebody does that by himself.
    pub next_try: Option<u64>,
}

/// Where the knowledge comes from that a record is as desired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Its provider was asked.
    AtProvider,
    /// It was found so earlier, and what is desired has not changed.
    Earlier,
}

/// What happened to a record.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is as desired; the values.
    Unchanged(Vec<String>),
    /// It was made as desired.
    Changed(Steps, Effect),
    /// It would be made as desired (`plan`, `--dry-run`).
    Pending(Steps, Effect),
    /// The machine has no address of this family, and the record was asked for only if there is one.
    Absent(Family),
    /// The machine certainly has no address of this family; what is ours goes after so many seconds unless it has one
    /// again by then.
    Grace(Family, u64),
    /// No address was agreed on.
    NotAgreed(Family),
    /// What is there allows no plan.
    Refused(Refusal),
    /// A guard holds the steps back.
    Guarded(guard::Refusal),
    /// It failed.
    Failed(Fault, Progress),
    /// It may have happened; listing again did not show it.
    Unconfirmed(Fault),
}

/// How far a failed record got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was changed.
    Nothing,
    /// Some of its steps were taken.
    Partly,
}

/// The steps of one record, in the shape of its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Steps {
    /// Single records.
    Records(Vec<Change>),
    /// The whole set.
    RrSet(Replace),
    /// One push.
    Push(PushStep),
}

impl Steps {
    /// The steps on single records; none in the other shape.
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::Records(changes) => changes,
            Self::RrSet(_) | Self::Push(_) => &[],
        }
    }

    /// The step on a whole set, in that shape.
    pub fn replace(&self) -> Option<&Replace> {
        match self {
            Self::Records(_) | Self::Push(_) => None,
            Self::RrSet(step) => Some(step),
        }
    }

    /// Whether what is there is written again, so that it does not expire.
    pub fn is_refresh(&self) -> bool {
        match self {
            Self::Records(_) => false,
            Self::RrSet(step) => step.is_refresh(),
            Self::Push(step) => step.is_refresh(),
        }
    }
}

impl Outcome {
    /// The word for machine-readable output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unchanged(_) => "unchanged",
            Self::Changed(..) => "changed",
            Self::Pending(..) => "pending",
            Self::Absent(_) => "absent",
            Self::Grace(..) => "grace",
            Self::NotAgreed(_) => "not-agreed",
            Self::Refused(_) => "refused",
            Self::Guarded(_) => "guarded",
            Self::Failed(..) => "failed",
            Self::Unconfirmed(_) => "unconfirmed",
        }
    }

    /// How it weighs in the exit code.
    pub fn standing(&self) -> Standing {
        match self {
            Self::Unchanged(_) | Self::Absent(_) | Self::Grace(..) => Standing::AsDesired,
            Self::Changed(..) => Standing::MadeSo,
            Self::Pending(..) => Standing::Pending,
            Self::NotAgreed(_) => Standing::NotAgreed,
            Self::Guarded(_) | Self::Unconfirmed(_) => Standing::FailedForNow,
            Self::Failed(fault, _) if fault.class.policy().is_temporary() => Standing::FailedForNow,
            Self::Failed(..) | Self::Refused(_) => Standing::Failed,
        }
    }
}

/// How an outcome weighs in the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All is as desired, and nothing was written.
    AsDesired,
    /// It was made as desired.
    MadeSo,
    /// It would be made as desired.
    Pending,
    /// No agreed address; kept.
    NotAgreed,
    /// Failed; the same may work later.
    FailedForNow,
    /// Failed; somebody has to change something.
    Failed,
}
