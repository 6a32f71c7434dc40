//! When a certificate is renewed, and when a failed attempt is repeated. Pure: every time is given.
//!
//! Renewal is due at two thirds of the lifetime, or at a moment within the window that the authority suggests (RFC
//! 9773 §4.2). The moment follows from the certificate itself, so it is the same after a restart and differs from
//! server to server.

use std::time::{Duration, SystemTime};

/// The first wait after a failure; it doubles with each further one.
const FIRST: Duration = Duration::from_secs(120);

/// The longest wait between attempts.
const LONGEST: Duration = Duration::from_secs(6 * 3600);

/// The longest wait while what failed is the way to the authority, which costs it nothing.
const LONGEST_UNHEARD: Duration = Duration::from_secs(30 * 60);

/// So many failures within [`SPAN`], and the next attempt waits until it is over, whatever happens: restarts too.
/// (Let's Encrypt allows five failed validations of a name an hour.)
const FAILURES: usize = 4;

/// See [`FAILURES`].
const SPAN: Duration = Duration::from_secs(3600);

/// After a new certificate.
const REST: Duration = Duration::from_secs(12 * 3600);

/// An authority that wants a longer wait than this is asked after it all the same.
const LONGEST_ASKED: Duration = Duration::from_secs(7 * 86_400);

/// Two moments, the first before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: SystemTime,
    pub(super) end: SystemTime,
}

impl Window {
    fn at(self, numerator: u32, denominator: u32) -> SystemTime {
        let length = self.end.duration_since(self.start).unwrap_or_default();
        self.start + length / denominator * numerator
    }
}

/// When a certificate of this validity is to be renewed. `draw` is an even draw from all values.
pub(super) fn renewal(validity: Window, suggested: Option<Window>, draw: u32) -> SystemTime {
    let (from, to) = match suggested {
        Some(window) => (window.start, window.end),
        // A fiftieth of the lifetime: two days of ninety.
        None => (validity.at(32, 50), validity.at(100, 150)),
    };
    let length = to.duration_since(from).unwrap_or_default();
    let drawn = from + length.mul_f64(f64::from(draw) / f64::from(u32::MAX));
    // A window after the end would leave the server without a certificate.
    drawn.min(validity.at(9, 10))
}

/// Not before this is a new certificate renewed, whatever the clock or the authority says: one of them is wrong, and
/// neither may become a reason to order without end.
pub(super) fn rest(validity: Window, now: SystemTime) -> SystemTime {
    let life = validity.end.duration_since(validity.start).unwrap_or_default();
    now + (life / 3).min(REST)
}

/// What is known of attempts that failed since the last success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Failures {
    /// When, the oldest first; at most [`FAILURES`] are kept.
    pub(super) recent: Vec<SystemTime>,
    /// How many in all.
    pub(super) count: u32,
    /// Not before this, as the authority asked.
    pub(super) not_before: Option<SystemTime>,
}

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cost {
    /// The authority was not reached, or was not itself: it has not counted this.
    Unheard,
    /// It has looked at what was asked, and may count it.
    Counted,
}

impl Failures {
    /// One more, and when the next attempt may be. `draw` as for [`renewal`].
    pub(super) fn add(
        &mut self,
        now: SystemTime,
        cost: Cost,
        asked: Option<Duration>,
        draw: u32,
    ) -> SystemTime {
        let longest = match cost {
            Cost::Unheard => LONGEST_UNHEARD,
            Cost::Counted => LONGEST,
        };
        let wait = FIRST.saturating_mul(1 << self.count.min(12)).min(longest);
        // Up to a quarter longer: those who failed together do not come back together.
        let wait = wait + (wait / 4).mul_f64(f64::from(draw) / f64::from(u32::MAX));
        self.count = self.count.saturating_add(1);
        if cost == Cost::Counted {
            self.recent.push(now);
            let over = self.recent.len().saturating_sub(FAILURES);
            self.recent.drain(..over);
        }
        self.not_before = asked.map(|asked| now + asked.min(LONGEST_ASKED));
        (now + wait).max(self.earliest(now))
    }

