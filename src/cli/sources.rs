//! `dynflare sources`: who can be asked, and who is.

use super::exit::Exit;
use super::output::{Format, Output};
use super::table::table;
use crate::config::Settings;
use crate::source::{SOURCES, Source, SourceRow};
use dynflare_core::address::Family;
use dynflare_core::quorum::Vote;
use serde_json::{Value, json};

/// The pool, and the built-in sources outside it.
pub(super) fn run(settings: &Settings, output: &Output) -> Exit {
    let pooled = |row: &SourceRow| settings.pool.value.iter().any(|source| source.id == row.id);
    match output.format {
        Format::Json => {
            let pool: Vec<Value> = settings.pool.value.iter().map(value).collect();
            let others: Vec<Value> =
                SOURCES.iter().filter(|row| !pooled(row)).map(|row| value(&row.source())).collect();
            output.json(&json!({
                "privacy": settings.privacy.value.to_string(),
                "panel": settings.rules.panel(),
                "quorum": settings.rules.quorum(),
                "pool": pool,
                "others": others,
                "exit": 0,
            }));
        }
        Format::Text => {
            let rules = &settings.rules;
            output.line(&format!(
                "a panel of {} is drawn from this pool, {} must agree",
                rules.panel(),
                rules.quorum()
            ));
            let rows = settings.pool.value.iter().map(row).collect();
            output.line(&table(
                &["  source", "operator", "kind", "country", "families", "votes", "privacy"],
                rows,
            ));
            let others: Vec<&str> = SOURCES.iter().filter(|row| !pooled(row)).map(|row| row.id).collect();
            if !others.is_empty() {
                output.line(&format!("known, and not in the pool: {}", others.join(", ")));
            }
        }
    }
    Exit::AsDesired
}

fn families(source: &Source) -> Vec<&'static str> {
    Family::BOTH.into_iter().filter(|family| source.serves(*family)).map(Family::as_str).collect()
}

fn built_in(source: &Source) -> Option<&'static SourceRow> {
    SOURCES.iter().find(|row| row.id == source.id)
}

fn row(source: &Source) -> Vec<String> {
    let known = built_in(source);
    vec![
        format!("  {}", output_id(source)),
        source.operator.clone(),
        source.kind().to_owned(),
        known.and_then(|row| row.country).unwrap_or_default().to_owned(),
        families(source).join(" "),
        match source.vote {
            Vote::Full => "yes".to_owned(),
            Vote::Witness => "no".to_owned(),
        },
        known.and_then(|row| row.privacy).unwrap_or_default().to_owned(),
    ]
}

fn output_id(source: &Source) -> String {
    source.id.chars().filter(|c| !c.is_control()).collect()
}

fn value(source: &Source) -> Value {
    let known = built_in(source);
    json!({
        "source": source.id,
        "operator": source.operator,
        "kind": source.kind(),
        "country": known.and_then(|row| row.country),
        "families": families(source),
        "votes": source.vote == Vote::Full,
        "privacy": known.and_then(|row| row.privacy),
        "note": known.map(|row| row.note),
    })
}
