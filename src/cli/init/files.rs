//! The files that come out: all of them or none. One that is there stays as it is, unless it is to be replaced.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file to be written.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) mode: Mode,
}

/// Who may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Whoever may, by the system's settings.
    Usual,
    /// Its owner alone.
    Secret,
}

/// Whether files that are there are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Them,
    None,
}

/// Files that were written and can be taken back.
#[derive(Debug, Default)]
pub(super) struct Written {
    fresh: Vec<PathBuf>,
}

impl Written {
    /// Takes back what was not there before.
    pub(super) fn undo(&self) {
        for path in self.fresh.iter().rev() {
            // What cannot be taken back is said by whoever could not write.
            let _gone = fs::remove_file(path);
        }
    }
}

/// The first of these that is there already.
pub(super) fn there(files: &[File]) -> Option<&Path> {
    files.iter().map(|file| file.path.as_path()).find(|path| path.symlink_metadata().is_ok())
}

/// Writes all files, or none and says which could not be written and why.
pub(super) fn write(files: &[File], keep: Keep) -> Result<Written, (PathBuf, io::Error)> {
    let mut written = Written::default();
    for file in files {
        let is_new = file.path.symlink_metadata().is_err();
        let done = folder(&file.path).and_then(|()| match keep {
            Keep::Them => fill(&file.path, file),
            Keep::None => replace(file),
        });
        match done {
            Ok(()) if is_new => written.fresh.push(file.path.clone()),
            Ok(()) => {}
            Err(error) => {
                written.undo();
                return Err((file.path.clone(), error));
            }
        }
    }
    Ok(written)
}

fn folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => fs::create_dir_all(folder),
        Some(_) | None => Ok(()),
    }
}

/// Makes a file that is not there, whole or not at all.
fn fill(path: &Path, file: &File) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if file.mode == Mode::Secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut open = options.open(path)?;
    open.write_all(file.text.as_bytes()).and_then(|()| open.sync_all()).inspect_err(|_| {
        let _gone = fs::remove_file(path);
    })
}

/// Puts a file in the place of whatever is there.
fn replace(file: &File) -> io::Result<()> {
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.path.with_file_name(format!(".{name}.{}", std::process::id()));
    fill(&beside, file)?;
    fs::rename(&beside, &file.path).inspect_err(|_| {
        let _gone = fs::remove_file(&beside);
    })
}
