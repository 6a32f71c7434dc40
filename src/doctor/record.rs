//! Records and the zones they lie in, as their provider shows them: whether each is right, or what an update would do.

use super::{Finding, Level, Subject};
use crate::report::clean::Cleaner;
use crate::report::event::{Outcome, RecordEvent};
use crate::report::human::step_lines;
use crate::report::words::{and, guard_cause, refusal_cause, refusal_hint, values, wait};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::plan::Note;

/// What is said of the records, from what a round that writes nothing came to.
pub fn judge(events: &[RecordEvent], cleaner: &Cleaner) -> Vec<Finding> {
    let mut findings: Vec<Finding> = events.iter().filter_map(|event| of_event(event, cleaner)).collect();
    // What keeps several records from being read is said once.
    let mut failed: Vec<(&str, &Fault, Vec<String>)> = Vec::new();
    for event in events {
        let (Outcome::Failed(fault, _) | Outcome::Unconfirmed(fault)) = &event.outcome else { continue };
        let same = |one: &&mut (&str, &Fault, Vec<String>)| one.0 == event.account && one.1 == fault;
        match failed.iter_mut().find(same) {
            Some((_, _, keys)) => keys.push(event.key.to_string()),
            None => failed.push((&event.account, fault, vec![event.key.to_string()])),
        }
    }
    findings.extend(failed.into_iter().map(|(account, fault, keys)| {
        let what = format!("{} at {account} cannot be read", and(&keys));
        // Whatever waiting would do: for now it does not work.
        let finding = Finding::of_fault(Subject::Record, &what, fault, cleaner);
        let finding = Finding { level: Level::Error, ..finding };
        match fault.class {
            Class::Denied => {
                let what = format!("{what}: {}", cleaner.whole(&fault.what));
                Finding { what, ..finding }.hint("see `credential`")
            }
            Class::NoSuchZone
            | Class::NoSuchName
            | Class::Invalid
            | Class::RateLimited
            | Class::Barred
            | Class::Unavailable
            | Class::Unconfirmed
            | Class::Unexpected => finding,
        }
    }));
    findings.extend(events.iter().flat_map(|event| of_notes(event, cleaner)));
    findings
}

/// What is said of one record, unless it failed.
fn of_event(event: &RecordEvent, cleaner: &Cleaner) -> Option<Finding> {
    let record = format!("{} at {}", event.key, event.account);
    let of = |level, what: String| Finding::new(level, Subject::Record, format!("{record}: {what}"));
    Some(match &event.outcome {
        Outcome::Unchanged(found) => of(Level::Ok, format!("right, {}", values(found, cleaner))),
        Outcome::Changed(steps, _) | Outcome::Pending(steps, _) => {
            let finding = of(Level::Note, format!("to be done: {}", step_lines(steps, cleaner).join("; ")));
            finding.hint("`dynflare update` does it once, and `dynflare run` whenever it has to be done")
        }
        Outcome::Absent(family) => {
            of(Level::Note, format!("passed over, this machine has no {family} address"))
        }
        Outcome::Grace(family, left) => {
            let what = format!("this machine has no {family} address; goes in {} if that lasts", wait(*left));
            of(Level::Note, what)
        }
        Outcome::NotAgreed(family) => {
            let what = format!("nothing can be published, since no {family} address is agreed on");
            of(Level::Error, what).hint("see `quorum`")
        }
        Outcome::Refused(refusal) => {
            of(Level::Error, refusal_cause(refusal, cleaner)).hint(refusal_hint(refusal))
        }
        Outcome::Guarded(refusal) => {
            let (cause, hint) = guard_cause(refusal);
            of(Level::Warning, format!("an update would be held back: {}", cleaner.whole(&cause))).hint(hint)
        }
        Outcome::Failed(..) | Outcome::Unconfirmed(_) => return None,
    })
}

/// What stands beside the record and is not ours.
fn of_notes(event: &RecordEvent, cleaner: &Cleaner) -> Vec<Finding> {
    let record = format!("{} at {}", event.key, event.account);
    let of_note = |note: &Note| {
        let (what, hint) = match note {
            Note::Satisfied(_) | Note::Adopted(_) | Note::Left(..) => return None,
            Note::Unmarked(seen) => (
                format!("{} has a comment of its own and no mark", cleaner.remote(&seen.content)),
                "add `dynflare` to the comment, or it will not be recognised later",
            ),
            Note::Replaces(_) => (
                "the provider keeps only what one update says: another address of the name goes".to_owned(),
                "leave the name to this program alone",
            ),
            Note::Drift { record, .. } => (
                format!(
                    "{} has other attributes than the configuration says",
                    cleaner.remote(&record.content)
                ),
                "`dynflare -v plan` names them; `enforce = true` corrects them",
            ),
        };
        Some(Finding::new(Level::Note, Subject::Record, format!("{record}: {what}")).hint(hint))
    };
    event.notes.iter().filter_map(of_note).collect()
}

