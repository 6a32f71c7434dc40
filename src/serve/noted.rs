//! What was wished and is not written yet, on disk: after the end of the process, however it came, it goes on.
//!
//! The file is replaced as a whole. It is written before the provider is called, so that whatever a client was told
//! was either written there or stands here; it holds what is open and nothing else.

use super::lane::Open;
use crate::durable::replace;
use crate::server::update::setter::Want;
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

const VERSION: u32 = 1;

/// The largest file that is read, in bytes: some hundred thousand wishes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What a note says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) want: Want<IpAddr>,
    pub(super) account: String,
}

/// The notes of one zone.
pub(super) type Notes = BTreeMap<Key, Note>;

/// Where they are.
#[derive(Clone, Debug)]
pub(super) struct Book {
    path: PathBuf,
    written: Notes,
}

#[derive(Serialize, Deserialize)]
struct Form {
    version: u32,
    wishes: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    /// Missing where there is to be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    account: String,
}

impl Book {
    /// Reads what is noted in a folder. What cannot be understood is moved aside, and that is the error, as a sentence.
    pub(super) fn open(folder: &Path) -> (Self, Result<Notes, String>) {
        let path = folder.join("wishes.json");
        let notes = match read(&path) {
            Ok(notes) => Ok(notes),
            Err(why) => {
                let aside = path.with_file_name("wishes.json.bad");
                let moved = match std::fs::rename(&path, &aside) {
                    Ok(()) => format!("it was moved to {}", aside.display()),
                    Err(error) => format!("and it cannot be moved away: {error}"),
                };
                Err(format!("cannot understand {} ({why}); {moved}", path.display()))
            }
        };
        (Self { path, written: notes.clone().unwrap_or_default() }, notes)
    }

    /// Notes what is open, if that is something else than what is noted. It lasts once this returns; waits for the disk.
    pub(super) fn write(&mut self, notes: Notes) -> Result<(), String> {
        if notes == self.written {
            return Ok(());
        }
        let line = |(key, note): (&Key, &Note)| Line {
            name: key.name.to_string(),
            rtype: key.rtype.to_string(),
            address: match note.want {
                Want::Address(address) => Some(address),
                Want::Keep | Want::Offline => None,
            },
            account: note.account.clone(),
        };
        let form = Form { version: VERSION, wishes: notes.iter().map(line).collect() };
        let mut bytes = serde_json::to_vec(&form).expect("strings and numbers always become JSON");
        bytes.push(b'\n');
        replace(&self.path, &bytes)
            .map_err(|error| format!("cannot write {}: {error}", self.path.display()))?;
        self.written = notes;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Notes, String> {
    let mut bytes = Vec::new();
    match std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)) {
        Ok(length) if length as u64 > LARGEST => return Err(format!("larger than {LARGEST} bytes")),
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Notes::new());
        }
        Err(error) => return Err(io::Error::to_string(&error)),
    }
    let form: Form = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    if form.version != VERSION {
        return Err(format!("version {}, where {VERSION} is known", form.version));
    }
    let one = |line: Line| {
        let name = Name::parse(&line.name).map_err(|error| format!("{:?}: {error}", line.name))?;
        let rtype: RecordType =
            line.rtype.parse().map_err(|_| format!("{:?} is no record type", line.rtype))?;
        let want = line.address.map_or(Want::Offline, Want::Address);
        Ok((Key { name, rtype }, Note { want, account: line.account }))
    };
    form.wishes.into_iter().map(one).collect()
}

/// What is open, as notes.
pub(super) fn notes(open: &BTreeMap<Key, Open>) -> Notes {
    open.iter()
        .map(|(key, open)| (key.clone(), Note { want: open.want, account: open.account.to_string() }))
        .collect()
}
