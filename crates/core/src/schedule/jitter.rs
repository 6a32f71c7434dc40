//! How a regular interval is spread, so that many who started together do not stay together.

use super::millis;
use crate::random::within;
use core::time::Duration;

/// By how many percent an interval is lengthened or shortened at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jitter(u8);

impl Jitter {
    /// No spread.
    pub const NONE: Self = Self(0);

    /// How much later than a set time something is done, by a throw of the dice: any time up to `most`. Whoever means an
    /// hour means the same moment as everybody else who means it.
    #[must_use]
    pub fn late(most: Duration, random: u64) -> Duration {
        Duration::from_millis(within(random, 0..=millis(most)))
    }

    /// Up to so many percent either way; more than 50 is 50, so that an interval stays one.
    pub const fn percent(percent: u8) -> Self {
        Self(if percent > 50 { 50 } else { percent })
    }

    /// The interval with its spread, by a throw of the dice. On average it is the interval.
    #[must_use]
    pub fn spread(self, interval: Duration, random: u64) -> Duration {
        let middle = millis(interval);
        let part = middle / 100 * u64::from(self.0) + middle % 100 * u64::from(self.0) / 100;
        Duration::from_millis(within(random, middle - part..=middle.saturating_add(part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn an_interval_keeps_within_its_percents_and_its_average() {
        let mut dice = Random::new(3);
        let (mut sum, interval) = (0, Duration::from_secs(300));
        for _ in 0..10_000 {
            let spread = Jitter::percent(10).spread(interval, dice.throw());
            assert!((270_000..=330_000).contains(&spread.as_millis()), "{spread:?}");
            sum += spread.as_millis();
        }
        assert!((299_000..301_000).contains(&(sum / 10_000)), "{sum}");
    }

    #[test]
    fn a_set_time_is_never_early_and_fills_its_delay_evenly() {
        let mut dice = Random::new(9);
        let mut thirds = [0_u32; 3];
        for _ in 0..9_000 {
            let late = Jitter::late(Duration::from_secs(30), dice.throw());
            assert!(late <= Duration::from_secs(30), "{late:?}");
            thirds[usize::try_from(late.as_millis() / 10_001).expect("small")] += 1;
        }
        assert!(thirds.iter().all(|times| (2_800..3_200).contains(times)), "{thirds:?}");
        assert_eq!(Jitter::late(Duration::ZERO, dice.throw()), Duration::ZERO);
    }

    #[test]
    fn no_jitter_changes_nothing_and_none_is_more_than_half() {
        let mut dice = Random::new(4);
        for _ in 0..10_000 {
            let interval = Duration::from_millis(1 + dice.below(1 << (1 + dice.clone().below(63))));
            assert_eq!(Jitter::NONE.spread(interval, dice.throw()), interval);
            let spread = Jitter::percent(u8::MAX).spread(interval, dice.throw());
            assert!(spread >= interval / 2 && spread > Duration::ZERO, "{interval:?} {spread:?}");
        }
    }
}
