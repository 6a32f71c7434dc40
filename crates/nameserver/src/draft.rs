//! What a commit is about to make of a zone: a few names on top of what is there, until all of it is durable.
//!
//! A [`Draft`] belongs to one change and becomes part of the [`Pending`] ones of its batch, or goes away with nothing done.

use crate::rdata::{self, code};
use crate::sets::{self, Set, TooMuch};
use crate::zone::{self, View, Zone};
use std::collections::BTreeMap;

/// Names (relative keys) with all that they will own; an empty piece for those that go.
pub(crate) type Pending = BTreeMap<Box<[u8]>, Vec<u8>>;

/// One change being made.
pub(crate) struct Draft<'z> {
    zone: &'z Zone,
    batch: &'z Pending,
    own: Pending,
}

impl View for Draft<'_> {
    fn sets(&self, key: &[u8]) -> Option<&[u8]> {
        let pending = self.own.get(key).or_else(|| self.batch.get(key));
        match pending {
            Some(sets) => Some(sets.as_slice()).filter(|sets| !sets.is_empty()),
            None => self.zone.sets(key),
        }
    }
}

impl<'z> Draft<'z> {
    pub(crate) fn new(zone: &'z Zone, batch: &'z Pending) -> Self {
        Self { zone, batch, own: Pending::new() }
    }

    /// The set of a name and type.
    pub(crate) fn set(&self, key: &[u8], rtype: u16) -> Option<Set<'_>> {
        self.sets(key).and_then(|sets| sets::find(sets, rtype))
    }

    /// Replaces the set of a name and type.
    pub(crate) fn put(&mut self, key: &[u8], rtype: u16, ttl: u32, records: &[&[u8]]) -> Result<(), TooMuch> {
        let sets = sets::with(self.sets(key).unwrap_or_default(), rtype, ttl, records.iter().copied())?;
        self.own.insert(key.into(), sets);
        Ok(())
    }

    /// The serial number as it would be.
    pub(crate) fn serial(&self) -> u32 {
        self.set(&[], code::SOA).map_or(0, |soa| zone::serial_of(soa.first()))
    }

    /// Gives the zone another serial number.
    fn set_serial(&mut self, serial: u32) -> Result<(), TooMuch> {
        let Some(soa) = self.set(&[], code::SOA) else { return Ok(()) };
        let (ttl, data) = (soa.ttl, zone::with_serial(soa.first(), serial));
        self.put(&[], code::SOA, ttl, &[&data])
    }

    /// What it changes, with the serial number raised (RFC 2136 §3.6) unless the change did that itself; nothing
    /// where all is as it was. With the serial number that then holds.
    pub(crate) fn finish(mut self) -> Result<(Pending, u32), TooMuch> {
        let before = Self::new(self.zone, self.batch);
        self.own.retain(|key, sets| !is_same(before.sets(key).unwrap_or_default(), sets));
        let old = before.serial();
        if self.own.is_empty() {
            return Ok((Pending::new(), old));
        }
        if self.serial() == old {
            self.set_serial(zone::next_serial(old))?;
        }
        let serial = self.serial();
        Ok((self.own, serial))
    }
}

/// Whether two pieces hold the same sets; the order of records does not matter.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one == other
        || (sets::all(one)
            .map(|set| (set.rtype, set.ttl))
            .eq(sets::all(other).map(|set| (set.rtype, set.ttl)))
            && sets::all(one).zip(sets::all(other)).all(|(one, other)| {
                one.records().count() == other.records().count()
                    && one.records().all(|data| other.records().any(|there| there == data))
            }))
}

/// Whether a set holds exactly these data.
pub(crate) fn holds_exactly(set: Option<Set<'_>>, rtype: u16, data: &[Vec<u8>]) -> bool {
    let there = set.map_or(0, |set| set.records().count());
    there == data.len()
        && data.iter().all(|data| set.is_some_and(|set| set.has(data)))
        && data
            .iter()
            .enumerate()
            .all(|(at, one)| data[..at].iter().all(|other| !rdata::same(rtype, one, other)))
}
