//! Events as lines for people: what happened goes to standard output, trouble to standard error.

use super::clean::Cleaner;
use super::event::{Event, Outcome, Progress, Reading, RecordEvent, Steps};
use super::heard::{Heard, Told};
use super::news::{News, What};
use super::words::{
    and, change, counted, fault_cause, guard_cause, note, refusal_cause, refusal_hint, values, wait,
};
use dynflare_core::fault::Fault;
use dynflare_core::plan::Effect;
use dynflare_core::quorum::{Opinion, Outcome as Agreement};
use std::sync::Arc;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volume {
    /// Trouble only (`-q`).
    Quiet,
    /// Changes and trouble: where nobody is watching.
    Changes,
    /// Also what stays as it is: on a terminal.
    All,
    /// Also who said what (`-v`).
    Verbose,
}

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One event as text of one or more lines without the last newline; `None` where it is not to be said.
pub fn render(event: &Event, volume: Volume, cleaner: &Cleaner) -> Option<(Stream, String)> {
    let (stream, least, text) = match event {
        Event::Notice(text) => (Stream::Err, Volume::Changes, format!("note: {}", cleaner.masked(text))),
        Event::Record(record) => with_next_try(record_text(record, volume, cleaner), record),
        Event::News(news) => news_text(news),
    };
    (volume >= least).then(|| (stream, cleaner.masked(&text)))
}

/// What is new about an incident: its beginning is trouble, its end is not.
fn news_text(news: &News) -> (Stream, Volume, String) {
    match &news.what {
        What::Changed { .. } | What::Recovered { .. } | What::ConfigRight => {
            (Stream::Out, Volume::Changes, news.sentence())
        }
        What::Failing { .. } | What::Refused { .. } | What::Config { .. } => {
            (Stream::Err, Volume::Quiet, news.sentence())
        }
    }
}

/// When somebody tries again by himself, that is the end of what is said about trouble.
fn with_next_try(said: (Stream, Volume, String), record: &RecordEvent) -> (Stream, Volume, String) {
    match (said, record.next_try) {
        ((Stream::Err, least, text), Some(seconds)) => {
            (Stream::Err, least, format!("{text}; next try in {}", wait(seconds)))
        }
        (said, _) => said,
    }
}

fn record_text(record: &RecordEvent, volume: Volume, cleaner: &Cleaner) -> (Stream, Volume, String) {
    let subject = format!("{} at {}", record.key, record.account);
    match &record.outcome {
        Outcome::Unchanged(found) => {
            let text = format!("{subject}: unchanged, {}{}", values(found, cleaner), agreement(record));
            (Stream::Out, Volume::All, with_details(text, record, volume, cleaner))
        }
        Outcome::Changed(steps, effect) => {
            let text = format!("{subject}: {}{}", effect_text(steps, effect, cleaner), agreement(record));
            (Stream::Out, Volume::Changes, with_details(text, record, volume, cleaner))
        }
        Outcome::Pending(steps, _) => {
            let mut text = format!("{subject}: would change{}", agreement(record));
            for line in step_lines(steps, cleaner) {
                text.push_str("\n  ");
                text.push_str(&line);
            }
            (Stream::Out, Volume::Quiet, with_details(text, record, volume, cleaner))
        }
        Outcome::Absent(family) => {
            let no_route = |one: &&Arc<Heard>| one.family() == *family && one.detection.no_route();
            let text = match record.detections.iter().find(no_route) {
                Some(_) => {
                    format!("{subject}: passed over, this machine has no way to the Internet over {family}")
                }
                None => format!("{subject}: passed over, this machine has no {family} address"),
            };
            (Stream::Out, Volume::All, text)
        }
        Outcome::Grace(family, left) => {
            let left = wait(*left);
            let text =
                format!("{subject}: this machine has no {family} address; goes in {left} if that lasts");
            (Stream::Out, Volume::Changes, text)
        }
        Outcome::NotAgreed(family) => {
            let causes: Vec<String> = record
                .detections
                .iter()
                .filter(|one| one.family() == *family)
                .map(|one| disagreement(one))
                .collect();
            let cause =
                if causes.is_empty() { "the detection broke off".to_owned() } else { causes.join("; ") };
            let hint = "`dynflare detect` shows what every source says";
            (Stream::Err, Volume::Quiet, block(&format!("cannot update {subject}"), &cause, Some(hint), KEPT))
        }
        Outcome::Refused(refusal) => {
            let hint = refusal_hint(refusal);
            let cause = refusal_cause(refusal, cleaner);
            (
                Stream::Err,
                Volume::Quiet,
                block(&format!("will not update {subject}"), &cause, Some(&hint), KEPT),
            )
        }
        Outcome::Guarded(refusal) => {
            let (cause, hint) = guard_cause(refusal);
            let text =
                block(&format!("will not update {subject}"), &cleaner.whole(&cause), Some(&hint), KEPT);
            (Stream::Err, Volume::Quiet, text)
        }
        Outcome::Failed(fault, progress) => {
            let (head, end) = match progress {
                Progress::Nothing => (format!("cannot update {subject}"), "nothing was changed"),
                Progress::Partly => (
                    format!("cannot finish the update of {subject}"),
                    "some of its steps were taken; the next run takes the rest",
                ),
            };
            (Stream::Err, Volume::Quiet, fault_block(&head, fault, cleaner, end))
        }
        Outcome::Unconfirmed(fault) => {
            let head = format!("could not confirm the update of {subject}");
            let end = match record.reading {
                Reading::AtProvider => "the next run looks at the record again",
                Reading::Earlier => "the next run sends it again",
            };
            (Stream::Err, Volume::Quiet, fault_block(&head, fault, cleaner, end))
        }
    }
}

