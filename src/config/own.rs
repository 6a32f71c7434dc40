//! A provider of the user's own: `type = "get"`, with the definition in the account's table.
//!
//! The keys are those of a built-in definition (docs/providers-get.md), but for what only a table of providers needs;
//! `credentials` holds the values in place of their meaning. Owns the way from the one form to the other.

use super::accounts::{Parts, reference};
use super::diagnostic::{Diagnostic, Notice};
use super::layers::{Table, named};
use super::mask;
use super::value::{Given, Value};
use crate::net::Base;
use crate::provider::Account;
use crate::provider::get::{self, Definition, Mistake};
use crate::secret::Secret;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// Those that belong to the account and not to the definition.
const OF_ACCOUNT: &[&str] = &["base_url", "credentials", "refresh_after", "type"];

/// An account with its definition.
#[derive(Clone, Debug)]
pub struct Own {
    /// What a call looks like.
    pub definition: Definition,
    /// Who calls.
    pub account: Account,
}

impl Own {
    /// The fields that nobody may see.
    pub fn secrets(&self) -> Vec<Secret> {
        let hidden = |key: &str| self.definition.fields.iter().all(|field| field.key != key || field.secret);
        self.account.fields.iter().filter(|(key, _)| hidden(key)).map(|(_, value)| value.clone()).collect()
    }
}

/// Checks a table without reading its secrets.
pub(super) fn check(name: &str, table: &Table, mistakes: &mut Vec<Diagnostic>) {
    if let Some(given) = table.get("base_url")
        && let Err(mistake) = given.parse::<Base>()
    {
        mistakes.push(named("base_url", mistake));
    }
    match credentials(table) {
        Ok(credentials) => {
            for (key, given) in credentials {
                if let Err(mistake) = reference(given, "the value") {
                    mistakes.push(named(key, mistake));
                }
            }
        }
        Err(mistake) => mistakes.push(mistake),
    }
    if let Err(found) = definition(name, table) {
        mistakes.extend(found);
    }
}

/// Reads the credentials and puts the account together.
pub(super) fn open(
    parts: &Parts<'_>,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) -> Option<Own> {
    let Some(table) = parts.table else {
        let message = format!("the provider `{}` needs a table that says what a call looks like", parts.name);
        let hint =
            "describe it below `[providers.NAME]` with `type = \"get\"`; docs/providers-get.md has the keys";
        mistakes.push(Diagnostic::error(message, parts.wanted).hint(hint));
        return None;
    };
    // What is wrong with these was told by `check`.
    let definition = definition(parts.name, table).ok()?;
    let before = mistakes.len();
    let mut fields = BTreeMap::new();
    for (key, given) in credentials(table).ok()? {
        let read = reference(given, key.to_owned()).and_then(|found| found.read(parts.world, notes));
        match read {
            Ok(secret) => drop(fields.insert(kept(key), secret)),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.len() > before {
        return None;
    }
    let base = table.get("base_url").and_then(|given| given.parse().ok());
    let account = Account { provider: get::OWN.id, base, fields };
    if let Err(unfit) = get::fits(&definition, &account) {
        mistakes.push(Diagnostic::error(format!("the account `{}`: {unfit}", parts.name), &table.place));
        return None;
    }
    Some(Own { definition, account })
}

fn credentials(table: &Table) -> Result<Vec<(&str, &Given)>, Diagnostic> {
    let Some(given) = table.get("credentials") else { return Ok(Vec::new()) };
    let Value::Table(entries) = &given.value else {
        let message = "`credentials`: expected a table: { key = \"env:MY_KEY\" }";
        return Err(Diagnostic::error(message, &given.place));
    };
    Ok(entries.iter().filter_map(|(key, value)| Some((key.text().ok()?, value))).collect())
}

/// The definition that a table is.
fn definition(name: &str, table: &Table) -> Result<Definition, Vec<Diagnostic>> {
    let mut form = toml::Table::new();
    for (key, given) in &table.entries {
        let key = key.text().unwrap_or_default();
        if !OF_ACCOUNT.contains(&key) {
            form.insert(key.to_owned(), value(given));
        }
    }
    let told = |key: &str, text: &str| (key.to_owned(), toml::Value::from(text));
    form.extend([
        told("id", get::OWN.id),
        told("name", name),
        told("docs", get::OWN.docs),
        told("verified", "documentation"),
    ]);
    if let Ok(given) = credentials(table)
        && !given.is_empty()
    {
        let field = |(key, _): (&str, &Given)| {
            let secret = !mask::harmless(key);
            let field = [told("about", "as configured"), ("secret".to_owned(), secret.into())];
            (key.to_owned(), toml::Value::Table(field.into_iter().collect()))
        };
        form.insert("credentials".to_owned(), toml::Value::Table(given.into_iter().map(field).collect()));
    }
    let diagnostic = |mistake: Mistake| {
        let key = mistake.key.split(['.', '[']).next().unwrap_or_default();
        let place = table.get(key).map_or(&table.place, |given| &given.place);
        Diagnostic::error(mistake.to_string(), place)
    };
    Definition::of_table(form).map_err(|mistakes| mistakes.into_iter().map(diagnostic).collect())
}

/// A value of the file as TOML again.
fn value(given: &Given) -> toml::Value {
    match &given.value {
        Value::Written(text) | Value::Text(text) => toml::Value::from(text.as_str()),
        Value::Secret(text) => toml::Value::from(text.expose()),
        Value::Integer(number) => toml::Value::from(*number),
        Value::Boolean(value) => toml::Value::from(*value),
        Value::List(items) => toml::Value::Array(items.iter().map(value).collect()),
        Value::Table(entries) => {
            let entry = |(key, given): &(Given, Given)| Some((key.text().ok()?.to_owned(), value(given)));
            toml::Value::Table(entries.iter().filter_map(entry).collect())
        }
        // Of a type that no key takes: the definition says so.
        Value::Other(name) => toml::Value::from(*name),
    }
}

/// The key of a field for as long as the process lives, as the keys of built-in providers do. Each is kept once, so a
/// daemon that reads its configuration again and again keeps no more of them.
fn kept(key: &str) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = kept.get(key) {
        return key;
    }
    let key: &'static str = Box::leak(key.to_owned().into_boxed_str());
    kept.insert(key);
    key
}
