//! `dynflare records`, `-p`: what the zones hold; of a provider that shows nothing, what was sent to it last.

use super::exit::Exit;
use super::output::{Format, Output};
use super::table::table;
use super::waiting;
use crate::config::{RecordWish, Settings};
use crate::provider::{Adapter, Scope, Zone};
use crate::report::human;
use crate::report::json as report;
use crate::setup;
use dynflare_core::fault::Fault;
use dynflare_core::memory::{Memory, Place};
use dynflare_core::record::{Attributes, Key, Record};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One line of the listing, whatever the shape of the provider.
struct Line {
    key: Key,
    content: String,
    attributes: Attributes,
}

impl From<Record> for Line {
    fn from(record: Record) -> Self {
        Self { key: record.key, content: record.content, attributes: record.attributes }
    }
}

/// Lists every zone that a configured record lies in.
pub(super) async fn run(settings: &Settings, output: &Output) -> Exit {
    let Found { sent, listed, faults } = waiting::during("reading the records", output, find(settings)).await;
    let temporary = faults.iter().all(|(_, fault)| fault.class.policy().is_temporary());
    let exit = match (faults.is_empty(), temporary) {
        (true, _) => Exit::AsDesired,
        (false, true) => Exit::Later,
        (false, false) => Exit::Failed,
    };
    match output.format {
        Format::Json => output.json(&value(&listed, &sent, &faults, (exit, output))),
        Format::Text => text(listed, sent, output),
    }
    for (account, fault) in &faults {
        let head = format!("cannot list the records at {account}");
        output.error(&human::fault_block(&head, fault, &output.cleaner, ""));
    }
    exit
}

/// What was found.
#[derive(Default)]
struct Found {
    /// By account, what was sent to a provider that shows nothing.
    sent: BTreeMap<String, Vec<Line>>,
    listed: Vec<(String, Zone, Vec<Line>)>,
    faults: Vec<(String, Fault)>,
}

/// Reads every zone that a configured record lies in.
async fn find(settings: &Settings) -> Found {
    let network = setup::network(settings);
    let accounts = setup::accounts(settings, &network);
    let mut zones: BTreeMap<(String, Zone), Vec<Key>> = BTreeMap::new();
    let mut found = Found::default();
    let (_, memory, _) = setup::remembered(settings);
    for record in &settings.records {
        let adapter = &accounts[&record.account];
        if matches!(adapter, Adapter::Push(_)) {
            let sent = found.sent.entry(record.account.clone()).or_default();
            sent.extend(remembered(&memory, record));
            continue;
        }
        match locate(adapter, record).await {
            Ok(zone) => {
                zones.entry((record.account.clone(), zone)).or_default().push(record.wish.key().clone());
            }
            Err(fault) => found.faults.push((record.account.clone(), fault)),
        }
    }
    found.faults.dedup();
    for ((account, zone), keys) in zones {
        match list(&accounts[&account], &zone, &keys).await {
            Ok(lines) => found.listed.push((account, zone, lines)),
            Err(fault) => found.faults.push((account, fault)),
        }
    }
    found
}

async fn locate(adapter: &Adapter, record: &RecordWish) -> Result<Zone, Fault> {
    if let (Some(name), Some(id)) = (&record.zone, &record.zone_id) {
        return Ok(Zone { name: name.clone(), id: id.clone() });
    }
    let name = &record.wish.key().name;
    match adapter {
        Adapter::Records(records) => records.locate(record.zone.as_ref(), name).await,
        Adapter::RrSets(rrsets) => rrsets.locate(record.zone.as_ref(), name).await,
        Adapter::Push(_) => unreachable!("it is not asked for zones"),
    }
}

/// The whole zone, or where the provider cannot list one, the configured names.
async fn list(adapter: &Adapter, zone: &Zone, keys: &[Key]) -> Result<Vec<Line>, Fault> {
    match adapter {
        Adapter::Records(records) => {
            let found = records.list(zone, Scope::All).await?;
            Ok(found.into_iter().map(Line::from).collect())
        }
        Adapter::RrSets(rrsets) => {
            let mut lines = Vec::new();
            for key in keys {
                let set = rrsets.get(zone, key).await?;
                let attributes = Attributes { ttl: set.ttl, ..Attributes::default() };
                let line = |content| Line { key: key.clone(), content, attributes: attributes.clone() };
                lines.extend(set.values.into_iter().map(line));
            }
            Ok(lines)
        }
        Adapter::Push(_) => unreachable!("it lists nothing"),
    }
}

/// What was sent for a record last.
fn remembered(memory: &Memory, record: &RecordWish) -> Vec<Line> {
    let key = record.wish.key();
    let place = Place { account: record.account.clone(), key: key.clone() };
    let values = memory.published(&place).unwrap_or_default().iter();
    let line = |content: &String| Line {
        key: key.clone(),
        content: content.clone(),
        attributes: Attributes::default(),
    };
    values.map(line).collect()
}

fn text(listed: Vec<(String, Zone, Vec<Line>)>, sent: BTreeMap<String, Vec<Line>>, output: &Output) {
    for (account, zone, lines) in listed {
        output.line(&format!("{} at {account}", zone.name));
        lines_of(lines, output);
    }
    for (account, lines) in sent {
        output.line(&format!("{account} shows no records; sent last was"));
        lines_of(lines, output);
    }
}

fn lines_of(mut lines: Vec<Line>, output: &Output) {
    lines.sort_by(|a, b| (&a.key, &a.content).cmp(&(&b.key, &b.content)));
    let rows = lines.into_iter().map(|line| {
        let Attributes { ttl, proxied, comment, tags: _ } = line.attributes;
        vec![
            format!("  {}", line.key.name),
            line.key.rtype.to_string(),
            ttl.map(|ttl| if ttl == 1 { "auto".to_owned() } else { ttl.to_string() }).unwrap_or_default(),
            match proxied {
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
                None => String::new(),
            },
            output.cleaner.remote(&line.content),
            output.cleaner.remote(&comment.unwrap_or_default()),
        ]
    });
    output.line(&table(&["  name", "type", "ttl", "proxied", "content", "comment"], rows.collect()));
}

fn value(
    listed: &[(String, Zone, Vec<Line>)],
    sent: &BTreeMap<String, Vec<Line>>,
    faults: &[(String, Fault)],
    (exit, output): (Exit, &Output),
) -> Value {
    let line = |line: &Line| {
        json!({
            "name": line.key.name.as_str(),
            "type": line.key.rtype.as_str(),
            "content": line.content,
            "ttl": line.attributes.ttl,
            "proxied": line.attributes.proxied,
            "comment": line.attributes.comment,
            "tags": line.attributes.tags,
        })
    };
    let zones: Vec<Value> = listed
        .iter()
        .map(|(account, zone, lines)| {
            let records: Vec<Value> = lines.iter().map(line).collect();
            json!({ "account": account, "zone": zone.name.as_str(), "id": zone.id, "records": records })
        })
        .collect();
    let sent: Vec<Value> = sent
        .iter()
        .map(|(account, lines)| {
            json!({ "account": account, "records": lines.iter().map(line).collect::<Vec<Value>>() })
        })
        .collect();
    let faults: Vec<Value> = faults
        .iter()
        .map(|(account, fault)| json!({ "account": account, "fault": report::fault(fault, &output.cleaner) }))
        .collect();
    json!({ "zones": zones, "sent": sent, "faults": faults, "exit": exit.code() })
}
