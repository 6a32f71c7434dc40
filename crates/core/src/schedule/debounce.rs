//! How a flurry of events becomes one.

use super::Moment;
use core::time::Duration;

/// Waits until nothing has been heard for a while, and not for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debounce {
    quiet: Duration,
    longest: Duration,
    /// The first and the last event of the flurry.
    flurry: Option<(Moment, Moment)>,
}

impl Debounce {
    /// Over when it has been quiet for `quiet`, or `longest` after the first event; no less than `quiet` counts.
    pub const fn new(quiet: Duration, longest: Duration) -> Self {
        Self { quiet, longest, flurry: None }
    }

    /// Something was heard.
    pub fn note(&mut self, now: Moment) {
        let first = self.flurry.map_or(now, |(first, _)| first);
        self.flurry = Some((first, now));
    }

    /// When the flurry is over, as far as is known by now; `None` where there is none.
    pub fn due(&self) -> Option<Moment> {
        let (first, last) = self.flurry?;
        Some((last + self.quiet).min(first + self.longest.max(self.quiet)))
    }

    /// Whether the flurry is over; it is told once.
    pub fn take(&mut self, now: Moment) -> bool {
        let over = self.due().is_some_and(|due| due <= now);
        if over {
            self.flurry = None;
        }
        over
    }

    /// Forgets what was heard: something else already does what it would start.
    pub fn clear(&mut self) {
        self.flurry = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    fn debounce() -> Debounce {
        Debounce::new(Duration::from_millis(200), Duration::from_secs(1))
    }

    #[test]
    fn one_event_is_due_after_the_quiet_time_and_told_once() {
        let mut debounce = debounce();
        assert_eq!((debounce.due(), debounce.take(at(0))), (None, false));
        debounce.note(at(50));
        assert_eq!((debounce.due(), debounce.take(at(249))), (Some(at(250)), false));
        assert!(debounce.take(at(250)));
        assert_eq!((debounce.due(), debounce.take(at(9_999))), (None, false));
    }

    #[test]
    fn events_that_never_stop_are_due_after_the_longest_wait() {
        let mut debounce = debounce();
        let told = (0..=3_000).step_by(100).filter(|now| {
            debounce.note(at(*now));
            debounce.take(at(*now))
        });
        // From each first event 1,000 ms; the event that tells ends its flurry.
        assert!(told.eq([1_000, 2_100]));
    }

    #[test]
    fn what_was_cleared_is_not_told() {
        let mut debounce = debounce();
        debounce.note(at(0));
        debounce.clear();
        assert!(!debounce.take(at(1_000)));
    }

    #[test]
    fn every_event_is_told_within_the_longest_wait_and_no_flurry_twice() {
        let mut dice = Random::new(6);
        for _ in 0..200 {
            let (mut debounce, mut waiting) = (debounce(), None);
            for now in 0..5_000 {
                if dice.chance(1, 300) {
                    debounce.note(at(now));
                    waiting = waiting.or(Some(now));
                }
                let told = debounce.take(at(now));
                assert!(!told || waiting.is_some());
                waiting = waiting.filter(|_| !told);
                assert!(waiting.is_none_or(|since| now - since < 1_000));
            }
        }
    }
}
