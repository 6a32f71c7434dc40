//! Changes that come from the program itself: whole sets, given as values in presentation form.

use crate::draft::{self, Draft, Pending};
use crate::name::{self, Key, WireName};
use crate::rdata::code;
use crate::sets::{self, TooMuch};
use crate::zone::View;
use dynflare_core::name::Name;
use dynflare_core::record::RrSet;

/// The TTL of a set that is given without one, in seconds.
const TTL: u32 = 60;

/// A set that replaces the one of its name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What will be there; without values, nothing.
    pub set: RrSet,
    /// Change only if exactly these values are there now; an empty list: only if there is no such set.
    pub expect: Option<Vec<String>>,
}

impl Change {
    /// A set that replaces whatever is there.
    pub fn to(set: RrSet) -> Self {
        Self { set, expect: None }
    }
}

/// A change was not made; none of those that came with it was either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no such zone here.
    #[error("there is no zone {0} here")]
    NoZone(Name),
    /// The name does not lie in the zone.
    #[error("{0} does not lie in the zone")]
    OutsideZone(Name),
    /// A value is no data of the type.
    #[error("{what}: {why}")]
    Malformed {
        /// Name and type.
        what: String,
        /// The reason, as a clause.
        why: String,
    },
    /// A CNAME record cannot stand beside others (RFC 1034 §3.6.2).
    #[error("{0} cannot have a CNAME record beside others")]
    Clash(Name),
    /// The set is not the one that was expected.
    #[error("{what} is not what was expected: there {}", there(.values))]
    Unexpected {
        /// Name and type.
        what: String,
        /// What is there, in presentation form.
        values: Vec<String>,
    },
    /// One name would hold more than fits into an answer.
    #[error("one name would hold more than {} octets", sets::MOST)]
    TooMuch,
    /// It could not be written; it is not made, and not seen by anybody.
    #[error("could not write the change: {0}")]
    Store(String),
    /// The name server has ended.
    #[error("the name server has ended")]
    Stopped,
}

fn there(values: &[String]) -> String {
    if values.is_empty() { "is none".to_owned() } else { format!("is {}", values.join(", ")) }
}

impl From<TooMuch> for ChangeError {
    fn from(_: TooMuch) -> Self {
        Self::TooMuch
    }
}

/// A change with its values on the wire, checked as far as that goes without the zone.
pub(crate) struct WireChange {
    what: RrSet,
    key: Box<[u8]>,
    values: Vec<Vec<u8>>,
    expect: Option<Vec<Vec<u8>>>,
}

impl WireChange {
    /// Reads a change for the zone with this key.
    pub(crate) fn read(zone: &[u8], change: Change) -> Result<Self, ChangeError> {
        let Change { set, expect } = change;
        let key = Key::of(&WireName::of(&set.key.name));
        let Some(key) = name::relative(&key, zone).map(Into::into) else {
            return Err(ChangeError::OutsideZone(set.key.name));
        };
        let wire = |values: &[String]| {
            let mut data = Vec::with_capacity(values.len());
            for value in values {
                let one = dynflare_presentation::to_wire(set.key.rtype, value).map_err(|error| {
                    ChangeError::Malformed { what: set.key.to_string(), why: error.to_string() }
                })?;
                if !data.contains(&one) {
                    data.push(one);
                }
            }
            Ok::<_, ChangeError>(data)
        };
        let values = wire(&set.values)?;
        let expect = expect.as_deref().map(wire).transpose()?;
        Ok(Self { what: set, key, values, expect })
    }

    fn apply(&self, draft: &mut Draft<'_>) -> Result<(), ChangeError> {
        let rtype = self.what.key.rtype.code();
        let there = draft.set(&self.key, rtype);
        if self.expect.as_ref().is_some_and(|expect| !draft::holds_exactly(there, rtype, expect)) {
            let values = there.map_or(Vec::new(), |set| {
                set.records()
                    .map(|data| dynflare_presentation::text(self.what.key.rtype, data).unwrap_or_default())
                    .collect()
            });
            return Err(ChangeError::Unexpected { what: self.what.key.to_string(), values });
        }
        let values: Vec<&[u8]> = self.values.iter().map(Vec::as_slice).collect();
        // The TTL is an unsigned number below 2^31 (RFC 2181 §8).
        let ttl = self.what.ttl.unwrap_or(TTL).min(u32::MAX >> 1);
        draft.put(&self.key, rtype, ttl, &values)?;
        Ok(())
    }
}

/// Makes all changes or none.
pub(crate) fn apply(mut draft: Draft<'_>, changes: &[WireChange]) -> Result<(Pending, u32), ChangeError> {
    for change in changes {
        change.apply(&mut draft)?;
    }
    // Only at the end: one change may make room for the next.
    for change in changes {
        let sets = draft.sets(&change.key).unwrap_or_default();
        if sets::find(sets, code::CNAME)
            .is_some_and(|alias| sets::all(sets).count() > 1 || alias.records().count() > 1)
        {
            return Err(ChangeError::Clash(change.what.key.name.clone()));
        }
    }
    Ok(draft.finish()?)
}
