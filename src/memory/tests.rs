//! The file on a real file system.

use super::{Flaw, Store, Warning};
use crate::durable::{ABANDONED, write_durably};
use dynflare_core::condition::Absence;
use dynflare_core::fault::Class;
use dynflare_core::memory::{Entry, Known, Memory, PastChange, Place, Request};
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use dynflare_core::stop::{Stop, Subject};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// An empty directory that goes when the test ends.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("dynflare-memory-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory of one's own");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("memory.json")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
            .collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn place() -> Place {
    let name = Name::parse("www.example.org").expect("a name");
    Place { account: "home".to_owned(), key: Key { name, rtype: RecordType::A } }
}

fn remembered() -> Memory {
    let mut memory = Memory::default();
    let change = PastChange {
        at: 1_800_000_000,
        from: vec![],
        to: vec!["192.0.2.1".to_owned(), "192.0.2.2".to_owned()],
    };
    let entry = Entry {
        published: vec!["192.0.2.1".to_owned()],
        intended: vec!["192.0.2.2".to_owned()],
        written: Some(1_800_000_000),
        changes: vec![change],
        absence: Some(Absence { seen: 1_800_000_300, lasted: 300 }),
        sent: Some(Request { at: 1_800_000_005, outcome: Known::No }),
    };
    memory.restore(place(), entry);
    let txt = Key { rtype: RecordType::Txt, ..place().key };
    memory.restore(Place { account: "other".to_owned(), key: txt }, Entry::default());
    let stop = Stop {
        class: Class::NoSuchName,
        what: "it is not there".to_owned(),
        said: Some("nohost".to_owned()),
        since: 1_800_000_010,
        until: None,
        salt: 7,
        mark: [1, 2, 3],
    };
    memory.stops.put(Subject { account: "noip".to_owned(), name: Some(place().key.name) }, stop);
    memory
}

fn open(directory: &Path) -> (Store, Memory) {
    let (store, memory, warning) = Store::open(directory);
    assert!(warning.is_none(), "{warning:?}");
    (store, memory)
}

#[test]
fn nothing_kept_is_an_empty_memory_and_writes_nothing() {
    let directory = Directory::new();
    let (mut store, memory) = open(&directory.0);
    assert_eq!(memory, Memory::default());
    assert!(store.save(&memory).is_none());
    assert_eq!(directory.names(), Vec::<String>::new());
}

#[test]
fn what_is_kept_comes_back_and_only_one_file_is_there() {
    let directory = Directory::new();
    let (mut store, _) = open(&directory.0);
    assert!(store.save(&remembered()).is_none());
    assert_eq!(open(&directory.0).1, remembered());
    assert_eq!(directory.names(), ["memory.json"]);
}

#[test]
fn the_file_looks_like_this() {
    let directory = Directory::new();
    let (mut store, _) = open(&directory.0);
    assert!(store.save(&remembered()).is_none());
    let text = fs::read_to_string(directory.file()).expect("the file");
    let found: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let expected = serde_json::json!({
        "version": 1,
        "places": [
            {
                "account": "home", "name": "www.example.org", "type": "A",
                "published": ["192.0.2.1"], "intended": ["192.0.2.2"], "written": 1_800_000_000,
                "changes": [{ "at": 1_800_000_000, "from": [], "to": ["192.0.2.1", "192.0.2.2"] }],
                "absence": { "seen": 1_800_000_300, "lasted": 300 },
                "sent": { "at": 1_800_000_005, "unclear": true },
            },
            { "account": "other", "name": "www.example.org", "type": "TXT" },
        ],
        "stops": [{
            "account": "noip", "name": "www.example.org", "class": "no-such-name", "what": "it is not there",
            "said": "nohost", "since": 1_800_000_010, "salt": 7, "mark": [1, 2, 3],
        }],
    });
    assert_eq!(found, expected);
}

#[test]
fn the_same_is_not_written_again() {
    let directory = Directory::new();
    let (mut store, _) = open(&directory.0);
    assert!(store.save(&remembered()).is_none());
    fs::remove_file(directory.file()).expect("removed");
    assert!(store.save(&remembered()).is_none());
    assert_eq!(directory.names(), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new();
    let state = directory.0.join("made/for/us");
    let (mut store, _) = open(&state);
    assert!(store.save(&remembered()).is_none());
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&state.join("memory.json")), 0o600);
    assert_eq!(mode(&state), 0o700);
}

