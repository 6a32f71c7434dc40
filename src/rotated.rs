//! Files of lines that grow: appended, made durable, mended after a crash, and put aside when they have grown.
//!
//! `name` is written, `name.1` is the youngest of those put aside. What the lines say is their writer's business.

use crate::durable::make_directory;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How a file of lines is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keeping {
    /// A file of this size, in bytes, is put aside.
    pub(crate) largest: u64,
    /// How many files are kept beside the one that is written.
    pub(crate) aside: usize,
    /// Whether a last line without an end is a whole one.
    pub(crate) whole: fn(&[u8]) -> bool,
}

/// Appends whole lines, and returns when the disk has them.
pub(crate) fn append(path: &Path, keeping: &Keeping, text: &[u8]) -> io::Result<()> {
    make_directory(path.parent().unwrap_or(Path::new(".")))?;
    // Another process may put this file aside before it is locked. The line then ends up one file further back.
    let mut file = open_private(path)?;
    let alone = lock(&file);
    let mut length = file.metadata()?.len();
    if alone {
        length = mend(&mut file, length, keeping.whole)?;
        if length > 0 && length + text.len() as u64 > keeping.largest {
            put_aside(path, keeping.aside)?;
            file = open_private(path)?;
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
fn mend(file: &mut File, length: u64, whole: fn(&[u8]) -> bool) -> io::Result<u64> {
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
    if whole(&text[start..]) {
        file.write_all(b"\n")?;
        return Ok(length + 1);
    }
    file.set_len(start as u64)?;
    Ok(start as u64)
}

/// Moves every file one place back; the oldest is replaced.
fn put_aside(path: &Path, kept: usize) -> io::Result<()> {
    for place in (1..kept).rev() {
        match fs::rename(aside(path, place), aside(path, place + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    fs::rename(path, aside(path, 1))
}

/// The file put aside at a place.
pub(crate) fn aside(path: &Path, place: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{place}"));
    PathBuf::from(name)
}
