//! Files that are replaced as a whole or not at all, and that only their owner can read.
//!
//! Owns how a file of the state directory is written; what it holds, and what follows from failing, is its writer's
//! business.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

/// After how long a file that is being written is no longer: nobody takes a minute for it.
pub(crate) const ABANDONED: Duration = Duration::from_secs(60);

/// Puts `bytes` at `path`, so that a reader, or a crash, sees either the old content or the new. Makes the directory
/// where it is missing.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    make_directory(directory)?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or(ErrorKind::InvalidFilename)?;
    let started = format!(".{name}.");
    // One name per process: two at once do not write into each other's file.
    let new = path.with_file_name(format!("{started}{}", std::process::id()));
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let written = create_private(&new).and_then(|file| write_durably(file, bytes));
    let replaced = written.and_then(|()| fs::rename(&new, path));
    if replaced.is_err() {
        // What is left of it is of no use; that it cannot be removed changes nothing.
        fs::remove_file(&new).ok();
        return replaced;
    }
    sweep(directory, &started);
    // The new name is durable once the directory is; not every file system can say so.
    File::open(directory).and_then(|directory| directory.sync_all()).ok();
    Ok(())
}

/// Removes what processes that were killed while they wrote have left behind.
fn sweep(directory: &Path, started: &str) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let left = entry.file_name().to_str().is_some_and(|name| name.starts_with(started));
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| modified.elapsed().ok());
        if left && age.is_some_and(|age| age > ABANDONED) {
            // One that stays is of no harm.
            fs::remove_file(entry.path()).ok();
        }
    }
}

/// Makes a directory where it is missing, for its owner only.
pub(crate) fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(crate) fn write_durably(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}
