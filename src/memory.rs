//! Keeps [`Memory`] in a file between runs: `memory.json` in the state directory.
//!
//! Owns the file's form (`version` 1) and its safety: replaced as a whole or not at all, readable by its owner only.
//! Memory is a convenience, so nothing here fails a run. A missing file is an empty memory; one that cannot be
//! understood is moved aside to `memory.json.bad`; every other trouble is a [`Warning`] for the report.

use crate::durable;
use dynflare_core::address::Family;
use dynflare_core::breaker::Track;
use dynflare_core::condition::Absence;
use dynflare_core::memory::{Entry, Known, Memory, PastChange, Place, Request};
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use dynflare_core::uplink::Seen;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use thiserror::Error;

mod stops;
#[cfg(test)]
mod tests;

/// The form of the file that is written and understood.
const VERSION: u32 = 1;

/// The largest file that is read, in bytes: some ten thousand records.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What went wrong with the file. The run goes on.
#[derive(Debug, Error)]
pub enum Warning {
    /// It is there and cannot be read; it is left as it is, and nothing is saved over it.
    #[error("cannot read {}: {error}; this run goes on without it and leaves it as it is", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// It was read and not understood, and now has another name.
    #[error("cannot understand {} ({why}); it was moved to {} and is not used", path.display(), aside.display())]
    MovedAside {
        /// The file.
        path: PathBuf,
        /// Where it is now.
        aside: PathBuf,
        /// What is wrong with it.
        why: Flaw,
    },
    /// It was read and not understood, and could not be moved either.
    #[error("cannot understand {} ({why}) and cannot move it away: {error}; it is not used", path.display())]
    Stuck {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: Flaw,
        /// Why it could not be moved.
        error: io::Error,
    },
    /// It could not be written; what was there before still is.
    #[error("cannot write {}: {error}; the next run will know less of this one", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
}

/// Why the content of the file is not understood.
#[derive(Debug, Error)]
pub enum Flaw {
    /// Larger than anything that is ever written.
    #[error("larger than {LARGEST} bytes")]
    Size,
    /// No JSON, or not of this form.
    #[error("{0}")]
    Form(serde_json::Error),
    /// Written by another version of the program.
    #[error("version {0}, where {VERSION} is known")]
    Version(u64),
    /// Something in it that is no name.
    #[error("{0:?} is no name")]
    Name(String),
    /// Something in it that is no family.
    #[error("{0} is no family")]
    Family(u8),
    /// Something in it that is no class of fault.
    #[error("{0:?} is no class of fault")]
    Class(String),
    /// Something in it that is no record type.
    #[error("{0:?} is no record type")]
    Type(String),
}

/// The file in one state directory.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// What the file holds; `None` where it must not be written.
    kept: Option<Memory>,
}

