//! Whether a message that did not get through is tried again, and when. Decides only; the clock is the target's.

use super::channel::Twice;
use dynflare_core::fault::{Again, Class, Fault};
use std::time::Duration;

/// How often a message is tried.
pub const ATTEMPTS: u32 = 5;

/// The first wait; each later one is four times as long: 2 s, 8 s, 32 s, 128 s, each shortened at random by up to a
/// half, so that many targets of one server do not come back together.
const FIRST: Duration = Duration::from_secs(2);

/// The longest wait that another side can ask for. News is old after an hour, and the queue is short.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Once more after this time.
    Wait(Duration),
    /// It has failed.
    GiveUp,
}

/// Decides after the `attempt`-th failure (from 1). `draw` is anything at random.
///
/// A message that may have arrived is not sent again where it would then be told twice: once per incident is the
/// promise. A wait that the other side asks for is kept, and one longer than [`LONGEST`] is not waited for at all.
pub(super) fn after(attempt: u32, fault: &Fault, twice: Twice, draw: u64) -> Next {
    let told_twice = fault.class == Class::Unconfirmed && twice == Twice::Told;
    let later = fault.class.policy().again == Again::Later && !told_twice;
    if !later || attempt >= ATTEMPTS {
        return Next::GiveUp;
    }
    let own = FIRST * 4_u32.pow(attempt.saturating_sub(1));
    let half = u64::try_from(own.as_millis() / 2).unwrap_or(u64::MAX).max(1);
    let own = own.saturating_sub(Duration::from_millis(draw % half));
    match fault.retry_after {
        Some(asked) if asked > LONGEST => Next::GiveUp,
        Some(asked) => Next::Wait(asked.max(own)),
        None => Next::Wait(own),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(class: Class) -> Fault {
        Fault::new(class, "it failed")
    }

    fn seconds(next: Next) -> Option<u64> {
        match next {
            Next::Wait(wait) => Some(wait.as_secs()),
            Next::GiveUp => None,
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = (1..=5)
            .map(|attempt| seconds(after(attempt, &fault(Class::Unavailable), Twice::Told, 0)))
            .collect();
        assert_eq!(waits, [Some(2), Some(8), Some(32), Some(128), None]);
    }

    #[test]
    fn at_random_a_wait_is_at_most_a_half_shorter() {
        for draw in [1, 999, 1000, 15_999, 16_000, u64::MAX] {
            let Next::Wait(wait) = after(3, &fault(Class::Unavailable), Twice::Told, draw) else {
                panic!("the third attempt is not the last")
            };
            assert!((16..=32).contains(&wait.as_secs()), "{wait:?}");
        }
    }

    #[test]
    fn ur_48_a_wait_that_was_asked_for_is_kept() {
        let asking = |seconds| fault(Class::RateLimited).retry_after(Some(Duration::from_secs(seconds)));
        assert_eq!(seconds(after(1, &asking(37), Twice::Told, 0)), Some(37));
        assert_eq!(seconds(after(1, &asking(0), Twice::Told, 0)), Some(2), "no hammering");
        assert_eq!(seconds(after(1, &asking(3601), Twice::Told, 0)), None);
    }

    #[test]
    fn what_waiting_does_not_mend_is_not_tried_again() {
        for class in [Class::Denied, Class::Invalid, Class::Barred, Class::NoSuchName] {
            assert_eq!(after(1, &fault(class), Twice::Harmless, 0), Next::GiveUp, "{class}");
        }
    }

    #[test]
    fn ur_60_a_message_that_may_have_arrived_is_not_told_twice() {
        let unconfirmed = fault(Class::Unconfirmed);
        assert_eq!(after(1, &unconfirmed, Twice::Told, 0), Next::GiveUp);
        assert_eq!(seconds(after(1, &unconfirmed, Twice::Harmless, 0)), Some(2));
    }
}
