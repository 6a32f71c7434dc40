//! Keeping memory while a round is under way.
//!
//! Values in a set carry no marks; that they are ours is known from memory alone. Were it written only at the end of a
//! run, one that is killed after a write would leave values behind that nobody recognizes: the next run could not
//! replace them. So what is about to become ours is kept before it can, and what has become ours as soon as it has.

use super::Shared;
use dynflare_core::memory::Memory;
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;

/// What [`Keep::keep`] returns.
pub type Kept<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Somebody who keeps memory. It has to last once the future is ready; where it cannot, that is told elsewhere, and
/// the round goes on.
pub trait Keep: Send + Sync {
    /// Keeps `memory` in place of what was kept before. One call follows another, in the order of what they hold.
    fn keep(&self, memory: Memory) -> Kept<'_>;
}

impl Shared {
    /// Has memory kept as it is now, where anybody keeps it.
    pub(super) async fn keep(&self) {
        if let Some(keeper) = &self.round.keeper {
            let _turn = self.keeping.lock().await;
            let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner).clone();
            keeper.keep(memory).await;
        }
    }
}
