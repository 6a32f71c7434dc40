//! The effective settings as rows: name, value, origin. Secrets are masked before they get here.

use super::conditions;
use super::keys;
use super::layers::{Layers, Table};
use super::origin::{MASK, Origin, Setting};
use super::schedule;
use super::settings::Settings;
use super::value::{Given, Value, show_duration};
use dynflare_core::quorum::Rule;
use serde_json::json;
use std::fmt::Display;
use std::time::Duration;

/// One setting as the command `config` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name: `panel`, `providers.cloudflare.token`, `records[0]`.
    pub name: String,
    /// Its value as a user would write it.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Row {
    /// The row for machines.
    pub fn to_json(&self) -> serde_json::Value {
        json!({ "name": self.name, "value": self.value, "origin": self.origin.to_string() })
    }

    pub(super) fn new(name: impl Into<String>, value: impl Into<String>, origin: &Origin) -> Self {
        Self { name: name.into(), value: value.into(), origin: origin.clone() }
    }
}

/// The rows of all settings, sorted by key; records last.
pub(super) fn rows(settings: &Settings, layers: &Layers) -> Vec<Row> {
    let pool: Vec<&str> = settings.pool.value.iter().map(|source| source.id.as_str()).collect();
    let rule = match settings.rule.value {
        Rule::Majority => "majority",
        Rule::Plurality => "plurality",
    };
    let directory = settings.state_dir.value.as_ref().map(|path| path.display().to_string());
    let mut rows = vec![list("allow", &settings.allow), span("audit_interval", &settings.audit_interval)];
    rows.extend(
        settings
            .ca_files
            .iter()
            .map(|file| Row::new("ca_file", file.value.display().to_string(), &file.origin)),
    );
    rows.extend([
        plain("confirm", &settings.confirm),
        span("confirm_deadline", &settings.confirm_deadline),
        span("deadline", &settings.deadline),
        list("deny", &settings.deny),
        plain("failing_after", &settings.failing_after),
    ]);
    let (interval, schedule): (Vec<Row>, Vec<Row>) =
        schedule::rows(&settings.schedule, layers).into_iter().partition(|row| row.name == "interval");
    rows.extend(interval);
    rows.extend([
        list("listen", &settings.listen),
        list("listen_names", &settings.listen_names),
        plain("max_changes_per_hour", &settings.max_changes_per_hour),
        plain("max_deletions", &settings.max_deletions),
        span("no_address_grace", &settings.no_address_grace),
        Row::new(
            "on_no_address",
            conditions::word(settings.on_no_address.value),
            &settings.on_no_address.origin,
        ),
        Row::new("on_stop", conditions::word(settings.on_stop.value), &settings.on_stop.origin),
        Row::new("owner_mark", settings.owner.value.to_string(), &settings.owner.origin),
        plain("panel", &settings.panel),
        Row::new("pool", pool.join(", "), &settings.pool.origin),
        plain("privacy", &settings.privacy),
        plain("quorum", &settings.quorum),
        plain("router_events", &settings.router_events),
        Row::new("rule", rule, &settings.rule.origin),
    ]);
    rows.extend(schedule);
    let sentinel = settings.sentinel.value.map_or_else(|| "off".to_owned(), show_duration);
    rows.push(Row::new("sentinel", sentinel, &settings.sentinel.origin));
    rows.extend([Row::new(
        "state_dir",
        directory.unwrap_or_else(|| "none".to_owned()),
        &settings.state_dir.origin,
    )]);
    for (name, table) in &layers.providers {
        rows.extend(of_table(&format!("providers.{name}"), table));
    }
    for (account, credentials) in &layers.credentials {
        for (part, reference) in credentials.environment.iter().chain(&credentials.arguments) {
            rows.push(Row::new(format!("providers.{account}.{part}"), MASK, &reference.place.origin()));
        }
    }
    #[cfg(feature = "notify")]
    for (name, table) in &layers.notify {
        rows.extend(of_table(&format!("notify.{name}"), table));
    }
    for (name, table) in &layers.sources {
        rows.extend(of_table(&format!("sources.{name}"), table));
    }
    for (name, table) in &layers.uplinks {
        rows.extend(of_table(&format!("uplink.{name}"), table));
    }
    if let Some(table) = &layers.serve {
        of_serve("serve", &table.entries, &mut rows);
    }
    let records = settings.records.iter();
    rows.extend(
        records.enumerate().map(|(at, wish)| Row::new(format!("records[{at}]"), &wish.text, &wish.origin)),
    );
    // Of a part of a credential that several layers give, the topmost is the one that counts.
    let is_covered = |at: usize, row: &Row| {
        row.name != "ca_file" && rows[at + 1..].iter().any(|later| later.name == row.name)
    };
    rows.iter().enumerate().filter(|(at, row)| !is_covered(*at, row)).map(|(_, row)| row.clone()).collect()
}

fn plain(name: &str, setting: &Setting<impl Display>) -> Row {
    Row::new(name, setting.value.to_string(), &setting.origin)
}

fn span(name: &str, setting: &Setting<Duration>) -> Row {
    Row::new(name, show_duration(setting.value), &setting.origin)
}

fn list(name: &str, setting: &Setting<Vec<impl Display>>) -> Row {
    let items: Vec<String> = setting.value.iter().map(ToString::to_string).collect();
    let value = if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    Row::new(name, value, &setting.origin)
}

fn of_table<'t>(owner: &'t str, table: &'t Table) -> impl Iterator<Item = Row> + 't {
    table.entries.iter().map(move |(key, given)| {
        let key = key.text().unwrap_or_default();
        Row::new(format!("{owner}.{key}"), show(key, given), &given.place.origin())
    })
}

/// The table `[serve]` with everything below it.
fn of_serve(owner: &str, entries: &[(Given, Given)], rows: &mut Vec<Row>) {
    for (key, given) in entries {
        let name = format!("{owner}.{}", key.text().unwrap_or_default());
        match &given.value {
            Value::Table(entries) => of_serve(&name, entries, rows),
            Value::List(items) => {
                let items: Vec<String> =
                    items.iter().map(|item| show(key.text().unwrap_or_default(), item)).collect();
                rows.push(Row::new(name, items.join(", "), &given.place.origin()));
            }
            _ => {
                rows.push(Row::new(name, show(key.text().unwrap_or_default(), given), &given.place.origin()));
            }
        }
    }
}

/// A value of the file; of a secret only where it is.
fn show(key: &str, given: &Given) -> String {
    match &given.value {
        Value::Secret(text) => {
            let reference =
                ["file:", "env:", "credential:"].iter().any(|kind| text.expose().starts_with(kind));
            if reference && keys::is_secret(key) { text.expose().to_owned() } else { MASK.to_owned() }
        }
        // The query of a URL may hold a key.
        Value::Text(text) | Value::Written(text) => match text.split_once('?') {
            Some((before, _)) => format!("{before}?{MASK}"),
            None => text.clone(),
        },
        Value::Integer(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::List(_) | Value::Table(_) | Value::Other(_) => "…".to_owned(),
    }
}
