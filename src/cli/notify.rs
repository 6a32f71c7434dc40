//! `dynflare notify test`: does a message arrive?

use super::exit::Exit;
use super::output::{Format, Output};
use super::waiting;
use crate::config::{Diagnostic, Settings, nearest};
use crate::notify;
use crate::report::words::fault_cause;
use crate::setup;
use dynflare_core::fault::{Class, Fault};
use serde_json::{Value, json};

/// Sends a test message to these targets, or to all.
pub(super) async fn test(names: &[String], settings: &Settings, output: &Output) -> Exit {
    let known = || settings.notify.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    if settings.notify.is_empty() {
        let mistake = Diagnostic::absence("there is nobody to tell")
            .hint("add a table such as `[notify.ntfy]` with `topic = \"…\"` to the file");
        return super::wrong(&[mistake], output.format);
    }
    let unknown: Vec<Diagnostic> = names
        .iter()
        .filter(|name| !settings.notify.contains_key(*name))
        .map(|name| {
            let near = nearest(name, settings.notify.keys().map(String::as_str));
            let hint = near
                .map_or_else(|| format!("there are {}", known()), |near| format!("did you mean `{near}`?"));
            Diagnostic::absence(format!("there is no target `{name}`")).hint(hint)
        })
        .collect();
    if !unknown.is_empty() {
        return super::wrong(&unknown, output.format);
    }
    let mut targets = settings.notify.clone();
    targets.retain(|name, _| names.is_empty() || names.contains(name));
    let network = setup::network(settings);
    let results = waiting::during("sending", output, notify::test(&targets, &network, setup::now())).await;
    let exit = if results.iter().all(|(_, result)| result.is_ok()) { Exit::AsDesired } else { Exit::Failed };
    match output.format {
        Format::Json => {
            let rows: Vec<Value> =
                results.iter().map(|(name, result)| row(name, result, settings, output)).collect();
            output.json(&json!({ "targets": rows, "exit": exit.code() }));
        }
        Format::Text => {
            for (name, result) in &results {
                let kind = settings.notify.get(name).map_or("", |target| target.kind.title);
                match result {
                    Ok(()) => output.line(&format!("{name}: {kind} has taken a test message")),
                    Err(fault) => output.error(&failure(name, kind, fault, output)),
                }
            }
        }
    }
    exit
}

fn failure(name: &str, kind: &str, fault: &Fault, output: &Output) -> String {
    let cause = fault_cause(fault, &output.cleaner);
    let hint = fault.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
    let what = if fault.class == Class::Unconfirmed {
        format!("could not confirm that {name} ({kind}) was told")
    } else {
        format!("cannot tell {name} ({kind})")
    };
    format!("error: {what}\n  cause: {cause}{hint}")
}

fn row(name: &str, result: &Result<(), Fault>, settings: &Settings, output: &Output) -> Value {
    let fault = result.as_ref().err();
    json!({
        "name": name,
        "type": settings.notify.get(name).map(|target| target.kind.name),
        "delivered": result.is_ok(),
        "class": fault.map(|fault| fault.class.as_str()),
        "cause": fault.map(|fault| fault_cause(fault, &output.cleaner)),
        "hint": fault.and_then(|fault| fault.hint.as_deref()),
        "retry_after_seconds": fault.and_then(|fault| fault.retry_after).map(|wait| wait.as_secs()),
    })
}
