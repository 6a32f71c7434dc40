//! The page: a finding a line, what to do below it, and what it all comes to.

use crate::cli::exit::Exit;
use crate::cli::output::{Format, Output};
use crate::cli::table::wrapped;
use crate::cli::terminal;
use crate::doctor::{Finding, Level, worst};
use crate::report::human::Volume;
use crate::report::words::{and, counted};
use serde_json::{Value, json};

/// How wide the words for levels and subjects are, with what is between them.
const LEVEL: usize = 10;
const SUBJECT: usize = 15;

/// No terminal is taken for narrower.
const NARROWEST: usize = 30;

/// Prints the findings, which are in order.
pub(super) fn show(findings: &[Finding], exit: Exit, output: &Output) {
    match output.format {
        Format::Json => {
            let all: Vec<Value> = findings.iter().map(value).collect();
            let count = |level| findings.iter().filter(|finding| finding.level == level).count();
            output.json(&json!({
                "findings": all,
                "worst": worst(findings).as_str(),
                "errors": count(Level::Error),
                "warnings": count(Level::Warning),
                "notes": count(Level::Note),
                "exit": exit.code(),
            }));
        }
        Format::Text => {
            let width = terminal::width().map(usize::from);
            // Whoever wants to hear of trouble only hears of nothing else.
            let least = if output.volume == Volume::Quiet { Level::Warning } else { Level::Ok };
            for finding in findings.iter().filter(|finding| finding.level >= least) {
                output.line(&lines(finding, width).join("\n"));
            }
            if output.volume > Volume::Quiet {
                output.line(&format!("\n{}", verdict(findings)));
            }
        }
    }
}

fn value(finding: &Finding) -> Value {
    json!({
        "level": finding.level.as_str(),
        "subject": finding.subject.as_str(),
        "what": finding.what,
        "hint": finding.hint,
    })
}

/// One finding, for a terminal of so many columns or for none.
fn lines(finding: &Finding, width: Option<usize>) -> Vec<String> {
    let level = format!("{}:", finding.level.as_str());
    let head = format!("{level:LEVEL$}{:SUBJECT$}", finding.subject.as_str());
    let mut lines = folded(&head, &finding.what, width);
    if let Some(hint) = &finding.hint {
        lines.extend(folded("  hint:   ", hint, width));
    }
    lines
}

/// A text behind its head; what has no room in the line goes into others below it.
fn folded(head: &str, text: &str, width: Option<usize>) -> Vec<String> {
    let room = width.map_or(usize::MAX, |width| width.max(NARROWEST + LEVEL) - LEVEL);
    let first = head.chars().count().saturating_sub(LEVEL);
    // The head's own room is taken by a word that cannot be broken.
    let filled = format!("{}{text}", "\u{1}".repeat(first));
    let pieces = wrapped(&filled, room);
    let mut lines = Vec::new();
    for (number, piece) in pieces.into_iter().enumerate() {
        let piece = piece.trim_start_matches('\u{1}');
        lines.push(if number == 0 { format!("{head}{piece}") } else { format!("{:LEVEL$}{piece}", "") });
    }
    lines
}

/// What it all comes to.
fn verdict(findings: &[Finding]) -> String {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let (errors, warnings, notes) = (count(Level::Error), count(Level::Warning), count(Level::Note));
    let mut parts = Vec::new();
    for (number, thing) in [(errors, "error"), (warnings, "warning"), (notes, "note")] {
        if number > 0 {
            parts.push(counted(number, thing));
        }
    }
    match worst(findings) {
        Level::Ok => "all is well".to_owned(),
        Level::Note => format!("all is well; {}", and(&parts)),
        Level::Warning => format!("it works, and something should be done: {}", and(&parts)),
        Level::Error => format!("something does not work: {}", and(&parts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Subject;

    #[test]
    fn a_finding_is_a_line_and_at_a_narrow_terminal_several() {
        let what = "the token sees 3 zones, and the records lie in example.org";
        let finding = Finding::new(Level::Warning, Subject::Credential, what).hint("limit it to example.org");
        assert_eq!(
            lines(&finding, None),
            [
                "warning:  credential     the token sees 3 zones, and the records lie in example.org",
                "  hint:   limit it to example.org",
            ]
        );
        assert_eq!(
            lines(&finding, Some(50)),
            [
                "warning:  credential     the token sees 3 zones,",
                "          and the records lie in example.org",
                "  hint:   limit it to example.org",
            ]
        );
        assert!(lines(&finding, Some(5)).iter().all(|line| line.chars().count() <= NARROWEST + LEVEL));
    }

    #[test]
    fn the_last_line_says_what_it_comes_to() {
        let of = |level| Finding::new(level, Subject::Record, "x");
        let (ok, note, warning, error) =
            (of(Level::Ok), of(Level::Note), of(Level::Warning), of(Level::Error));
        for (findings, said) in [
            (vec![&ok], "all is well"),
            (vec![&ok, &note, &note], "all is well; 2 notes"),
            (vec![&note, &warning], "it works, and something should be done: 1 warning and 1 note"),
            (vec![&error, &warning, &note], "something does not work: 1 error, 1 warning and 1 note"),
        ] {
            let findings: Vec<Finding> = findings.into_iter().cloned().collect();
            assert_eq!(verdict(&findings), said);
        }
    }
}
