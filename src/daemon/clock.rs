//! The only clock of the daemon: the machine is told the time, and asks for none.

use dynflare_core::machine::Now;
use dynflare_core::schedule::Moment;
use std::time::Duration;
use tokio::time::Instant;

/// Both clocks at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
    wall: fn() -> u64,
}

impl Clock {
    /// Starts now. `wall` gives seconds since 1970-01-01 UTC.
    pub(super) fn start(wall: fn() -> u64) -> Self {
        Self { start: Instant::now(), wall }
    }

    pub(super) fn now(&self) -> Now {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Now { at: Moment::from_millis(millis), wall: (self.wall)() }
    }

    /// When a moment comes; the end of time is some decades from now.
    pub(super) fn instant(&self, moment: Moment) -> Instant {
        const DECADES: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
        // A timer has whole milliseconds, and must not end within the one before.
        let after = Duration::from_millis(moment.millis()).min(DECADES) + Duration::from_millis(1);
        self.start + after
    }

    /// A moment as the clock on the wall will show it, as far as it can know.
    pub(super) fn wall_of(now: Now, moment: Moment) -> u64 {
        let ahead = now.at.until(moment).as_secs();
        let behind = moment.until(now.at).as_secs();
        now.wall.saturating_add(ahead).saturating_sub(behind)
    }
}
