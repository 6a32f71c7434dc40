//! Times for people: on the clock of this machine's place, or as the time that passed; and as people write them.

use super::words;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt::strtime};

/// The clock that times are shown by and read on.
#[derive(Clone, Debug)]
pub struct Clock(TimeZone);

impl Clock {
    /// The clock of this machine's place; UTC where it does not say where it is.
    pub fn local() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// The clock of everywhere.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Seconds since 1970-01-01 UTC as `2026-11-23 05:49:08+00:00`.
    pub fn stamp(&self, at: u64) -> String {
        let Ok(timestamp) = Timestamp::from_second(i64::try_from(at).unwrap_or(i64::MAX)) else {
            return format!("{at} s after 1970");
        };
        let zoned = timestamp.to_zoned(self.0.clone());
        strtime::format("%Y-%m-%d %H:%M:%S%:z", &zoned).unwrap_or_else(|_| timestamp.to_string())
    }

    /// Seconds since 1970-01-01 UTC to the minute, where the whole stamp is near: `2026-11-23 05:49`.
    pub fn minute(&self, at: u64) -> String {
        self.stamp(at).chars().take("2026-11-23 05:49".len()).collect()
    }

    /// Seconds since 1970-01-01 UTC as programs write them: `2026-11-23T05:49:08Z` (RFC 3339).
    pub fn machine(at: u64) -> String {
        let timestamp = Timestamp::from_second(i64::try_from(at).unwrap_or(i64::MAX));
        timestamp.map_or_else(|_| String::new(), |timestamp| timestamp.to_string())
    }

    /// A point in the past as people write it, in seconds since 1970-01-01 UTC: `2h`, `7d` before `now`, or
    /// `2026-11-23`, `2026-11-23 05:49`, `2026-11-23T05:49:08Z`. The error is the end of a sentence.
    pub fn since(&self, text: &str, now: u64) -> Result<u64, String> {
        let text = text.trim();
        if let Some(seconds) = ago(text) {
            return Ok(now.saturating_sub(seconds));
        }
        let at = match text.parse::<Timestamp>() {
            Ok(timestamp) => Some(timestamp),
            Err(_) => self.on_the_clock(text),
        };
        let seconds = at.and_then(|at| u64::try_from(at.as_second()).ok());
        seconds.ok_or_else(|| {
            format!("expected a time such as `2h`, `7d`, `2026-11-23` or `2026-11-23 05:49`, found `{text}`")
        })
    }

    fn on_the_clock(&self, text: &str) -> Option<Timestamp> {
        let civil = match text.parse::<DateTime>() {
            Ok(civil) => civil,
            Err(_) => text.parse::<Date>().ok()?.at(0, 0, 0, 0),
        };
        self.0.to_timestamp(civil).ok()
    }
}

/// `90s`, `30m`, `2h`, `7d`, `4w` in seconds.
fn ago(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// `3 min 20 s ago`; `now` where the clock says that it is still to come.
pub fn ago_of(at: u64, now: u64) -> String {
    match now.saturating_sub(at) {
        0 => "now".to_owned(),
        passed => format!("{} ago", words::lasting(passed)),
    }
}

/// `in 3 min 20 s`; `now` where that has passed.
pub fn ahead_of(at: u64, now: u64) -> String {
    match at.saturating_sub(now) {
        0 => "now".to_owned(),
        ahead => format!("in {}", words::lasting(ahead)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::offset;

    const AT: u64 = 1_795_384_148;

    #[test]
    fn a_time_is_shown_on_its_clock() {
        assert_eq!(Clock::utc().stamp(AT), "2026-11-22 21:49:08+00:00");
        assert_eq!(Clock(offset(1).to_time_zone()).stamp(AT), "2026-11-22 22:49:08+01:00");
        assert_eq!(Clock::utc().stamp(u64::MAX), "18446744073709551615 s after 1970");
        assert_eq!(Clock::utc().minute(AT), "2026-11-22 21:49");
        assert_eq!(Clock::machine(AT), "2026-11-22T21:49:08Z");
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let read = |text| Clock::utc().since(text, AT);
        assert_eq!(read("2h"), Ok(AT - 7200));
        assert_eq!(read(" 7d "), Ok(AT - 7 * 86_400));
        assert_eq!(read("90 min"), Ok(AT - 5400));
        assert_eq!(read("2026-11-22"), Ok(AT - AT % 86_400));
        assert_eq!(read("2026-11-22 21:49"), Ok(AT - 8));
        assert_eq!(read("2026-11-22T21:49:08Z"), Ok(AT));
        assert_eq!(Clock(offset(1).to_time_zone()).since("2026-11-22T22:49:08", AT), Ok(AT));
        assert_eq!(read("99999999w"), Ok(0));
        for wrong in ["", "2", "yesterday", "2026-13-01", "-2h", "1969-01-01", "99999999999999999999d"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn passed_and_coming_times_are_told_in_two_parts() {
        assert_eq!(ago_of(AT - 200, AT), "3 min 20 s ago");
        assert_eq!(ago_of(AT + 5, AT), "now");
        assert_eq!(ahead_of(AT + 90_000, AT), "in 1 d 1 h");
        assert_eq!(ahead_of(AT, AT), "now");
    }
}