/// What keeps the credential of an account from being used: the first refusal among its records.
pub fn refusal<'e>(events: &'e [RecordEvent], account: &str) -> Option<&'e Fault> {
    let refused = |event: &'e RecordEvent| match &event.outcome {
        Outcome::Failed(fault, _) if fault.class == Class::Denied => Some(fault),
        _ => None,
    };
    events.iter().filter(|event| event.account == account).find_map(refused)
}

/// Whether a record of the account was read.
pub fn was_read(events: &[RecordEvent], account: &str) -> bool {
    let read = |event: &RecordEvent| match &event.outcome {
        Outcome::Unchanged(_)
        | Outcome::Changed(..)
        | Outcome::Pending(..)
        | Outcome::Refused(_)
        | Outcome::Guarded(_) => true,
        // Those were decided before anybody had to be asked, or the asking failed.
        Outcome::Absent(_)
        | Outcome::Grace(..)
        | Outcome::NotAgreed(_)
        | Outcome::Failed(..)
        | Outcome::Unconfirmed(_) => false,
    };
    events.iter().any(|event| event.account == account && read(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::event::{Progress, Reading, Steps};
    use dynflare_core::address::Family;
    use dynflare_core::name::Name;
    use dynflare_core::plan::{Change, Refusal, Seen};
    use dynflare_core::record::{Attributes, Key, Record, RecordType};

    fn key(rtype: RecordType) -> Key {
        Key { name: Name::parse("home.example.org").expect("a name"), rtype }
    }

    fn event(rtype: RecordType, outcome: Outcome) -> RecordEvent {
        RecordEvent {
            account: "cf".to_owned(),
            key: key(rtype),
            zone: None,
            outcome,
            notes: vec![],
            detections: vec![],
            desired: None,
            reading: Reading::AtProvider,
            next_try: None,
        }
    }

    fn failed(class: Class) -> Outcome {
        let fault = Fault::new(class, "it was refused").status("HTTP 403").hint("make a new one");
        Outcome::Failed(fault, Progress::Nothing)
    }

    fn update() -> Outcome {
        let attributes = Attributes::default();
        let record = Record {
            id: "1".to_owned(),
            key: key(RecordType::A),
            content: "198.51.100.4".to_owned(),
            attributes: attributes.clone(),
        };
        let change = Change::Update { record, content: Some("203.0.113.7".to_owned()), attributes };
        let effect = dynflare_core::plan::Effect {
            key: key(RecordType::A),
            added: vec![],
            removed: vec![],
            deletions: 0,
        };
        Outcome::Pending(Steps::Records(vec![change]), effect)
    }

    #[test]
    fn each_outcome_has_its_level_and_its_sentence() {
        let seen = |content: &str| Seen { content: content.to_owned(), id: Some("1".to_owned()) };
        let record = "home.example.org A at cf";
        for (outcome, level, what) in [
            (Outcome::Unchanged(vec!["203.0.113.7".to_owned()]), Level::Ok, "right, 203.0.113.7"),
            (update(), Level::Note, "to be done: update 198.51.100.4 to 203.0.113.7"),
            (Outcome::Absent(Family::V4), Level::Note, "passed over, this machine has no IPv4 address"),
            (
                Outcome::Grace(Family::V4, 60),
                Level::Note,
                "this machine has no IPv4 address; goes in 60 s if that lasts",
            ),
            (
                Outcome::NotAgreed(Family::V4),
                Level::Error,
                "nothing can be published, since no IPv4 address is agreed on",
            ),
            (
                Outcome::Refused(Refusal::Cname(seen("www.example.net"))),
                Level::Error,
                "an alias (CNAME) to www.example.net stands at the name",
            ),
        ] {
            let found = judge(&[event(RecordType::A, outcome)], &Cleaner::default());
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].level, found[0].what.clone()), (level, format!("{record}: {what}")));
            assert!(level != Level::Error || found[0].hint.is_some(), "{found:?}");
        }
    }

    #[test]
    fn what_keeps_several_records_from_being_read_is_said_once() {
        for (class, what, hint) in [
            (Class::Denied, "it was refused", "see `credential`"),
            (Class::Unavailable, "it was refused (HTTP 403)", "make a new one"),
        ] {
            let events = [event(RecordType::A, failed(class)), event(RecordType::Aaaa, failed(class))];
            let found = judge(&events, &Cleaner::default());
            let [one] = &found[..] else { panic!("{found:?}") };
            let names = "home.example.org A and home.example.org AAAA at cf cannot be read";
            assert_eq!((one.level, one.what.clone()), (Level::Error, format!("{names}: {what}")));
            assert_eq!(one.hint.as_deref(), Some(hint));
            assert_eq!(refusal(&events, "cf").is_some(), class == Class::Denied);
            assert!(refusal(&events, "other").is_none() && !was_read(&events, "cf"));
        }
        assert!(was_read(&[event(RecordType::A, update())], "cf"));
    }
}
