//! `dynflare providers [ID]`: what can be written, and what it needs.

use super::exit::Exit;
use super::output::{Format, Output};
use super::table::table;
use crate::config::{Diagnostic, nearest};
use crate::provider::registry::{Info, all, find, left_out};
use dynflare_core::address::Family;
use serde_json::{Value, json};

/// All providers, or one.
pub(super) fn run(id: Option<&str>, output: &Output) -> Exit {
    let chosen: Vec<&Info> = match id {
        None => all(),
        Some(id) => {
            if let Some(info) = find(id) {
                vec![info]
            } else {
                if let Some(feature) = left_out(id) {
                    let mistake = format!("this program was built without the provider `{id}`");
                    let hint = format!("use one that was built with the feature `{feature}`");
                    return super::wrong(&[Diagnostic::absence(mistake).hint(hint)], output.format);
                }
                let known = all().into_iter().map(|info| info.id);
                let hint = nearest(id, known).map_or_else(
                    || "without an identifier, this command lists all providers".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let mistake = Diagnostic::absence(format!("there is no provider `{id}`")).hint(hint);
                return super::wrong(&[mistake], output.format);
            }
        }
    };
    match (output.format, id) {
        (Format::Json, _) => {
            let list: Vec<Value> = chosen.into_iter().map(value).collect();
            output.json(&json!({ "providers": list, "exit": 0 }));
        }
        (Format::Text, None) => {
            let rows = chosen.into_iter().map(|info| {
                vec![
                    info.id.to_owned(),
                    info.name.to_owned(),
                    info.shape.as_str().to_owned(),
                    info.verified.to_string(),
                ]
            });
            output.line(&table(&["id", "provider", "shape", "verified against"], rows.collect()));
        }
        (Format::Text, Some(_)) => chosen.into_iter().for_each(|info| page(info, output)),
    }
    Exit::AsDesired
}

fn attributes(info: &Info) -> Vec<&'static str> {
    info.attributes.iter().map(|attribute| attribute.as_str()).collect()
}

fn page(info: &Info, output: &Output) {
    let types: Vec<&str> = info.types.iter().map(|rtype| rtype.as_str()).collect();
    output.line(&format!("{} ({})", info.name, info.id));
    output.line(&format!("  record       {}", info.example()));
    output.line(&format!("  shape        {}", info.shape.as_str()));
    output.line(&format!("  types        {}", types.join(", ")));
    if !info.attributes.is_empty() {
        output.line(&format!("  attributes   {}", attributes(info).join(", ")));
        output.line(&format!("  shortest TTL {} s", info.min_ttl));
    }
    let cannot = info.cannot();
    if !cannot.is_empty() {
        output.line(&format!("  cannot       {}", cannot.join(", ")));
    }
    output.line(&format!("  verified     {}", info.verified));
    output.line(&format!("  API          {}", info.docs));
    if let Some(page) = info.console() {
        output.line(&format!("  made at      {page}"));
    }
    output.line("  credentials, each as a variable, as a file that the variable with _FILE names, or below [providers.NAME]");
    for (variable, meaning) in info.variables() {
        output.line(&format!("    {variable}: {meaning}"));
    }
    if let Some(example) = info.example_configuration() {
        output.line("  configuration");
        example.lines().for_each(|line| output.line(format!("    {line}").trim_end()));
    }
}

fn value(info: &Info) -> Value {
    let families: Vec<&str> = info.families().map(Family::as_str).collect();
    let types: Vec<&str> = info.types.iter().map(|rtype| rtype.as_str()).collect();
    let variables: Vec<Value> =
        info.variables().iter().map(|(name, meaning)| json!({ "name": name, "meaning": meaning })).collect();
    json!({
        "id": info.id,
        "name": info.name,
        "shape": info.shape.as_str(),
        "families": families,
        "types": types,
        "attributes": attributes(info),
        "min_ttl": info.min_ttl,
        "several_values": info.can.several,
        "wildcard": info.can.wildcard,
        "apex": info.can.apex,
        "zone_auto": info.can.auto,
        "verified": info.verified.to_string(),
        "docs": info.docs,
        "console": info.console(),
        "variables": variables,
    })
}
