//! The records shape: every record has an id, attributes and a comment that says whose it is.
//!
//! Updates come first, since each puts a right value in the place of a wrong one; then creations; deletions last. So
//! every prefix of the steps leaves the name at least as right as it was.

use super::{Change, Effect, Foreign, Note, Refusal, Seen};
use crate::desired::{Desired, Mark, OnDrift};
use crate::record::{Attributes, Record, RecordType, comparable};
use alloc::string::String;
use alloc::vec::Vec;

/// The steps at a provider of the records shape, in the order in which they are to be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordsPlan {
    /// The steps; none when all is as desired.
    pub steps: Vec<Change>,
    /// What is worth knowing beside them.
    pub notes: Vec<Note>,
}

impl RecordsPlan {
    /// What the steps come to; `desired` is what they were planned for.
    pub fn effect(&self, desired: &Desired) -> Effect {
        Effect::of_changes(desired, &self.steps)
    }
}

/// Whose the observed records are. Each list is sorted by content, then id.
#[derive(Default)]
struct Sorted<'r> {
    /// With our mark.
    owned: Vec<&'r Record>,
    /// Without a mark, and the content could be ours.
    unmarked: Vec<&'r Record>,
    /// With another instance's mark.
    others: Vec<&'r Record>,
}

/// The plan from the records observed at the name to `desired`.
///
/// Records of other names and types do not count, but for an alias (CNAME) at the name of an address, which is
/// refused. Unmarked records that do not fit the templates are none of our business and are not mentioned.
pub fn plan_records(observed: &[Record], desired: &Desired) -> Result<RecordsPlan, Refusal> {
    let wants_address = desired.key.rtype.family().is_some() && !desired.values.is_empty();
    let alias =
        |record: &&Record| record.key.rtype == RecordType::Cname && record.key.name == desired.key.name;
    if wants_address && let Some(alias) = observed.iter().filter(alias).min_by_key(|record| &record.id) {
        return Err(Refusal::Cname(alias.into()));
    }
    let sorted = sort(observed, desired);
    let there: Vec<&Record> =
        [&sorted.owned, &sorted.unmarked, &sorted.others].into_iter().flatten().copied().collect();
    let has = |value: &str| there.iter().any(|record| same(desired, &record.content, value));
    let missing: Vec<&String> = desired.values.iter().filter(|value| !has(value)).collect();

    let mut plan = RecordsPlan::default();
    // Whether nothing with our mark takes part: there is none, or all of it goes since others hold what is wanted.
    // Deciding by what remains, not by what is there, makes a second plan empty.
    let none_owned = match missing.as_slice() {
        [] => !sorted.owned.iter().any(|record| desired.wants(&record.content)),
        [..] => sorted.owned.is_empty(),
    };
    let adopted = match sorted.unmarked.as_slice() {
        [single] if none_owned && (!missing.is_empty() || desired.wants(&single.content)) => Some(*single),
        [_, _, ..] if none_owned && !missing.is_empty() => {
            return Err(Refusal::NoneOurs(sorted.unmarked.iter().map(|record| (*record).into()).collect()));
        }
        _ => None,
    };
    satisfied(&mut plan, desired, &missing);
    steps(&mut plan, desired, &sorted, adopted, &missing);
    left(&mut plan, desired, &sorted, adopted);
    Ok(plan)
}

fn same(desired: &Desired, some: &str, other: &str) -> bool {
    comparable(desired.key.rtype, some) == comparable(desired.key.rtype, other)
}

fn sort<'r>(observed: &'r [Record], desired: &Desired) -> Sorted<'r> {
    let mut sorted = Sorted::default();
    for record in observed.iter().filter(|record| record.key == desired.key) {
        let comment = record.attributes.comment.as_deref().unwrap_or_default();
        match desired.owner.found_in(comment) {
            Mark::Ours => sorted.owned.push(record),
            Mark::Others => sorted.others.push(record),
            Mark::None if desired.fits(&record.content) => sorted.unmarked.push(record),
            Mark::None => {}
        }
    }
    for list in [&mut sorted.owned, &mut sorted.unmarked, &mut sorted.others] {
        list.sort_by(|a, b| (&a.content, &a.id).cmp(&(&b.content, &b.id)));
    }
    sorted
}

