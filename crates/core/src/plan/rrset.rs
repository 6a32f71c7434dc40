//! The RRset shape: one step replaces the whole set, so foreign values have to be carried over.
//!
//! Values have no comments here. Owned are those that memory says were published.

use super::{Effect, Foreign, Note, Refresh, Refusal, Replace, Seen};
use crate::desired::{Desired, OnDrift};
use crate::record::{RrSet, comparable};
use alloc::string::String;
use alloc::vec::Vec;

/// The time to live of a new set for which the user set none, in seconds: short enough for an address that moves,
/// and what Cloudflare's "automatic" means too.
pub const DEFAULT_TTL: u32 = 300;

/// The one step, if one is needed, at a provider of the RRset shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RrSetPlan {
    /// The step; `None` when all is as desired.
    pub step: Option<Replace>,
    /// What is worth knowing beside it.
    pub notes: Vec<Note>,
    /// The values that are ours once the step is taken (or at once, where there is none): for memory. Where the
    /// outcome of the step is not confirmed, they count beside the earlier ones until a set is read again.
    pub ours: Vec<String>,
}

impl RrSetPlan {
    /// What the step comes to; `None` without one.
    pub fn effect(&self) -> Option<Effect> {
        self.step.as_ref().map(Effect::of_replace)
    }

    /// The same with a step that writes the set as it is, where nothing else is to be done and a refresh is due. Only
    /// for what is ours; a single value that is as desired and of which nobody knows whose it is becomes ours.
    #[must_use]
    pub fn refreshed(mut self, observed: &RrSet, desired: &Desired, refresh: Refresh) -> Self {
        let (Refresh::Due, None, Some(ttl)) = (refresh, &self.step, observed.ttl) else { return self };
        if self.ours.is_empty() {
            let [single] = observed.values.as_slice() else { return self };
            if !desired.wants(single) {
                return self;
            }
            self.ours.clone_from(&desired.values);
            self.notes.push(Note::Adopted(seen(single)));
        }
        self.step = Some(Replace { expect: observed.clone(), values: observed.values.clone(), ttl });
        self
    }
}

impl Replace {
    /// Whether it writes what is there already, so that it does not expire.
    pub fn is_refresh(&self) -> bool {
        let Self { expect, values, ttl } = self;
        expect.values == *values && expect.ttl == Some(*ttl)
    }
}

/// The plan from the set observed at the name to `desired`, where `published` is what memory says is ours.
///
/// Values that do not fit the templates are none of our business; they are carried over and not mentioned. The TTL of
/// a set that exists stays, unless drift is to be corrected.
pub fn plan_rrset(observed: &RrSet, desired: &Desired, published: &[String]) -> Result<RrSetPlan, Refusal> {
    let form = |value: &String| comparable(desired.key.rtype, value);
    let published: Vec<String> = published.iter().map(form).collect();
    let there: Vec<String> = observed.values.iter().map(form).collect();
    let (owned, foreign): (Vec<&String>, Vec<&String>) =
        observed.values.iter().partition(|value| published.contains(&form(value)));
    let unmarked: Vec<&String> = foreign.iter().copied().filter(|value| desired.fits(value)).collect();
    let missing = desired.values.iter().any(|value| !there.contains(&form(value)));

    let adopted = match (owned.as_slice(), unmarked.as_slice()) {
        ([], [single]) if missing => Some(*single),
        ([], [_, _, ..]) if missing => {
            let mut seen: Vec<Seen> = unmarked.iter().map(|value| seen(value)).collect();
            seen.sort();
            return Err(Refusal::NoneOurs(seen));
        }
        _ => None,
    };
    let carried: Vec<&String> = foreign.iter().copied().filter(|value| Some(*value) != adopted).collect();
    let mut values: Vec<String> = carried.iter().map(|value| (*value).clone()).collect();
    for value in &desired.values {
        if !carried.iter().any(|other| form(other) == form(value)) {
            // A value that stays keeps the provider's spelling, so that nothing looks changed.
            let spelled = observed.values.iter().find(|other| form(other) == form(value));
            values.push(spelled.unwrap_or(value).clone());
        }
    }
    values.sort();

    let mut plan = RrSetPlan::default();
    let mut before = observed.values.clone();
    before.sort();
    before.dedup();
    let ttl = ttl(&mut plan, observed, desired);
    if values != before || (!values.is_empty() && observed.ttl.is_some_and(|there| there != ttl)) {
        plan.step = Some(Replace { expect: observed.clone(), values, ttl });
    }
    plan.ours.clone_from(&desired.values);
    plan.ours.retain(|value| !carried.iter().any(|other| form(other) == form(value)));
    notes(&mut plan, observed, desired, adopted, &unmarked);
    Ok(plan)
}

fn seen(value: &str) -> Seen {
    Seen { content: value.into(), id: None }
}

/// The TTL from now on; mentions a drift that stays.
fn ttl(plan: &mut RrSetPlan, observed: &RrSet, desired: &Desired) -> u32 {
    let wanted = desired.attributes.ttl;
    let there = observed.ttl.filter(|_| !observed.values.is_empty());
    match (there, wanted, desired.on_drift) {
        (None, wanted, OnDrift::Leave | OnDrift::Correct) => wanted.unwrap_or(DEFAULT_TTL),
        (Some(there), None, OnDrift::Leave | OnDrift::Correct) => there,
        (Some(_), Some(wanted), OnDrift::Correct) if !desired.values.is_empty() => wanted,
        (Some(there), Some(wanted), OnDrift::Leave | OnDrift::Correct) => {
            if there != wanted && !desired.values.is_empty() {
                plan.notes.push(Note::Drift {
                    record: seen(&observed.values.join(", ")),
                    wanted: crate::record::Attributes { ttl: Some(wanted), ..Default::default() },
                    there: crate::record::Attributes { ttl: Some(there), ..Default::default() },
                });
            }
            there
        }
    }
}

fn notes(
    plan: &mut RrSetPlan,
    observed: &RrSet,
    desired: &Desired,
    adopted: Option<&String>,
    unmarked: &[&String],
) {
    let form = |value: &String| comparable(desired.key.rtype, value);
    let there: Vec<String> = observed.values.iter().map(form).collect();
    let satisfied = desired.values.iter().filter(|value| there.contains(&form(value)));
    plan.notes.extend(satisfied.cloned().map(Note::Satisfied));
    plan.notes.extend(adopted.map(|value| Note::Adopted(seen(value))));
    let stays = |value: &&String| Some(*value) != adopted && !desired.wants(value);
    let mut left: Vec<&String> = unmarked.iter().copied().filter(stays).collect();
    left.sort();
    plan.notes.extend(left.into_iter().map(|value| Note::Left(seen(value), Foreign::Unmarked)));
}
