//! What the engine costs: memory per name, answers per second on one thread, durable changes per second.
//!
//! `cargo run --release -p dynflare-nameserver --example engine_cost [NAMES]` prints three lines.

#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement, for people to read")]

use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType, RrSet};
use dynflare_nameserver::{Answered, Change, NameServer, Settings, Store, Transport, ZoneSettings};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn set(number: usize, last: usize) -> RrSet {
    let key = Key { name: name(&format!("host{number:06}.dyn.example.org")), rtype: RecordType::A };
    RrSet { key, ttl: Some(60), values: vec![format!("203.0.113.{}", last % 250)] }
}

/// Resident memory in octets, as Linux counts it.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<usize>().ok()).unwrap_or(0) * 1024
}

/// How long this thread has computed, so that other programs do not count.
fn computed() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0))
}

fn question(number: usize) -> Vec<u8> {
    let mut octets = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    octets.extend(format!("\u{a}host{number:06}\u{3}dyn\u{7}example\u{3}org\u{0}").as_bytes());
    octets.extend([0, 1, 0, 1, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
    octets
}

fn main() {
    let names: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let path = std::env::temp_dir().join(format!("dynflare-engine-cost-{}", std::process::id()));
    let zone = name("dyn.example.org");
    let settings = |initial: Vec<RrSet>| Settings {
        zones: vec![ZoneSettings { initial, ..ZoneSettings::new(zone.clone(), name("ns.example.org")) }],
        keys: Vec::new(),
        store: Store::File(path.clone()),
    };
    if let Some(made) = std::env::args().nth(2) {
        // A process that has not made the zone, so that nothing else is counted.
        let baseline = resident();
        let store = Store::File(made.into());
        let server = NameServer::open(Settings { store, ..settings(Vec::new()) }).expect("it opens");
        let used = resident() - baseline;
        println!("memory: {:.0} octets per name ({names} names)", used as f64 / names as f64);
        drop(server);
        return;
    }
    drop(
        NameServer::open(settings((0..names).map(|number| set(number, number)).collect())).expect("it opens"),
    );
    let again = std::env::current_exe().expect("this program");
    std::process::Command::new(again).args([names.to_string(), path.display().to_string()]).status().ok();
    let server = NameServer::open(settings(Vec::new())).expect("it opens");
    let from = SocketAddr::from(([192, 0, 2, 7], 53));
    let questions: Vec<Vec<u8>> = (0..10_000).map(|number| question(number * 7919 % names)).collect();
    let (begun, mut answers, mut out) = (computed(), 0_u32, Vec::with_capacity(1500));
    while computed().saturating_sub(begun) < Duration::from_secs(2) {
        for question in &questions {
            out.clear();
            let Answered::Done = server.answer(question, from, Transport::Udp, &mut out) else { continue };
            assert!(out.len() > question.len(), "an answer");
            answers += 1;
        }
    }
    let spent = computed().saturating_sub(begun).as_secs_f64();
    println!("answers: {:.0} per second of one core", f64::from(answers) / spent);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let done = runtime.block_on(async {
        let begun = Instant::now();
        let mut tasks = Vec::new();
        for task in 0..256 {
            let (server, zone) = (server.clone(), zone.clone());
            tasks.push(tokio::spawn(async move {
                for round in 0..100 {
                    let change = Change::to(set((task * 100 + round) * 7919 % names, round + 7));
                    server.change(&zone, vec![change]).await.expect("it can be made");
                }
            }));
        }
        for task in tasks {
            task.await.expect("no panic");
        }
        25_600.0 / begun.elapsed().as_secs_f64()
    });
    println!("durable changes: {done:.0} per second, 256 callers");
    drop(server);
    for ending in ["", ".lock"] {
        std::fs::remove_file(format!("{}{ending}", path.display())).ok();
    }
}
