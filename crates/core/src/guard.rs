//! The last look before a step is taken.
//!
//! A plan may be right by its inputs and still not be what anybody wants: the inputs may be wrong in a way that only
//! shows over time, or in bulk. A refusal is a value; the record stays as it is, and the report says why.

use crate::address::{Family, Prefix};
use crate::memory::PastChange;
use crate::plan::Effect;
use crate::quorum;
use crate::record::comparable;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;

#[cfg(test)]
mod tests;

/// The span that [`Limits::changes_per_hour`] counts over, in seconds.
const HOUR: u64 = 60 * 60;

/// What is still believed to be meant. All limits are per name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many values one round may remove without another in their place. The default is 1: that is what a name
    /// with one address, gone for good or left over, ever needs. More at once is a set being emptied, and somebody
    /// should say that it is meant.
    pub deletions: usize,
    /// How many changes may fall in one hour; the default is 10. A network that renumbers faster than every six
    /// minutes is better served by waiting.
    pub changes_per_hour: usize,
    /// How long, in seconds, a value that was replaced may not come back; the default is 900 (15 minutes). A return
    /// that lasts comes through afterwards.
    pub flap_window: u64,
    /// Blocks whose addresses may be published although they are special.
    pub allow: Vec<Prefix>,
    /// Blocks whose addresses must not be published; goes before `allow`.
    pub deny: Vec<Prefix>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deletions: 1, changes_per_hour: 10, flap_window: 15 * 60, allow: vec![], deny: vec![] }
    }
}

impl Limits {
    /// The limits for taking back everything of a record whose wish makes so many values: those may all go, since it
    /// is asked for by name. Where no deletion is allowed at all, this is none either.
    #[must_use]
    pub fn withdrawing(&self, made: usize) -> Self {
        let deletions = if self.deletions == 0 { 0 } else { self.deletions.max(made) };
        Self { deletions, ..self.clone() }
    }
}

/// Why steps are not taken now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The address must not be published, by the same rule that keeps it out of the vote.
    Address {
        /// The address.
        address: IpAddr,
        /// What is wrong with it.
        why: quorum::Refusal,
    },
    /// More values would go than is believed to be meant.
    Deletions {
        /// How many would go.
        count: usize,
        /// How many may.
        limit: usize,
    },
    /// The value was replaced a short time ago and would come back.
    Flapping {
        /// The value.
        value: String,
        /// In how many seconds it may come back.
        wait: u64,
    },
    /// Too many changes in an hour.
    Rate {
        /// How many changes an hour may have.
        limit: usize,
        /// In how many seconds the next one may be made.
        wait: u64,
    },
}

/// Whether what a plan comes to may be done now (`now` in seconds since 1970-01-01 UTC), after the `recent` changes at
/// the same place. What asks for a human goes before what passes with time.
///
/// Changes that seem to lie in the future (the clock was set back) count like those as far in the past.
pub fn check(effect: &Effect, recent: &[PastChange], now: u64, limits: &Limits) -> Result<(), Refusal> {
    addresses(effect, limits)?;
    if effect.deletions > limits.deletions {
        return Err(Refusal::Deletions { count: effect.deletions, limit: limits.deletions });
    }
    flapping(effect, recent, now, limits)?;
    rate(recent, now, limits)
}

/// Only address records: in any other content an address is part of a text whose meaning is the user's.
fn addresses(effect: &Effect, limits: &Limits) -> Result<(), Refusal> {
    let family = effect.key.rtype.family();
    let parsed = effect.added.iter().filter_map(|value| value.parse::<IpAddr>().ok());
    let mut of_type = parsed.filter(|address| Some(Family::of(*address)) == family);
    of_type.try_for_each(|address| {
        quorum::accept(address, &limits.allow, &limits.deny).map_err(|why| Refusal::Address { address, why })
    })
}

/// A value that only comes, with none going, cannot flap: refusing it would keep a name dark.
fn flapping(effect: &Effect, recent: &[PastChange], now: u64, limits: &Limits) -> Result<(), Refusal> {
    if effect.removed.is_empty() {
        return Ok(());
    }
    let form = |value: &String| comparable(effect.key.rtype, value);
    for change in recent.iter().rev() {
        let age = change.at.abs_diff(now);
        let back = effect.added.iter().find(|value| change.from.iter().any(|gone| form(gone) == form(value)));
        if let Some(value) = back
            && age < limits.flap_window
        {
            return Err(Refusal::Flapping { value: value.clone(), wait: limits.flap_window - age });
        }
    }
    Ok(())
}

fn rate(recent: &[PastChange], now: u64, limits: &Limits) -> Result<(), Refusal> {
    let mut ages: Vec<u64> =
        recent.iter().map(|change| change.at.abs_diff(now)).filter(|age| *age < HOUR).collect();
    ages.sort_unstable();
    let Some(last_allowed) = limits.changes_per_hour.checked_sub(1) else {
        return Err(Refusal::Rate { limit: 0, wait: HOUR });
    };
    // With the newest so many ages below an hour, the oldest of those has to pass the hour first.
    match ages.get(last_allowed) {
        Some(age) => Err(Refusal::Rate { limit: limits.changes_per_hour, wait: HOUR - age }),
        None => Ok(()),
    }
}
