//! Dates as HTTP writes them (RFC 9110 §5.6.7), and `Retry-After` (§10.2.3).

use hyper::HeaderMap;
use hyper::header::RETRY_AFTER;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How long the other side asks to wait: a number of seconds, or the time until a date (zero if it has passed).
/// `None` where the header is absent, repeated with different values or not understood.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let mut values = headers.get_all(RETRY_AFTER).iter();
    let value = values.next()?;
    if values.any(|other| other != value) {
        return None;
    }
    let text = value.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a very long time, not nonsense (RFC 9111 §1.2.2 says the same of its seconds).
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = UNIX_EPOCH + Duration::from_secs(http_date(text)?);
    Some(date.duration_since(now).unwrap_or_default())
}

/// What the other side says what time it is, in seconds since 1970.
#[cfg(feature = "doctor")]
pub(super) fn of_server(headers: &HeaderMap) -> Option<u64> {
    http_date(headers.get(hyper::header::DATE)?.to_str().ok()?.trim())
}

/// Seconds since 1970 of an HTTP date in any of its three forms; none before 1970.
fn http_date(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split([' ', ',', '-']).filter(|part| !part.is_empty()).collect();
    // Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT; Sun Nov  6 08:49:37 1994
    let ([_, day, month, year, clock, "GMT"] | [_, month, day, clock, year]) = parts[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)?;
    let year = match (year.len(), number(year)?) {
        (4, year) => year,
        // RFC 9110: a two-digit year that looks more than 50 years ahead is in the past. 1970 is where we begin.
        (2, year) if year < 70 => 2000 + year,
        (2, year) => 1900 + year,
        _ => return None,
    };
    let mut clock = clock.split(':');
    let (hour, minute, second) = (number(clock.next()?)?, number(clock.next()?)?, number(clock.next()?)?);
    let day = number(day)?;
    if clock.next().is_some() || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_before(year, u64::try_from(month).ok()?)?.checked_add(day - 1)?;
    Some(days * DAY + hour * 3600 + minute * 60 + second)
}

fn number(digits: &str) -> Option<u64> {
    let plain = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days of `year`'s `month` (0 to 11).
fn month_length(year: u64, month: u64) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the first of `year`'s `month` (0 to 11).
fn days_before(year: u64, month: u64) -> Option<u64> {
    let past = year.checked_sub(1)?;
    let leap_days = past / 4 - past / 100 + past / 400;
    let days = past * 365 + leap_days + (0..month).map(|m| month_length(year, m)).sum::<u64>();
    days.checked_sub(719_162)
}

/// Seconds since 1970 as `2026-11-23 05:49 UTC`.
pub fn minute(seconds: u64) -> String {
    let (mut days, rest) = (seconds / DAY, seconds % DAY);
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 0;
    while days >= month_length(year, month) {
        days -= month_length(year, month);
        month += 1;
    }
    format!("{year}-{:02}-{:02} {:02}:{:02} UTC", month + 1, days + 1, rest / 3600, rest / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    /// 1994-11-06 08:49:37, the example of RFC 9110 §5.6.7.
    const EXAMPLE: u64 = 784_111_777;

    fn wait(value: &'static str, now: u64) -> Option<u64> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
        retry_after(&headers, UNIX_EPOCH + Duration::from_secs(now)).map(|wait| wait.as_secs())
    }

    #[test]
    fn all_three_forms_of_a_date_are_read() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(http_date(text), Some(EXAMPLE), "{text}");
        }
        assert_eq!(http_date("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
    }

    #[test]
    fn ur_48_retry_after_is_seconds_or_a_date() {
        assert_eq!(wait("37", 0), Some(37));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE - 300), Some(300));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE + 1), Some(0));
        assert_eq!(wait("99999999999999999999999", 0), Some(u64::from(u32::MAX)));
    }

    #[test]
    fn a_wait_that_is_not_understood_is_none() {
        for text in ["", "soon", "-5", "1.5", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT"] {
            assert_eq!(wait(text, 0), None, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), UNIX_EPOCH), None);
    }

    #[test]
    fn a_time_is_shown_to_the_minute() {
        assert_eq!(minute(0), "1970-01-01 00:00 UTC");
        assert_eq!(minute(EXAMPLE), "1994-11-06 08:49 UTC");
        assert_eq!(minute(1_709_164_800 + DAY - 1), "2024-02-29 23:59 UTC");
    }
}
