//! `dynflare check` and `dynflare config`: is it right, and what is it.

use super::exit::Exit;
use super::output::{Format, Output};
use super::table::table;
use crate::config::{Row, Settings};
use crate::report::words::counted;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The configuration has been read and is right; says what it comes to.
pub(super) fn check(settings: &Settings, output: &Output) -> Exit {
    let operators: BTreeSet<&str> =
        settings.pool.value.iter().map(|source| source.operator.as_str()).collect();
    let (records, accounts) = (settings.records.len(), settings.accounts.len());
    match output.format {
        Format::Json => output.json(&json!({
            "right": true,
            "records": records,
            "accounts": accounts,
            "sources": settings.pool.value.len(),
            "operators": operators.len(),
            "privacy": settings.privacy.value.to_string(),
            "panel": settings.rules.panel(),
            "quorum": settings.rules.quorum(),
            "serve": settings.served().map(|(zones, accounts)| json!({ "zones": zones, "accounts": accounts })),
            "exit": 0,
        })),
        Format::Text if records == 0 && settings.served().is_some() => {
            output.line(&format!("the configuration is right; {}", served(settings)));
        }
        Format::Text => {
            let served = settings.served().into_iter().map(|_| format!("; {}", served(settings)));
            output.line(&format!(
                "the configuration is right: {} at {}; {} of {}, {} of a panel of {} must agree{}",
                counted(records, "record"),
                counted(accounts, "account"),
                counted(settings.pool.value.len(), "source"),
                counted(operators.len(), "operator"),
                settings.rules.quorum(),
                settings.rules.panel(),
                served.collect::<String>(),
            ));
        }
    }
    Exit::AsDesired
}

/// What `[serve]` comes to.
fn served(settings: &Settings) -> String {
    let Some((zones, accounts)) = settings.served() else { return String::new() };
    match (zones, accounts) {
        (0, 0) => "`serve` has no zones and no accounts".to_owned(),
        _ => format!("`serve` has {} and {}", counted(zones, "zone"), counted(accounts, "account")),
    }
}

/// Every setting with its value and origin; secrets are masked.
pub(super) fn config(settings: &Settings, output: &Output) -> Exit {
    match output.format {
        Format::Json => {
            let rows: Vec<Value> = settings.effective().iter().map(Row::to_json).collect();
            output.json(&json!({ "settings": rows, "exit": 0 }));
        }
        Format::Text => {
            let row = |row: &Row| vec![row.name.clone(), row.value.clone(), row.origin.to_string()];
            output.line(&table(
                &["setting", "value", "origin"],
                settings.effective().iter().map(row).collect(),
            ));
        }
    }
    Exit::AsDesired
}
