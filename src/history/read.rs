//! Reading history back, over all its files, whatever state they are in.

use super::{ASIDE, LARGEST, NAME};
use crate::report::news::News;
use crate::rotated::aside;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// What a history holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The news, in the order they were written.
    pub news: Vec<News>,
    /// How many lines could not be understood: cut off by a crash, or written by another version.
    pub skipped: usize,
}

/// Reads the history kept in `folder`; one that was never begun is empty. An error is that of the first file which
/// is there and cannot be read, with its name.
pub fn read(folder: &Path) -> io::Result<Past> {
    let current = folder.join(NAME);
    // The youngest is opened first: what is put aside meanwhile is met a second time, and told by its first line.
    let mut files = Vec::new();
    for place in 0..=ASIDE {
        let path = if place == 0 { current.clone() } else { aside(&current, place) };
        match File::open(&path) {
            Ok(file) if files.last().is_some_and(|youngest| is_same(youngest, &file)) => {}
            Ok(file) => files.push(file),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
        }
    }
    let mut past = Past::default();
    for file in files.into_iter().rev() {
        let mut text = Vec::new();
        // A file is put aside when it has grown; one that is far larger is not ours.
        file.take(LARGEST * 8).read_to_end(&mut text)?;
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(news) => past.news.push(news),
                Err(_) => past.skipped += 1,
            }
        }
    }
    Ok(past)
}

#[cfg(unix)]
fn is_same(one: &File, other: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        (Err(_), Ok(_)) | (_, Err(_)) => false,
    }
}

#[cfg(not(unix))]
fn is_same(_: &File, _: &File) -> bool {
    false
}
