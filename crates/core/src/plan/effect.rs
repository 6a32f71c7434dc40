//! What steps come to, whatever their shape: the values that appear and the values that go.

use super::{Change, PushStep, Replace};
use crate::desired::Desired;
use crate::record::{Key, comparable};
use alloc::string::String;
use alloc::vec::Vec;

/// The sum of the steps at one name and type: what the guard judges, and what memory keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Name and type.
    pub key: Key,
    /// Values that appear, sorted.
    pub added: Vec<String>,
    /// Values that go, sorted.
    pub removed: Vec<String>,
    /// Values that go without another in their place. Removing one of two equal records is no deletion.
    pub deletions: usize,
}

impl Effect {
    /// What these steps for `desired` come to.
    pub fn of_changes(desired: &Desired, changes: &[Change]) -> Self {
        let mut added = Vec::new();
        let mut removed = Vec::new();
        for change in changes {
            match change {
                Change::Update { record, content, .. } => {
                    if let Some(content) = content {
                        added.push(content.clone());
                        removed.push(record.content.clone());
                    }
                }
                Change::Create { content, .. } => added.push(content.clone()),
                Change::Delete { record } => removed.push(record.content.clone()),
            }
        }
        removed.retain(|value| !desired.wants(value));
        Self::new(&desired.key, added, removed)
    }

    /// What replacing a set comes to.
    pub fn of_replace(step: &Replace) -> Self {
        Self::between(&step.expect.key, &step.expect.values, &step.values)
    }

    /// What a push comes to, as far as memory knows what was there.
    pub fn of_push(step: &PushStep) -> Self {
        Self::between(&step.key, step.reason.before(), &step.values)
    }

    fn between(key: &Key, before: &[String], after: &[String]) -> Self {
        let missing_in = |set: &[String], value: &String| {
            let value = comparable(key.rtype, value);
            !set.iter().any(|other| comparable(key.rtype, other) == value)
        };
        let added = after.iter().filter(|value| missing_in(before, value)).cloned().collect();
        let removed = before.iter().filter(|value| missing_in(after, value)).cloned().collect();
        Self::new(key, added, removed)
    }

    fn new(key: &Key, mut added: Vec<String>, mut removed: Vec<String>) -> Self {
        for values in [&mut added, &mut removed] {
            values.sort();
            values.dedup_by_key(|value| comparable(key.rtype, value));
        }
        let deletions = removed.len().saturating_sub(added.len());
        Self { key: key.clone(), added, removed, deletions }
    }

    /// Whether no value appears or goes; attributes may change.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}