#[test]
fn ur_52_a_corrupt_file_is_moved_aside_and_the_run_goes_on() {
    for content in
        ["", "{", "[]", "{\"version\": 1}", "{\"version\": \"1\", \"places\": []}", "\u{0}\u{0}\u{0}"]
    {
        let directory = Directory::new();
        fs::write(directory.file(), content).expect("written");
        let (mut store, memory, warning) = Store::open(&directory.0);
        assert_eq!(memory, Memory::default());
        assert!(
            matches!(&warning, Some(Warning::MovedAside { why: Flaw::Form(_), .. })),
            "{content:?}: {warning:?}"
        );
        assert_eq!(directory.names(), ["memory.json.bad"]);
        let kept = fs::read_to_string(directory.0.join("memory.json.bad")).expect("what was there");
        assert_eq!(kept, content);
        assert!(store.save(&remembered()).is_none());
        assert_eq!(open(&directory.0).1, remembered());
    }
}

#[test]
fn ur_52_what_is_no_name_or_type_is_a_corrupt_file() {
    let with = |name: &str, rtype: &str| {
        let directory = Directory::new();
        let place = serde_json::json!({ "account": "home", "name": name, "type": rtype });
        let text = serde_json::json!({ "version": 1, "places": [place] }).to_string();
        fs::write(directory.file(), text).expect("written");
        let (_, _, warning) = Store::open(&directory.0);
        warning.expect("a warning").to_string()
    };
    assert!(with("a..b", "A").contains("(\"a..b\" is no name)"), "{}", with("a..b", "A"));
    assert!(with("example.org", "B").contains("(\"B\" is no record type)"), "{}", with("example.org", "B"));
}

#[test]
fn ur_52_another_version_is_moved_aside_by_that_name() {
    let directory = Directory::new();
    fs::write(directory.file(), "{\"version\": 2, \"something\": \"new\"}").expect("written");
    let (_, memory, warning) = Store::open(&directory.0);
    assert_eq!(memory, Memory::default());
    let warning = warning.expect("a warning");
    assert!(matches!(&warning, Warning::MovedAside { why: Flaw::Version(2), .. }), "{warning:?}");
    let aside = directory.0.join("memory.json.bad");
    let expected = format!(
        "cannot understand {} (version 2, where 1 is known); it was moved to {} and is not used",
        directory.file().display(),
        aside.display()
    );
    assert_eq!(warning.to_string(), expected);
}

#[test]
fn ur_52_what_cannot_be_read_is_left_alone() {
    // A directory in the place of the file: nobody can read it, whatever the permissions.
    let directory = Directory::new();
    fs::create_dir_all(directory.file().join("inside")).expect("made");
    let (mut store, memory, warning) = Store::open(&directory.0);
    assert_eq!(memory, Memory::default());
    assert!(matches!(warning, Some(Warning::Unreadable { .. })), "{warning:?}");
    assert!(store.save(&remembered()).is_none());
    assert!(directory.file().join("inside").is_dir());
}

#[test]
fn ur_52_a_directory_that_cannot_be_made_is_a_warning() {
    let directory = Directory::new();
    let file = directory.0.join("file");
    fs::write(&file, "").expect("written");
    let (mut store, _) = open(&file.join("state"));
    let warning = store.save(&remembered()).expect("a warning");
    assert!(matches!(warning, Warning::Unwritable { .. }), "{warning:?}");
    // It is tried again the next time.
    assert!(store.save(&remembered()).is_some());
}