const KEPT: &str = "the record was kept as it is";

/// The form of every error: what cannot be, why, what to do, what became of it.
pub fn block(head: &str, cause: &str, hint: Option<&str>, end: &str) -> String {
    let mut text = format!("error: {head}\n  cause: {cause}");
    if let Some(hint) = hint {
        text.push_str("\n  hint: ");
        text.push_str(hint);
    }
    if !end.is_empty() {
        text.push('\n');
        text.push_str(end);
    }
    text
}

/// A fault in the form of an error.
pub fn fault_block(head: &str, fault: &Fault, cleaner: &Cleaner, end: &str) -> String {
    let end = match fault.retry_after {
        Some(after) => format!("{end}; not to be tried again for {}", wait(after.as_secs())),
        None => end.to_owned(),
    };
    let hint = fault.hint.as_ref().map(|hint| cleaner.whole(hint));
    block(head, &fault_cause(fault, cleaner), hint.as_deref(), &end)
}

fn with_details(mut text: String, record: &RecordEvent, volume: Volume, cleaner: &Cleaner) -> String {
    let telling = !matches!(record.outcome, Outcome::Unchanged(_)) || volume >= Volume::Verbose;
    let notes = record.notes.iter().filter_map(|one| note(one, cleaner));
    for line in notes.filter(|_| telling) {
        text.push_str("\n  note: ");
        text.push_str(&line);
    }
    if volume >= Volume::Verbose {
        for detection in &record.detections {
            for line in ballots(detection, cleaner) {
                text.push_str("\n  ");
                text.push_str(&line);
            }
        }
    }
    text
}

fn effect_text(steps: &Steps, effect: &Effect, cleaner: &Cleaner) -> String {
    match (effect.removed.as_slice(), effect.added.as_slice()) {
        ([], []) if steps.is_refresh() => "written again, unchanged".to_owned(),
        ([], []) => {
            let corrected: Vec<String> = step_lines(steps, cleaner);
            format!("corrected ({})", corrected.join("; "))
        }
        ([], added) => format!("created {}", values(added, cleaner)),
        (removed, []) => format!("removed {}", values(removed, cleaner)),
        (removed, added) => format!("{} -> {}", values(removed, cleaner), values(added, cleaner)),
    }
}

