//! Durations and schedules of other programs in our words.

use crate::draft::Draft;
use crate::tree::Said;

/// The shortest interval there is, in seconds.
const SHORTEST: u64 = 10;
/// The longest: a week.
const LONGEST: u64 = 7 * 24 * 60 * 60;

/// A number of seconds: `300`, `5m`, `1h30m`, `2 minutes`, `500ms` (rounded up).
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let text = text.trim().trim_matches('"');
    if let Ok(number) = text.parse::<u64>() {
        return Some(number);
    }
    let mut rest = text;
    let mut milliseconds = 0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let unit = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let factor = match rest[..unit].to_ascii_lowercase().as_str() {
            "ms" => 1.0,
            "s" | "sec" | "second" | "seconds" => 1_000.0,
            "m" | "min" | "minute" | "minutes" => 60_000.0,
            "h" | "hour" | "hours" => 3_600_000.0,
            "d" | "day" | "days" => 86_400_000.0,
            "w" | "week" | "weeks" => 604_800_000.0,
            _ => return None,
        };
        milliseconds += number * factor;
        rest = rest[unit..].trim_start();
    }
    // Nobody waits for 10^15 seconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to fit")]
    let seconds = (milliseconds > 0.0 && milliseconds < 1e18).then(|| (milliseconds / 1000.0).ceil() as u64);
    seconds
}

/// A duration as our configuration has it.
pub(crate) fn shown(seconds: u64) -> String {
    match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// Sets `interval`.
pub(crate) fn interval(draft: &mut Draft<'_>, seconds: Option<u64>, said: &Said) {
    match seconds {
        None => draft.lost(said, "it is no duration"),
        Some(0) => draft
            .changed(said, "the other program ran once; `dynflare update` does, and `dynflare run` stays"),
        Some(seconds) => {
            let fitting = seconds.clamp(SHORTEST, LONGEST);
            if fitting != seconds {
                draft.changed(said, "an interval is 10 seconds at least and 7 days at most");
            }
            draft.set("interval", format!("\"{}\"", shown(fitting)), said);
        }
    }
}

/// Sets `schedule` or `interval` from a cron expression or from `@every 5m`, `@hourly`, `@once`.
pub(crate) fn schedule(draft: &mut Draft<'_>, said: &Said) {
    let mut text = said.text.trim();
    for zone in ["CRON_TZ=", "TZ="] {
        if let Some(rest) = text.strip_prefix(zone) {
            let (name, after) = rest.split_once(' ').unwrap_or((rest, ""));
            draft.set("schedule_timezone", crate::render::quoted(name), said);
            text = after.trim();
        }
    }
    let fields = match text {
        "@once" => {
            draft.changed(
                said,
                "the other program ended after one round; `dynflare update` does too, from cron or a timer",
            );
            return;
        }
        "@disabled" | "@nevermore" => {
            draft.set("schedule", "\"on events only\"".to_owned(), said);
            return;
        }
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        _ => text,
    };
    if let Some(every) = fields.strip_prefix("@every") {
        interval(draft, seconds(every), said);
        return;
    }
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let harmless = |field: &&str| {
        field.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '*' | '/' | ',' | '-' | '?'))
    };
    if fields.len() != 5 || !fields.iter().all(harmless) {
        draft.lost(said, "it is no cron expression of five fields");
        return;
    }
    let minutes = fields[0].strip_prefix("*/").filter(|_| fields[1..] == ["*", "*", "*", "*"]);
    match minutes
        .and_then(|minutes| minutes.parse::<u64>().ok())
        .filter(|minutes| 60_u64.is_multiple_of((*minutes).max(1)))
    {
        Some(minutes) if minutes > 0 => interval(draft, Some(minutes * 60), said),
        Some(_) | None => draft.set("schedule", format!("\"{}\"", fields.join(" ").replace('?', "*")), said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_every_program_are_read() {
        for (text, expected) in [
            ("300", Some(300)),
            ("5m", Some(300)),
            ("1h30m", Some(5_400)),
            ("10 minutes", Some(600)),
            ("500ms", Some(1)),
            ("1.5h", Some(5_400)),
            ("3 weeks", Some(1_814_400)),
            ("", None),
            ("-5", None),
            ("soon", None),
            ("5 apples", None),
            ("99999999999999999999999h", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        for (seconds, expected) in [(300, "5m"), (90, "90s"), (86_400, "1d"), (7_200, "2h")] {
            assert_eq!(shown(seconds), expected);
        }
    }
}
