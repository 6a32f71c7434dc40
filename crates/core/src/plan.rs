//! The steps from what is there to what should be there.
//!
//! One planner per shape of provider: records (ids and attributes), RRset (whole set replaced), push (write-only).

use crate::record::{Attributes, Key, Record, RrSet};
use alloc::string::String;
use alloc::vec::Vec;

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
