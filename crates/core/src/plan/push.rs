//! The push shape: the provider takes addresses and shows none, so the plan compares with memory.

use crate::desired::Desired;
use crate::record::{Key, comparable};
use alloc::string::String;
use alloc::vec::Vec;

/// Whether the last push is so old that it is repeated although nothing changed. Some providers drop a name that
/// nobody refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// It is.
    Due,
    /// It is not.
    NotDue,
}

impl Refresh {
    /// Whether it is due `now`, where values are written again `after` so many seconds and were `written` last then.
    /// Where that is not known it is due: losing memory costs one superfluous write. One that lies in the future (the
    /// clock was set back) says nothing either.
    pub fn of(after: Option<u64>, written: Option<u64>, now: u64) -> Self {
        let Some(after) = after else { return Self::NotDue };
        match written.and_then(|written| now.checked_sub(written)) {
            Some(age) if age < after => Self::NotDue,
            Some(_) | None => Self::Due,
        }
    }
}

/// The one step at a provider of the push shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushStep {
    /// Name and type.
    pub key: Key,
    /// The values from now on, in presentation form, sorted.
    pub values: Vec<String>,
    /// Why it is sent.
    pub reason: Reason,
}

/// Why a push is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Memory knows of none.
    First,
    /// The last one said something else.
    Changed(Vec<String>),
    /// The last one said the same, long ago.
    Refresh(Vec<String>),
}

impl Reason {
    /// What the last push said.
    pub fn before(&self) -> &[String] {
        match self {
            Self::First => &[],
            Self::Changed(before) | Self::Refresh(before) => before,
        }
    }
}

/// The push that brings the provider from what memory says was pushed last to `desired`, if one is needed. Losing
/// memory costs one superfluous push. Where nothing was pushed there is nothing to take back.
pub fn plan_push(desired: &Desired, remembered: Option<&[String]>, refresh: Refresh) -> Option<PushStep> {
    let reason = match remembered {
        None | Some([]) if desired.values.is_empty() => return None,
        None => Reason::First,
        Some(before) if !same(desired, before) => Reason::Changed(before.to_vec()),
        Some(before) => match refresh {
            Refresh::Due => Reason::Refresh(before.to_vec()),
            Refresh::NotDue => return None,
        },
    };
    Some(PushStep { key: desired.key.clone(), values: desired.values.clone(), reason })
}

/// The push that is due although memory says that the provider has what is desired: of a later one it is not known
/// whether it was taken.
pub fn push_again(desired: &Desired, remembered: Option<&[String]>) -> PushStep {
    let reason = match remembered {
        None => Reason::First,
        Some(before) if same(desired, before) => Reason::Refresh(before.to_vec()),
        Some(before) => Reason::Changed(before.to_vec()),
    };
    PushStep { key: desired.key.clone(), values: desired.values.clone(), reason }
}

impl PushStep {
    /// Whether it says what the last one said.
    pub fn is_refresh(&self) -> bool {
        matches!(self.reason, Reason::Refresh(_))
    }
}

fn same(desired: &Desired, before: &[String]) -> bool {
    let comparable = |values: &[String]| {
        let mut values: Vec<_> = values.iter().map(|value| comparable(desired.key.rtype, value)).collect();
        values.sort();
        values.dedup();
        values
    };
    comparable(&desired.values) == comparable(before)
}
