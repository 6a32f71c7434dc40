//! Memory in its file while a round is under way.
//!
//! Writing waits for the disk, which may take long on a small machine, so it happens beside the loop. Trouble stops
//! nothing: a record that is right is worth more than a note of it.

use crate::memory::{Store, Warning};
use crate::round::{Keep, Kept};
use dynflare_core::memory::Memory;
use std::sync::{Arc, Mutex, PoisonError};

/// Keeps memory in a store.
#[derive(Clone, Debug)]
pub struct Keeper(Arc<Mutex<Keeping>>);

#[derive(Debug)]
struct Keeping {
    store: Store,
    /// What went wrong and was not told yet.
    trouble: Option<Warning>,
}

impl Keeper {
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(Keeping { store, trouble: None })))
    }

    /// Keeps memory at the end of a round, and tells what went wrong since the last.
    pub(crate) fn finish(&self, memory: &Memory) -> Option<Warning> {
        let mut keeping = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = keeping.trouble.take();
        keeping.store.save(memory).or(before)
    }

    /// What was kept last; `None` where nothing may be.
    pub(crate) fn last(&self) -> Option<Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).store.kept().cloned()
    }

    /// Whether the file says of places and uplinks what `memory` says.
    pub(crate) fn decides_as(&self, memory: &Memory) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).store.decides_as(memory)
    }
}

impl Keep for Keeper {
    fn keep(&self, memory: Memory) -> Kept<'_> {
        let keeping = Arc::clone(&self.0);
        let write = move || {
            let mut keeping = keeping.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(warning) = keeping.store.save(&memory) {
                keeping.trouble = Some(warning);
            }
        };
        Box::pin(async move {
            // A panic in there is no reason not to write a record.
            let _written = tokio::task::spawn_blocking(write).await;
        })
    }
}
