//! What a later round needs to know of an earlier one.
//!
//! Per account and name: which values are ours where comments cannot say so, what was pushed last and when, and the
//! recent changes for the guard. It is a convenience: without it the next round has less to go by and does less,
//! never more. Where it is kept, and in which form, is the edge's business.

use crate::breaker::Tracks;
use crate::condition::Absence;
use crate::plan::Effect;
use crate::record::Key;
use crate::stop::Stops;
use crate::uplink::Uplinks;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

#[cfg(test)]
mod tests;

/// How long a change is remembered, in seconds.
pub const KEPT_FOR: u64 = 24 * 60 * 60;

/// How many changes of one place are remembered, and how many values that were never confirmed.
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
    /// The values that are ours, by the last write that was confirmed.
    pub published: Vec<String>,
    /// The values that a write which was never confirmed may have made ours.
    pub intended: Vec<String>,
    /// When they were last written, in seconds since 1970-01-01 UTC; `None` where that is not known.
    pub written: Option<u64>,
    /// The changes made, oldest first.
    pub changes: Vec<PastChange>,
    /// For how long there has certainly been no address for it, where somebody wants to know.
    pub absence: Option<Absence>,
    /// The last request for it at a provider of the push shape.
    pub sent: Option<Request>,
}

/// The last request for a place at a provider that shows no records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// When it was sent, in seconds since 1970-01-01 UTC.
    pub at: u64,
    /// Whether it is known what it did.
    pub outcome: Known,
}

/// Whether it is known what a request did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is.
    Yes,
    /// It may or may not have been taken.
    No,
}

/// Everything that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    places: BTreeMap<Place, Entry>,
    /// What earlier rounds found over each uplink.
    pub uplinks: Uplinks,
    /// How each source has done.
    pub tracks: Tracks,
    /// Where nothing may be sent.
    pub stops: Stops,
}

impl Memory {
    /// What was published there last, by a write that was confirmed; `None` where nothing ever was. The push shape
    /// compares with this.
    pub fn published(&self, place: &Place) -> Option<&[String]> {
        self.places.get(place).filter(|entry| entry.written.is_some()).map(|entry| entry.published.as_slice())
    }

    /// The values that are ours there if they are there, sorted. The `RRset` shape tells owned from foreign by this.
    pub fn ours(&self, place: &Place) -> Vec<String> {
        let Some(entry) = self.places.get(place) else { return Vec::new() };
        let mut ours = [entry.published.as_slice(), entry.intended.as_slice()].concat();
        ours.sort();
        ours.dedup();
        ours
    }

    /// When the values there were last written, in seconds since 1970-01-01 UTC.
    pub fn written(&self, place: &Place) -> Option<u64> {
        self.places.get(place)?.written
    }

    /// The recent changes there, oldest first.
    pub fn changes(&self, place: &Place) -> &[PastChange] {
        self.places.get(place).map_or(&[], |entry| entry.changes.as_slice())
    }

    /// Takes note, before a write, of what it will make ours. Should its outcome never be known, both the old and the
    /// new values count as ours, and what is read later decides. Gives those that no earlier write had in mind.
    pub fn intend(&mut self, place: &Place, values: &[String]) -> Vec<String> {
        let intended = &mut self.places.entry(place.clone()).or_default().intended;
        let fresh = values.iter().filter(|value| !intended.contains(value)).cloned().collect();
        intended.retain(|value| !values.contains(value));
        intended.extend_from_slice(values);
        let surplus = intended.len().saturating_sub(KEPT.max(values.len()));
        intended.drain(..surplus);
        fresh
    }

    /// Takes note that a write certainly had no effect. `fresh` is what [`Memory::intend`] gave for it: what an earlier
    /// write had in mind may be there all the same.
    pub fn abandon(&mut self, place: &Place, fresh: &[String]) {
        if let Some(entry) = self.places.get_mut(place) {
            entry.intended.retain(|value| !fresh.contains(value));
        }
    }

