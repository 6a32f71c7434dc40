//! How a source has done, in words and for machines.

use super::clean::Cleaner;
use super::words::{counted, fault_cause, wait};
use dynflare_core::address::Family;
use dynflare_core::breaker::{PATIENCE, State, Track};
use dynflare_core::fault::Fault;
use serde_json::{Value, json};

/// A source whose breaker has opened in this round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The source.
    pub source: String,
    /// Over which family.
    pub family: Family,
    /// How often in a row it has failed.
    pub failures: u32,
    /// How long it is asked last now, in seconds.
    pub rest: u64,
    /// What its last failure was.
    pub fault: Fault,
}

/// How long ago something was: `37 s ago`, `5 days ago`, `never`. What a clock that was set back puts into the future
/// was just now.
pub fn ago(at: Option<u64>, now: u64) -> String {
    const DAY: u64 = 24 * 60 * 60;
    match at.map(|at| now.saturating_sub(at)) {
        None => "never".to_owned(),
        Some(seconds) if seconds >= 2 * DAY => format!("{} days ago", seconds / DAY),
        Some(seconds) => format!("{} ago", wait(seconds)),
    }
}

/// How its breaker stands: `closed`, `resting for 12 min more: 3 failures in a row`.
pub fn breaker(track: &Track, now: u64) -> String {
    match (track.state(now), why(track)) {
        (State::Open(until), Some(why)) => {
            format!("resting for {} more: {why}", wait(until.saturating_sub(now)))
        }
        (State::Open(until), None) => format!("resting for {} more", wait(until.saturating_sub(now))),
        (State::OnTrial, Some(why)) => format!("on trial, has rested: {why}"),
        (State::OnTrial, None) => "on trial, has rested".to_owned(),
        (State::Closed, Some(why)) => format!("closed, {why}"),
        (State::Closed, None) => "closed".to_owned(),
    }
}

/// The one warning about a source that has failed so often that it is asked last for a while.
pub fn opened(opened: &Opened, cleaner: &Cleaner) -> String {
    let Opened { source, family, failures, rest, fault } = opened;
    format!(
        "the source {source} has failed {} in a row over {family} and is asked last for {}: {}",
        counted(*failures as usize, "time"),
        wait(*rest),
        fault_cause(fault, cleaner)
    )
}

/// What speaks against asking it.
fn why(track: &Track) -> Option<String> {
    let failures = || format!("{} in a row", counted(track.failures as usize, "failure"));
    match track.failures {
        0 => None,
        // So few failures give nobody a rest.
        1.. if track.until.is_some() && track.failures < PATIENCE => {
            Some("it asked for that (Retry-After)".to_owned())
        }
        1.. => Some(failures()),
    }
}

/// One family's track. Times are in seconds since 1970.
pub fn value(family: Family, track: &Track, now: u64) -> Value {
    let until = match track.state(now) {
        State::Open(until) => Some(until),
        State::OnTrial | State::Closed => None,
    };
    json!({
        "family": family.as_str(),
        "last_asked": track.asked,
        "last_success": track.answered,
        "last_success_seconds_ago": track.answered.map(|at| now.saturating_sub(at)),
        "dissents": track.dissents,
        "failures_in_a_row": track.failures,
        "breaker": track.state(now).as_str(),
        "resting_until": until,
        "why": why(track),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::breaker::Deed;

    fn after(deeds: &[Deed]) -> Track {
        let mut track = Track::default();
        for deed in deeds {
            track.note(*deed, 1_000_000);
        }
        track
    }

    #[test]
    fn a_breaker_is_told_with_its_reason_and_what_is_left_of_the_rest() {
        for (deeds, later, expected) in [
            (&[][..], 0, "closed"),
            (&[Deed::Failed], 0, "closed, 1 failure in a row"),
            (&[Deed::Failed; 3], 60, "resting for 4 min more: 3 failures in a row"),
            (&[Deed::Failed; 3], 300, "on trial, has rested: 3 failures in a row"),
            (&[Deed::AskedForRest(90)], 20, "resting for 70 s more: it asked for that (Retry-After)"),
            (&[Deed::Failed, Deed::Failed, Deed::Failed, Deed::Answered], 0, "closed"),
        ] {
            assert_eq!(breaker(&after(deeds), 1_000_000 + later), expected, "{deeds:?}");
        }
    }

    #[test]
    fn ages_are_told_in_the_unit_that_fits() {
        for (at, expected) in [
            (None, "never"),
            (Some(1_000_000), "0 s ago"),
            (Some(1_000_009), "0 s ago"),
            (Some(999_400), "10 min ago"),
            (Some(500_000), "5 days ago"),
        ] {
            assert_eq!(ago(at, 1_000_000), expected);
        }
    }
}
