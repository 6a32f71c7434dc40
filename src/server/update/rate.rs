//! How often somebody may ask: a pure state machine on a given clock.
//!
//! The generic cell rate algorithm (ITU-T I.371, annex A): one moment per key says up to when what was asked for is
//! paid. Asking on while refused runs up a debt of its own; whoever has run it up far is an abuser until it is paid.

use super::aging::Aging;
use std::hash::Hash;
use std::time::Duration;

/// A rate: so many at once, and one more each time so much time has gone by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once; at least one.
    pub burst: u32,
    /// One more after so long.
    pub every: Duration,
}

/// How many bursts of refused requests make an abuser.
const PATIENCE: u32 = 20;

/// How many keys are remembered at least.
const KEYS: usize = 8192;

/// Whether a request may be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// It may.
    Yes,
    /// In so long.
    After(Duration),
    /// Not for so long, since the refusals before were not heeded.
    Abuse(Duration),
}

#[derive(Clone, Copy, Debug, Default)]
struct Paid {
    /// Up to when the requests are paid that were looked at.
    until: Duration,
    /// Up to when those are paid that were not.
    debt: Duration,
}

/// The rates of all keys.
#[derive(Debug)]
pub struct Rates<K> {
    rate: Rate,
    paid: Aging<K, Paid>,
}

impl<K: Hash + Eq> Rates<K> {
    /// One rate for each key.
    pub fn new(rate: Rate) -> Self {
        Self { rate, paid: Aging::new(KEYS) }
    }

    /// Another rate from now on.
    pub fn turn_to(&mut self, rate: Rate) {
        self.rate = rate;
    }

    /// A request at a moment, which is told by a clock that never goes back.
    pub fn ask(&mut self, key: K, now: Duration) -> Allowed {
        let Rate { burst, every } = self.rate;
        let paid = self.paid.entry(key);
        let room = every.saturating_mul(burst.saturating_sub(1));
        let debt = paid.debt.saturating_sub(now);
        let most = every.saturating_mul(burst.saturating_mul(PATIENCE));
        if debt >= most {
            return Allowed::Abuse(debt);
        }
        let until = paid.until.max(now);
        match until.saturating_sub(now).checked_sub(room).filter(|beyond| !beyond.is_zero()) {
            None => {
                paid.until = until + every;
                Allowed::Yes
            }
            Some(beyond) => {
                paid.debt = now + debt + every;
                Allowed::After(beyond)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 5, every: Duration::from_secs(2) };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    #[test]
    fn a_burst_goes_through_and_then_one_each_interval() {
        let mut rates = Rates::new(RATE);
        for _ in 0..5 {
            assert_eq!(rates.ask("a", at(0)), Allowed::Yes);
        }
        assert_eq!(rates.ask("a", at(0)), Allowed::After(Duration::from_secs(2)));
        assert_eq!(rates.ask("b", at(0)), Allowed::Yes, "another key is another account");
        assert_eq!(rates.ask("a", at(1)), Allowed::After(Duration::from_secs(1)));
        assert_eq!(rates.ask("a", at(2)), Allowed::Yes);
        assert_eq!(rates.ask("a", at(2)), Allowed::After(Duration::from_secs(2)));
        for _ in 0..5 {
            assert_eq!(rates.ask("a", at(100)), Allowed::Yes);
        }
        assert_eq!(rates.ask("a", at(100)), Allowed::After(Duration::from_secs(2)));
    }

    #[test]
    fn whoever_heeds_no_refusal_is_an_abuser_until_the_debt_is_paid() {
        let mut rates = Rates::new(RATE);
        let mut said = Vec::new();
        for _ in 0..200 {
            said.push(rates.ask("a", at(0)));
        }
        assert!(said[5..105].iter().all(|said| matches!(said, Allowed::After(_))));
        assert!(said[105..].iter().all(|said| *said == Allowed::Abuse(Duration::from_secs(200))));
        assert!(matches!(rates.ask("a", at(0)), Allowed::Abuse(_)));
        assert_eq!(rates.ask("a", at(10)), Allowed::Yes, "one that waits is heard again");
    }

    #[test]
    fn nobody_ever_gets_more_than_the_rate() {
        let mut rates = Rates::new(RATE);
        let mut seed = 1_u64;
        let (mut now, mut passed) = (Duration::from_secs(5), 0_u32);
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            now += Duration::from_millis(seed >> 54);
            passed += u32::from(rates.ask(1, now) == Allowed::Yes);
        }
        let most = now.saturating_sub(Duration::from_secs(5)).as_millis() / RATE.every.as_millis() + 6;
        assert!(u128::from(passed) <= most, "{passed} of {most}");
    }
}
