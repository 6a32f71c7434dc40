//! `kill -9` under load: every change that was acknowledged is there, and no serial number went back.
//!
//! Without the usual harness, for the program is its own victim: called with a path it changes a zone there as fast as it
//! can, from many tasks at once, and writes one line for each change that it was told is durable.

use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType, RrSet};
use dynflare_nameserver::{Change, NameServer, Settings, Store, ZoneSettings};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

/// How many tasks change the zone at the same time, each its own name.
const TASKS: u32 = 64;

fn main() {
    match env::args().nth(1) {
        Some(path) if path.starts_with('/') => change(Path::new(&path)),
        // Whatever the harness would take for a filter.
        _ => watch(),
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn open(path: &Path) -> NameServer {
    let zones = vec![ZoneSettings {
        first_serial: Some(1),
        ..ZoneSettings::new(name("example.org"), name("ns.example.org"))
    }];
    NameServer::open(Settings { zones, keys: Vec::new(), store: Store::File(path.to_owned()) })
        .expect("it opens")
}

fn owner(task: u32) -> Name {
    name(&format!("n{task}.example.org"))
}

/// What a task's name has now, as a number; none at first.
fn found(server: &NameServer, task: u32) -> u32 {
    let value = server.set(&owner(task), RecordType::A).map(|set| set.values.concat());
    value.map_or(0, |text| text.parse::<Ipv4Addr>().expect("an address").to_bits())
}

/// Changes until it is killed.
fn change(path: &Path) {
    let server = open(path);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let server = server.clone();
                tokio::spawn(async move {
                    for number in found(&server, task) + 1.. {
                        let key = Key { name: owner(task), rtype: RecordType::A };
                        let values = vec![Ipv4Addr::from_bits(number).to_string()];
                        let change = Change::to(RrSet { key, ttl: Some(60), values });
                        let serial =
                            server.change(&name("example.org"), vec![change]).await.expect("it can be made");
                        let line = format!("{task} {number} {serial}\n");
                        io::stdout().write_all(line.as_bytes()).expect("somebody reads");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("it goes on for ever");
        }
    });
}

/// Kills one after the other and looks at what is left.
fn watch() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("kill-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for tests");
    let path = folder.join("zones");
    let mut highest = 0;
    for round in 0..6_usize {
        let victim =
            Command::new(env::current_exe().expect("this program")).arg(&path).stdout(Stdio::piped()).spawn();
        let mut victim = victim.expect("it starts");
        let mut lines = BufReader::new(victim.stdout.take().expect("a pipe")).lines();
        let mut acknowledged: BTreeMap<u32, u32> = BTreeMap::new();
        let mut heard = 0;
        while let Some(Ok(line)) = lines.next() {
            heard += 1;
            // At another moment of writing and syncing each time; what is in the pipe by then counts too.
            if heard == 300 + 1237 * round {
                victim.kill().expect("it runs");
            }
            let numbers: Vec<u32> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
            // The last line may have been cut off.
            let [task, number, serial] = numbers[..] else { continue };
            acknowledged.insert(task, number);
            highest = highest.max(serial);
        }
        victim.wait().expect("it ended");
        assert!(heard >= 300 + 1237 * round, "it was killed and did not end by itself: {heard}");
        let server = open(&path);
        for (task, number) in acknowledged {
            let there = found(&server, task);
            // One more may have been written before anybody was told.
            assert!(
                there == number || there == number + 1,
                "task {task}: {number} acknowledged, {there} found"
            );
        }
        let serial = server.zones()[0].serial;
        assert!(serial >= highest, "round {round}: {highest} acknowledged, {serial} found");
        highest = serial;
    }
    fs::remove_dir_all(&folder).ok();
    writeln!(io::stdout(), "killed six times; the serial number is {highest}").expect("somebody reads");
}
