//! One run of the program and what it used, as the kernel counted it (wait4).

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// The word by which this tool starts itself to run the program.
pub(crate) const WORD: &str = "bench-child";

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// From before the start to after the end.
    pub(crate) wall: Duration,
    /// User and system time of all threads.
    pub(crate) cpu: Duration,
    /// The peak of resident memory in KiB.
    pub(crate) peak_kib: u64,
}

/// The middle of many durations, and how far they spread.
pub(crate) struct Figures {
    pub(crate) least: Duration,
    pub(crate) median: Duration,
    /// Nine in ten are not above it.
    pub(crate) p90: Duration,
}

impl Figures {
    /// Of at least one duration.
    pub(crate) fn of(durations: impl Iterator<Item = Duration>) -> Self {
        let mut sorted: Vec<Duration> = durations.collect();
        sorted.sort_unstable();
        let at = |part: usize| sorted.get((sorted.len() * part / 100).min(sorted.len() - 1)).copied();
        let at = |part| at(part).unwrap_or_default();
        Self { least: at(0), median: at(50), p90: at(90) }
    }
}

/// Starts this tool as a fresh, small process that runs `program`, and reads what it found.
pub(crate) fn run(program: &Path, arguments: &[String], variables: &[(&str, String)]) -> Result<Run, String> {
    let this = std::env::current_exe().map_err(|error| format!("cannot find this tool: {error}"))?;
    let mut command = Command::new(this);
    command.arg(WORD).arg(program).args(arguments);
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("cannot start this tool again: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    match (output.status.success(), numbers.as_slice()) {
        (true, [wall, cpu, peak_kib]) => {
            let (wall, cpu) = (Duration::from_micros(*wall), Duration::from_micros(*cpu));
            Ok(Run { wall, cpu, peak_kib: *peak_kib })
        }
        _ => Err(format!("the run failed\n{said}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// The other side of [`run`]: runs the program and prints wall and CPU time in microseconds and the peak in KiB.
pub(crate) fn main(program: &str, arguments: &[&str]) -> Result<(), String> {
    let began = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    let used = child.wait4().map_err(|error| format!("cannot wait for {program}: {error}"))?;
    let wall = began.elapsed();
    if !used.status.success() {
        return Err(format!("{program}: {}", used.status));
    }
    let cpu = used.rusage.utime + used.rusage.stime;
    println!("{} {} {}", wall.as_micros(), cpu.as_micros(), used.rusage.maxrss / 1024);
    Ok(())
}
