//! The file in which changes are kept: a snapshot of all zones, then one record per commit, appended and synced.
//!
//! Each record has a checksum over the file's own random seed, the place of the record and its octets, so that neither
//! a record of another file nor one that moved is taken for one of this. A record that ends in nothing at the end of
//! the file was being written when the machine stopped, and nobody was told that it is durable: it is cut off. One that
//! is wrong with good ones behind it is damage, and said so.
//!
//! When the commits have grown as large as the snapshot, a new file is written beside it, synced and put in its place.
//!
//! Why no database: `redb` 4 (cache of 1 MiB, 100,000 names) wrote 5,200 octets per change in commits of 64 where this
//! writes 110, and 33 kB where this writes 4 kB for one alone, which is what flash memory wears out by; it made the
//! program 640 kB larger. All zones are in memory anyway, so nothing is ever looked up in the file.

use crate::draft::Pending;
use crate::name::{self, WireName};
use crate::sets;
use crate::state::{Changed, Difference, Served, State};
use crate::zone::Zone;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How the file begins: what it is, and its version.
const MAGIC: &[u8; 16] = b"dynflare zones\0\x01";
/// Octets of the seed.
const SEED: usize = 16;
/// Octets before the first record.
const HEAD: usize = 40;
/// Octets of a checksum.
const CHECK: usize = 8;
/// Octets before a record: its length and its checksum.
const BEFORE: usize = 4 + CHECK;
/// How much a record of a snapshot holds, about, in octets.
const PIECE: usize = 64 * 1024;
/// Commits that take less than this are no reason for a new file, in octets.
const LITTLE: u64 = 4 * 1024 * 1024;

/// What a record is.
const COMMIT: u8 = 1;
const NAMES: u8 = 2;
const DIFFERENCE: u8 = 3;

/// An open file.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    seed: [u8; SEED],
    /// How long the snapshot is.
    snapshot: u64,
    /// Where the next record goes.
    end: u64,
    /// Whether it is not known any more what the file holds: a write or a sync has failed.
    doubtful: bool,
    /// Held as long as the file is open.
    _lock: File,
}

impl Journal {
    /// Opens the file, or makes one. With the zones that it holds; the error is the rest of a sentence about it.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Served>), String> {
        let cannot = |what: &'static str| move |error: io::Error| format!("cannot be {what}: {error}");
        let lock = lock(&beside(path, ".lock"))?;
        let exists = match fs::metadata(path) {
            Ok(found) if !found.is_file() => return Err("is no file".to_owned()),
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(cannot("opened")(error)),
        };
        if !exists {
            let nothing = State { zones: Vec::new(), keys: Vec::new() };
            let (file, seed, _) = write_whole(path, &nothing).map_err(cannot("made"))?;
            sync_folder(path).map_err(cannot("made"))?;
            let journal = Self {
                path: path.to_owned(),
                file,
                seed,
                snapshot: HEAD as u64,
                end: HEAD as u64,
                doubtful: false,
                _lock: lock,
            };
            return Ok((journal, Vec::new()));
        }
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(cannot("opened"))?;
        let seed = read_head(&mut file)?;
        let length = file.metadata().map_err(cannot("read"))?.len();
        let mut records = Records { file: io::BufReader::new(&mut file), seed, at: HEAD as u64, length };
        let (mut served, mut snapshot) = (Vec::new(), HEAD as u64);
        while let Some(record) = records.next().map_err(cannot("read"))? {
            let kind = replay(&mut served, &record).ok_or_else(|| {
                format!("is damaged: the record before octet {} makes no sense", records.at)
            })?;
            if kind != COMMIT {
                snapshot = records.at;
            }
        }
        let end = records.at;
        if end < length {
            records.check_tail().map_err(cannot("read"))?.map_or(Ok(()), |at| {
                Err(format!(
                    "is damaged at octet {end}: there are whole records after it, from octet {at} on; restore it from a copy"
                ))
            })?;
        }
        drop(records);
        if end < length {
            file.set_len(end).and_then(|()| file.sync_all()).map_err(cannot("repaired"))?;
        }
        if let Some(lost) = served.iter().find(|served: &&Served| served.zone.soa().is_none()) {
            return Err(format!("is damaged: the zone {} has no SOA record", lost.zone.origin()));
        }
        Ok((Self { path: path.to_owned(), file, seed, snapshot, end, doubtful: false, _lock: lock }, served))
    }

    /// Its place.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends what zones will hold, all of it or nothing, and syncs. `state` is what they hold without it.
    pub(crate) fn commit(&mut self, state: &State, changes: &[(&WireName, &Pending)]) -> io::Result<()> {
        if self.doubtful || self.end - self.snapshot > LITTLE.max(self.snapshot) {
            match self.renew(state) {
                Err(error) if self.doubtful => return Err(error),
                // Or the old file is as good as it was; the next commit tries again.
                Ok(()) | Err(_) => {}
            }
        }
        let mut payload = vec![COMMIT];
        for (zone, pending) in changes {
            push_names(&mut payload, zone, pending.iter().map(|(key, sets)| (&**key, sets.as_slice())));
        }
        let record = record(&self.seed, self.end, &payload);
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(&record))
            .and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.end += record.len() as u64;
                Ok(())
            }
            Err(error) => {
                // After a failed sync nobody knows what is on the disk, even if the next one succeeds: the next commit
                // writes a new file.
                self.doubtful = true;
                self.file.set_len(self.end).ok();
                Err(error)
            }
        }
    }

    /// Writes a new file with what the zones hold, and puts it in the place of the old one.
    fn renew(&mut self, state: &State) -> io::Result<()> {
        let (file, seed, end) = write_whole(&self.path, state)?;
        // From here on the old one has no name any more, and nothing may be written to it.
        (self.file, self.seed, self.snapshot, self.end, self.doubtful) = (file, seed, end, end, true);
        sync_folder(&self.path)?;
        self.doubtful = false;
        Ok(())
    }
}

