//! When: how long to wait, how often to begin, how much to ask.
//!
//! * [`Moment`]: what all of it counts in.
//! * [`Backoff`], [`Jitter`]: how long until the next try, after a failure and after a success.
//! * [`Debounce`], [`Pace`]: how soon and how often triggers may start a round.
//! * [`Budget`]: how many requests a credential has.
//!
//! Values and pure functions: the time and the dice come in. Who waits, and for what, is the daemon's.

mod backoff;
mod budget;
mod debounce;
mod jitter;
mod moment;
mod pace;

pub use backoff::Backoff;
pub use budget::{Budget, LONGEST_REST};
pub use debounce::Debounce;
pub use jitter::Jitter;
pub use moment::Moment;
pub use pace::Pace;

use core::time::Duration;

/// A span in whole milliseconds; the end of time where it is longer than that.
fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