fn satisfied(plan: &mut RecordsPlan, desired: &Desired, missing: &[&String]) {
    let satisfied = desired.values.iter().filter(|value| !missing.contains(value));
    plan.notes.extend(satisfied.cloned().map(Note::Satisfied));
}

fn steps(
    plan: &mut RecordsPlan,
    desired: &Desired,
    sorted: &Sorted,
    adopted: Option<&Record>,
    missing: &[&String],
) {
    // Records that already hold a wanted value, one each, stay; the rest of ours can be reused.
    let mut kept: Vec<&Record> = Vec::new();
    let mut spare: Vec<&Record> = Vec::new();
    let mut doubled: Vec<&Record> = Vec::new();
    for record in sorted.owned.iter().copied().chain(adopted) {
        if !desired.wants(&record.content) {
            spare.push(record);
        } else if kept.iter().any(|other| same(desired, &other.content, &record.content)) {
            doubled.push(record);
        } else {
            kept.push(record);
        }
    }
    // Wrong values are replaced before doubled ones.
    spare.append(&mut doubled);
    let reused = spare.len().min(missing.len());
    let leftover = spare.split_off(reused);

    let targets = kept.into_iter().map(|record| (record, None));
    let targets = targets.chain(spare.into_iter().zip(missing.iter().map(|value| Some((*value).clone()))));
    for (record, content) in targets {
        let takes_over = adopted.is_some_and(|adopted| adopted.id == record.id);
        let taken = match (takes_over, missing.is_empty()) {
            (false, _) => Taken::Already,
            (true, true) => Taken::Alone,
            (true, false) => Taken::Along,
        };
        update(plan, desired, record, content, taken);
    }
    for value in &missing[reused..] {
        plan.steps.push(Change::Create {
            key: desired.key.clone(),
            content: (*value).clone(),
            attributes: desired.attributes_of_new(),
        });
    }
    // An unmarked record that nothing needs any more is not ours to delete.
    let owned = |record: &&Record| adopted.is_none_or(|adopted| adopted.id != record.id);
    let deletions =
        leftover.into_iter().filter(owned).map(|record| Change::Delete { record: record.clone() });
    plan.steps.extend(deletions);
}

/// How a record came to be ours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// It carries our mark.
    Already,
    /// It is adopted by this plan, and holds what it should.
    Alone,
    /// It is adopted by this plan, which writes contents.
    Along,
}

fn update(plan: &mut RecordsPlan, desired: &Desired, record: &Record, content: Option<String>, taken: Taken) {
    let drift = desired.attributes.drift_from(&record.attributes);
    let mut attributes = match desired.on_drift {
        OnDrift::Correct => drift,
        OnDrift::Leave => {
            if !drift.is_empty() {
                plan.notes.push(Note::Drift {
                    record: record.into(),
                    wanted: drift,
                    there: record.attributes.clone(),
                });
            }
            Attributes::default()
        }
    };
    // Beside other records of ours an unmarked one would be taken for foreign the next time.
    if taken == Taken::Along && desired.values.len() > 1 && attributes.comment.is_none() {
        if record.attributes.comment.as_deref().unwrap_or_default().trim().is_empty() {
            attributes.comment = Some(desired.new_comment());
        } else {
            plan.notes.push(Note::Unmarked(record.into()));
        }
    }
    if content.is_none() && attributes.is_empty() {
        return;
    }
    if taken != Taken::Already {
        plan.notes.push(Note::Adopted(record.into()));
    }
    plan.steps.push(Change::Update { record: record.clone(), content, attributes });
}

fn left(plan: &mut RecordsPlan, desired: &Desired, sorted: &Sorted, adopted: Option<&Record>) {
    let others = sorted.others.iter().map(|record| (*record, Foreign::OtherOwner));
    let unmarked = sorted.unmarked.iter().map(|record| (*record, Foreign::Unmarked));
    for (record, why) in others.chain(unmarked) {
        if !desired.wants(&record.content) && adopted.is_none_or(|adopted| adopted.id != record.id) {
            plan.notes.push(Note::Left(Seen::from(record), why));
        }
    }
}
