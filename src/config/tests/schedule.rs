//! When rounds are due, as written.

use super::*;
use crate::daemon::calendar::Schedule;

fn schedule(line: &str) -> Schedule {
    good(from_file(&format!("version = 1\n{line}\n"))).0.schedule.value
}

#[test]
fn without_a_word_it_is_every_five_minutes_and_an_interval_says_otherwise() {
    assert!(matches!(schedule(""), Schedule::Every(every) if every == Duration::from_secs(300)));
    assert!(
        matches!(schedule("interval = \"1h\""), Schedule::Every(every) if every == Duration::from_secs(3_600))
    );
    let (settings, _) = good(from_world([("DYNFLARE_INTERVAL", "90s"), ("RECORDS", "")]));
    assert_eq!(settings.schedule.origin.to_string(), "$DYNFLARE_INTERVAL");
}

#[test]
fn on_events_only_is_a_schedule() {
    assert!(matches!(schedule("schedule = \"on events only\""), Schedule::EventsOnly));
}

#[cfg(feature = "cron")]
#[test]
fn a_cron_expression_is_read_in_its_time_zone_and_shown_as_written() {
    let file = "version = 1\nschedule = \"30 2 * * *\"\nschedule_timezone = \"UTC\"\n";
    let (settings, _) = good(from_file(file));
    let Schedule::Times(times) = &settings.schedule.value else { panic!("{:?}", settings.schedule) };
    // 2026-01-01 00:00 UTC, and half past two.
    let next = dynflare_core::machine::Calendar::next(times.as_ref(), 1_767_225_600);
    assert_eq!(next, Some(1_767_225_600 + 9_000));
    let rows: Vec<_> =
        settings.effective().iter().map(|row| format!("{} = {}", row.name, row.value)).collect();
    assert!(rows.contains(&"schedule = 30 2 * * *".to_owned()), "{rows:?}");
    assert!(rows.contains(&"schedule_timezone = UTC".to_owned()), "{rows:?}");
    assert!(!rows.iter().any(|row| row.starts_with("interval")), "{rows:?}");
}

#[cfg(feature = "cron")]
#[test]
fn what_is_wrong_in_an_expression_is_shown_under_its_field() {
    let expected = "\
error: `schedule`: expected 0 to 23 for the hour, found `25`
 --> dynflare.toml:2:17
  |
2 | schedule = \"*/5 25 * * *\"
  |                 ^^
  hint: write numbers, `*`, ranges (1-5), lists (1,15) or steps (*/5), as in crontab(5)
error: `schedule_timezone`: this system knows no time zone `Berlin`
 --> dynflare.toml:3:22
  |
3 | schedule_timezone = \"Berlin\"
  |                      ^^^^^^
  hint: write a name such as \"Europe/Berlin\", or \"UTC\"; where the system has no database of time zones \
(package tzdata), write the rule: \"CET-1CEST,M3.5.0,M10.5.0/3\"
";
    let file = "version = 1\nschedule = \"*/5 25 * * *\"\nschedule_timezone = \"Berlin\"\n";
    let shown = rendered(file);
    let squeezed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(squeezed(&shown), squeezed(expected));
}

#[test]
fn settings_that_exclude_each_other_are_told() {
    let told =
        |file: &str| rendered(&format!("version = 1\n{file}")).lines().next().unwrap_or_default().to_owned();
    assert_eq!(
        told("schedule = \"on events only\"\ninterval = \"5m\"\n"),
        "error: `interval` has no effect beside `schedule`"
    );
    assert_eq!(
        told("schedule = \"5m\"\n"),
        "error: `schedule`: expected a cron expression or `on events only`, found a duration"
    );
    assert_eq!(
        told("schedule = \"\"\n"),
        "error: `schedule`: expected a cron expression or `on events only`, found nothing"
    );
    assert_eq!(
        told("interval = \"1s\"\n"),
        "error: `interval`: expected a duration from 10s to 7d, found 1s"
    );
}

#[cfg(feature = "cron")]
#[test]
fn a_time_zone_without_times_is_told() {
    let told =
        |file: &str| rendered(&format!("version = 1\n{file}")).lines().next().unwrap_or_default().to_owned();
    assert_eq!(
        told("schedule_timezone = \"UTC\"\n"),
        "error: `schedule_timezone` has no effect without `schedule`"
    );
    assert_eq!(
        told("schedule = \"on events only\"\nschedule_timezone = \"UTC\"\n"),
        "error: `schedule_timezone` has no effect without times"
    );
}