/// The steps, a line each.
pub fn step_lines(steps: &Steps, cleaner: &Cleaner) -> Vec<String> {
    match steps {
        Steps::Records(changes) => changes.iter().map(|one| change(one, cleaner)).collect(),
        Steps::Push(step) => {
            let text = match step.values.as_slice() {
                [] => format!("take back {}", values(step.reason.before(), cleaner)),
                sent if step.is_refresh() => {
                    format!("send {} again, so that it does not expire", values(sent, cleaner))
                }
                sent => format!("send {}", values(sent, cleaner)),
            };
            vec![text]
        }
        Steps::RrSet(step) => {
            let ttl = step.ttl;
            match (step.expect.values.as_slice(), step.values.as_slice()) {
                ([], after) => vec![format!("create {} with TTL {ttl} s", values(after, cleaner))],
                (before, []) => vec![format!("remove {}", values(before, cleaner))],
                (before, _) if step.is_refresh() => {
                    vec![format!("write {} again, so that it does not expire", values(before, cleaner))]
                }
                (before, after) if before == after => vec![format!("set TTL {ttl} s")],
                (before, after) => {
                    vec![format!(
                        "replace {} by {} with TTL {ttl} s",
                        values(before, cleaner),
                        values(after, cleaner)
                    )]
                }
            }
        }
    }
}

fn agreement(record: &RecordEvent) -> String {
    let told: Vec<String> = record
        .detections
        .iter()
        .map(|detection| {
            let several = record.detections.len() > 1 || detection.uplink.is_some();
            let family = if several { format!("{}: ", detection.about()) } else { String::new() };
            match (detection.verdict().outcome.agreed(), detection.networks().first()) {
                (None, Some((network, operators))) => {
                    format!("{family}{network} agreed by {}", and(operators))
                }
                (Some(Opinion::Address(_)), _) => {
                    format!("{family}agreed by {}", and(&detection.agreeing()))
                }
                (Some(Opinion::NoAddress), _) => {
                    format!("{family}no address, agreed by {}", and(&detection.agreeing()))
                }
                (None, None) => format!("{family}not agreed, kept as it was"),
            }
        })
        .collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) }
}

/// Why a detection came to nothing, and by which way out.
pub fn disagreement(detection: &Heard) -> String {
    let by = detection.uplink.as_ref().map(|uplink| format!("{uplink}: ")).unwrap_or_default();
    by + &why_not_agreed(detection)
}

/// Why a detection came to nothing.
pub fn why_not_agreed(detection: &Heard) -> String {
    let verdict = detection.verdict();
    let family = detection.family();
    let needed = format!("{} must agree", counted(verdict.quorum, "operator"));
    let said: Vec<String> = detection
        .opinions()
        .into_iter()
        .map(|(opinion, sources)| format!("{opinion} by {}", and(&sources)))
        .collect();
    let failed = detection.failures().len();
    let failures =
        if failed == 0 { String::new() } else { format!("; {} failed", counted(failed, "source")) };
    match verdict.outcome {
        Agreement::Agreed(opinion) => format!("this machine has no {family} address: {opinion}"),
        Agreement::Split => {
            format!(
                "the sources disagree about the {family} address: {}; {needed}{failures}",
                said.join(", ")
            )
        }
        Agreement::TooFew => {
            format!("too few sources named the {family} address: {}; {needed}{failures}", said.join(", "))
        }
        Agreement::Unknown => match (detection.witnesses().as_slice(), detection.failures().first()) {
            ([_, ..], _) => {
                let told: Vec<String> = detection
                    .witnesses()
                    .into_iter()
                    .map(|(opinion, sources)| format!("{opinion} by {}", and(&sources)))
                    .collect();
                format!(
                    "only sources without a vote named the {family} address: {}; {needed}{failures}",
                    told.join(", ")
                )
            }
            ([], Some((source, fault))) => {
                format!("no source could tell the {family} address ({}: {}){failures}", source.id, fault.what)
            }
            ([], None) => format!("no source could tell the {family} address"),
        },
    }
}

/// Who said what, a line each.
pub fn ballots(detection: &Heard, cleaner: &Cleaner) -> Vec<String> {
    let line = |(source, told, took): (&crate::source::Source, Told<'_>, Option<u128>)| {
        let what = match told {
            Told::Says(opinion) => opinion.to_string(),
            Told::Failed(fault) => fault_cause(fault, cleaner),
            Told::NotNeeded => "not needed any more".to_owned(),
        };
        let took = took.map(|took| format!(" ({took} ms)")).unwrap_or_default();
        format!("{}: {what}{took}", source.id)
    };
    let notes = detection.notes();
    detection.told().into_iter().map(line).chain(notes.iter().map(|note| cleaner.remote(note))).collect()
}