    /// Takes note of what is ours after a write that is confirmed.
    pub fn publish(&mut self, place: &Place, values: &[String], now: u64) {
        let entry = self.places.entry(place.clone()).or_default();
        entry.published = values.to_vec();
        entry.published.sort();
        entry.published.dedup();
        entry.intended.clear();
        entry.written = Some(now);
        if let Some(sent) = &mut entry.sent {
            sent.outcome = Known::Yes;
        }
    }

    /// Takes note, before it is sent, of a request to a provider that shows no records. Until its answer is known, it
    /// may or may not have been taken.
    pub fn send(&mut self, place: &Place, now: u64) {
        self.places.entry(place.clone()).or_default().sent = Some(Request { at: now, outcome: Known::No });
    }

    /// Takes note that the last request was not sent after all; `earlier` is the one before it.
    pub fn unsent(&mut self, place: &Place, earlier: Option<Request>) {
        if let Some(entry) = self.places.get_mut(place) {
            entry.sent = earlier;
        }
    }

    /// Takes note that the last request was refused, so that it is known of it that it did nothing. What was not known
    /// of the one before it still is not.
    pub fn refused(&mut self, place: &Place, earlier: Option<Request>) {
        if let Some(sent) = self.places.get_mut(place).and_then(|entry| entry.sent.as_mut()) {
            sent.outcome = earlier.map_or(Known::Yes, |earlier| earlier.outcome);
        }
    }

    /// The last request for a place.
    pub fn sent(&self, place: &Place) -> Option<Request> {
        self.places.get(place)?.sent
    }

    /// Takes note of a change that was made; one without an effect on the values counts too, since it was a write.
    pub fn record_change(&mut self, place: &Place, effect: &Effect, now: u64) {
        let entry = self.places.entry(place.clone()).or_default();
        let change = PastChange { at: now, from: effect.removed.clone(), to: effect.added.clone() };
        entry.changes.push(change);
        prune(&mut entry.changes, now);
    }

    /// Takes note that there certainly is no address for the place now. Returns for how many seconds more that has to
    /// be so until it has been so for `grace` seconds.
    pub fn note_absence(&mut self, place: &Place, now: u64, grace: u64) -> u64 {
        let absence = &mut self.places.entry(place.clone()).or_default().absence;
        absence.insert(absence.map_or(Absence::begin(now), |absence| absence.again(now, grace))).left(grace)
    }

    /// Takes note that there is an address, or that nobody knows.
    pub fn end_absence(&mut self, place: &Place) {
        if let Some(entry) = self.places.get_mut(place) {
            entry.absence = None;
        }
    }

    /// Forgets a place.
    pub fn forget(&mut self, place: &Place) {
        self.places.remove(place);
    }

    /// Forgets what is too old to matter.
    pub fn prune(&mut self, now: u64) {
        for entry in self.places.values_mut() {
            prune(&mut entry.changes, now);
        }
        self.places.retain(|_, entry| *entry != Entry::default());
        self.stops.retain(|_, stop| stop.stands(now).is_some());
    }

    /// Whether both say the same of every place, uplink and stop; how sources have done is left aside.
    pub fn decides_as(&self, other: &Self) -> bool {
        self.places == other.places && self.uplinks == other.uplinks && self.stops == other.stops
    }

    /// Everything, sorted by place, for keeping.
    pub fn entries(&self) -> impl Iterator<Item = (&Place, &Entry)> {
        self.places.iter()
    }

    /// Puts back what was kept.
    pub fn restore(&mut self, place: Place, entry: Entry) {
        self.places.insert(place, entry);
    }
}

/// The order in the list is the order in which things happened; the clock may have been set in between. So what is
/// far from now in either direction goes.
fn prune(changes: &mut Vec<PastChange>, now: u64) {
    changes.retain(|change| change.at.abs_diff(now) < KEPT_FOR);
    let surplus = changes.len().saturating_sub(KEPT);
    changes.drain(..surplus);
}
