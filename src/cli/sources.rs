//! `dynflare sources`: who can be asked, who is, and how each has done.

use super::exit::Exit;
use super::output::{Format, Output};
use super::table::table;
use crate::config::Settings;
use crate::report::event::Event;
use crate::report::tracks;
use crate::setup;
use crate::source::{SOURCES, Source, SourceRow};
use dynflare_core::address::Family;
use dynflare_core::breaker::Tracks;
use dynflare_core::quorum::Vote;
use serde_json::{Value, json};

/// The pool with what is remembered of each source, and the built-in sources outside it.
pub(super) fn run(settings: &Settings, output: &Output) -> Exit {
    let (_, memory, warning) = setup::remembered(settings);
    if let Some(warning) = warning {
        output.event(&Event::Notice(warning.to_string()));
    }
    let (tracks, now) = (&memory.tracks, setup::now());
    let pooled = |row: &SourceRow| settings.pool.value.iter().any(|source| source.id == row.id);
    match output.format {
        Format::Json => {
            let with_tracks = |source: &Source| {
                let mut object = value(source);
                let served = Family::BOTH.into_iter().filter(|family| source.serves(*family));
                let of_family = |family| tracks::value(family, &tracks.of(&source.id, family), now);
                object["memory"] = served.map(of_family).collect();
                object
            };
            let pool: Vec<Value> = settings.pool.value.iter().map(with_tracks).collect();
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
            let rows = settings.pool.value.iter().flat_map(|source| rows(source, tracks, now)).collect();
            output.line(&table(&HEADINGS, rows));
            let others: Vec<&str> = SOURCES.iter().filter(|row| !pooled(row)).map(|row| row.id).collect();
            if !others.is_empty() {
                output.line(&format!("known, and not in the pool: {}", others.join(", ")));
            }
        }
    }
    Exit::AsDesired
}

const HEADINGS: [&str; 10] = [
    "  source",
    "operator",
    "kind",
    "country",
    "votes",
    "family",
    "last success",
    "dissents",
    "breaker",
    "privacy",
];

fn families(source: &Source) -> Vec<&'static str> {
    Family::BOTH.into_iter().filter(|family| source.serves(*family)).map(Family::as_str).collect()
}

fn built_in(source: &Source) -> Option<&'static SourceRow> {
    SOURCES.iter().find(|row| row.id == source.id)
}

/// One row for each family that it answers over; what is the same for both stands in the first.
fn rows(source: &Source, tracks: &Tracks, now: u64) -> Vec<Vec<String>> {
    let known = built_in(source);
    let votes = match source.vote {
        Vote::Full => "yes",
        Vote::Witness => "no",
    };
    let mut common = vec![
        format!("  {}", output_id(source)),
        source.operator.clone(),
        source.kind().to_owned(),
        known.and_then(|row| row.country).unwrap_or_default().to_owned(),
        votes.to_owned(),
    ];
    let mut privacy = known.and_then(|row| row.privacy).unwrap_or_default().to_owned();
    let mut rows = Vec::new();
    for family in Family::BOTH.into_iter().filter(|family| source.serves(*family)) {
        let track = tracks.of(&source.id, family);
        let mut row = common.clone();
        row.extend([
            family.to_string(),
            tracks::ago(track.answered, now),
            track.dissents.to_string(),
            tracks::breaker(&track, now),
            std::mem::take(&mut privacy),
        ]);
        rows.push(row);
        common.iter_mut().for_each(String::clear);
    }
    rows
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
