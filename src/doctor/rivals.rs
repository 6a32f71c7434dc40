//! Other clients at the same records: their records beside ours, and their changes between ours.

use super::{Finding, Level, Subject};
use crate::report::clean::Cleaner;
use crate::report::event::{Outcome, RecordEvent};
use crate::report::news::{News, Subject as Place, What};
use crate::report::when::ago_of;
use crate::report::words::{counted, values};
use dynflare_core::plan::{Foreign, Note};
use std::collections::{BTreeMap, BTreeSet};

/// How far back history is looked at, in seconds: a week.
const WEEK: u64 = 7 * 86_400;

/// In what time an address that goes back and forth is worth a word, in seconds: a day.
const DAY: u64 = 86_400;

/// How many changes in a day between the same two values are a going back and forth.
const SWINGS: usize = 4;

/// What is said, from what stands beside our records and from what happened to them (oldest first). `now` is in seconds
/// since 1970.
pub fn judge(events: &[RecordEvent], past: &[News], now: u64, cleaner: &Cleaner) -> Vec<Finding> {
    let places: BTreeSet<Place> = events.iter().map(Place::of).collect();
    let mut findings: Vec<Finding> = events.iter().flat_map(|event| beside(event, cleaner)).collect();
    for place in &places {
        let changes: Vec<Change<'_>> = past.iter().filter_map(|news| Change::of(news, place)).collect();
        findings.extend(undone(place, &changes, now, cleaner));
        findings.extend(swinging(place, &changes, now, cleaner));
    }
    // What was not read says nothing about who else writes there.
    let unread = |event: &RecordEvent| matches!(event.outcome, Outcome::Failed(..) | Outcome::Unconfirmed(_));
    let read = events.iter().filter(|event| !unread(event)).count();
    if findings.is_empty() && read > 0 {
        let these = if read == events.len() { "these records" } else { "the records that could be read" };
        let what = format!("no trace of another client at {these}");
        findings.push(Finding::new(Level::Ok, Subject::Rivals, what));
    }
    findings
}

/// What stands beside our record.
fn beside<'e>(event: &'e RecordEvent, cleaner: &'e Cleaner) -> impl Iterator<Item = Finding> + 'e {
    event.notes.iter().filter_map(move |note| {
        let (seen, whose, hint) = match note {
            Note::Left(seen, Foreign::OtherOwner) => (
                seen,
                "is another owner's",
                "nothing to do if both are meant; else stop the other instance and delete its record",
            ),
            Note::Left(seen, Foreign::Unmarked) => (
                seen,
                "carries no mark of ours: part of those who ask for the name are sent there",
                "nothing to do if that is meant; else delete it, it may be what another client left behind",
            ),
            Note::Satisfied(_)
            | Note::Adopted(_)
            | Note::Unmarked(_)
            | Note::Replaces(_)
            | Note::Drift { .. } => return None,
        };
        let what = format!(
            "{}: {} stands there as well and {whose}",
            Place::of(event),
            cleaner.remote(&seen.content)
        );
        Some(Finding::new(Level::Note, Subject::Rivals, what).hint(hint))
    })
}

/// One of our own changes.
struct Change<'n> {
    at: u64,
    from: &'n [String],
    to: &'n [String],
}

impl<'n> Change<'n> {
    fn of(news: &'n News, place: &Place) -> Option<Self> {
        match &news.what {
            What::Changed { from, to } if news.record.as_ref() == Some(place) => {
                Some(Self { at: news.at, from, to })
            }
            What::Changed { .. }
            | What::Failing { .. }
            | What::Refused { .. }
            | What::Recovered { .. }
            | What::Config { .. }
            | What::ConfigRight => None,
        }
    }
}