/// The name of a file beside this one.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn lock(path: &Path) -> Result<File, String> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| format!("cannot be locked by {}: {error}", path.display()))?;
    #[cfg(unix)]
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| "is in use by another process".to_owned())?;
    Ok(file)
}

/// Reads how the file begins; with its seed.
fn read_head(file: &mut File) -> Result<[u8; SEED], String> {
    let mut head = [0; HEAD];
    let mut read = 0;
    while read < head.len() {
        match file.read(&mut head[read..]) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) => return Err(format!("cannot be read: {error}")),
        }
    }
    let same = MAGIC.iter().zip(&head[..read]).take_while(|(one, other)| one == other).count();
    if same < 15 {
        return Err("is not one of this program: give another path, or move the file away".to_owned());
    }
    if same < 16 {
        return Err("was written by another version of this program".to_owned());
    }
    let seed = <[u8; SEED]>::try_from(&head[16..32]).expect("invariant: sixteen octets");
    if read < head.len() || head[32..] != check(&seed, 0, MAGIC) {
        return Err("is damaged at its beginning: restore it from a copy".to_owned());
    }
    Ok(seed)
}

fn check(seed: &[u8; SEED], at: u64, octets: &[u8]) -> [u8; CHECK] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(seed);
    context.update(&at.to_be_bytes());
    context.update(octets);
    *context.finish().as_ref().first_chunk().expect("invariant: 32 octets")
}

/// A record as it stands in the file at a place.
fn record(seed: &[u8; SEED], at: u64, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("invariant: a commit is far below 4 GiB");
    [&length.to_be_bytes(), &check(seed, at, payload)[..], payload].concat()
}

/// Writes a whole file beside `path`, syncs it, and puts it there; with its seed and its length. With an error what was
/// there is there.
fn write_whole(path: &Path, state: &State) -> io::Result<(File, [u8; SEED], u64)> {
    let new = beside(path, ".new");
    let written = write_new(&new, state).and_then(|written| fs::rename(&new, path).map(|()| written));
    if written.is_err() {
        fs::remove_file(&new).ok();
    }
    written
}

/// Makes the new name of a file durable: until then the old file may come back with the power.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn write_new(path: &Path, state: &State) -> io::Result<(File, [u8; SEED], u64)> {
    let mut seed = [0; SEED];
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| io::Error::other("the system hands out no random octets"))?;
    let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path)?;
    let mut out = io::BufWriter::new(file);
    out.write_all(&[&MAGIC[..], &seed, &check(&seed, 0, MAGIC)].concat())?;
    let mut at = HEAD as u64;
    let mut put = |payload: &[u8]| {
        let record = record(&seed, at, payload);
        at += record.len() as u64;
        out.write_all(&record)
    };
    for served in &state.zones {
        let mut names = served.zone.names().map(|entry| (entry.key(), entry.sets())).peekable();
        while names.peek().is_some() {
            let mut size = 0;
            let piece = std::iter::from_fn(|| {
                let next = names.next_if(|_| size < PIECE)?;
                size += next.0.len() + next.1.len();
                Some(next)
            });
            let mut payload = vec![NAMES];
            push_names(&mut payload, served.zone.origin(), piece);
            put(&payload)?;
        }
        for difference in &served.differences {
            let mut payload = vec![DIFFERENCE];
            payload.extend_from_slice(served.zone.origin());
            payload.extend(difference.from.to_be_bytes());
            payload.extend(difference.to.to_be_bytes());
            for name in &difference.names {
                for octets in [&name.key, &name.old, &name.new] {
                    push(&mut payload, octets);
                }
            }
            put(&payload)?;
        }
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok((file, seed, at))
}