    /// When an attempt may be made by somebody who has just started, or was told to try now.
    pub(super) fn earliest(&self, now: SystemTime) -> SystemTime {
        let oldest = (self.recent.len() >= FAILURES).then(|| self.recent.first()).flatten();
        // A time from the future is of a clock that was wrong.
        let by_count = oldest.filter(|oldest| **oldest <= now).map_or(now, |oldest| *oldest + SPAN);
        let asked = self.not_before.filter(|until| *until <= now + LONGEST_ASKED);
        now.max(by_count).max(asked.unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    const DAY: u64 = 86_400;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn ninety_days() -> Window {
        Window { start: at(0), end: at(90 * DAY) }
    }

    #[test]
    fn a_certificate_is_renewed_at_two_thirds_of_its_life_and_a_little_earlier_by_lot() {
        assert_eq!(renewal(ninety_days(), None, u32::MAX), at(60 * DAY));
        let earliest = renewal(ninety_days(), None, 0);
        assert_eq!(earliest, at(90 * DAY / 50 * 32));
        let middle = renewal(ninety_days(), None, u32::MAX / 2);
        assert!(middle > earliest && middle < at(60 * DAY));
    }

    #[test]
    fn the_authoritys_window_is_believed_but_not_beyond_the_end() {
        let window = |start, end| Some(Window { start: at(start), end: at(end) });
        let chosen = renewal(ninety_days(), window(30 * DAY, 31 * DAY), u32::MAX / 4);
        assert!(chosen > at(30 * DAY) && chosen < at(31 * DAY));
        // "Now", as after a revocation.
        assert_eq!(renewal(ninety_days(), window(0, 1), 0), at(0));
        assert_eq!(renewal(ninety_days(), window(100 * DAY, 120 * DAY), 7), at(81 * DAY));
        // Turned round, it has no length.
        assert_eq!(renewal(ninety_days(), window(31 * DAY, 30 * DAY), u32::MAX), at(31 * DAY));
    }

    #[test]
    fn a_new_certificate_is_left_alone_for_half_a_day_or_a_third_of_its_life() {
        let now = at(1_000_000_000);
        assert_eq!(rest(ninety_days(), now), now + REST);
        assert_eq!(rest(Window { start: at(0), end: at(60) }, now), now + Duration::from_secs(20));
    }

    #[test]
    fn waits_double_and_end_at_six_hours() {
        let mut failures = Failures::default();
        let mut now = at(1_000_000);
        let mut waits = Vec::new();
        for _ in 0..12 {
            let next = failures.add(now, Cost::Counted, None, 0);
            waits.push(next.duration_since(now).expect("it is later").as_secs());
            now = next;
        }
        assert_eq!(waits[..3], [120, 240, 480]);
        assert_eq!(waits[11], 6 * 3600);
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1] || pair[0] > 2000), "{waits:?}");
    }

    #[test]
    fn no_hour_sees_more_than_five_counted_attempts_even_with_a_restart_after_each() {
        let mut failures = Failures::default();
        let mut now = at(1_000_000);
        let mut made = Vec::new();
        for _ in 0..20 {
            now = failures.earliest(now);
            made.push(now);
            failures.add(now, Cost::Counted, None, 0);
            now += Duration::from_secs(1);
        }
        for (place, first) in made.iter().enumerate() {
            let within = made[place..].iter().filter(|one| **one < *first + SPAN).count();
            assert!(within <= 5, "{within} attempts within an hour");
        }
    }

    #[test]
    fn an_authority_out_of_reach_is_asked_every_half_hour_and_not_counted() {
        let mut failures = Failures::default();
        let now = at(1_000_000);
        for _ in 0..40 {
            failures.add(now, Cost::Unheard, None, u32::MAX);
        }
        let next = failures.add(now, Cost::Unheard, None, 0);
        assert_eq!(next, now + LONGEST_UNHEARD);
        assert_eq!(failures.earliest(now), now);
    }

    #[test]
    fn what_the_authority_asks_is_kept_through_a_restart() {
        let mut failures = Failures::default();
        let now = at(1_000_000);
        let day = Duration::from_secs(DAY);
        assert_eq!(failures.add(now, Cost::Counted, Some(day), 0), now + day);
        assert_eq!(failures.earliest(now + Duration::from_secs(5)), now + day);
        // Nobody waits for a year.
        let next = failures.add(now, Cost::Counted, Some(day * 365), 0);
        assert_eq!(next, now + LONGEST_ASKED);
    }

    #[test]
    fn times_of_a_clock_that_was_ahead_hold_nothing_up() {
        let future = at(9_000_000_000);
        let failures = Failures { recent: vec![future; 4], count: 4, not_before: Some(future) };
        assert_eq!(failures.earliest(at(1_000_000)), at(1_000_000));
    }
}
