//! How long to wait after a failure.

use super::millis;
use crate::random::within;
use core::time::Duration;

/// Exponential with full jitter: the longest wait doubles with each failure up to a cap, and the wait is any up to that,
/// so that many who failed together do not come back together (AWS Architecture Blog, 2015, "Exponential Backoff And
/// Jitter", which found the full kind to need the least work).
///
/// Unlike there it is never shorter than half of `first`: a wait of nothing is no wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first failure.
    pub first: Duration,
    /// The longest wait after any number of failures; no less than `first` counts.
    pub cap: Duration,
}

impl Backoff {
    /// The wait after so many failures in a row, of which there is at least one, by a throw of the dice. Between
    /// [`Backoff::shortest`] and [`Backoff::longest`].
    #[must_use]
    pub fn after(self, failures: u32, random: u64) -> Duration {
        Duration::from_millis(within(random, millis(self.shortest())..=millis(self.longest(failures))))
    }

    /// The shortest wait: half of the first, at least a millisecond.
    #[must_use]
    pub fn shortest(self) -> Duration {
        Duration::from_millis((millis(self.first) / 2).max(1))
    }

    /// The longest wait after so many failures in a row.
    #[must_use]
    pub fn longest(self, failures: u32) -> Duration {
        let doubled = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
        let (first, cap) = (millis(self.first).max(1), millis(self.cap));
        Duration::from_millis(first.saturating_mul(doubled).min(cap.max(first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const QUICK: Backoff = Backoff { first: Duration::from_secs(5), cap: Duration::from_secs(300) };

    #[test]
    fn the_longest_wait_doubles_up_to_the_cap() {
        let longest = [1, 2, 3, 6, 7, 8, 64, 65, u32::MAX].map(|failures| QUICK.longest(failures).as_secs());
        assert_eq!(longest, [5, 10, 20, 160, 300, 300, 300, 300, 300]);
        assert_eq!(QUICK.longest(0), QUICK.longest(1));
    }

    #[test]
    fn a_wait_is_never_nothing_and_never_beyond_its_bounds() {
        let mut dice = Random::new(1);
        for _ in 0..100_000 {
            let first = Duration::from_millis(dice.below(1 << (1 + dice.clone().below(40))));
            let cap = Duration::from_millis(dice.below(1 << (1 + dice.clone().below(60))));
            let backoff = Backoff { first, cap };
            let failures = u32::try_from(dice.below(100)).expect("small");
            let wait = backoff.after(failures, dice.throw());
            assert!(wait > Duration::ZERO, "{backoff:?} {failures}");
            assert!((backoff.shortest()..=backoff.longest(failures)).contains(&wait), "{backoff:?}");
            assert!(backoff.longest(failures) <= backoff.longest(failures + 1), "{backoff:?} {failures}");
        }
        let odd = Backoff { first: Duration::MAX, cap: Duration::MAX };
        assert!(odd.after(u32::MAX, u64::MAX) > Duration::ZERO);
    }

    #[test]
    fn waits_after_the_same_failures_fill_their_range_evenly() {
        let mut dice = Random::new(2);
        let mut tenths = [0_u32; 10];
        for _ in 0..10_000 {
            // 2.5 s to 300 s, in ten parts of 29.75 s.
            let wait = QUICK.after(20, dice.throw()).as_millis() - 2_500;
            tenths[usize::try_from(wait / 29_751).expect("below ten")] += 1;
        }
        assert!(tenths.iter().all(|times| (850..1_150).contains(times)), "{tenths:?}");
    }
}
