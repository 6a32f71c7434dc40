//! Who set what from where, and who was refused: one JSON object a line in `audit.jsonl` of the state directory.
//!
//! Lines are written by a thread of their own, many at a time, so no client waits for this disk; what is lost when the
//! machine dies is the last moment. A flood meets a bound: lines beyond are counted, and the count is written. Updates
//! that change nothing are not logged, secrets never, and a user's name only where there is such an account, since
//! people type passwords into the wrong field.

use super::answer::Word;
use super::counters::Counters;
use super::setter::{Set, Want, Why, Wish};
use crate::rotated::{self, Keeping};
use dynflare_core::address::Family;
use serde::Serialize;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The name of the file that is written.
pub const NAME: &str = "audit.jsonl";

/// A file of this size, in bytes, is put aside.
const LARGEST: u64 = 4 * 1024 * 1024;

/// How many files are kept beside the one that is written.
const ASIDE: usize = 4;

/// How many lines wait for the disk.
const WAITING: usize = 4096;

/// The least time between two writes: under load they are large rather than many.
const BREATH: Duration = Duration::from_millis(50);

/// A line.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// When, in seconds since 1970-01-01 UTC.
    pub at: u64,
    /// Whose credentials it were, or whose name was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// From where.
    pub from: IpAddr,
    /// What was answered.
    pub answer: &'static str,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What its A record was to become.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4: Option<String>,
    /// What its AAAA record was to become.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Entry {
    /// A refusal.
    pub fn refused(account: Option<&str>, from: IpAddr, word: Word) -> Self {
        let (answer, account) = (word.as_str(), account.map(str::to_owned));
        Self { at: now(), account, from, answer, name: None, ipv4: None, ipv6: None, why: None }
    }

    /// What became of a wish; nothing where it changed nothing.
    pub fn of(wish: &Wish, set: &Set, word: Word) -> Option<Self> {
        let why = match set {
            Set::Unchanged => return None,
            Set::Changed => None,
            Set::Refused(Why::NoZone) => Some("no zone here holds the name".to_owned()),
            Set::Refused(Why::Foreign(why) | Why::Rejected(why)) => Some(why.clone()),
            Set::Later(fault) => Some(fault.to_string()),
        };
        Some(Self { why, ..Self::wished(wish, word.as_str()) })
    }

    /// A wish whose client went away before anybody knew what became of it.
    pub fn left(wish: &Wish) -> Self {
        let why = Some("the client went away, or the answer took too long; it may be done".to_owned());
        Self { why, ..Self::wished(wish, "none") }
    }

    fn wished(wish: &Wish, answer: &'static str) -> Self {
        let want = |family| match wish.of(family) {
            Want::Keep => None,
            Want::Address(address) => Some(address.to_string()),
            Want::Offline => Some("offline".to_owned()),
        };
        Self {
            at: now(),
            account: Some(wish.account.as_ref().to_owned()),
            from: wish.from,
            answer,
            name: Some(wish.name.to_string()),
            ipv4: want(Family::V4),
            ipv6: want(Family::V6),
            why: None,
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The log. Everything given to it is on disk when it has been dropped.
#[derive(Debug)]
pub struct Audit {
    lines: Option<SyncSender<Entry>>,
    writer: Option<JoinHandle<()>>,
    counters: Arc<Counters>,
}

impl Audit {
    /// Opens the log in a folder; `trouble` is told, once until it works again, that it cannot be written.
    pub fn open(
        folder: &Path,
        counters: Arc<Counters>,
        trouble: impl Fn(String) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (lines, given) = sync_channel(WAITING);
        let path = folder.join(NAME);
        let writer = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || write(&path, &given, &trouble))?;
        Ok(Self { lines: Some(lines), writer: Some(writer), counters })
    }

    /// Takes a line; never waits.
    pub fn note(&self, entry: Entry) {
        let taken = self.lines.as_ref().is_some_and(|lines| lines.try_send(entry).is_ok());
        if !taken {
            self.counters.lost();
        }
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        // The writer ends when nobody can give it lines any more.
        drop(self.lines.take());
        if let Some(writer) = self.writer.take() {
            // Should it have panicked, there is nothing to wait for.
            let _ended = writer.join();
        }
    }
}

fn write(path: &Path, given: &Receiver<Entry>, trouble: &dyn Fn(String)) {
    let keeping = Keeping {
        largest: LARGEST,
        aside: ASIDE,
        whole: |line| serde_json::from_slice::<serde_json::Value>(line).is_ok(),
    };
    let mut warned = false;
    while let Ok(first) = given.recv() {
        let mut text = Vec::new();
        for entry in std::iter::once(first).chain(given.try_iter().take(WAITING)) {
            serde_json::to_writer(&mut text, &entry)
                .expect("invariant: strings and numbers always become JSON");
            text.push(b'\n');
        }
        match rotated::append(path, &keeping, &text) {
            Ok(()) => warned = false,
            Err(error) => {
                if !std::mem::replace(&mut warned, true) {
                    trouble(format!(
                        "cannot write {}: {error}; who set what is not logged until that works again",
                        path.display()
                    ));
                }
            }
        }
        std::thread::sleep(BREATH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::name::Name;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn folder() -> std::path::PathBuf {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        std::env::temp_dir().join(format!("dynflare-audit-{}-{next}", std::process::id()))
    }

    #[test]
    fn lines_say_who_set_what_from_where_and_are_on_disk_when_the_log_is_closed() {
        let folder = folder();
        let counters = Arc::new(Counters::default());
        let audit = Audit::open(&folder, counters, |trouble| panic!("{trouble}")).expect("a thread");
        let wish = Wish {
            account: "router".into(),
            name: Name::parse("home.example.org").expect("a name"),
            v4: Want::Address([203, 0, 113, 7].into()),
            v6: Want::Offline,
            from: IpAddr::from([203, 0, 113, 9]),
        };
        assert!(Entry::of(&wish, &Set::Unchanged, Word::Nochg).is_none());
        audit.note(Entry::of(&wish, &Set::Changed, Word::Good).expect("it changed something"));
        audit.note(Entry::refused(None, IpAddr::from([192, 0, 2, 1]), Word::Badauth));
        drop(audit);
        let text = std::fs::read_to_string(folder.join(NAME)).expect("it was written");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(text.lines().next().is_some_and(|line| line.ends_with(
            r#""account":"router","from":"203.0.113.9","answer":"good","name":"home.example.org","ipv4":"203.0.113.7","ipv6":"offline"}"#
        )), "{text}");
        assert_eq!(lines[1]["answer"], "badauth");
        std::fs::remove_dir_all(&folder).expect("it was made here");
    }

    #[test]
    fn a_log_that_cannot_be_written_says_so_once() {
        let folder = folder();
        std::fs::write(&folder, "a file where the folder should be").expect("a temporary file");
        let (told, heard) = std::sync::mpsc::channel();
        let audit = Audit::open(&folder, Arc::default(), move |text| told.send(text).expect("it is heard"))
            .expect("a thread");
        for _ in 0..3 {
            audit.note(Entry::refused(None, IpAddr::from([192, 0, 2, 1]), Word::Badauth));
        }
        drop(audit);
        let said: Vec<String> = heard.iter().collect();
        assert_eq!(said.len(), 1, "{said:?}");
        std::fs::remove_file(&folder).expect("it was made here");
    }
}
