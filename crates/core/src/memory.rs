//! What a later round needs to know of an earlier one.
//!
//! Per account and name: which values are ours where comments cannot say so, what was pushed last and when, and the
//! recent changes for the guard. It is a convenience: without it the next round has less to go by and does less,
//! never more. Where it is kept, and in which form, is the edge's business.

use crate::plan::Effect;
use crate::record::Key;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

#[cfg(test)]
mod tests;

/// How long a change is remembered, in seconds.
pub const KEPT_FOR: u64 = 24 * 60 * 60;

/// How many changes of one place are remembered.
pub const KEPT: usize = 32;

/// One name and type in one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The identifier of the account, as in the configuration.
    pub account: String,
    /// Name and type.
    pub key: Key,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastChange {
    /// When, in seconds since 1970-01-01 UTC.
    pub at: u64,
    /// The values that went.
    pub from: Vec<String>,
    /// The values that came.
    pub to: Vec<String>,
}

/// What is remembered of one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The values that are ours.
    pub published: Vec<String>,
    /// When they were last written, in seconds since 1970-01-01 UTC; `None` where that is not known.
    pub written: Option<u64>,
    /// The changes made, oldest first.
    pub changes: Vec<PastChange>,
}

/// Everything that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(BTreeMap<Place, Entry>);

impl Memory {
    /// The values that are ours there; `None` where nothing was ever published.
    pub fn published(&self, place: &Place) -> Option<&[String]> {
        self.0.get(place).filter(|entry| entry.written.is_some()).map(|entry| entry.published.as_slice())
    }

    /// When the values there were last written, in seconds since 1970-01-01 UTC.
    pub fn written(&self, place: &Place) -> Option<u64> {
        self.0.get(place)?.written
    }

    /// The recent changes there, oldest first.
    pub fn changes(&self, place: &Place) -> &[PastChange] {
        self.0.get(place).map_or(&[], |entry| entry.changes.as_slice())
    }

    /// Takes note, before a write, of what it will make ours. Should the outcome never be known, both the old and the
    /// new values count as ours, and what is read later decides.
    pub fn intend(&mut self, place: &Place, values: &[String], now: u64) {
        let entry = self.0.entry(place.clone()).or_default();
        entry.published.extend_from_slice(values);
        entry.published.sort();
        entry.published.dedup();
        entry.written.get_or_insert(now);
    }

    /// Takes note of what is ours after a write that is confirmed.
    pub fn publish(&mut self, place: &Place, values: &[String], now: u64) {
        let entry = self.0.entry(place.clone()).or_default();
        entry.published = values.to_vec();
        entry.published.sort();
        entry.published.dedup();
        entry.written = Some(now);
    }

    /// Takes note of a change that was made; one without an effect on the values counts too, since it was a write.
    pub fn record_change(&mut self, place: &Place, effect: &Effect, now: u64) {
        let entry = self.0.entry(place.clone()).or_default();
        let change = PastChange { at: now, from: effect.removed.clone(), to: effect.added.clone() };
        entry.changes.push(change);
        prune(&mut entry.changes, now);
    }

    /// Forgets a place.
    pub fn forget(&mut self, place: &Place) {
        self.0.remove(place);
    }

    /// Forgets what is too old to matter.
    pub fn prune(&mut self, now: u64) {
        for entry in self.0.values_mut() {
            prune(&mut entry.changes, now);
        }
        self.0.retain(|_, entry| entry.written.is_some() || !entry.changes.is_empty());
    }

    /// Everything, sorted by place, for keeping.
    pub fn entries(&self) -> impl Iterator<Item = (&Place, &Entry)> {
        self.0.iter()
    }

    /// Puts back what was kept.
    pub fn restore(&mut self, place: Place, entry: Entry) {
        self.0.insert(place, entry);
    }
}

/// The order in the list is the order in which things happened; the clock may have been set in between. So what is
/// far from now in either direction goes.
fn prune(changes: &mut Vec<PastChange>, now: u64) {
    changes.retain(|change| change.at.abs_diff(now) < KEPT_FOR);
    let surplus = changes.len().saturating_sub(KEPT);
    changes.drain(..surplus);
}
