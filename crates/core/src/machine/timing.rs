//! When things are done, as configured, and the times that are not.

use crate::schedule::{Backoff, Jitter};
use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

/// When rounds are due that nothing else asked for.
#[derive(Debug)]
pub enum Regular {
    /// So long after the last one, give or take [`JITTER`].
    Every(Duration),
    /// When a calendar says so, or up to [`LATE`] later.
    Times(Box<dyn Calendar>),
    /// Never: only events start rounds, and what failed is tried again.
    EventsOnly,
}

/// Tells the next time of a schedule such as a cron expression.
pub trait Calendar: fmt::Debug + Send {
    /// The first time after `after`, both in seconds since 1970-01-01 UTC; `None` where there is none.
    fn next(&self, after: u64) -> Option<u64>;
}

/// What becomes of our records when the daemon ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStop {
    /// They stay.
    #[default]
    Keep,
    /// Those that are ours are deleted.
    Delete,
}

/// When things are done.
#[derive(Debug)]
pub struct Timing {
    /// When rounds are due.
    pub regular: Regular,
    /// How long a record that was found right is believed to be so, as long as the address stays.
    pub audit: Duration,
    /// How often a witness is asked between rounds; never where it is `None`.
    pub sentinel: Option<Duration>,
    /// How often a record must have failed in a row before somebody is told, 1 at least.
    pub failing_after: u32,
    /// What becomes of our records at the end.
    pub on_stop: OnStop,
}

/// How far a regular round may be from its time. Machines that were switched on together must not ask together.
pub const JITTER: Jitter = Jitter::percent(10);

/// How much later than a calendar's time a round may begin: the machines of the world must not all ask at the full hour.
pub const LATE: Duration = Duration::from_secs(30);

/// How long interface events are waited for after the last one, and after the first. Links come up in steps.
pub(super) const QUIET: Duration = Duration::from_millis(100);
/// See [`QUIET`].
pub(super) const LONGEST: Duration = Duration::from_secs(1);

/// How long a file must have been left alone before it is read: editors write in steps.
pub(super) const FILE_QUIET: Duration = Duration::from_millis(300);

/// How many rounds may be started by notices in quick succession, and how often afterwards.
pub(super) const BURST: u32 = 6;
/// See [`BURST`].
pub(super) const SUSTAINED: Duration = Duration::from_secs(10);

/// After an undecided detection. Sources are asked again soon: the usual reason is a line that is just coming up.
pub(super) const UNDECIDED: Backoff = Backoff { first: Duration::from_secs(1), cap: Duration::from_secs(60) };

/// After a failure that goes away by itself.
pub(super) const TEMPORARY: Backoff =
    Backoff { first: Duration::from_secs(2), cap: Duration::from_secs(300) };

/// After a failure that somebody has to do something about, or a guard's refusal.
pub(super) const SLOW: Backoff = Backoff { first: Duration::from_secs(300), cap: Duration::from_secs(3_600) };

/// After a sighting that the quorum did not share.
pub(super) const DOUBT: Backoff = Backoff { first: Duration::from_secs(5), cap: Duration::from_secs(3_600) };

/// How long an incident must have lasted before somebody is told: a line that is down for seconds is no incident.
pub(super) const INCIDENT: Duration = Duration::from_secs(60);

/// A round that takes longer hangs, and is given up.
pub(super) const ROUND_LIMIT: Duration = Duration::from_secs(900);

/// How long writes may go on after the process was told to end.
pub(super) const LAST_WRITES: Duration = Duration::from_millis(1_500);
/// How long taking records back may take after that; where there is nothing to wait for it has the time of both. What
/// stands around the loop needs the rest of the 5 s to end in good order.
pub(super) const LAST_DELETIONS: Duration = Duration::from_millis(1_500);

/// Health is given for so many intervals after the last round in which everything was right.
pub(super) const HEALTHY_INTERVALS: u32 = 3;
/// And for this long at least.
pub(super) const HEALTHY_AT_LEAST: Duration = Duration::from_secs(60);
