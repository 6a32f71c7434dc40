//! `dynflare providers [ID]`: what can be written, and what it needs.

use super::exit::Exit;
use super::output::{Format, Output};
use super::table::table;
use crate::config::Diagnostic;
use crate::provider::registry::{Info, PROVIDERS, find};
use serde_json::{Value, json};

/// All providers, or one.
pub(super) fn run(id: Option<&str>, output: &Output) -> Exit {
    let chosen: Vec<&Info> = match id {
        None => PROVIDERS.iter().collect(),
        Some(id) => {
            if let Some(info) = find(id) {
                vec![info]
            } else {
                let known: Vec<&str> = PROVIDERS.iter().map(|info| info.id).collect();
                let mistake = Diagnostic::absence(format!("there is no provider `{id}`"))
                    .hint(format!("there are {}", known.join(", ")));
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
                    info.verified.to_owned(),
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
    output.line(&format!("{} ({})", info.name, info.id));
    output.line(&format!("  record       {}:example.org:A+AAAA:home", info.id));
    output.line(&format!("  shape        {}", info.shape.as_str()));
    output.line(&format!("  attributes   {}", attributes(info).join(", ")));
    output.line(&format!("  shortest TTL {} s", info.min_ttl));
    output.line(&format!("  verified     {}", info.verified));
    output.line(&format!("  API          {}", info.docs));
    output.line("  credentials");
    for (variable, meaning) in info.env {
        output.line(&format!("    {variable}: {meaning}"));
    }
}

fn value(info: &Info) -> Value {
    let families: Vec<&str> = info.families.iter().map(|family| family.as_str()).collect();
    let variables: Vec<Value> =
        info.env.iter().map(|(name, meaning)| json!({ "name": name, "meaning": meaning })).collect();
    json!({
        "id": info.id,
        "name": info.name,
        "shape": info.shape.as_str(),
        "families": families,
        "attributes": attributes(info),
        "min_ttl": info.min_ttl,
        "verified": info.verified,
        "docs": info.docs,
        "variables": variables,
    })
}
