//! How many requests a credential has.

use super::Moment;
use alloc::collections::VecDeque;
use core::time::Duration;

/// How long a credential rests at most, whatever the other side asked for: a day.
pub const LONGEST_REST: Duration = Duration::from_secs(24 * 60 * 60);

/// So many requests in any window of a length, and none while the other side wants none.
///
/// It remembers when each request of the last window was sent, so no window whatever holds more than the limit. That
/// is 8 bytes for each, and none for a daemon at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    limit: usize,
    reserve: usize,
    window: Duration,
    sent: VecDeque<Moment>,
    rest: Moment,
}

impl Budget {
    /// At most `limit` requests (at least one) in any `window`.
    pub fn new(limit: usize, window: Duration) -> Self {
        Self { limit: limit.max(1), reserve: 0, window, sent: VecDeque::new(), rest: Moment::START }
    }

    /// Keeps the last `reserve` of them for [`Budget::take_reserved`]: what was begun should be finished. At least one
    /// is not kept.
    #[must_use]
    pub fn with_reserve(mut self, reserve: usize) -> Self {
        self.reserve = reserve.min(self.limit - 1);
        self
    }

    /// Takes one request, which is sent now; the wait until there is one to take where there is none.
    pub fn take(&mut self, now: Moment) -> Result<(), Duration> {
        self.take_up_to(self.limit - self.reserve, now)
    }

    /// The same, from the reserve as well.
    pub fn take_reserved(&mut self, now: Moment) -> Result<(), Duration> {
        self.take_up_to(self.limit, now)
    }

    fn take_up_to(&mut self, most: usize, now: Moment) -> Result<(), Duration> {
        while self.sent.front().is_some_and(|sent| *sent + self.window <= now) {
            self.sent.pop_front();
        }
        if self.sent.is_empty() {
            // What a flood needed is given back.
            self.sent.shrink_to(32);
        }
        let free = match self.sent.len().checked_sub(most) {
            None => Moment::START,
            // So many must have left the window first.
            Some(too_many) => self.sent[too_many] + self.window,
        };
        let from = free.max(self.rest);
        if from > now {
            return Err(now.until(from));
        }
        self.sent.push_back(now);
        Ok(())
    }

    /// The other side wants no request before then (429 with `Retry-After`). The longest rest asked for holds; none is
    /// longer than [`LONGEST_REST`].
    pub fn rest_until(&mut self, until: Moment, now: Moment) {
        self.rest = self.rest.max(until.min(now + LONGEST_REST));
    }

    /// How much of the rest that was asked for is left; `None` where none is.
    pub fn rests(&self, now: Moment) -> Option<Duration> {
        (self.rest > now).then(|| now.until(self.rest))
    }

    /// How many requests of the last window are counted.
    pub fn spent(&self, now: Moment) -> usize {
        self.sent.iter().rev().take_while(|sent| now.since(**sent) < self.window).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::vec::Vec;

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    fn cloudflare() -> Budget {
        Budget::new(1_200, Duration::from_secs(300))
    }

    #[test]
    fn ur_48_the_request_above_the_limit_waits_until_the_first_leaves_the_window() {
        let mut budget = cloudflare();
        assert!((0..1_200).all(|_| budget.take(at(10)).is_ok()));
        assert_eq!(budget.take(at(10)), Err(Duration::from_secs(300)));
        assert_eq!((budget.take(at(309)), budget.spent(at(309))), (Err(Duration::from_secs(1)), 1_200));
        assert_eq!((budget.spent(at(310)), budget.take(at(310))), (0, Ok(())));
    }

    #[test]
    fn ur_48_nothing_is_sent_before_the_rest_is_over() {
        let mut budget = cloudflare();
        budget.rest_until(at(37), at(0));
        assert_eq!(budget.take(at(0)), Err(Duration::from_secs(37)));
        // A shorter rest asked for later does not shorten it.
        budget.rest_until(at(5), at(1));
        assert_eq!(budget.take(at(36)), Err(Duration::from_secs(1)));
        assert_eq!((budget.rests(at(36)), budget.rests(at(37))), (Some(Duration::from_secs(1)), None));
        assert_eq!(budget.take_reserved(at(36)), Err(Duration::from_secs(1)));
        assert_eq!(budget.take(at(37)), Ok(()));
    }

    #[test]
    fn a_rest_without_end_ends_after_a_day() {
        let mut budget = cloudflare();
        budget.rest_until(Moment::NEVER, at(100));
        assert_eq!(budget.take(at(100)), Err(LONGEST_REST));
        assert_eq!(budget.take(at(100) + LONGEST_REST), Ok(()));
    }

    #[test]
    fn the_reserve_is_for_what_was_begun() {
        let mut budget = Budget::new(10, Duration::from_secs(60)).with_reserve(3);
        assert!((0..7).all(|_| budget.take(at(0)).is_ok()));
        assert!(budget.take(at(1)).is_err());
        assert!((0..3).all(|_| budget.take_reserved(at(1)).is_ok()));
        assert_eq!(budget.take_reserved(at(2)), Err(Duration::from_secs(58)));
        // Seven leave at 60 s, three at 61 s: then seven may be taken again, at 60 s only four.
        assert_eq!((0..9).filter(|_| budget.take(at(60)).is_ok()).count(), 4);
        assert_eq!((0..9).filter(|_| budget.take(at(61)).is_ok()).count(), 3);
    }

    #[test]
    fn the_wait_that_is_told_is_enough_and_not_too_long() {
        let mut dice = Random::new(7);
        for _ in 0..300 {
            let limit = 1 + usize::try_from(dice.below(20)).expect("small");
            let window = 1 + dice.below(3_000);
            let reserve = usize::try_from(dice.below(30)).expect("small");
            let mut budget = Budget::new(limit, Duration::from_millis(window)).with_reserve(reserve);
            let mut now = Moment::START;
            let mut sent: Vec<Moment> = Vec::new();
            for _ in 0..500 {
                now = now + Duration::from_millis(dice.below(window) / (1 + dice.below(limit as u64)));
                if dice.chance(1, 50) {
                    budget.rest_until(now + Duration::from_millis(dice.below(2 * window)), now);
                }
                let taken = if dice.chance(1, 4) { budget.take_reserved(now) } else { budget.take(now) };
                match taken {
                    Ok(()) => sent.push(now),
                    Err(wait) => {
                        let soon = now + wait.saturating_sub(Duration::from_millis(1));
                        assert!(wait > Duration::ZERO && budget.clone().take(soon).is_err());
                        assert!(budget.clone().take_reserved(now + wait).is_ok());
                    }
                }
                assert!(budget.spent(now) <= limit);
            }
            for pair in sent.windows(limit + 1) {
                assert!(pair[limit].since(pair[0]) >= Duration::from_millis(window), "{limit} {window}");
            }
        }
    }
}
