//! Where changes are kept. Memory keeps nothing; a file is a journal.

use crate::draft::Pending;
use crate::journal::Journal;
use crate::name::WireName;
use crate::state::State;
use std::io;

/// Where changes are kept.
pub(crate) enum Storage {
    /// Nowhere.
    Memory,
    /// In a file.
    File(Box<Journal>),
}

impl Storage {
    /// Writes what zones will hold, all of it or nothing; returns when it is durable. `state` is what they hold now.
    pub(crate) fn commit(&mut self, state: &State, changes: &[(&WireName, &Pending)]) -> io::Result<()> {
        match self {
            Self::Memory => Ok(()),
            Self::File(journal) => journal.commit(state, changes),
        }
    }
}
