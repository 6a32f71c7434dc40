//! A value that is fetched once, however many ask for it at the same time.

use super::errors::Failure;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

/// Keeps a success; shares a failure with those who were waiting for it, and with nobody who comes later.
pub(super) struct Flight<T> {
    turn: tokio::sync::Mutex<()>,
    landed: Mutex<Landed<T>>,
}

struct Landed<T> {
    attempts: u64,
    last: Option<Result<T, Failure>>,
}

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Self { turn: tokio::sync::Mutex::default(), landed: Mutex::new(Landed { attempts: 0, last: None }) }
    }
}

impl<T: Clone> Flight<T> {
    /// The value, from whoever has it or is fetching it, else from `fetch`. Dropped while it fetches, the next in
    /// line fetches.
    pub(super) async fn get(&self, fetch: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        self.share(fetch, |landed, before| {
            landed.last.as_ref().is_some_and(Result::is_ok) || landed.attempts > before
        })
        .await
    }

    /// The value as it was after this call, from whoever is fetching it, else from `fetch`.
    pub(super) async fn fresh(&self, fetch: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        self.share(fetch, |landed, before| landed.attempts > before).await
    }

    async fn share(
        &self,
        fetch: impl Future<Output = Result<T, Failure>>,
        serves: impl FnOnce(&Landed<T>, u64) -> bool,
    ) -> Result<T, Failure> {
        let before = self.with(|landed| landed.attempts);
        let _turn = self.turn.lock().await;
        if let Some(shared) =
            self.with(|landed| serves(landed, before).then(|| landed.last.clone()).flatten())
        {
            return shared;
        }
        let result = fetch.await;
        self.with(|landed| {
            landed.attempts += 1;
            landed.last = Some(result.clone());
        });
        result
    }

    /// The value, where it is there already.
    pub(super) fn peek(&self) -> Option<T> {
        self.with(|landed| landed.last.as_ref()?.as_ref().ok().cloned())
    }

    /// Forgets the value.
    pub(super) fn forget(&self) {
        self.with(|landed| landed.last = None);
    }

    fn with<R>(&self, act: impl FnOnce(&mut Landed<T>) -> R) -> R {
        // Nothing inside can be left half done, so a panic elsewhere does not spoil it.
        act(&mut self.landed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Flight};
    use dynflare_core::fault::{Class, Fault};
    use std::cell::Cell;

    fn failure() -> Failure {
        Failure::other(Fault::new(Class::Unavailable, "down"))
    }

    #[tokio::test]
    async fn a_success_is_fetched_once() {
        let (flight, fetched) = (Flight::default(), Cell::new(0));
        let fetch = || async {
            fetched.set(fetched.get() + 1);
            tokio::task::yield_now().await;
            Ok(7)
        };
        let (a, b) = tokio::join!(flight.get(fetch()), flight.get(fetch()));
        assert_eq!((a.ok(), b.ok(), flight.get(fetch()).await.ok()), (Some(7), Some(7), Some(7)));
        assert_eq!(fetched.get(), 1);
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_those_who_waited_and_tried_again_by_those_who_come_later() {
        let (flight, fetched) = (Flight::<u8>::default(), Cell::new(0));
        let fetch = || async {
            fetched.set(fetched.get() + 1);
            tokio::task::yield_now().await;
            Err(failure())
        };
        let (a, b) = tokio::join!(flight.get(fetch()), flight.get(fetch()));
        assert!(a.is_err() && b.is_err());
        assert_eq!(fetched.get(), 1);
        assert!(flight.get(fetch()).await.is_err());
        assert_eq!(fetched.get(), 2);
    }

    #[tokio::test]
    async fn a_fresh_value_is_fetched_anew_but_once_for_all_who_ask_together() {
        let (flight, fetched) = (Flight::default(), Cell::new(0));
        let fetch = || async {
            fetched.set(fetched.get() + 1);
            tokio::task::yield_now().await;
            Ok(fetched.get())
        };
        assert_eq!(flight.get(fetch()).await.ok(), Some(1));
        let (a, b) = tokio::join!(flight.fresh(fetch()), flight.fresh(fetch()));
        assert_eq!((a.ok(), b.ok(), flight.peek()), (Some(2), Some(2), Some(2)));
    }
}