/// Whether what we had written had to be written again, since somebody had put something else in its place.
fn undone(place: &Place, changes: &[Change<'_>], now: u64, cleaner: &Cleaner) -> Option<Finding> {
    let mut ours: BTreeSet<&String> = BTreeSet::new();
    let mut restored: Vec<&Change<'_>> = Vec::new();
    for change in changes {
        let known = !change.to.is_empty() && change.to.iter().all(|value| ours.contains(value));
        if known && now.saturating_sub(change.at) <= WEEK {
            restored.push(change);
        }
        ours.retain(|value| !change.from.contains(value));
        ours.extend(change.to);
    }
    let last = restored.last()?;
    let did = match last.from {
        [] => "removed it".to_owned(),
        from => format!("set it to {}", values(from, cleaner)),
    };
    let what = format!(
        "{place}: somebody else changed it {} in the last 7 days and {did} the last time; put right {}",
        counted(restored.len(), "time"),
        ago_of(last.at, now)
    );
    let level = if restored.len() > 1 { Level::Warning } else { Level::Note };
    let hint = "look for another client at this name (a router's own dynamic DNS, an older installation), and stop one";
    Some(Finding::new(level, Subject::Rivals, what).hint(hint))
}

/// Whether the address goes back and forth by our own hand.
fn swinging(place: &Place, changes: &[Change<'_>], now: u64, cleaner: &Cleaner) -> Option<Finding> {
    let mut pairs: BTreeMap<[&[String]; 2], usize> = BTreeMap::new();
    for change in changes.iter().filter(|change| now.saturating_sub(change.at) <= DAY) {
        if !change.from.is_empty() && !change.to.is_empty() {
            let mut pair = [change.from, change.to];
            pair.sort_unstable();
            *pairs.entry(pair).or_default() += 1;
        }
    }
    let both_ways = |pair: &[&[String]; 2]| {
        let is = |from: usize, to: usize| {
            changes.iter().any(|change| change.from == pair[from] && change.to == pair[to])
        };
        is(0, 1) && is(1, 0)
    };
    let (pair, times) =
        pairs.into_iter().filter(|(pair, _)| both_ways(pair)).max_by_key(|(_, times)| *times)?;
    if times < SWINGS {
        return None;
    }
    let what = format!(
        "{place}: goes back and forth between {} and {}, {} in a day",
        values(pair[0], cleaner),
        values(pair[1], cleaner),
        counted(times, "time")
    );
    let hint = "look for two ways out that take turns, such as a VPN beside the line; see the guide about several uplinks";
    Some(Finding::new(Level::Warning, Subject::Rivals, what).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::event::Reading;
    use dynflare_core::fault::{Class, Fault};
    use dynflare_core::name::Name;
    use dynflare_core::plan::Seen;
    use dynflare_core::record::{Key, RecordType};

    const NOW: u64 = 1_795_000_000;

    fn event(notes: Vec<Note>) -> RecordEvent {
        RecordEvent {
            account: "cf".to_owned(),
            key: Key { name: Name::parse("home.example.org").expect("a name"), rtype: RecordType::A },
            zone: None,
            outcome: Outcome::Unchanged(vec![]),
            notes,
            detections: vec![],
            desired: None,
            reading: Reading::AtProvider,
            next_try: None,
        }
    }

    /// Changes an hour apart, the last one an hour ago; values are written with blanks between.
    fn said(changes: &[(&str, &str)]) -> Vec<(Level, String)> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let news = changes.iter().rev().zip(1..).map(|((from, to), hours)| News {
            at: NOW - hours * 3600,
            record: Some(Place::of(&event(vec![]))),
            what: What::Changed { from: words(from), to: words(to) },
            ballots: vec![],
        });
        let mut past: Vec<News> = news.collect();
        past.reverse();
        let findings = judge(&[event(vec![])], &past, NOW, &Cleaner::default());
        findings.into_iter().map(|one| (one.level, one.what)).collect()
    }

    #[test]
    fn nothing_is_said_of_records_that_could_not_be_read() {
        let unread = || RecordEvent {
            outcome: Outcome::Unconfirmed(Fault::new(Class::Unavailable, "it does not answer")),
            ..event(vec![])
        };
        let told = |events: &[RecordEvent]| -> Vec<String> {
            judge(events, &[], NOW, &Cleaner::default()).into_iter().map(|finding| finding.what).collect()
        };
        assert!(told(&[unread()]).is_empty());
        let some = "no trace of another client at the records that could be read";
        assert_eq!(told(&[unread(), event(vec![])]), [some]);
    }

    #[test]
    fn a_value_that_has_to_be_written_again_was_somebodys_to_change() {
        let none = (Level::Ok, "no trace of another client at these records".to_owned());
        let record = "home.example.org A at cf: somebody else changed it";
        let foe = |level, times: &str, did: &str| {
            (level, format!("{record} {times} in the last 7 days and {did} the last time; put right 1 h ago"))
        };
        for (changes, expected) in [
            (vec![], none.clone()),
            (vec![("", "a"), ("a", "b"), ("b", "c")], none.clone()),
            // Each of two values of ours changes by itself.
            (vec![("", "a b"), ("a", "c"), ("b", "d")], none.clone()),
            (vec![("", "a"), ("x", "a")], foe(Level::Note, "1 time", "set it to x")),
            (vec![("", "a"), ("", "a")], foe(Level::Note, "1 time", "removed it")),
            (
                vec![("", "a"), ("x", "a"), ("x", "a"), ("y", "a")],
                foe(Level::Warning, "3 times", "set it to y"),
            ),
            // Withdrawn by ourselves, and written again.
            (vec![("", "a"), ("a", ""), ("", "a")], none),
        ] {
            assert_eq!(said(&changes), [expected], "{changes:?}");
        }
    }

    #[test]
    fn an_address_that_goes_back_and_forth_by_our_own_hand_is_told() {
        let what = "home.example.org A at cf: goes back and forth between a and b, 4 times in a day";
        let swings = [("", "a"), ("a", "b"), ("b", "a"), ("a", "b"), ("b", "a")];
        assert_eq!(said(&swings), [(Level::Warning, what.to_owned())]);
        assert_eq!(said(&swings[..4])[0].0, Level::Ok);
    }

    #[test]
    fn what_stands_beside_ours_is_a_note_and_its_text_is_cleaned() {
        let seen = Seen { content: "198.51.100.9\u{1b}[31m".to_owned(), id: None };
        for (whose, words) in
            [(Foreign::OtherOwner, "is another owner's"), (Foreign::Unmarked, "carries no mark of ours")]
        {
            let found = judge(&[event(vec![Note::Left(seen.clone(), whose)])], &[], NOW, &Cleaner::default());
            assert_eq!((found.len(), found[0].level), (1, Level::Note));
            assert!(found[0].what.contains(words) && !found[0].what.contains('\u{1b}'), "{found:?}");
        }
    }
}
