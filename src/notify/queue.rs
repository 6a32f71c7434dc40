//! The short queue in front of a target: putting something in never waits; when it is full, the oldest goes.

use super::channel::Job;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How many jobs may wait for one target.
pub(super) const LENGTH: usize = 16;

/// Jobs that wait for one target.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Job>,
    dropped: u64,
    closed: bool,
}

/// What the target does next.
#[derive(Debug)]
pub(super) struct Next {
    /// The job.
    pub(super) job: Job,
    /// How many were dropped since the last.
    pub(super) dropped: u64,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job in; never waits.
    pub(super) fn push(&self, job: Job) {
        let mut state = self.state();
        state.waiting.retain(|older| !job.supersedes(older));
        if state.waiting.len() == LENGTH {
            state.waiting.pop_front();
            state.dropped += 1;
        }
        state.waiting.push_back(job);
        drop(state);
        self.changed.notify_one();
    }

    /// Lets the target end when it has done what waits.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    /// The oldest job, as soon as there is one; `None` when the queue is closed and empty.
    pub(super) async fn next(&self) -> Option<Next> {
        loop {
            {
                let mut state = self.state();
                if let Some(job) = state.waiting.pop_front() {
                    return Some(Next { job, dropped: std::mem::take(&mut state.dropped) });
                }
                if state.closed {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Whether `job`, which was taken out, is of no interest any more.
    pub(super) fn has_superseding(&self, job: &Job) -> bool {
        self.state().waiting.iter().any(|newer| newer.supersedes(job))
    }

    /// Whether there will be no more jobs.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Waits until something was put in or the queue was closed. May also return without either.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::channel::Ping;
    use super::super::message::Message;
    use super::*;
    use std::sync::Arc;

    fn message(number: u64) -> Job {
        Job::Message(Arc::new(Message::test(number)))
    }

    fn at(job: &Job) -> Option<u64> {
        match job {
            Job::Message(message) => Some(message.at),
            Job::Ping(_) | Job::Standing(_) => None,
        }
    }

    #[tokio::test]
    async fn the_oldest_goes_when_the_queue_is_full_and_is_counted() {
        let queue = Queue::default();
        (0..20).for_each(|number| queue.push(message(number)));
        let first = queue.next().await.expect("sixteen wait");
        assert_eq!((at(&first.job), first.dropped), (Some(4), 4));
        let second = queue.next().await.expect("fifteen wait");
        assert_eq!((at(&second.job), second.dropped), (Some(5), 0));
    }

    #[tokio::test]
    async fn of_pings_and_states_only_the_newest_waits() {
        let queue = Queue::default();
        queue.push(Job::Ping(Ping::Fine));
        queue.push(Job::Ping(Ping::Started));
        queue.push(message(1));
        queue.push(Job::Ping(Ping::Failed("why".to_owned())));
        queue.push(Job::Standing(Arc::new([])));
        queue.push(Job::Standing(Arc::new([])));
        queue.close();
        let mut left = Vec::new();
        while let Some(next) = queue.next().await {
            left.push(next.job.title().to_owned());
        }
        assert_eq!(left, [message(1).title(), "the ping that a round ended", "the state of the records"]);
    }

    #[tokio::test]
    async fn a_ping_that_a_round_began_leaves_the_end_of_the_one_before() {
        let queue = Queue::default();
        queue.push(Job::Ping(Ping::Fine));
        queue.push(Job::Ping(Ping::Started));
        queue.push(Job::Ping(Ping::Started));
        queue.close();
        assert!(matches!(queue.next().await.map(|next| next.job), Some(Job::Ping(Ping::Fine))));
        assert!(matches!(queue.next().await.map(|next| next.job), Some(Job::Ping(Ping::Started))));
        assert!(queue.next().await.is_none());
    }
}
