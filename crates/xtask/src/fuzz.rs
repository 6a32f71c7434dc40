//! `cargo xtask fuzz [SECONDS]`: every target in `fuzz/` for so long, on the stable toolchain; `cargo xtask fuzz same`:
//! the same inputs at every run, for a test command that says the same of the same program.
//!
//! libFuzzer needs to see which branches were taken. `cargo fuzz` asks a nightly compiler for that and for the address
//! sanitizer; this program has no unsafe code, and does without the latter. What is found lies in `fuzz/artifacts`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What cargo-fuzz hands the compiler, without the sanitizer.
const COVERAGE: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// How far a search goes.
#[derive(Clone, Copy)]
pub(crate) enum Extent {
    /// For so many seconds, each time elsewhere.
    Seconds(u32),
    /// The seeds, and what follows from them by one sequence of chances.
    Same,
}

impl Extent {
    fn arguments(self) -> Vec<String> {
        match self {
            Self::Seconds(seconds) => vec![format!("-max_total_time={seconds}")],
            // A slow machine ends sooner on the same way.
            Self::Same => ["-seed=1", "-runs=10000", "-max_total_time=5"].map(str::to_owned).to_vec(),
        }
    }

    /// Where inputs go that were new: what an earlier search found must not change what is the same.
    fn corpus(self, target: &str) -> String {
        match self {
            Self::Seconds(_) => format!("target/corpus/{target}"),
            Self::Same => format!("target/same/{target}"),
        }
    }
}

/// Runs them all; the error names those that found something.
pub(crate) fn run(extent: Extent) -> Result<(), String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let host = host()?;
    let build = Command::new("cargo")
        // A target of its own keeps the flags away from build scripts, which are not instrumented.
        .args(["build", "--quiet", "--bins", "--target", &host])
        .env("RUSTFLAGS", COVERAGE.join(" "))
        .current_dir(&folder)
        .status();
    if !build.is_ok_and(|status| status.success()) {
        return Err("the fuzz targets do not build".to_owned());
    }
    let mut found = Vec::new();
    for target in targets(&folder)? {
        // New inputs go to the first folder, which git does not see; the seeds are only read.
        let (grown, seeds) = (extent.corpus(&target), format!("seeds/{target}"));
        let artifacts = format!("artifacts/{target}/");
        if matches!(extent, Extent::Same) {
            // It is not there the first time.
            let _ = std::fs::remove_dir_all(folder.join(&grown));
        }
        for path in [&grown, &artifacts] {
            std::fs::create_dir_all(folder.join(path)).map_err(|error| format!("{path}: {error}"))?;
        }
        let output = Command::new(folder.join(format!("target/{host}/debug/{target}")))
            .args([grown, seeds, format!("-artifact_prefix={artifacts}")])
            .args(extent.arguments())
            .args(["-max_len=8192", "-timeout=5"])
            .args(["-print_final_stats=1", "-rss_limit_mb=512", "-verbosity=0"])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{target}: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let stat = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(&format!("stat::{name}:")));
            line.map_or("?", str::trim).to_owned()
        };
        println!(
            "{target}: {} executions, {} new inputs",
            stat("number_of_executed_units"),
            stat("new_units_added")
        );
        if !output.status.success() {
            println!("{said}");
            found.push(target);
        }
    }
    if found.is_empty() { Ok(()) } else { Err(format!("something was found by {}", found.join(", "))) }
}

/// The names of the targets, sorted.
fn targets(folder: &std::path::Path) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(folder.join("fuzz_targets")).map_err(|error| error.to_string())?;
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// The triple of this machine, as the compiler calls it.
fn host() -> Result<String, String> {
    let output = Command::new("rustc").arg("-vV").output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not name its host".to_owned())
}
