//! The snapshot for people: how the daemon does, a line for each record and family, what wakes it.

use super::{AddressStatus, RecordStatus, Status, TriggerStatus};
use crate::report::clean::Cleaner;
use crate::report::human::Volume;
use crate::report::{when, words};
use std::collections::BTreeSet;

/// The whole page, without the last newline. `now` is in seconds since 1970-01-01 UTC.
pub fn page(status: &Status, now: u64, volume: Volume) -> String {
    let mut lines = above(status, now);
    lines.extend(status.records.iter().flat_map(|record| of_record(record, now)));
    for address in &status.addresses {
        lines.push(of_address(address, now));
        if volume >= Volume::Verbose {
            lines.extend(of_ballots(address));
        }
    }
    lines.extend(below(status, now, volume));
    clean(&lines)
}

/// How the daemon does, and what is wrong with its configuration.
pub(super) fn above(status: &Status, now: u64) -> Vec<String> {
    let mistake =
        status.config_mistake.iter().map(|why| format!("the configuration on disk is not in use: {why}"));
    std::iter::once(head(status, now)).chain(mistake).collect()
}

/// What wakes the daemon, and what its rounds were like.
pub(super) fn below(status: &Status, now: u64, volume: Volume) -> Vec<String> {
    let mut lines = Vec::new();
    if !status.triggers.is_empty() {
        let triggers: Vec<String> = status.triggers.iter().map(|one| of_trigger(one, now)).collect();
        lines.push(format!("woken by {}", triggers.join("; ")));
    }
    if volume >= Volume::Verbose {
        lines.push(of_rounds(status));
    }
    lines
}

/// Lines as one text. They may hold somebody else's words; blanks at their beginning are ours.
pub(super) fn clean(lines: &[String]) -> String {
    let cleaner = Cleaner::default();
    let clean = |line: &String| {
        let indent = line.len() - line.trim_start_matches(' ').len();
        format!("{}{}", &line[..indent], cleaner.whole(line))
    };
    lines.iter().map(clean).collect::<Vec<_>>().join("\n")
}

/// Whether all is well, in one line: `healthy: the last round in which all came right was 3 s ago`.
pub fn verdict(status: &Status, now: u64) -> String {
    match status.health(now) {
        Err(why) => format!("not healthy: {why}"),
        Ok(()) => match status.fine {
            Some(fine) => {
                format!("healthy: the last round in which all came right was {}", when::ago_of(fine, now))
            }
            None => {
                format!("healthy: started {}, and no round came right yet", when::ago_of(status.started, now))
            }
        },
    }
}

/// What comes next, as a clause: `next round in 4 min (schedule)`.
pub fn next(status: &Status, now: u64) -> String {
    match (&status.next, status.in_round) {
        (_, true) => "a round is under way".to_owned(),
        (Some(next), false) => format!("next round {} ({})", when::ahead_of(next.at, now), next.cause),
        (None, false) => "the next round begins when something happens".to_owned(),
    }
}

fn head(status: &Status, now: u64) -> String {
    let lasted = words::lasting(now.saturating_sub(status.started));
    let next = next(status, now);
    let Status { version, pid, .. } = status;
    format!("{}; version {version}, running for {lasted} (pid {pid}); {next}", verdict(status, now))
}

/// How a record stands, as a clause: `right for 2 h`, `failed for 5 min, 3 times in a row`.
pub fn standing(one: &RecordStatus, now: u64) -> String {
    let lasted = words::lasting(now.saturating_sub(one.since));
    if one.right {
        return format!("right for {lasted}");
    }
    if one.state == "new" {
        return "not looked at yet".to_owned();
    }
    let times = match one.failures {
        0 => String::new(),
        times => format!(", {} in a row", words::counted(times as usize, "time")),
    };
    format!("{} for {lasted}{times}", one.state)
}

fn of_record(one: &RecordStatus, now: u64) -> Vec<String> {
    let values = held(one).map_or_else(str::to_owned, words::and);
    let mut parts = vec![format!("{}: {values}", one.record), standing(one, now)];
    if let Some(changed) = one.changed {
        parts.push(format!("changed {}", when::ago_of(changed, now)));
    }
    if let Some(confirmation) = &one.confirmation {
        parts.push(confirmation.clause());
    }
    if let Some(next) = one.next_try {
        parts.push(format!("next try {}", when::ahead_of(next, now)));
    }
    std::iter::once(parts.join(", ")).chain(of_cause(one)).collect()
}

/// The values of a record, or why there are none to show.
pub fn held(one: &RecordStatus) -> Result<&[String], &'static str> {
    match one.values.as_deref() {
        None => Err("not seen yet"),
        Some([]) => Err("nothing there"),
        Some(values) => Ok(values),
    }
}

/// Why a record is not right, and what to do about it.
pub(super) fn of_cause(one: &RecordStatus) -> impl Iterator<Item = String> + '_ {
    let cause = one.cause.iter().map(|cause| format!("  cause: {cause}"));
    cause.chain(one.hint.iter().map(|hint| format!("  hint: {hint}")))
}

/// Who said what, a line each.
pub(super) fn of_ballots(one: &AddressStatus) -> impl Iterator<Item = String> + '_ {
    one.ballots.iter().map(|said| format!("  {}: {}", said.source, said.said))
}

fn of_address(one: &AddressStatus, now: u64) -> String {
    let by = one.uplink.as_ref().map(|uplink| format!(" by {uplink}")).unwrap_or_default();
    let family = one.family;
    let what = match one.address {
        Some(address) => {
            let since = one.since.map(|since| format!(" for {}", words::lasting(now.saturating_sub(since))));
            format!("{address}{}", since.unwrap_or_default())
        }
        None => "no address".to_owned(),
    };
    let agreed = one.agreed_at.map(|at| format!(", agreed {}", when::ago_of(at, now))).unwrap_or_default();
    let last = match one.verdict.as_str() {
        "agreed" => match holders(one).as_slice() {
            [] => String::new(),
            holders => format!(" by {}", words::and(holders)),
        },
        "none" | "" => String::new(),
        verdict => format!(", not agreed this time ({verdict})"),
    };
    format!("IPv{family}{by}: {what}{agreed}{last}")
}

/// The operators that hold the address, in the order of their names.
pub(super) fn holders(one: &AddressStatus) -> Vec<&str> {
    let address = one.address.map(|address| address.to_string()).unwrap_or_default();
    let holders = one.ballots.iter().filter(|said| said.said == address).map(|said| said.operator.as_str());
    holders.collect::<BTreeSet<_>>().into_iter().collect()
}

fn of_trigger(one: &TriggerStatus, now: u64) -> String {
    let TriggerStatus { name, watching, why, fired, last } = one;
    if !*watching {
        let why = why.as_deref().unwrap_or("not in use");
        return format!("{name} (does not watch: {why})");
    }
    match last {
        None => name.clone(),
        Some(last) => {
            format!(
                "{name} ({}, last {})",
                words::counted(usize::try_from(*fired).unwrap_or(usize::MAX), "time"),
                when::ago_of(*last, now)
            )
        }
    }
}

fn of_rounds(status: &Status) -> String {
    let counters = &status.counters;
    let last = match &status.round {
        Some(round) => format!("; the last ({}) took {} ms", round.cause, round.took_ms),
        None => String::new(),
    };
    format!(
        "{} rounds since the start, {} with something not right, {} changes{last}",
        counters.rounds, counters.rounds_failed, counters.changes
    )
}
