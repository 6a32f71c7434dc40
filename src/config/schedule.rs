//! When rounds are due: `interval`, or `schedule` with its time zone.

use super::diagnostic::Diagnostic;
use super::effective::Row;
use super::layers::Layers;
use super::origin::Setting;
use super::value::{Given, show_duration};
use crate::daemon::calendar::{Mistake, Schedule, Times, Zone};
use std::sync::Arc;
use std::time::Duration;

/// What stands for no regular times at all.
const EVENTS_ONLY: &str = "on events only";

/// The shortest interval: more often nobody's sources should be asked.
const SHORTEST: Duration = Duration::from_secs(10);
/// The longest: a week.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Reads it all; which key it comes from shows in the origin.
pub(super) fn read(layers: &Layers, mistakes: &mut Vec<Diagnostic>) -> Setting<Schedule> {
    let interval =
        layers.setting("interval", None, |given| given.duration(SHORTEST..=LONGEST).map(Some), mistakes);
    let zone = layers.setting("schedule_timezone", None, |given| zone(given).map(Some), mistakes);
    // Only a schedule is a reason to look the system's up.
    let in_zone = || zone.value.clone().unwrap_or_else(Zone::of_system);
    let schedule = layers.setting("schedule", None, |given| schedule(given, &in_zone()).map(Some), mistakes);
    let without_effect = |key: &str, beside: &str| {
        let place = layers.place(key)?;
        let message = format!("`{key}` has no effect {beside}");
        Some(Diagnostic::error(message, place).hint(format!("remove `{key}`")))
    };
    match (schedule.value, interval.value) {
        (Some(value), _) => {
            mistakes.extend(without_effect("interval", "beside `schedule`"));
            if matches!(value, Schedule::EventsOnly) {
                mistakes.extend(without_effect("schedule_timezone", "without times"));
            }
            Setting { value, origin: schedule.origin }
        }
        (None, interval_set) => {
            if layers.place("schedule").is_none() {
                mistakes.extend(without_effect("schedule_timezone", "without `schedule`"));
            }
            Setting {
                value: interval_set.map_or_else(Schedule::default, Schedule::Every),
                origin: interval.origin,
            }
        }
    }
}

/// The rows of the effective configuration: as written, or the interval.
pub(super) fn rows(schedule: &Setting<Schedule>, layers: &Layers) -> Vec<Row> {
    let written = |key: &'static str| {
        let given = layers.all(key).last()?;
        Some(Row::new(key, given.text().ok()?.trim(), &given.place.origin()))
    };
    match &schedule.value {
        Schedule::Every(interval) => vec![Row::new("interval", show_duration(*interval), &schedule.origin)],
        Schedule::Times(_) | Schedule::EventsOnly => {
            [written("schedule"), written("schedule_timezone")].into_iter().flatten().collect()
        }
    }
}

fn zone(given: &Given) -> Result<Zone, Diagnostic> {
    let text = given.text()?;
    Zone::parse(text.trim()).map_err(|mistake| told(mistake, given, text))
}

fn schedule(given: &Given, zone: &Zone) -> Result<Schedule, Diagnostic> {
    let text = given.text()?;
    let trimmed = text.trim();
    if trimmed.is_empty() {
        let message = format!("expected a cron expression or `{EVENTS_ONLY}`, found nothing");
        return Err(Diagnostic::error(message, &given.place));
    }
    if trimmed.eq_ignore_ascii_case(EVENTS_ONLY) {
        return Ok(Schedule::EventsOnly);
    }
    if given.duration(Duration::ZERO..=Duration::MAX).is_ok() {
        let message = format!("expected a cron expression or `{EVENTS_ONLY}`, found a duration");
        return Err(
            Diagnostic::error(message, &given.place).hint(format!("write `interval = \"{trimmed}\"`"))
        );
    }
    Times::parse(trimmed, zone)
        .map(Arc::new)
        .map(Schedule::Times)
        .map_err(|mistake| told(mistake, given, text))
}

/// A mistake at its place within what was written.
fn told(mistake: Mistake, given: &Given, text: &str) -> Diagnostic {
    let before = text.len() - text.trim_start().len();
    let at = before + mistake.at.start..before + mistake.at.end;
    Diagnostic::error(mistake.what, &given.place.part(at)).hint(mistake.hint)
}
