//! `dynflare`, `dynflare update`, `dynflare plan`: one round.

use super::exit::Exit;
use super::output::{Format, Output};
use super::waiting;
use crate::config::Settings;
use crate::history::{self, History};
use crate::keeper::Keeper;
use crate::memory::Warning;
use crate::provider::Budgets;
use crate::report::event::{Event, RecordEvent};
use crate::report::news::News;
use crate::report::{json, tracks};
use crate::round::{Finished, Keep, Mode};
use crate::setup;
use serde_json::{Value, json};
use std::sync::Arc;

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Steps are taken.
    Update,
    /// Steps are shown (`--dry-run`).
    DryRun,
    /// Steps are shown, and pending ones have an exit code of their own.
    Plan,
}

/// What was refused for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stops {
    /// It is not sent again.
    Heed,
    /// It is sent again (`--retry-stopped`).
    Lift,
}

/// Runs one round and says what became of each record.
pub(super) async fn run(settings: &Settings, (kind, stops): (Kind, Stops), output: &Output) -> Exit {
    let (store, mut memory, warning) = setup::remembered(settings);
    if stops == Stops::Lift {
        memory.stops.lift_lasting();
    }
    let warn = |warning: Warning| output.event(&Event::Notice(warning.to_string()));
    warning.into_iter().for_each(warn);
    let mode = match kind {
        Kind::Update => Mode::Apply,
        Kind::DryRun | Kind::Plan => Mode::Plan,
    };
    let keeper = store.map(Keeper::new);
    let mut round = setup::round(settings, memory, mode, &Budgets::new());
    round.keeper = keeper.clone().map(|keeper| Arc::new(keeper) as Arc<dyn Keep>);
    let what = "asking for the address and reading the records";
    let finished = waiting::during(what, output, round.run()).await;
    if mode == Mode::Apply {
        keeper.and_then(|keeper| keeper.finish(&finished.memory)).into_iter().for_each(warn);
        if let Some(warning) = remember_changes(settings, &finished.records, output) {
            output.event(&Event::Notice(warning.to_string()));
        }
    }
    let exit = match kind {
        Kind::Update | Kind::DryRun => Exit::of(&finished.records),
        Kind::Plan => Exit::of_plan(&finished.records),
    };
    if output.format == Format::Json {
        output.json(&value(&finished, exit, output));
    }
    for opened in &finished.opened {
        output.event(&Event::Notice(tracks::opened(opened, &output.cleaner)));
    }
    for record in finished.records {
        output.event(&Event::Record(Box::new(record)));
    }
    exit
}

/// Writes what was changed into the history. Incidents have a beginning and an end, and one run sees neither.
fn remember_changes(
    settings: &Settings,
    records: &[RecordEvent],
    output: &Output,
) -> Option<history::Warning> {
    let mut history = History::open(settings.state_dir.value.as_deref()?);
    let now = setup::now();
    history.extend(records.iter().filter_map(|event| News::of_change(event, now, &output.cleaner)))
}

fn value(finished: &Finished, exit: Exit, output: &Output) -> Value {
    let record = |event: &RecordEvent| json::record(event, &output.cleaner);
    json!({
        "records": finished.records.iter().map(record).collect::<Vec<_>>(),
        "detections": finished.detections.iter().map(|one| json::detection(one, &output.cleaner)).collect::<Vec<_>>(),
        "exit": exit.code(),
    })
}
