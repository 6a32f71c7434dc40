//! The steps from what is there to what should be there.
//!
//! One planner per shape of provider: [`plan_records`] (ids and attributes), [`plan_rrset`] (whole set replaced),
//! [`plan_push`] (write-only). They are pure, and what they return can be compared, stored and shown. They take a
//! [`Desired`](crate::desired::Desired), which exists only where every address it needs is known; so without knowledge
//! there is no plan.
//!
//! What holds for all of them: the steps reach the desired set; a second plan is empty; nothing foreign is touched; no
//! prefix of the steps leaves the name without a good value it had; the order of what was observed does not matter.

use crate::address::Family;
use crate::record::{Attributes, Key, Record, RrSet};
use alloc::string::String;
use alloc::vec::Vec;

mod effect;
mod push;
mod records;
mod rrset;
pub use effect::Effect;
pub use push::{PushStep, Reason, Refresh, plan_push, push_again};
pub use records::{RecordsPlan, plan_records};
pub use rrset::{DEFAULT_TTL, RrSetPlan, plan_rrset};

#[cfg(test)]
mod tests;

/// One step at a provider of the records shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Give an existing record another content, other attributes, or both; what is `None` or unset stays as it is.
    Update {
        /// The record as listed.
        record: Record,
        /// The new content, where it changes.
        content: Option<String>,
        /// The attributes that change.
        attributes: Attributes,
    },
    /// Make a new record.
    Create {
        /// Name and type.
        key: Key,
        /// The data in presentation form.
        content: String,
        /// What the user set, with a comment that carries the owner mark.
        attributes: Attributes,
    },
    /// Remove an owned record that is no longer wanted.
    Delete {
        /// The record as listed.
        record: Record,
    },
}

/// The one step at a provider of the RRset shape: replace the set, provided it still is what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    /// The set as read; a provider with atomic replacement makes it the prerequisite.
    pub expect: RrSet,
    /// The values from now on, foreign ones included; empty removes the set.
    pub values: Vec<String>,
    /// Time to live in seconds of the new set.
    pub ttl: u32,
}

/// One value as a provider shows it, for telling a human which one is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// The data in presentation form.
    pub content: String,
    /// The provider's identifier of the record, where records have one.
    pub id: Option<String>,
}

impl From<&Record> for Seen {
    fn from(record: &Record) -> Self {
        Self { content: record.content.clone(), id: Some(record.id.clone()) }
    }
}

/// What is worth knowing about a plan beside its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The value is there already and stays.
    Satisfied(String),
    /// A single unmarked record, or value, of this name and type is taken over by the steps.
    Adopted(Seen),
    /// It was taken over beside new records, but its comment is somebody's and has no room for the mark: once its
    /// content is out of date it will not be recognised as ours.
    Unmarked(Seen),
    /// Not ours and not wanted; it stays.
    Left(Seen, Foreign),
    /// One call replaces both addresses of the name, and that of this family is not known: if there is one, it goes.
    Replaces(Family),
    /// Attributes that are not as set, and stay since drift is not to be corrected.
    Drift {
        /// The record.
        record: Seen,
        /// What was set, as far as it differs.
        wanted: Attributes,
        /// What is there.
        there: Attributes,
    },
}

/// Why something is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Foreign {
    /// It carries another instance's mark.
    OtherOwner,
    /// It could be ours by its content, but nothing says so.
    Unmarked,
}

/// Why there is no plan. Nothing may be done; a human has to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Several could be meant, and none of them is known to be ours.
    NoneOurs(Vec<Seen>),
    /// An alias stands at the name, beside which there can be no address (RFC 1034 §3.6.2).
    Cname(Seen),
}
