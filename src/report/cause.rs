//! Why a record is not right, in one line: for the snapshot and the news, where no error block has room.

use super::clean::Cleaner;
use super::event::{Outcome, RecordEvent};
use super::human::disagreement;
use super::words::{fault_cause, guard_cause, refusal_cause, refusal_hint};

/// Why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Why, in one line.
    pub cause: String,
    /// What to do, as an imperative.
    pub hint: Option<String>,
}

/// Why the record of an event is not right; `None` where it is.
pub fn of(event: &RecordEvent, cleaner: &Cleaner) -> Option<Why> {
    let (cause, hint) = match &event.outcome {
        Outcome::Unchanged(_) | Outcome::Changed(..) | Outcome::Absent(_) | Outcome::Grace(..) => {
            return None;
        }
        Outcome::Pending(..) => ("would be changed".to_owned(), None),
        Outcome::NotAgreed(family) => {
            let of_family = event.detections.iter().filter(|one| one.family() == *family);
            let causes: Vec<String> = of_family.map(|one| disagreement(one)).collect();
            let cause =
                if causes.is_empty() { "the detection broke off".to_owned() } else { causes.join("; ") };
            (cause, Some("`dynflare detect` shows what every source says".to_owned()))
        }
        Outcome::Refused(refusal) => (refusal_cause(refusal, cleaner), Some(refusal_hint(refusal))),
        Outcome::Guarded(refusal) => {
            let (cause, hint) = guard_cause(refusal);
            (cause, Some(hint))
        }
        Outcome::Failed(fault, _) => (fault_cause(fault, cleaner), fault.hint.clone()),
        Outcome::Unconfirmed(fault) => {
            (format!("could not confirm: {}", fault_cause(fault, cleaner)), fault.hint.clone())
        }
    };
    let clean = |text: String| cleaner.whole(&text);
    Some(Why { cause: clean(cause), hint: hint.map(clean) })
}
