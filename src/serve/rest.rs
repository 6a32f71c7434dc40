//! How long a zone, or one name, is left alone after it failed.

use super::outcome::Waits;
use dynflare_core::schedule::Backoff;
use std::time::Duration;
use tokio::time::Instant;

/// Short at first, since a server that restarts is back within seconds, and a client waits.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), cap: Duration::from_secs(300) };

/// The rest after failures in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    failures: u32,
    until: Option<Instant>,
}

impl Rest {
    /// It failed once more.
    pub(super) fn failed(&mut self, waits: &Waits, random: u64) {
        self.failures = self.failures.saturating_add(1);
        let wait = BACKOFF.after(self.failures, random).max(waits.least.unwrap_or_default());
        self.until = Some(Instant::now() + wait);
    }

    /// It worked, or there is reason to try again at once.
    pub(super) fn over(&mut self) {
        *self = Self::default();
    }

    /// When it ends; `None` where it has.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until.filter(|until| *until > Instant::now())
    }
}
