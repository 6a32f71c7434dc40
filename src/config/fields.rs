//! An account that is no more than fields: those that its provider's row names, from its table or from variables.

use super::accounts::{Parts, reference};
use super::diagnostic::{Diagnostic, Notice};
use super::environment;
use super::layers::{Table, named};
use super::origin::{Medium, Text};
use super::secret::{Kind, Reference};
use crate::net::Base;
use crate::provider::registry::{self, Field, Info, Need};
#[cfg(feature = "rest")]
use crate::provider::rest;
use crate::provider::{Account, get};
use crate::secret::Secret;
use std::collections::BTreeMap;

/// The keys of such an account's table.
pub(super) fn keys(info: &Info) -> Vec<&'static str> {
    let mut keys: Vec<&'static str> = ["base_url", "refresh_after", "type"].into();
    keys.extend(info.fields.iter().map(|field| field.key));
    keys.sort_unstable();
    keys
}

/// Checks a table without reading its secrets.
pub(super) fn check(table: &Table, mistakes: &mut Vec<Diagnostic>) {
    if let Some(given) = table.get("base_url")
        && let Err(mistake) = given.parse::<Base>()
    {
        mistakes.push(named("base_url", mistake));
    }
    for (key, given) in &table.entries {
        let key = key.text().unwrap_or_default();
        if !["base_url", "refresh_after", "type"].contains(&key)
            && let Err(mistake) = reference(given, "the value")
        {
            mistakes.push(named(key, mistake));
        }
    }
}

/// Reads the fields and puts the account together.
pub(super) fn open(
    provider: &str,
    parts: &Parts<'_>,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) -> Option<Account> {
    let info = registry::find(provider)?;
    let before = mistakes.len();
    let mut fields = BTreeMap::new();
    for field in info.fields {
        let written = written(field, info, parts, mistakes, notes);
        let read = written.or_else(|| in_cluster(field, info, parts)).and_then(|reference| {
            reference.read(parts.world, notes).map_err(|mistake| mistakes.push(mistake)).ok()
        });
        fields.extend(read.map(|secret| (field.key, secret)));
    }
    if mistakes.len() > before {
        return None;
    }
    let missing: Vec<&Field> = info
        .fields
        .iter()
        .filter(|field| field.need == Need::Required && !fields.contains_key(field.key))
        .collect();
    if !missing.is_empty() {
        mistakes.push(incomplete(&missing, info, parts));
        return None;
    }
    // A base URL that cannot be read was told by `check`.
    let base = parts.table.and_then(|table| table.get("base_url")).and_then(|given| given.parse().ok());
    let account = Account { provider: info.id, base, fields };
    let whose = format!("the account `{}` at {}", parts.name, info.name);
    let wrong = get::fit(&account).and_then(|fit| Some(format!("{whose}: {}", fit.err()?)));
    #[cfg(feature = "rest")]
    let wrong = rest::misplaced(&account)
        .map(|wrong| format!("{whose} names no place: {wrong}"))
        .or_else(|| Some(format!("{whose}: {}", rest::misfit(&account)?)))
        .or(wrong);
    if let Some(message) = wrong {
        let place = parts.table.map_or(parts.wanted, |table| &table.place);
        mistakes.push(Diagnostic::error(message, place));
        return None;
    }
    Some(account)
}

/// Where a pod finds its service account
/// (<https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/>).
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What a cluster says of a field to the programs that it runs, where the account names no server of its own.
fn in_cluster(field: &Field, info: &Info, parts: &Parts<'_>) -> Option<Reference> {
    let host = parts.world.get("KUBERNETES_SERVICE_HOST").filter(|_| info.id == "externaldns")?;
    let given = |key: &str| parts.table.is_some_and(|table| table.get(key).is_some());
    if given("server") || parts.world.get("EXTERNALDNS_SERVER").is_some() {
        return None;
    }
    let place = Text::secret(Medium::Variable("KUBERNETES_SERVICE_HOST".into()));
    let reference = |text: String, kind| {
        Some(Reference { text: Secret::new(text), kind, place: place.clone(), noun: field.key.into() })
    };
    match field.key {
        "ca_file" => reference(format!("{SERVICE_ACCOUNT}/ca.crt"), Kind::Value),
        "namespace" => reference(format!("{SERVICE_ACCOUNT}/namespace"), Kind::Path),
        "server" => {
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            let port = parts.world.get("KUBERNETES_SERVICE_PORT").unwrap_or("443");
            reference(format!("https://{host}:{port}"), Kind::Value)
        }
        "token" => reference(format!("{SERVICE_ACCOUNT}/token"), Kind::Path),
        _ => None,
    }
}

/// A field as it is written: a variable goes before the table.
fn written(
    field: &'static Field,
    info: &Info,
    parts: &Parts<'_>,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) -> Option<Reference> {
    // Variables belong to the account that is named like its provider.
    if parts.name == info.id {
        let names = field.variables(info.id);
        for name in names.iter().filter(|name| parts.world.is_unreadable(name)) {
            let place = Text::secret(Medium::Variable(name.as_str().into()));
            mistakes.push(Diagnostic::error(format!("the value of ${name} is not UTF-8 text"), &place));
        }
        let names = names.iter().map(String::as_str);
        if let Some(found) = environment::credential(names, field.key, parts.world, mistakes, notes) {
            return Some(found);
        }
    }
    // A value of another type was told by `check`.
    parts.in_table(field.key, field.key)?.ok()
}

fn incomplete(missing: &[&Field], info: &Info, parts: &Parts<'_>) -> Diagnostic {
    let keys: Vec<String> = missing.iter().map(|field| format!("`{}`", field.key)).collect();
    let message = format!("the account `{}` at {} lacks {}", parts.name, info.name, keys.join(" and "));
    let place = parts.table.map_or(parts.wanted, |table| &table.place);
    let how = |field: &&Field| {
        let below = format!("`{}` below `[providers.{}]`", field.key, parts.name);
        match field.variables(info.id).first().filter(|_| parts.name == info.id) {
            Some(variable) => format!("set {variable}, or {below}: {}", field.about),
            None => format!("set {below}: {}", field.about),
        }
    };
    Diagnostic::error(message, place).hint(missing.iter().map(how).collect::<Vec<_>>().join("; "))
}
