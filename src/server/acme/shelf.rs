//! What is kept between runs, in a directory of its own: `certificate.pem` (key and chain in one text, so that they
//! always belong together) and `acme.json` (accounts, the order that is under way, what failed).
//!
//! Both are replaced as a whole and readable by their owner only. An `acme.json` that is not understood is moved to
//! `acme.json.bad`: what is lost with it is an account, which costs nothing to make again.

use super::certificate::Certificate;
use super::schedule::Failures;
use crate::durable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The form that is written and understood.
const VERSION: u32 = 1;

/// A place on the disk, and what is remembered there.
pub(super) struct Shelf {
    folder: PathBuf,
    pub(super) notes: Notes,
}

/// The content of `acme.json`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Notes {
    version: u32,
    /// By the directory's URL.
    #[serde(default)]
    pub(super) accounts: BTreeMap<String, Account>,
    #[serde(default)]
    pub(super) order: Option<Pending>,
    /// Whose certificate `certificate.pem` holds.
    #[serde(default)]
    pub(super) issued_by: Option<String>,
    /// It is not renewed before this, in seconds since 1970.
    #[serde(default)]
    rest_until: u64,
    #[serde(default)]
    failures: FailuresForm,
    /// How many attempts failed since the last success: it says whose turn among the challenges it is.
    #[serde(default)]
    pub(super) turn: u32,
}

/// An account; the credentials hold its key.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) credentials: serde_json::Value,
    pub(super) contact: Vec<String>,
}

/// An order that was made and has not ended.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) directory: String,
    pub(super) subjects: Vec<String>,
    pub(super) url: String,
    /// The key that the certificate will be for, in PEM.
    pub(super) key: String,
}

/// In seconds since 1970.
#[derive(Clone, Default, Serialize, Deserialize)]
struct FailuresForm {
    recent: Vec<u64>,
    count: u32,
    not_before: Option<u64>,
}

/// Held while an order is under way: there is never more than one, whoever else serves from the same directory.
pub(super) struct Held(#[expect(dead_code, reason = "the lock ends with the file")] File);

impl Shelf {
    /// Reads what is there. The directory is made where it is missing. Besides, what was wrong with what was there.
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Option<String>)> {
        durable::make_directory(folder)?;
        let path = folder.join("acme.json");
        let (notes, wrong) = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => (Notes::default(), None),
            Err(error) => return Err(error),
            Ok(bytes) => match serde_json::from_slice::<Notes>(&bytes) {
                Ok(notes) if notes.version <= VERSION => (notes, None),
                Ok(_) | Err(_) => {
                    fs::rename(&path, folder.join("acme.json.bad"))?;
                    let wrong = format!("cannot understand {0}; it was moved to {0}.bad", path.display());
                    (Notes::default(), Some(wrong))
                }
            },
        };
        Ok((Self { folder: folder.to_owned(), notes }, wrong))
    }

    /// The certificate that was kept last; the error is what is wrong with it.
    pub(super) fn certificate(&self) -> Result<Option<Certificate>, String> {
        let path = self.certificate_path();
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("cannot read {}: {error}", path.display())),
            Ok(pem) => {
                let read = Certificate::parse(&pem).map(Some);
                read.map_err(|why| format!("cannot use {}: {why}", path.display()))
            }
        }
    }

    /// Keeps the certificate and then the notes.
    pub(super) async fn keep(&self, pem: String) -> Result<(), String> {
        write(self.certificate_path(), pem.into_bytes()).await?;
        self.save().await
    }

    /// Keeps the notes.
    pub(super) async fn save(&self) -> Result<(), String> {
        let notes = Notes { version: VERSION, ..self.notes.clone() };
        let bytes = serde_json::to_vec_pretty(&notes).map_err(|error| error.to_string())?;
        write(self.folder.join("acme.json"), bytes).await
    }

    /// Nobody else orders while this is held; nothing where somebody does.
    pub(super) fn hold(&self) -> io::Result<Option<Held>> {
        let file =
            File::options().create(true).truncate(false).write(true).open(self.folder.join("acme.lock"))?;
        Ok(is_alone(&file).then_some(Held(file)))
    }

    /// Reads the notes again: another process may have written them.
    pub(super) fn reread(&mut self) {
        if let Ok((fresh, _)) = Self::open(&self.folder) {
            self.notes = fresh.notes;
        }
    }

    fn certificate_path(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }
}

/// Off the runtime's thread: disks of small machines take their time.
async fn write(path: PathBuf, bytes: Vec<u8>) -> Result<(), String> {
    let shown = path.display().to_string();
    let written = tokio::task::spawn_blocking(move || durable::replace(&path, &bytes)).await;
    let written = written.unwrap_or_else(|broken| Err(io::Error::other(broken)));
    written.map_err(|error| format!("cannot write {shown}: {error}"))
}

#[cfg(unix)]
fn is_alone(file: &File) -> bool {
    rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok()
}

#[cfg(not(unix))]
fn is_alone(_: &File) -> bool {
    true
}

impl Notes {
    /// No renewal before this; in the past where a clock has been ahead.
    pub(super) fn rest_until(&self, now: SystemTime) -> SystemTime {
        let until = UNIX_EPOCH.checked_add(Duration::from_secs(self.rest_until));
        until.filter(|until| *until <= now + Duration::from_secs(86_400)).unwrap_or(UNIX_EPOCH)
    }

    pub(super) fn rest(&mut self, until: SystemTime) {
        self.rest_until = until.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    }

    pub(super) fn failures(&self) -> Failures {
        let FailuresForm { recent, count, not_before } = &self.failures;
        let at = |seconds: &u64| UNIX_EPOCH.checked_add(Duration::from_secs(*seconds));
        Failures {
            recent: recent.iter().filter_map(at).collect(),
            count: *count,
            not_before: not_before.as_ref().and_then(at),
        }
    }

    pub(super) fn set_failures(&mut self, failures: &Failures) {
        let seconds = |time: &SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.failures = FailuresForm {
            recent: failures.recent.iter().map(seconds).collect(),
            count: failures.count,
            not_before: failures.not_before.as_ref().map(seconds),
        };
    }
}
