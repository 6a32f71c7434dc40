//! `cargo xtask bench`: how long one run takes against servers that are a round trip away, what it costs in CPU and
//! memory, and how large the program is; printed, and written between the markers of `docs/performance.md`.
//!
//! The servers run in this process. The program is started by [`child`], a small process of its own, since the
//! kernel counts the memory of whoever starts a process as that process' peak.

pub(crate) mod child;
mod dns;
mod page;
mod probe;
mod reaction;
pub(crate) mod soak;
mod world;

use child::{Figures, Run};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use world::{Start, World};

/// The round trip of the far servers.
const R: Duration = Duration::from_millis(50);

/// What a run may use, from the project's own targets.
const CPU_LIMIT: Duration = Duration::from_millis(8);
const MEMORY_LIMIT_KIB: u64 = 7_000_000 / 1024;
const SIZE_LIMIT: u64 = 5_000_000;
const REQUEST_LIMIT: usize = 16;

/// One situation that the program is run in.
struct Case {
    title: &'static str,
    start: Start,
    records: Records,
    /// Round trips that no program can save.
    floor: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Records {
    One,
    OneWithZoneId,
    Hundred,
}

/// All runs of one case.
struct Outcome {
    title: &'static str,
    runs: Vec<Run>,
    requests: usize,
    floor: Duration,
    limit: Duration,
}

/// The sizes of the stripped program in bytes.
struct Sizes {
    with_demo: u64,
    without_demo: u64,
}

const FAR: [Case; 5] = [
    Case { title: "one record, no change", start: Start::Right, records: Records::One, floor: 4 },
    Case { title: "one record, change", start: Start::Stale, records: Records::One, floor: 5 },
    Case {
        title: "one record, `zone_id`, no change",
        start: Start::Right,
        records: Records::OneWithZoneId,
        floor: 3,
    },
    Case {
        title: "one record, `zone_id`, change",
        start: Start::Stale,
        records: Records::OneWithZoneId,
        floor: 4,
    },
    Case {
        title: "100 records in 5 zones, all change",
        start: Start::Stale,
        records: Records::Hundred,
        floor: 5,
    },
];

const NEAR: [Case; 2] = [
    Case { title: "one record, no change", start: Start::Right, records: Records::One, floor: 0 },
    Case { title: "one record, change", start: Start::Stale, records: Records::One, floor: 0 },
];

/// Builds the program, measures it, prints the figures and writes the page.
pub(crate) fn run() -> Result<(), String> {
    let root = root()?;
    let (program, sizes) = build(root)?;
    let section = measured(&program, Some(&sizes))?;
    println!("{section}");
    page::write(&root.join("docs/performance.md"), &section)
}

/// Measures a program that is there already and prints the figures.
pub(crate) fn run_on(program: &str) -> Result<(), String> {
    println!("{}", measured(Path::new(program), None)?);
    Ok(())
}

/// Measures how soon DNS follows, with a program that is there already, and writes that part of the page.
pub(crate) fn react(program: &str) -> Result<(), String> {
    let section = reaction::section(&reaction::measure(Path::new(program))?);
    println!("{section}");
    page::write_reaction(&root()?.join("docs/performance.md"), &section)
}

/// Measures the name server beside others, and writes that part of the page.
pub(crate) fn dns() -> Result<(), String> {
    let section = dns::measure()?;
    println!("{section}");
    page::write_dns(&root()?.join("docs/performance.md"), &section)
}

/// Measures what a program that is there already costs in the long run, and only prints it: it takes a quarter of an hour
/// on a quiet machine.
pub(crate) fn soak(program: &str, rounds: u32) -> Result<(), String> {
    println!("{}", soak::measure(Path::new(program), rounds)?);
    Ok(())
}

fn root() -> Result<&'static Path, String> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .ok_or_else(|| "xtask lies in crates/xtask".to_owned())
}

fn measured(program: &Path, sizes: Option<&Sizes>) -> Result<String, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(async {
        let probe = Box::pin(probe::measure(R)).await?;
        let far = measure(program, R, &FAR, 25).await?;
        let near = measure(program, Duration::ZERO, &NEAR, 100).await?;
        Ok(page::section(&probe, &far, &near, sizes))
    })
}

/// Builds the program without and with its demo for their sizes, and last as users get it, which is what is measured.
fn build(root: &Path) -> Result<(PathBuf, Sizes), String> {
    let built = root.join("target/release/dynflare");
    let without_demo = compile(root, &built, &["--no-default-features"])?;
    let with_demo = compile(root, &built, &["--features", "demo"])?;
    compile(root, &built, &[])?;
    Ok((built, Sizes { with_demo, without_demo }))
}

fn compile(root: &Path, built: &Path, features: &[&str]) -> Result<u64, String> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["build", "--release", "--package", "dynflare"]).args(features);
    let status = command.status().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !status.success() {
        return Err("the release build failed".to_owned());
    }
    let size =
        std::fs::metadata(built).map_err(|error| format!("cannot find {}: {error}", built.display()))?;
    Ok(size.len())
}

/// Runs every case `count` times, in turn, after one warm-up each.
async fn measure(
    program: &Path,
    away: Duration,
    cases: &[Case],
    count: usize,
) -> Result<Vec<Outcome>, String> {
    let world = World::new(away).await?;
    let mut outcomes: Vec<Outcome> = cases.iter().map(|case| outcome(case, away)).collect();
    for round in 0..=count {
        for (case, outcome) in cases.iter().zip(&mut outcomes) {
            let (run, requests) =
                world.run(program, case).await.map_err(|error| format!("{}: {error}", case.title))?;
            if round > 0 {
                outcome.runs.push(run);
                outcome.requests = outcome.requests.max(requests);
            }
        }
    }
    Ok(outcomes)
}

fn outcome(case: &Case, away: Duration) -> Outcome {
    let floor = away * case.floor;
    let limit = match case.records {
        Records::One | Records::OneWithZoneId => floor.mul_f64(1.1) + Duration::from_millis(15),
        Records::Hundred => floor.mul_f64(1.2),
    };
    Outcome { title: case.title, runs: Vec::new(), requests: 0, floor, limit }
}

impl Outcome {
    fn wall(&self) -> Figures {
        Figures::of(self.runs.iter().map(|run| run.wall))
    }

    fn cpu(&self) -> Figures {
        Figures::of(self.runs.iter().map(|run| run.cpu))
    }

    /// The largest peak of all runs, in KiB.
    fn memory(&self) -> u64 {
        self.runs.iter().map(|run| run.peak_kib).max().unwrap_or_default()
    }
}
