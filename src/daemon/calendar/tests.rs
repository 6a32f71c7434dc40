//! Expressions, clock changes, and what is told of mistakes.

use super::*;

/// The rule of Berlin, and its name: the database may be missing where tests run.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// 2026-03-29 00:00:00 UTC: an hour later clocks in Berlin go from 02:00 to 03:00.
const SPRING: u64 = 1_774_742_400;
/// 2026-10-25 00:00:00 UTC: an hour later clocks in Berlin go from 03:00 back to 02:00.
const AUTUMN: u64 = 1_792_886_400;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn times(text: &str, zone: &str) -> Times {
    Times::parse(text, &Zone::parse(zone).expect("a time zone")).expect("an expression")
}

/// The times within a span after `from`, counted from there.
fn within(times: &Times, from: u64, span: u64) -> Vec<u64> {
    let next = |at: &u64| times.next(*at).filter(|next| *next <= from + span);
    std::iter::successors(next(&from), next).map(|at| at - from).collect()
}

#[test]
fn every_five_minutes_comes_on_the_five_minutes_and_after_never_is_the_same() {
    let times = times("*/5 * * * *", "UTC");
    assert_eq!(within(&times, SPRING + 1, HOUR).len(), 12);
    assert_eq!(times.next(SPRING), Some(SPRING + 5 * MINUTE));
    assert_eq!(times.next(SPRING + 5 * MINUTE - 1), Some(SPRING + 5 * MINUTE));
}

#[test]
fn a_time_that_spring_leaves_out_comes_at_the_change_and_is_not_lost() {
    // 02:30 is not there on the 29th; the days before and after have it.
    let times = times("30 2 * * *", BERLIN);
    let start = SPRING - DAY;
    assert_eq!(within(&times, start, 3 * DAY), [HOUR + HOUR / 2, DAY + HOUR, 2 * DAY + HOUR / 2]);
}

#[test]
fn a_time_that_autumn_has_twice_comes_once() {
    let times = times("30 2 * * *", BERLIN);
    let start = AUTUMN - DAY;
    // 02:30 summer time is 00:30 UTC, and 02:30 winter time 01:30 UTC.
    assert_eq!(within(&times, start, 3 * DAY), [HOUR / 2, DAY + HOUR / 2, 2 * DAY + HOUR + HOUR / 2]);
}

#[test]
fn every_so_many_minutes_goes_on_through_both_changes() {
    let times = times("*/15 * * * *", BERLIN);
    for change in [SPRING, AUTUMN] {
        let found = within(&times, change - HOUR, 5 * HOUR);
        let expected: Vec<u64> = (1..=20).map(|quarter| quarter * 15 * MINUTE).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_time_zone_is_the_systems_by_name() {
    let Ok(zone) = Zone::parse("Europe/Berlin") else {
        // No database of time zones here; the rule above stands for it.
        return;
    };
    let by_name = Times::parse("30 2 * * *", &zone).expect("an expression");
    for start in [SPRING - DAY, AUTUMN - DAY] {
        assert_eq!(within(&by_name, start, 3 * DAY), within(&times("30 2 * * *", BERLIN), start, 3 * DAY));
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let mistake = |text: &str| {
        let mistake = Times::parse(text, &Zone::parse("UTC").expect("UTC")).expect_err(text);
        (text[mistake.at.clone()].to_owned(), mistake.what)
    };
    for (text, at, what) in [
        ("61 * * * *", "61", "expected 0 to 59 for the minute, found `61`"),
        ("0 24 * * *", "24", "expected 0 to 23 for the hour, found `24`"),
        ("0  0 x * *", "x", "expected 1 to 31, or L for the last for the day of the month, found `x`"),
        ("*/5 * * 13 *", "13", "expected 1 to 12, or JAN to DEC for the month, found `13`"),
        ("0 0 * * MOO", "MOO", "expected 0 to 7, or SUN to SAT for the day of the week, found `MOO`"),
        ("*/0 * * * *", "*/0", "expected 0 to 59 for the minute, found `*/0`"),
        (
            "*/5 * * *",
            "*/5 * * *",
            "expected five fields (minute, hour, day of the month, month, day of the week), found 4",
        ),
        (
            "0 */5 * * * *",
            "0 */5 * * * *",
            "expected five fields (minute, hour, day of the month, month, day of the week), found 6",
        ),
        (
            "@often",
            "@often",
            "expected one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, found `@often`",
        ),
        ("0 0 30 2 *", "0 0 30 2 *", "`0 0 30 2 *` never comes"),
    ] {
        assert_eq!(mistake(text), (at.to_owned(), what.to_owned()));
    }
    assert_eq!(
        Zone::parse("Europe/Atlantis").err().map(|mistake| mistake.what),
        Some("this system knows no time zone `Europe/Atlantis`".to_owned())
    );
}

#[test]
fn words_and_names_are_read_too() {
    assert_eq!(within(&times("@hourly", "UTC"), SPRING, 3 * HOUR), [HOUR, 2 * HOUR, 3 * HOUR]);
    // 2026-03-29 is a Sunday.
    assert_eq!(within(&times("0 6 * * MON-FRI", "UTC"), SPRING, 7 * DAY).len(), 5);
    // Leap days are years apart, and come.
    let leap = times("0 0 29 2 *", "UTC").next(SPRING).expect("2028");
    assert_eq!(leap, 1_835_395_200);
}
