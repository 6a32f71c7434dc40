//! The figures as Markdown, and their place in the page.

use super::child::Figures;
use super::probe::Probe;
use super::{CPU_LIMIT, MEMORY_LIMIT_KIB, Outcome, R, REQUEST_LIMIT, SIZE_LIMIT, Sizes};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

const BEGIN: &str = "<!-- figures: begin (cargo xtask bench) -->";
const REACTION: &str = "<!-- reaction: begin (cargo xtask reaction PROGRAM) -->";
const REACTION_END: &str = "<!-- reaction: end -->";
const DNS: &str = "<!-- dns: begin (cargo xtask dns) -->";
const DNS_END: &str = "<!-- dns: end -->";
const END: &str = "<!-- figures: end -->";

pub(super) fn section(probe: &Probe, far: &[Outcome], near: &[Outcome], sizes: Option<&Sizes>) -> String {
    let mut text = format!("Measured on {}.\n\n", machine());
    let r = R.as_millis();
    line(&mut text, &format!("### Time, with every server {r} ms away\n"));
    line(&mut text, "| case | floor | target | median | least | 9 in 10 below | API requests | |");
    line(&mut text, "|---|--:|--:|--:|--:|--:|--:|---|");
    for outcome in far {
        let wall = outcome.wall();
        let met = wall.median <= outcome.limit && outcome.requests <= REQUEST_LIMIT;
        let Figures { least, median, p90 } = wall;
        let cells = [outcome.floor, outcome.limit, median, least, p90].map(milliseconds).join(" | ");
        line(
            &mut text,
            &format!("| {} | {cells} | {} | {} |", outcome.title, outcome.requests, verdict(met)),
        );
    }
    line(&mut text, "\nThe servers themselves, asked by bare requests from a process that already runs:\n");
    line(&mut text, "| exchange | should be | median | least | 9 in 10 below |");
    line(&mut text, "|---|--:|--:|--:|--:|");
    for (title, floor, figures) in [
        ("one request on a new connection", R * 3, &probe.fresh),
        ("five requests at once on an open connection", R, &probe.together),
    ] {
        let cells = [floor, figures.median, figures.least, figures.p90].map(milliseconds).join(" | ");
        line(&mut text, &format!("| {title} | {cells} |"));
    }
    line(&mut text, "\n### CPU and memory, with every server on this machine\n");
    line(&mut text, "| case | CPU target | median | least | 9 in 10 below | memory target | peak | |");
    line(&mut text, "|---|--:|--:|--:|--:|--:|--:|---|");
    for outcome in near {
        let Figures { least, median, p90 } = outcome.cpu();
        let met = median <= CPU_LIMIT && outcome.memory() <= MEMORY_LIMIT_KIB;
        let cells = [CPU_LIMIT, median, least, p90].map(fine).join(" | ");
        let memory = format!("{} | {}", kib(MEMORY_LIMIT_KIB), kib(outcome.memory()));
        line(&mut text, &format!("| {} | {cells} | {memory} | {} |", outcome.title, verdict(met)));
    }
    if let Some(sizes) = sizes {
        size(&mut text, sizes);
    }
    text
}

fn size(text: &mut String, sizes: &Sizes) {
    line(text, "\n### Size, stripped\n");
    line(text, "| build | target | bytes | |");
    line(text, "|---|--:|--:|---|");
    let met = verdict(sizes.without_demo <= SIZE_LIMIT);
    line(text, &format!("| without `demo` | {SIZE_LIMIT} | {} | {met} |", sizes.without_demo));
    line(text, &format!("| with `demo` and its name server | | {} | |", sizes.with_demo));
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a String");
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "**missed**" }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.0} ms", duration.as_secs_f64() * 1e3)
}

fn fine(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

fn kib(size: u64) -> String {
    format!("{size} KiB")
}

/// Processor, cores, system, and how busy it was: figures of a busy machine are worse than the program.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo");
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let processor = processor.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let release = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown");
    format!("{processor}, {cores} cores, Linux {}, load average {load} at the end", release.trim())
}

/// Puts the figures of single runs between their markers.
pub(super) fn write(path: &Path, section: &str) -> Result<(), String> {
    between((BEGIN, END), path, section)
}

/// Puts those of the daemon between theirs.
pub(super) fn write_reaction(path: &Path, section: &str) -> Result<(), String> {
    between((REACTION, REACTION_END), path, &format!("Measured on {}.\n\n{section}", machine()))
}

/// Puts those of the name server between theirs.
pub(super) fn write_dns(path: &Path, section: &str) -> Result<(), String> {
    between((DNS, DNS_END), path, &format!("Measured on {}.\n\n{section}", machine()))
}

fn between((begin, end): (&str, &str), path: &Path, section: &str) -> Result<(), String> {
    let said = |error| format!("{}: {error}", path.display());
    let page = std::fs::read_to_string(path).map_err(said)?;
    let (Some(start), Some(stop)) = (page.find(begin), page.find(end)) else {
        return Err(format!("{}: the markers are missing", path.display()));
    };
    let page = format!("{}\n\n{section}\n{}", &page[..start + begin.len()], &page[stop..]);
    std::fs::write(path, page).map_err(said)
}
