//! What the open page of a browser listens to: that the snapshot has become another one, as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).
//!
//! A connection carries one event and ends, like every other of this server: the browser comes again by itself, says
//! which one it has seen, and its next answer waits until there is another, or until it has waited long enough. So
//! nothing is missed between two connections, none is held for long, and no proxy keeps an event back.

use super::{Answer, Asked, Reply};
use crate::report::status::Status;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// How long an answer waits for something to happen: less than any listener gives one.
const LONGEST: Duration = Duration::from_secs(8);

/// After how many milliseconds a browser comes again: so often the page is made anew at most.
const AGAIN: u64 = 500;

/// The next event for whoever asks, where there is still a place for somebody who waits.
pub(super) fn answer<'a>(
    asked: &Asked<'_>,
    status: &watch::Receiver<Arc<Status>>,
    watchers: &Arc<Semaphore>,
) -> Answer<'a> {
    // The page of another site could hold all places without ever seeing an answer.
    if super::lines(asked.headers, "sec-fetch-site").any(|site| site == "cross-site") {
        return Reply::text(403, "only the status page itself is told what happens").into();
    }
    let Ok(place) = Arc::clone(watchers).try_acquire_owned() else {
        return Reply::text(503, "too many are being told what happens; load the page again later").into();
    };
    let seen = super::lines(asked.headers, "last-event-id").next().and_then(|id| id.parse().ok());
    let status = status.clone();
    Answer::Later(Box::pin(async move {
        let reply = event(next(status, seen).await);
        drop(place);
        reply
    }))
}

/// The number of the snapshot once it is another than this one; the same one where nothing happens for long.
async fn next(mut status: watch::Receiver<Arc<Status>>, seen: Option<u64>) -> u64 {
    let wait = async {
        loop {
            let number = number(&status.borrow_and_update());
            if seen != Some(number) || status.changed().await.is_err() {
                return number;
            }
        }
    };
    tokio::time::timeout(LONGEST, wait).await.unwrap_or_else(|_| seen.unwrap_or_default())
}

/// Which snapshot it is: another number for another one.
fn number(status: &Status) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(status).expect("a snapshot always becomes JSON").hash(&mut hasher);
    hasher.finish()
}

fn event(number: u64) -> Reply {
    Reply::new(200, "text/event-stream", format!("retry: {AGAIN}\nid: {number}\ndata: {number}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_has_seen_the_state_waits_for_another_one_and_not_for_ever() {
        let (sender, status) = watch::channel(Arc::new(Status::default()));
        let first = next(status.clone(), None).await;
        assert_eq!(next(status.clone(), Some(first)).await, first, "nothing happened for long");
        let waiting = tokio::spawn(next(status.clone(), Some(first)));
        tokio::task::yield_now().await;
        sender.send_replace(Arc::new(Status { pid: 7, ..Status::default() }));
        let second = waiting.await.expect("it ends");
        assert_ne!(second, first);
        assert_eq!(next(status, Some(first)).await, second, "what happened in between is not missed");
    }
}