#[cfg(target_os = "linux")]
#[test]
fn ur_52_a_directory_that_is_read_only_is_a_warning() {
    // Nobody can make files there, not even root.
    let (mut store, _) = open(Path::new("/proc"));
    let warning = store.save(&remembered()).expect("a warning");
    assert!(matches!(warning, Warning::Unwritable { .. }), "{warning:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn ur_52_a_full_disk_is_an_error_of_the_write() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let error = write_durably(full, b"memory").expect_err("no space");
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}

#[test]
fn ur_52_a_write_that_fails_leaves_what_was_there() {
    let directory = Directory::new();
    let (mut store, _) = open(&directory.0);
    assert!(store.save(&remembered()).is_none());
    // Something unremovable in the place of the new file.
    let blocker = directory.0.join(format!(".memory.json.{}", std::process::id()));
    fs::create_dir_all(blocker.join("inside")).expect("made");
    let warning = store.save(&Memory::default()).expect("a warning");
    assert!(matches!(warning, Warning::Unwritable { .. }), "{warning:?}");
    assert_eq!(open(&directory.0).1, remembered());
}

#[test]
fn a_file_of_a_run_that_was_killed_is_no_obstacle() {
    let directory = Directory::new();
    let left = directory.0.join(format!(".memory.json.{}", std::process::id()));
    fs::write(left, "half").expect("written");
    let (mut store, _) = open(&directory.0);
    assert!(store.save(&remembered()).is_none());
    assert_eq!(directory.names(), ["memory.json"]);
}

#[test]
fn a_file_larger_than_any_of_ours_is_not_read() {
    let directory = Directory::new();
    let file = fs::File::create(directory.file()).expect("made");
    file.set_len(super::LARGEST + 1).expect("a sparse file");
    let (_, _, warning) = Store::open(&directory.0);
    assert!(matches!(warning, Some(Warning::MovedAside { why: Flaw::Size, .. })), "{warning:?}");
}

#[test]
fn two_runs_side_by_side_keep_what_each_has_learnt() {
    let directory = Directory::new();
    let place = |name: &str| Place {
        account: "rfc2136".to_owned(),
        key: Key { name: Name::parse(name).expect("a name"), rtype: RecordType::A },
    };
    let (mut first, mut of_first, _) = Store::open(&directory.0);
    of_first.publish(&place("old.example.org"), &["203.0.113.1".to_owned()], 1);
    of_first.publish(&place("gone.example.org"), &["203.0.113.1".to_owned()], 1);
    assert!(first.save(&of_first).is_none());

    let (mut second, mut of_second, _) = Store::open(&directory.0);
    of_first.publish(&place("one.example.org"), &["203.0.113.7".to_owned()], 2);
    of_first.forget(&place("gone.example.org"));
    assert!(first.save(&of_first).is_none());
    of_second.publish(&place("two.example.org"), &["203.0.113.8".to_owned()], 3);
    assert!(second.save(&of_second).is_none());

    let (_, together, _) = Store::open(&directory.0);
    let names: Vec<String> = together.entries().map(|(place, _)| place.key.name.to_string()).collect();
    assert_eq!(names, ["old.example.org", "one.example.org", "two.example.org"]);
}

#[test]
fn a_run_that_keeps_several_times_leaves_what_others_have_learnt() {
    let directory = Directory::new();
    let at = |name: &str| Place {
        key: Key { name: Name::parse(name).expect("a name"), ..place().key },
        ..place()
    };
    let (mut first, mut of_first) = open(&directory.0);
    let (mut second, mut of_second) = open(&directory.0);
    of_second.publish(&at("second.example.org"), &["192.0.2.2".to_owned()], 5);
    assert!(second.save(&of_second).is_none());
    for count in 1..=3 {
        of_first.publish(&at("first.example.org"), &[format!("192.0.2.1{count}")], count);
        assert!(first.save(&of_first).is_none());
    }
    let (_, memory) = open(&directory.0);
    assert_eq!(memory.ours(&at("first.example.org")), ["192.0.2.13"]);
    assert_eq!(memory.ours(&at("second.example.org")), ["192.0.2.2"]);
}

#[test]
fn what_killed_runs_were_writing_goes_after_a_minute() {
    let directory = Directory::new();
    let (old, new) = (directory.0.join(".memory.json.1"), directory.0.join(".memory.json.2"));
    for path in [&old, &new] {
        fs::write(path, "{").expect("a file in our folder");
    }
    let long_ago = std::time::SystemTime::now() - ABANDONED * 2;
    File::options().write(true).open(&old).and_then(|file| file.set_modified(long_ago)).expect("our file");
    let (mut store, _) = open(&directory.0);
    assert!(store.save(&remembered()).is_none());
    assert_eq!(directory.names(), [".memory.json.2", "memory.json"]);
}
