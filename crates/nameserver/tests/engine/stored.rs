//! The store: what was acknowledged is there after any end, serial numbers never go back, foreign files are refused.

use crate::asking::{ask, name, set, zone};
use crate::signed::{good, key, rcode, say, sign};
use crate::updates::update;
use domain::base::Rtype;
use domain::base::iana::Class;
use dynflare_core::record::RecordType;
use dynflare_nameserver::{
    Algorithm, Change, ChangeError, NameServer, OpenError, Settings, Store, ZoneSettings,
};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        fs::create_dir_all(&path).expect("a folder for tests");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("zones")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn settings(path: &Path) -> Settings {
    let initial = vec![set("home.example.org", RecordType::A, &["203.0.113.1"])];
    Settings { zones: vec![zone(initial)], keys: Vec::new(), store: Store::File(path.to_owned()) }
}

fn open(path: &Path) -> Result<NameServer, OpenError> {
    NameServer::open(settings(path))
}

fn refusal(path: &Path) -> String {
    open(path).err().expect("refused").to_string()
}

async fn change(server: &NameServer, text: &str, address: &str) -> Result<u32, ChangeError> {
    server.change(&name("example.org"), vec![Change::to(set(text, RecordType::A, &[address]))]).await
}

fn address(server: &NameServer, text: &str) -> Option<String> {
    server.set(&name(text), RecordType::A).map(|set| set.values.concat())
}

#[tokio::test]
async fn changes_are_there_after_a_restart_and_nothing_else_is() {
    let folder = Folder::new("restart");
    let server = open(&folder.file()).expect("it opens");
    assert_eq!(change(&server, "a.example.org", "203.0.113.2").await, Ok(2));
    assert_eq!(change(&server, "home.example.org", "203.0.113.3").await, Ok(3));
    let nothing = Change::to(set("a.example.org", RecordType::A, &[]));
    assert_eq!(server.change(&name("example.org"), vec![nothing]).await, Ok(4));
    assert!(open(&folder.file()).is_err(), "one process at a time");
    assert!(refusal(&folder.file()).ends_with("is in use by another process"));
    drop(server);
    let server = open(&folder.file()).expect("it opens again");
    assert_eq!(server.zones()[0].serial, 4, "nothing has changed");
    assert_eq!(address(&server, "home.example.org").as_deref(), Some("203.0.113.3"), "not the initial one");
    assert_eq!(address(&server, "a.example.org"), None);
    assert_eq!(change(&server, "a.example.org", "203.0.113.2").await, Ok(5));
}

#[tokio::test]
async fn what_the_settings_say_differently_raises_the_serial_number() {
    let folder = Folder::new("settings");
    drop(open(&folder.file()).expect("it opens"));
    let with = |fixed: Vec<_>| {
        let zones = vec![ZoneSettings { fixed, ..zone(Vec::new()) }];
        NameServer::open(Settings { zones, ..settings(&folder.file()) }).expect("it opens")
    };
    let moved = with(vec![set("ns.example.org", RecordType::A, &["192.0.2.54"])]);
    assert_eq!(
        (moved.zones()[0].serial, address(&moved, "ns.example.org").as_deref()),
        (2, Some("192.0.2.54"))
    );
    drop(moved);
    let gone = with(vec![set("ns.example.org", RecordType::A, &[])]);
    assert_eq!((gone.zones()[0].serial, address(&gone, "ns.example.org")), (3, None));
    drop(gone);
    // A zone that is left out of the settings is not served, and not forgotten.
    let nobody =
        NameServer::open(Settings { zones: Vec::new(), ..settings(&folder.file()) }).expect("it opens");
    assert!(nobody.zones().is_empty() && address(&nobody, "home.example.org").is_none());
    drop(nobody);
    let back = with(Vec::new());
    assert_eq!(
        (back.zones()[0].serial, address(&back, "home.example.org").as_deref()),
        (3, Some("203.0.113.1"))
    );
}

#[tokio::test]
async fn a_record_that_was_being_written_is_cut_off() {
    let folder = Folder::new("torn");
    let server = open(&folder.file()).expect("it opens");
    change(&server, "a.example.org", "203.0.113.2").await.expect("made");
    let before = fs::metadata(folder.file()).expect("there").len();
    change(&server, "b.example.org", "203.0.113.2").await.expect("made");
    drop(server);
    let whole = fs::read(folder.file()).expect("readable");
    for length in usize::try_from(before).expect("short")..whole.len() {
        for rest in [&[][..], &[0; 30], b"old octets of the disk"] {
            fs::write(folder.file(), [&whole[..length], rest].concat()).expect("writable");
            let server = open(&folder.file()).expect("it opens");
            assert_eq!((server.zones()[0].serial, address(&server, "b.example.org")), (2, None));
            assert!(address(&server, "a.example.org").is_some());
            drop(server);
            assert_eq!(fs::metadata(folder.file()).expect("there").len(), before);
        }
    }
}

