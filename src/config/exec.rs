//! An account that is a program of the user's.

use super::accounts::Parts;
use super::diagnostic::{Diagnostic, Notice};
use super::layers::{Table, named};
use super::origin::Place;
use super::value::Given;
use crate::provider::exec::{Settings, TIMEOUT};
use std::time::Duration;

/// How to say what to run.
const HOW: &str = "such as `command = [\"/usr/local/bin/my-dns\", \"--zone-file\", \"/etc/zone\"]`";

/// Checks a table.
pub(super) fn check(table: &Table, mistakes: &mut Vec<Diagnostic>) {
    if let Some(Err(mistake)) = table.get("command").map(command) {
        mistakes.push(named("command", mistake));
    }
    if let Some(Err(mistake)) = table.get("timeout").map(timeout) {
        mistakes.push(named("timeout", mistake));
    }
}

/// Puts the account together; `without` are the variables that hold credentials.
pub(super) fn open(
    parts: &Parts<'_>,
    without: Vec<String>,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) -> Option<Settings> {
    // What cannot be read was told by `check`.
    let given = |key: &str| parts.table.and_then(|table| table.get(key));
    let timeout = match given("timeout") {
        None => TIMEOUT,
        Some(given) => timeout(given).ok()?,
    };
    let command = match (parts.variable("command"), given("command")) {
        (Some(reference), _) => {
            let text = reference.read(parts.world, notes).map_err(|mistake| mistakes.push(mistake)).ok()?;
            words(text.expose(), &reference.place).map_err(|mistake| mistakes.push(mistake)).ok()?
        }
        (None, Some(given)) => command(given).ok()?,
        (None, None) => {
            let place = parts.table.map_or(parts.wanted, |table| &table.place);
            let message = format!("the account `{}` does not say which program to run", parts.name);
            let hint = match parts.name {
                "exec" => format!("set EXEC_COMMAND, or `command` below `[providers.exec]`: {HOW}"),
                name => format!("add `command` below `[providers.{name}]`: {HOW}"),
            };
            mistakes.push(Diagnostic::error(message, place).hint(hint));
            return None;
        }
    };
    Some(Settings { command, timeout, without })
}

fn timeout(given: &Given) -> Result<Duration, Diagnostic> {
    given.duration(Duration::from_secs(1)..=Duration::from_secs(300))
}

/// A list of strings; one string alone is a program without arguments.
fn command(given: &Given) -> Result<Vec<String>, Diagnostic> {
    let items = given.items()?;
    let words = items.iter().map(|item| item.text().map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
    runnable(words, &given.place)
}

/// From a variable: a JSON array of strings, or words.
fn words(text: &str, place: &Place) -> Result<Vec<String>, Diagnostic> {
    let text = text.trim();
    if !text.starts_with('[') {
        return runnable(text.split_whitespace().map(str::to_owned).collect(), place);
    }
    let words = serde_json::from_str::<Vec<String>>(text)
        .map_err(|_| Diagnostic::error("expected a JSON array of strings, or words", place))?;
    runnable(words, place)
}

fn runnable(words: Vec<String>, place: &Place) -> Result<Vec<String>, Diagnostic> {
    let program = words.first().map_or("", String::as_str);
    if program.is_empty() {
        return Err(Diagnostic::error("there is no program to run", place).hint(HOW));
    }
    if words.len() == 1 && program.contains(char::is_whitespace) {
        let message = "there is no shell to take this apart";
        return Err(Diagnostic::error(message, place).hint(format!("write a list of strings, {HOW}")));
    }
    Ok(words)
}