impl Store {
    /// Reads the memory kept in `directory`. There is always one to go on with.
    pub fn open(directory: &Path) -> (Self, Memory, Option<Warning>) {
        let path = directory.join("memory.json");
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return (Self { path, kept: Some(Memory::default()) }, Memory::default(), None);
            }
            Err(error) => {
                let warning = Warning::Unreadable { path: path.clone(), error };
                return (Self { path, kept: None }, Memory::default(), Some(warning));
            }
        };
        match parse(&bytes) {
            Ok(memory) => (Self { path, kept: Some(memory.clone()) }, memory, None),
            Err(why) => {
                let (kept, warning) = move_aside(&path, why);
                (Self { path, kept }, Memory::default(), Some(warning))
            }
        }
    }

    /// Writes `memory`, if it is not what was read: the places that changed, over what the file holds by now. The directory is made where it is missing.
    pub fn save(&mut self, memory: &Memory) -> Option<Warning> {
        let kept = self.kept.as_ref().filter(|kept| *kept != memory)?;
        let merged = self.merged(kept, memory);
        match durable::replace(&self.path, &render(&merged)) {
            Ok(()) => {
                // What others have added is theirs to change: it is no part of what this run knows.
                self.kept = Some(memory.clone());
                None
            }
            // How sources have done is no loss worth a word.
            Err(_) if kept.decides_as(memory) => None,
            Err(error) => Some(Warning::Unwritable { path: self.path.clone(), error }),
        }
    }

    /// Whether the file says of places and uplinks what `memory` says; how sources have done is left aside.
    pub fn decides_as(&self, memory: &Memory) -> bool {
        self.kept.as_ref().is_none_or(|kept| kept.decides_as(memory))
    }

    /// What this process kept or read last; `None` where the file must not be written.
    pub fn kept(&self) -> Option<&Memory> {
        self.kept.as_ref()
    }

    /// What changed since the file was read, over what it holds by now: two lines of a crontab run side by side.
    fn merged(&self, kept: &Memory, memory: &Memory) -> Memory {
        let current = read(&self.path).ok().and_then(|bytes| parse(&bytes).ok());
        let mut merged = current.unwrap_or_else(|| kept.clone());
        let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
            (kept.entries().collect(), memory.entries().collect());
        for (place, entry) in &after {
            if before.get(place) != Some(entry) {
                merged.restore((*place).clone(), (*entry).clone());
            }
        }
        for place in before.keys().filter(|place| !after.contains_key(*place)) {
            merged.forget(place);
        }
        stops::merge(&mut merged.stops, &kept.stops, &memory.stops);
        // Of what is only about sources and uplinks the later run knows more.
        merged.uplinks = memory.uplinks.clone();
        merged.tracks = memory.tracks.clone();
        merged
    }
}

/// What is kept in `directory`, or why that cannot be told; changes nothing.
#[cfg(feature = "doctor")]
pub fn look(directory: &Path) -> Result<Memory, String> {
    let path = directory.join("memory.json");
    match read(&path) {
        Ok(bytes) => parse(&bytes).map_err(|why| format!("cannot understand {}: {why}", path.display())),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Memory::default())
        }
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Moves the file out of the way. One that cannot be moved is not written over either: a human may want it.
fn move_aside(path: &Path, why: Flaw) -> (Option<Memory>, Warning) {
    let aside = path.with_file_name("memory.json.bad");
    match fs::rename(path, &aside) {
        Ok(()) => (Some(Memory::default()), Warning::MovedAside { path: path.to_owned(), aside, why }),
        Err(error) => (None, Warning::Stuck { path: path.to_owned(), why, error }),
    }
}