#[tokio::test]
async fn damage_and_foreign_files_are_told_apart_from_it() {
    let folder = Folder::new("damage");
    let server = open(&folder.file()).expect("it opens");
    let mut last = 0;
    for number in 0..5 {
        last = fs::read(folder.file()).expect("readable").len();
        change(&server, &format!("n{number}.example.org"), "203.0.113.2").await.expect("made");
    }
    drop(server);
    let whole = fs::read(folder.file()).expect("readable");
    for at in (0..last).step_by(7) {
        let mut wrong = whole.clone();
        wrong[at] ^= 0x10;
        fs::write(folder.file(), &wrong).expect("writable");
        let said = refusal(&folder.file());
        let expected = match at {
            0..15 => "is not one of this program: give another path, or move the file away",
            15 => "was written by another version of this program",
            16..40 => "is damaged at its beginning: restore it from a copy",
            _ => "restore it from a copy",
        };
        assert!(said.starts_with("the store ") && said.ends_with(expected), "{at}: {said}");
        assert_eq!(fs::read(folder.file()).expect("readable"), wrong, "it is left as it is");
    }
    for foreign in [&b""[..], b"dyn", b"# a configuration\n", &[0; 4096]] {
        fs::write(folder.file(), foreign).expect("writable");
        assert!(refusal(&folder.file()).contains("is not one of this program"));
    }
    fs::remove_file(folder.file()).expect("there");
    fs::create_dir(folder.file()).expect("a folder in its place");
    assert!(refusal(&folder.file()).ends_with("is no file"));
    assert!(refusal(&folder.0.join("none/zones")).contains("cannot be locked"));
    // A record of another file of this program, at the same place.
    let other = Folder::new("other");
    drop(open(&other.file()).expect("it opens"));
    let head = fs::read(other.file()).expect("readable");
    fs::remove_dir(folder.file()).expect("empty");
    fs::write(folder.file(), [&head[..40], &whole[40..]].concat()).expect("writable");
    let server = open(&folder.file()).expect("nothing that is its own");
    assert_eq!(address(&server, "n1.example.org"), None);
}

#[tokio::test]
async fn the_file_is_written_anew_when_it_has_grown() {
    let folder = Folder::new("grown");
    let server = open(&folder.file()).expect("it opens");
    // Each change writes the whole name, which is large here.
    let text = "x".repeat(50_000);
    let large = Change::to(set("large.example.org", RecordType::Txt, &[&text]));
    server.change(&name("example.org"), vec![large]).await.expect("made");
    let mut largest = 0;
    for number in 0..200_u32 {
        assert_eq!(
            change(&server, "large.example.org", &format!("198.51.100.{number}")).await,
            Ok(number + 3)
        );
        largest = largest.max(fs::metadata(folder.file()).expect("there").len());
    }
    assert!(largest > 4 << 20, "{largest}");
    assert!(fs::metadata(folder.file()).expect("there").len() < 6 << 20, "200 changes take 10 MB");
    drop(server);
    let server = open(&folder.file()).expect("it opens");
    assert_eq!(
        (server.zones()[0].serial, address(&server, "large.example.org").as_deref()),
        (202, Some("198.51.100.199"))
    );
    assert!(!folder.0.join("zones.new").exists());
}

#[tokio::test]
async fn other_settings_are_taken_while_it_runs() {
    let folder = Folder::new("reconfigure");
    let server = open(&folder.file()).expect("it opens");
    let mut serials = server.subscribe();
    assert_eq!(change(&server, "a.example.org", "203.0.113.2").await, Ok(2));
    let moved = || ZoneSettings {
        fixed: vec![set("ns.example.org", RecordType::A, &["192.0.2.54"])],
        ..zone(Vec::new())
    };
    let other = || ZoneSettings {
        first_serial: Some(70),
        ..ZoneSettings::new(name("example.com"), name("ns.example.org"))
    };
    server.reconfigure(vec![other(), moved()], Vec::new()).await.expect("they are right");
    let now: Vec<(String, u32)> =
        serials.borrow_and_update().iter().map(|(name, serial)| (name.to_string(), *serial)).collect();
    assert_eq!(now, [("example.com".to_owned(), 70), ("example.org".to_owned(), 3)]);
    assert_eq!(address(&server, "a.example.org").as_deref(), Some("203.0.113.2"));
    let twice = server.reconfigure(vec![moved(), moved()], Vec::new()).await;
    assert_eq!(twice.expect_err("the same zone").to_string(), "the zone example.org is given twice");
    server.reconfigure(vec![moved()], Vec::new()).await.expect("they are right");
    assert_eq!(server.zones().len(), 1);
    let gone = server.change(&name("example.com"), Vec::new()).await;
    assert_eq!(gone, Err(ChangeError::NoZone(name("example.com"))));
    drop(server);
    let server = NameServer::open(Settings { zones: vec![moved(), other()], ..settings(&folder.file()) })
        .expect("it opens");
    let serials: Vec<u32> = server.zones().iter().map(|zone| zone.serial).collect();
    assert_eq!(serials, [70, 3], "nothing was raised by going and coming back");
}

#[tokio::test]
async fn names_of_any_octets_and_types_that_nobody_knows_are_there_after_a_restart() {
    let folder = Folder::new("octets");
    let open = || {
        let keys = vec![key("laptop", Algorithm::Sha256)];
        NameServer::open(Settings { keys, ..settings(&folder.file()) }).expect("it opens")
    };
    let names = [
        "\\000\\001.example.org",
        "\\001\\000\\002.\\255.example.org",
        "a\\.b.example.org",
        "UPPER.example.org",
    ];
    let server = open();
    for name in names {
        let lines = [(name, Class::IN, 60, Rtype::from_int(65_280), &b"\0\x01anything"[..])];
        let request = update(("example.org", Rtype::SOA), &[], &lines);
        assert_eq!(rcode(&say(&server, sign(request, &good(), 0)).await.0), "NOERROR", "{name}");
    }
    drop(server);
    let server = open();
    for name in names {
        let said = ask(&server, name, Rtype::from_int(65_280));
        assert!(said.starts_with("NOERROR aa\n+ "), "{name}: {said}");
    }
    assert_eq!(server.zones()[0].serial, 5);
}
