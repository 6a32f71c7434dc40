//! Events as values for programs. Field names are stable; fields may be added.

use super::clean::Cleaner;
use super::event::{Event, Outcome, Progress, RecordEvent, Steps};
use super::heard::{Heard, Told};
use super::nat::Report;
use super::words;
use dynflare_core::fault::Fault;
use dynflare_core::plan::Change;
use serde_json::{Map, Value, json};

/// One event as an object of its own, at a time in seconds since 1970-01-01 UTC.
pub fn event(event: &Event, at: u64, cleaner: &Cleaner) -> Value {
    let (word, mut object) = match event {
        Event::Notice(text) => ("note", json!({ "text": cleaner.masked(text) })),
        Event::Record(event) => {
            let mut object = record(event, cleaner);
            let detections: Vec<Value> = event.detections.iter().map(|one| detection(one, cleaner)).collect();
            put(&mut object, "detections", json!(detections));
            ("record", object)
        }
        Event::News(news) => {
            ("news", serde_json::to_value(news).expect("strings and numbers always become JSON"))
        }
    };
    put(&mut object, "at", json!(at));
    put(&mut object, "event", json!(word));
    object
}

/// What became of a record.
pub fn record(event: &RecordEvent, cleaner: &Cleaner) -> Value {
    let mut object = json!({
        "account": event.account,
        "name": event.key.name.as_str(),
        "type": event.key.rtype.as_str(),
        "zone": event.zone.as_ref().map(dynflare_core::name::Name::as_str),
        "outcome": event.outcome.as_str(),
    });
    let notes: Vec<String> = event.notes.iter().filter_map(|note| words::note(note, cleaner)).collect();
    put(&mut object, "notes", json!(notes));
    match &event.outcome {
        Outcome::Unchanged(values) => put(&mut object, "values", json!(values)),
        Outcome::Changed(steps, effect) | Outcome::Pending(steps, effect) => {
            put(&mut object, "added", json!(effect.added));
            put(&mut object, "removed", json!(effect.removed));
            put(&mut object, "steps", steps_value(steps, cleaner));
        }
        Outcome::Absent(family) | Outcome::NotAgreed(family) => {
            put(&mut object, "family", json!(family.as_str()));
        }
        Outcome::Grace(family, left) => {
            put(&mut object, "family", json!(family.as_str()));
            put(&mut object, "withdrawn_in", json!(left));
        }
        Outcome::Refused(refusal) => {
            put(&mut object, "cause", json!(words::refusal_cause(refusal, cleaner)));
            put(&mut object, "hint", json!(words::refusal_hint(refusal)));
        }
        Outcome::Guarded(refusal) => {
            let (cause, hint) = words::guard_cause(refusal);
            put(&mut object, "cause", json!(cause));
            put(&mut object, "hint", json!(hint));
        }
        Outcome::Failed(one, progress) => {
            put(&mut object, "fault", fault(one, cleaner));
            put(&mut object, "partly", json!(*progress == Progress::Partly));
        }
        Outcome::Unconfirmed(one) => put(&mut object, "fault", fault(one, cleaner)),
    }
    object
}

/// One detection: the verdict and who said what.
pub fn detection(detection: &Heard, cleaner: &Cleaner) -> Value {
    let verdict = detection.verdict();
    let asked: Vec<Value> = detection
        .told()
        .into_iter()
        .map(|(source, told, took)| {
            let mut object = json!({ "source": source.id, "operator": source.operator });
            if let Some(took) = took {
                put(&mut object, "milliseconds", json!(u64::try_from(took).unwrap_or(u64::MAX)));
            }
            match told {
                Told::Says(opinion) => put(&mut object, "answer", json!(opinion.to_string())),
                Told::Failed(one) => put(&mut object, "fault", fault(one, cleaner)),
                Told::NotNeeded => put(&mut object, "dropped", json!(true)),
            }
            if let Some(aside) = detection.aside(source) {
                if let Some(network) = aside.network {
                    put(&mut object, "network", json!(network.to_string()));
                }
                if !aside.notes.is_empty() {
                    put(&mut object, "notes", json!(aside.notes));
                }
            }
            object
        })
        .collect();
    let networks: Vec<String> =
        detection.networks().into_iter().map(|(network, _)| network.to_string()).collect();
    json!({
        "family": detection.family().as_str(),
        "uplink": detection.uplink.as_deref(),
        "outcome": verdict.outcome.as_str(),
        "address": verdict.outcome.agreed().map(|opinion| opinion.to_string()),
        "beside": detection.beside().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "networks": networks,
        "quorum": verdict.quorum,
        "panel": verdict.panel,
        "asked": asked,
    })
}

/// How the machine is connected over one family.
pub fn nat(report: &Report) -> Value {
    let Report { sight, standing } = report;
    json!({
        "family": sight.family.as_str(),
        "standing": standing.as_str(),
        "reachable": standing.is_reachable(),
        "public": sight.public.map(|address| address.to_string()),
        "router": sight.router.map(|address| address.to_string()),
        "interface": sight.held.iter().map(|(address, length)| format!("{address}/{length}")).collect::<Vec<_>>(),
        "text": report.to_string(),
        "advice": report.advice(),
    })
}

/// A fault.
pub fn fault(fault: &Fault, cleaner: &Cleaner) -> Value {
    json!({
        "class": fault.class.as_str(),
        "what": cleaner.masked(&fault.what),
        "status": fault.status,
        "said": fault.said.as_ref().map(|said| cleaner.remote(said)),
        "hint": fault.hint,
        "retry_after_seconds": fault.retry_after.map(|wait| wait.as_secs()),
    })
}

fn steps_value(steps: &Steps, cleaner: &Cleaner) -> Value {
    match steps {
        Steps::Records(changes) => changes.iter().map(|one| step(one, cleaner)).collect(),
        Steps::Push(step) => json!([{
            "step": "push",
            "before": step.reason.before(),
            "after": step.values,
        }]),
        Steps::RrSet(step) => json!([{
            "step": "replace",
            "before": step.expect.values,
            "after": step.values,
            "ttl": step.ttl,
        }]),
    }
}

fn step(change: &Change, cleaner: &Cleaner) -> Value {
    let text = words::change(change, cleaner);
    match change {
        Change::Update { record, content, .. } => {
            json!({ "step": "update", "id": record.id, "before": record.content, "after": content, "text": text })
        }
        Change::Create { content, .. } => json!({ "step": "create", "after": content, "text": text }),
        Change::Delete { record } => {
            json!({ "step": "delete", "id": record.id, "before": record.content, "text": text })
        }
    }
}

fn put(object: &mut Value, key: &str, value: Value) {
    let map: Option<&mut Map<String, Value>> = object.as_object_mut();
    map.expect("made as an object").insert(key.to_owned(), value);
}