/// The version alone, to tell another version from a broken file.
#[derive(Deserialize)]
struct Header {
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct Form {
    version: u32,
    places: Vec<PlaceForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    uplinks: Vec<UplinkForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    followed: Vec<FollowedForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<TrackForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stops: Vec<stops::Form>,
}

#[derive(Serialize, Deserialize)]
struct UplinkForm {
    uplink: String,
    address: IpAddr,
    /// Missing where an earlier version wrote the file; then the age of the address is not known.
    #[serde(default)]
    last: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct FollowedForm {
    list: String,
    family: u8,
    uplink: String,
}

#[derive(Serialize, Deserialize)]
struct TrackForm {
    source: String,
    family: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<u64>,
    #[serde(default)]
    failures: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    #[serde(default)]
    dissents: u32,
}

/// A family as the digit of its version.
fn digit(family: Family) -> u8 {
    match family {
        Family::V4 => 4,
        Family::V6 => 6,
    }
}

fn family(digit: u8) -> Result<Family, Flaw> {
    Family::BOTH.into_iter().find(|family| self::digit(*family) == digit).ok_or(Flaw::Family(digit))
}

#[derive(Serialize, Deserialize)]
struct PlaceForm {
    account: String,
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    published: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    intended: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    absence: Option<AbsenceForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<SentForm>,
}

#[derive(Serialize, Deserialize)]
struct SentForm {
    at: u64,
    /// Missing where it is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unclear: bool,
}

#[derive(Serialize, Deserialize)]
struct AbsenceForm {
    seen: u64,
    lasted: u64,
}

#[derive(Serialize, Deserialize)]
struct ChangeForm {
    at: u64,
    from: Vec<String>,
    to: Vec<String>,
}

fn parse(bytes: &[u8]) -> Result<Memory, Flaw> {
    if bytes.len() as u64 > LARGEST {
        return Err(Flaw::Size);
    }
    let Header { version } = serde_json::from_slice(bytes).map_err(Flaw::Form)?;
    if version != u64::from(VERSION) {
        return Err(Flaw::Version(version));
    }
    let form: Form = serde_json::from_slice(bytes).map_err(Flaw::Form)?;
    let mut memory = Memory::default();
    for place in form.places {
        let name = Name::parse(&place.name).map_err(|_| Flaw::Name(place.name))?;
        let rtype: RecordType = place.rtype.parse().map_err(|_| Flaw::Type(place.rtype))?;
        let change = |ChangeForm { at, from, to }| PastChange { at, from, to };
        let entry = Entry {
            published: place.published,
            intended: place.intended,
            written: place.written,
            changes: place.changes.into_iter().map(change).collect(),
            absence: place.absence.map(|AbsenceForm { seen, lasted }| Absence { seen, lasted }),
            sent: place.sent.map(|SentForm { at, unclear }| Request {
                at,
                outcome: if unclear { Known::No } else { Known::Yes },
            }),
        };
        memory.restore(Place { account: place.account, key: Key { name, rtype } }, entry);
    }
    for UplinkForm { uplink, address, last, since } in form.uplinks {
        memory.uplinks.restore(
            uplink,
            Family::of(address),
            Seen { since, last: last.max(since.unwrap_or(0)), address },
        );
    }
    for FollowedForm { list, family, uplink } in form.followed {
        memory.uplinks.follow(&list, self::family(family)?, &uplink);
    }
    for TrackForm { source, family, asked, answered, failures, until, dissents } in form.sources {
        let track = Track { asked, answered, failures, until, dissents };
        memory.tracks.restore(source, self::family(family)?, track);
    }
    for form in form.stops {
        let (subject, stop) = stops::read(form)?;
        memory.stops.put(subject, stop);
    }
    Ok(memory)
}

fn render(memory: &Memory) -> Vec<u8> {
    let change =
        |change: &PastChange| ChangeForm { at: change.at, from: change.from.clone(), to: change.to.clone() };
    let place = |(place, entry): (&Place, &Entry)| PlaceForm {
        account: place.account.clone(),
        name: place.key.name.to_string(),
        rtype: place.key.rtype.to_string(),
        published: entry.published.clone(),
        intended: entry.intended.clone(),
        written: entry.written,
        changes: entry.changes.iter().map(change).collect(),
        absence: entry.absence.map(|Absence { seen, lasted }| AbsenceForm { seen, lasted }),
        sent: entry.sent.map(|Request { at, outcome }| SentForm { at, unclear: outcome == Known::No }),
    };
    let uplink = |(uplink, _, seen): (&str, Family, Seen)| UplinkForm {
        uplink: uplink.to_owned(),
        address: seen.address,
        last: seen.last,
        since: seen.since,
    };
    let followed = |(list, family, uplink): (&str, Family, &str)| FollowedForm {
        list: list.to_owned(),
        family: digit(family),
        uplink: uplink.to_owned(),
    };
    let track = |(source, family, track): (&str, Family, &Track)| TrackForm {
        source: source.to_owned(),
        family: digit(family),
        asked: track.asked,
        answered: track.answered,
        failures: track.failures,
        until: track.until,
        dissents: track.dissents,
    };
    let form = Form {
        version: VERSION,
        places: memory.entries().map(place).collect(),
        uplinks: memory.uplinks.all_seen().map(uplink).collect(),
        followed: memory.uplinks.all_followed().map(followed).collect(),
        sources: memory.tracks.all().map(track).collect(),
        stops: memory.stops.all().map(stops::form).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&form).expect("strings and numbers always become JSON");
    bytes.push(b'\n');
    bytes
}
