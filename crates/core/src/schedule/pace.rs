//! How often triggers may start something, so that a flood of events starts a trickle of rounds.

use super::{Moment, millis};
use core::time::Duration;

/// A bucket of tokens, full at first: a burst may begin at once, then one for each token that has dripped in.
///
/// Kept as the moment at which the bucket will be full again (the "virtual scheduling" form of ITU-T I.371 annex A), so
/// nothing needs to drip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    burst: u32,
    /// Milliseconds for a token.
    every: u64,
    full: Moment,
}

impl Pace {
    /// Up to `burst` at once (at least one), and one each `every` in the long run (at least a millisecond).
    pub fn new(burst: u32, every: Duration) -> Self {
        Self { burst: burst.max(1), every: millis(every).max(1), full: Moment::START }
    }

    /// Takes a token; the wait for the next where there is none.
    pub fn take(&mut self, now: Moment) -> Result<(), Duration> {
        let ready = self.ready();
        if now < ready {
            return Err(now.until(ready));
        }
        self.full = self.full.max(now) + Duration::from_millis(self.every);
        Ok(())
    }

    /// From when there is a token.
    pub fn ready(&self) -> Moment {
        let most = self.every.saturating_mul(u64::from(self.burst - 1));
        Moment::from_millis(self.full.millis().saturating_sub(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::vec::Vec;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_waits_for_its_token() {
        let mut pace = Pace::new(3, Duration::from_secs(10));
        let now = Moment::from_millis(1_000);
        assert!((0..3).all(|_| pace.take(now).is_ok()));
        assert_eq!(pace.take(now), Err(Duration::from_secs(10)));
        assert_eq!(pace.ready(), Moment::from_millis(11_000));
        assert_eq!(pace.take(Moment::from_millis(11_000)), Ok(()));
        assert_eq!(pace.take(Moment::from_millis(11_001)), Err(Duration::from_millis(9_999)));
        // Left alone, it is full again, and not more than full.
        let later = Moment::from_millis(1_000_000);
        assert_eq!((0..9).filter(|_| pace.take(later).is_ok()).count(), 3);
    }

    #[test]
    fn no_flood_starts_more_than_the_burst_and_its_tokens_in_any_span() {
        let mut dice = Random::new(5);
        for _ in 0..300 {
            let (burst, every) = (1 + dice.below(8), 1 + dice.below(2_000));
            let mut pace = Pace::new(u32::try_from(burst).expect("small"), Duration::from_millis(every));
            let (mut now, mut begun) = (0, Vec::new());
            for _ in 0..400 {
                now += dice.below(2 * every) * dice.below(2) / (1 + dice.below(9));
                match pace.take(Moment::from_millis(now)) {
                    Ok(()) => begun.push(now),
                    Err(wait) => {
                        assert!(wait > Duration::ZERO);
                        assert_eq!(Moment::from_millis(now) + wait, pace.ready());
                    }
                }
            }
            for (index, first) in begun.iter().enumerate() {
                for (more, last) in begun[index..].iter().enumerate() {
                    assert!((more as u64) < burst + (last - first) / every, "{burst} {every}");
                }
            }
        }
    }
}
