//! What is on this machine's disk: who may read and change the configuration's files, and what earlier runs left.

use crate::config::{Diagnostic, Settings};
use crate::doctor::Finding;
use crate::doctor::files::{self, Facts, File, Looked, State};
use crate::history::{self, Past};
use crate::memory;
use crate::report::clean::Cleaner;
use dynflare_core::memory::Memory;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What earlier runs left behind, and why that is nothing where it is.
pub(super) fn memory(settings: &Settings) -> (Memory, Vec<String>) {
    match settings.state_dir.value.as_deref().map(memory::look) {
        Some(Ok(memory)) => (memory, Vec::new()),
        Some(Err(why)) => (Memory::default(), vec![why]),
        None => (Memory::default(), Vec::new()),
    }
}

/// What happened to the records.
pub(super) fn past(settings: &Settings) -> Result<Past, String> {
    let Some(folder) = settings.state_dir.value.as_deref() else { return Ok(Past::default()) };
    history::read(folder).map_err(|error| format!("cannot read the history: {error}"))
}

/// What is said of the files.
pub(super) fn files(
    settings: &Settings,
    (notices, looked): (&[Diagnostic], Looked),
    unread: &[String],
    cleaner: &Cleaner,
) -> Vec<Finding> {
    let files: Vec<File> =
        settings.files().into_iter().map(|path| File { mode: mode(&path), path }).collect();
    let state = settings.state_dir.value.as_deref().map_or(State::Nowhere, state);
    files::judge(&Facts { files: &files, notices, looked, state: &state, unread }, cleaner)
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    // Of a pipe or a device (`/dev/fd/3`) the permissions say something else.
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some(metadata.mode())
}

/// Elsewhere there are no such bits.
#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

/// Whether the state can be kept; tried without writing.
fn state(path: &Path) -> State {
    let folder = path.to_owned();
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => State::Unusable(folder, "it is no folder".to_owned()),
        Ok(_) => match writable(path) {
            Ok(()) => State::Ready(folder),
            Err(why) => State::Unusable(folder, why),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Where it is missing it is made, with what is missing above it.
            let above = path.ancestors().skip(1).find(|above| above.exists()).map(Path::to_owned);
            let above =
                above.filter(|above| !above.as_os_str().is_empty()).unwrap_or_else(|| PathBuf::from("."));
            match writable(&above) {
                Ok(()) => State::ToBeMade(folder),
                Err(why) => {
                    State::Unusable(folder, format!("it cannot be made in {}: {why}", above.display()))
                }
            }
        }
        Err(error) => State::Unusable(folder, words(&error)),
    }
}

#[cfg(unix)]
fn writable(folder: &Path) -> Result<(), String> {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| words(&error.into()))
}

#[cfg(not(unix))]
fn writable(folder: &Path) -> Result<(), String> {
    match std::fs::metadata(folder) {
        Ok(metadata) if metadata.permissions().readonly() => Err("it is read-only".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(words(&error)),
    }
}

/// What the system says, without its number.
fn words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}
