//! Where changes are kept. Memory keeps nothing; a file is a journal.

use crate::draft::Pending;
use crate::journal::Journal;
use crate::name::WireName;
use crate::settings::OpenError;
use crate::state::State;
use std::io;
use std::path::PathBuf;

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
            Self::File(journal) if !changes.is_empty() => journal.commit(state, changes),
            Self::File(_) | Self::Memory => Ok(()),
        }
    }

    /// A failure to write, as those hear of it who open a name server or give it other settings.
    pub(crate) fn failed(&self, error: &io::Error) -> OpenError {
        let path = match self {
            Self::Memory => PathBuf::new(),
            Self::File(journal) => journal.path().to_owned(),
        };
        OpenError::Store { path, why: format!("could not be written: {error}") }
    }
}
