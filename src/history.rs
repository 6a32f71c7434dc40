//! Keeps [`News`] in the state directory for later: `history.jsonl`, one JSON object a line, oldest first.
//!
//! Owns the form of the lines; the file's safety is [`rotated`]'s. What is worth a line is decided elsewhere. History is
//! a convenience, so nothing here fails a run: a line that cannot be written is kept for the next attempt, and there
//! is one [`Warning`] until it works again.

use crate::report::news::News;
use crate::rotated::{self, Keeping};
use std::borrow::Borrow;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

mod read;
#[cfg(test)]
mod tests;

pub use read::{Past, read};

/// The name of the file that is written.
pub const NAME: &str = "history.jsonl";

/// A file of this size, in bytes, is put aside.
const LARGEST: u64 = 1024 * 1024;

/// How many files are kept beside the one that is written.
const ASIDE: usize = 4;

/// How many lines wait for a disk that takes them again; of more, the oldest are dropped.
const WAITING: usize = 256;

/// It could not be written. The run goes on.
#[derive(Debug, Error)]
#[error("cannot write {}: {error}; the history lacks what happens until that works again", path.display())]
pub struct Warning {
    /// The file.
    pub path: PathBuf,
    /// The system's reason.
    pub error: io::Error,
}

/// The history in one state directory.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    keeping: Keeping,
    waiting: VecDeque<String>,
    warned: bool,
}

impl History {
    /// The history kept in `folder`. Nothing is read, made or written before there is news.
    pub fn open(folder: &Path) -> Self {
        let whole = |line: &[u8]| serde_json::from_slice::<News>(line).is_ok();
        let keeping = Keeping { largest: LARGEST, aside: ASIDE, whole };
        Self { path: folder.join(NAME), keeping, waiting: VecDeque::new(), warned: false }
    }

    /// Writes a line and returns when the disk has it. A warning is given once, until a line could be written again.
    pub fn append(&mut self, news: &News) -> Option<Warning> {
        self.extend([news])
    }

    /// Writes a line for each, together: a disk is waited for once, however many there are.
    pub fn extend<N: Borrow<News>>(&mut self, news: impl IntoIterator<Item = N>) -> Option<Warning> {
        let before = self.waiting.len();
        let line =
            |news: N| serde_json::to_string(news.borrow()).expect("strings and numbers always become JSON");
        self.waiting.extend(news.into_iter().map(line));
        if self.waiting.len() == before {
            return None;
        }
        let text: String = self.waiting.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        match rotated::append(&self.path, &self.keeping, text.as_bytes()) {
            Ok(()) => {
                self.waiting.clear();
                self.warned = false;
                None
            }
            Err(error) => {
                self.waiting.drain(..self.waiting.len().saturating_sub(WAITING));
                let first = !std::mem::replace(&mut self.warned, true);
                first.then(|| Warning { path: self.path.clone(), error })
            }
        }
    }
}