/// Appends octets with their length before them.
fn push(payload: &mut Vec<u8>, octets: &[u8]) {
    payload.extend(u16::try_from(octets.len()).expect("invariant: a name holds less").to_be_bytes());
    payload.extend_from_slice(octets);
}

/// Appends a zone's name, how many names follow, and these with all that they own.
fn push_names<'n>(payload: &mut Vec<u8>, zone: &[u8], names: impl Iterator<Item = (&'n [u8], &'n [u8])>) {
    payload.extend_from_slice(zone);
    let at = payload.len();
    payload.extend([0; 4]);
    let mut count: u32 = 0;
    for (key, sets) in names {
        push(payload, key);
        push(payload, sets);
        count += 1;
    }
    payload[at..at + 4].copy_from_slice(&count.to_be_bytes());
}

/// The records of a file, from the first to the last good one.
struct Records<R> {
    file: R,
    seed: [u8; SEED],
    /// Where the next one begins.
    at: u64,
    length: u64,
}

impl<R: Read + Seek> Records<R> {
    /// The next record; `None` where there is no good one.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let left = self.length - self.at;
        if left < BEFORE as u64 {
            return Ok(None);
        }
        let mut before = [0; BEFORE];
        self.file.read_exact(&mut before)?;
        let length = u32::from_be_bytes(*before.first_chunk().expect("invariant: twelve octets"));
        if length == 0 || u64::from(length) > left - BEFORE as u64 {
            return Ok(None);
        }
        let mut payload = vec![0; length as usize];
        self.file.read_exact(&mut payload)?;
        if before[4..] != check(&self.seed, self.at, &payload) {
            return Ok(None);
        }
        self.at += BEFORE as u64 + u64::from(length);
        Ok(Some(payload))
    }

    /// Whether good records follow somewhere after what is none, and where.
    fn check_tail(&mut self) -> io::Result<Option<u64>> {
        let mut tail = Vec::new();
        self.file.seek(SeekFrom::Start(self.at))?;
        self.file.read_to_end(&mut tail)?;
        Ok((1..tail.len().saturating_sub(BEFORE)).find_map(|from| {
            let (before, rest) = tail[from..].split_first_chunk::<BEFORE>()?;
            let length = u32::from_be_bytes(*before.first_chunk()?) as usize;
            let payload =
                rest.get(..length).filter(|payload| matches!(payload.first(), Some(COMMIT..=DIFFERENCE)))?;
            let at = self.at + from as u64;
            (before[4..] == check(&self.seed, at, payload)).then_some(at)
        }))
    }
}

/// Does again what a record tells of; with its kind. `None` where it makes no sense.
fn replay(served: &mut Vec<Served>, payload: &[u8]) -> Option<u8> {
    let (&kind, mut rest) = payload.split_first()?;
    while !rest.is_empty() {
        let length = name::length(rest)?;
        let origin = WireName::exactly(&rest[..length])?;
        rest = &rest[length..];
        let place = served.iter().position(|served| *served.zone.origin() == origin).unwrap_or_else(|| {
            served.push(Served::new(Zone::new(origin)));
            served.len() - 1
        });
        let one = &mut served[place];
        if kind == DIFFERENCE {
            let (from, after) = rest.split_first_chunk::<4>()?;
            let (to, after) = after.split_first_chunk::<4>()?;
            rest = after;
            let mut names = Vec::new();
            while !rest.is_empty() {
                let (key, old, new) = (take(&mut rest)?, take(&mut rest)?, take(&mut rest)?);
                let sound = name::is_key(key) && sets::is_sound(old) && sets::is_sound(new);
                sound.then(|| names.push(Changed { key: key.into(), old: old.into(), new: new.into() }))?;
            }
            let (from, to) = (u32::from_be_bytes(*from), u32::from_be_bytes(*to));
            one.keep(Difference { from, to, names: names.into() });
            continue;
        }
        let (count, after) = rest.split_first_chunk::<4>()?;
        rest = after;
        // What a zone begins with goes straight to its place: a second copy of all names would be a lot of memory.
        let begun = one.zone.soa().is_some();
        let mut pending = Pending::new();
        for _ in 0..u32::from_be_bytes(*count) {
            let (key, sets) = (take(&mut rest)?, take(&mut rest)?);
            (name::is_key(key) && sets::is_sound(sets)).then_some(())?;
            match kind {
                COMMIT if begun => drop(pending.insert(key.into(), sets.to_vec())),
                COMMIT | NAMES => one.zone.put(key, sets),
                _ => return None,
            }
        }
        if !pending.is_empty() {
            one.apply(&pending);
        }
    }
    matches!(kind, COMMIT | NAMES | DIFFERENCE).then_some(kind)
}

/// Octets with their length before them.
fn take<'o>(rest: &mut &'o [u8]) -> Option<&'o [u8]> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (octets, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    Some(octets)
}
