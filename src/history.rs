//! Keeps [`News`] in the state directory for later: `history.jsonl`, one JSON object a line, oldest first.
//!
//! Owns the file's form and its safety: lines are appended and made durable, a line that a crash cut off is taken
//! away again, and a file that has grown is put aside (`history.jsonl.1` is the youngest of those) until the oldest
//! is dropped. What is worth a line is decided elsewhere. History is a convenience, so nothing here fails a run: a
//! line that cannot be written is kept for the next attempt, and there is one [`Warning`] until it works again.

use crate::durable::make_directory;
use crate::report::news::News;
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
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
    largest: u64,
    waiting: VecDeque<String>,
    warned: bool,
}

impl History {
    /// The history kept in `folder`. Nothing is read, made or written before there is news.
    pub fn open(folder: &Path) -> Self {
        Self { path: folder.join(NAME), largest: LARGEST, waiting: VecDeque::new(), warned: false }
    }

    /// Writes a line and returns when the disk has it. A warning is given once, until a line could be written again.
    pub fn append(&mut self, news: &News) -> Option<Warning> {
        let line = serde_json::to_string(news).expect("strings and numbers always become JSON");
        self.waiting.push_back(line);
        while self.waiting.len() > WAITING {
            self.waiting.pop_front();
        }
        let text: String = self.waiting.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        match self.write(text.as_bytes()) {
            Ok(()) => {
                self.waiting.clear();
                self.warned = false;
                None
            }
            Err(error) => {
                let first = !std::mem::replace(&mut self.warned, true);
                first.then(|| Warning { path: self.path.clone(), error })
            }
        }
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        make_directory(self.path.parent().unwrap_or(Path::new(".")))?;
        // Another process may put this file aside before it is locked. The line then ends up one file further back.
        let mut file = open_private(&self.path)?;
        let alone = lock(&file);
        let mut length = file.metadata()?.len();
        if alone {
            length = mend(&mut file, length)?;
            if length > 0 && length + text.len() as u64 > self.largest {
                put_aside(&self.path)?;
                file = open_private(&self.path)?;
                length = 0;
            }
        }
        // One write, so that lines of two processes do not mix (O_APPEND).
        let written = file.write_all(text).and_then(|()| file.sync_data());
        if written.is_err() && alone {
            // What is left of the line is of no use; should it stay, the next attempt mends it.
            file.set_len(length).ok();
        }
        written
    }
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether nobody else writes until the file is closed. Never waits: who does not get it only appends.
#[cfg(unix)]
fn lock(file: &File) -> bool {
    rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok()
}

/// Whether nobody else writes until the file is closed.
#[cfg(not(unix))]
fn lock(_: &File) -> bool {
    true
}

/// Ends a last line that lacks only its end, and takes away one that was cut off; the length after that.
fn mend(file: &mut File, length: u64) -> io::Result<u64> {
    let Some(last) = length.checked_sub(1) else { return Ok(0) };
    file.seek(SeekFrom::Start(last))?;
    let mut end = [0];
    file.read_exact(&mut end)?;
    if end == *b"\n" {
        return Ok(length);
    }
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut text)?;
    let start = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if serde_json::from_slice::<News>(&text[start..]).is_ok() {
        file.write_all(b"\n")?;
        return Ok(length + 1);
    }
    file.set_len(start as u64)?;
    Ok(start as u64)
}

/// Moves every file one place back; the oldest is replaced.
fn put_aside(path: &Path) -> io::Result<()> {
    for place in (1..ASIDE).rev() {
        match fs::rename(aside(path, place), aside(path, place + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    fs::rename(path, aside(path, 1))
}

fn aside(path: &Path, place: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{place}"));
    PathBuf::from(name)
}
