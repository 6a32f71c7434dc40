//! One target's task: takes what is queued, sends it, tries again where that makes sense, and counts.

use super::channel::{Channel, Job};
use super::delivery::{self, Next};
use super::queue::Queue;
use dynflare_core::fault::Fault;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// What became of something that a target was to be sent.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The target.
    pub target: Arc<str>,
    /// What became of it.
    pub what: What,
}

/// What became of something that a target was to be sent.
#[derive(Clone, Debug)]
pub enum What {
    /// It was delivered.
    Delivered {
        /// What it was.
        title: String,
    },
    /// It was not, and will not be.
    Failed {
        /// What it was.
        title: String,
        /// Why the last attempt failed.
        fault: Fault,
        /// How many attempts there were.
        attempts: u32,
    },
    /// The target was too slow for what came: the oldest were dropped.
    Dropped {
        /// How many.
        count: u64,
    },
}

/// What became of everything, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Delivered.
    pub delivered: u64,
    /// Given up.
    pub failed: u64,
    /// Dropped from a full queue.
    pub dropped: u64,
}

/// The numbers so far.
pub(super) fn read(tally: &Mutex<Tally>) -> Tally {
    *tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything the task of a target needs.
pub(super) struct Target {
    pub(super) name: Arc<str>,
    pub(super) channel: Box<dyn Channel>,
    pub(super) queue: Arc<Queue>,
    pub(super) tally: Arc<Mutex<Tally>>,
    pub(super) outcomes: mpsc::Sender<Outcome>,
}

impl Target {
    /// Works until the queue is closed and empty.
    pub(super) async fn run(self) {
        while let Some(next) = self.queue.next().await {
            if next.dropped > 0 {
                self.tell(What::Dropped { count: next.dropped });
            }
            if let Some(what) = self.deliver(&next.job).await {
                self.tell(what);
            }
        }
    }

    /// Sends one job; `None` where a newer one took its place between two attempts.
    async fn deliver(&self, job: &Job) -> Option<What> {
        let title = || job.title().to_owned();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let Err(fault) = self.channel.send(job).await else {
                return Some(What::Delivered { title: title() });
            };
            let twice = self.channel.twice(job);
            // Where the system has no randomness, everybody comes back at the same time.
            match delivery::after(attempts, &fault, twice, getrandom::u64().unwrap_or_default()) {
                Next::Wait(wait) if self.wait(wait, job).await => {}
                Next::Wait(_) if self.queue.has_superseding(job) => return None,
                Next::Wait(_) | Next::GiveUp => {
                    return Some(What::Failed { title: title(), fault, attempts });
                }
            }
        }
    }

    /// Waits before another attempt; false where there is to be none. A stop does not wait: what failed before it
    /// has failed.
    async fn wait(&self, wait: Duration, job: &Job) -> bool {
        let end = Instant::now() + wait;
        loop {
            if self.queue.is_closed() || self.queue.has_superseding(job) {
                return false;
            }
            tokio::select! {
                () = sleep_until(end) => return true,
                () = self.queue.changed() => {}
            }
        }
    }

    fn tell(&self, what: What) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        match &what {
            What::Delivered { .. } => tally.delivered += 1,
            What::Failed { .. } => tally.failed += 1,
            What::Dropped { count } => tally.dropped += count,
        }
        drop(tally);
        // Nobody has to listen; everything is counted.
        let _ = self.outcomes.try_send(Outcome { target: Arc::clone(&self.name), what });
    }
}

#[cfg(test)]
mod tests;
