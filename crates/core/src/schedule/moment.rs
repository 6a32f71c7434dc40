//! A point on the daemon's own clock.

use core::ops::Add;
use core::time::Duration;

/// Milliseconds since the daemon started, on a clock that is never set and never goes back. Sums that would leave its
/// range stop at [`Moment::NEVER`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// When the daemon started.
    pub const START: Self = Self(0);

    /// The end of time, which does not come: 584 million years after the start.
    pub const NEVER: Self = Self(u64::MAX);

    /// So many milliseconds after the start.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the start.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// How long ago an earlier moment was; 0 where it is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// How long it is until a later moment; 0 where it is not later.
    pub const fn until(self, later: Self) -> Duration {
        later.since(self)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    /// That much later. Parts of a millisecond count as a whole one, so nothing is due before its time.
    fn add(self, span: Duration) -> Self {
        let part = u64::from(!span.subsec_nanos().is_multiple_of(1_000_000));
        Self(self.0.saturating_add(super::millis(span).saturating_add(part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_measured_one_way_only() {
        let (early, late) = (Moment::from_millis(40), Moment::from_millis(100));
        assert_eq!((late.since(early), early.since(late)), (Duration::from_millis(60), Duration::ZERO));
        assert_eq!((early.until(late), late.until(early)), (Duration::from_millis(60), Duration::ZERO));
    }

    #[test]
    fn a_sum_is_never_early_and_never_runs_over() {
        assert_eq!(Moment::START + Duration::from_micros(1), Moment::from_millis(1));
        assert_eq!(Moment::START + Duration::from_millis(1), Moment::from_millis(1));
        assert_eq!(Moment::from_millis(5) + Duration::MAX, Moment::NEVER);
        assert_eq!(Moment::NEVER + Duration::from_nanos(1), Moment::NEVER);
    }
}
