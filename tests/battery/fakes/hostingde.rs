//! hosting.de, by <https://www.hosting.de/api/?json#dns> and `recorded/hostingde.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeZone, Store};
use serde_json::{Value, json};

pub(crate) struct HostingDe;

const KEY: &str = "s3cr3t";

fn error(code: u32, text: &str) -> Reply {
    let error = json!({ "code": code, "contextObject": "", "contextPath": "", "details": [], "text": text, "value": "" });
    with(200, &json!({ "errors": [error], "metadata": {}, "status": "error", "warnings": [] }))
}

fn done(response: &Value) -> Reply {
    with(
        200,
        &json!({ "errors": [], "metadata": {}, "response": response, "status": "success", "warnings": [] }),
    )
}

fn config(zone: &FakeZone) -> Value {
    json!({
        "accountId": "1", "emailAddress": "hostmaster@example.org", "id": zone.id, "name": zone.name,
        "nameUnicode": zone.name, "soaValues": { "ttl": 86400 }, "status": "active", "type": "NATIVE",
        "zoneTransferWhitelist": [],
    })
}

fn listed(all: &[Value], asked: &Asked) -> Reply {
    let (page, limit) =
        (asked.json["page"].as_u64().unwrap_or(1), asked.json["limit"].as_u64().unwrap_or(25));
    let (page, limit) = (usize::try_from(page).expect("a page"), usize::try_from(limit).expect("a limit"));
    let data: Vec<Value> = all.iter().skip((page - 1) * limit).take(limit).cloned().collect();
    done(&json!({
        "data": data, "limit": limit, "page": page, "totalEntries": all.len(), "totalPages": all.len().div_ceil(limit),
    }))
}

/// The value that a filter wants of a field.
fn wanted<'a>(asked: &'a Asked, field: &str) -> Option<&'a str> {
    let filter = &asked.json["filter"];
    let parts = filter["subFilter"].as_array().map_or(std::slice::from_ref(filter), Vec::as_slice);
    parts.iter().find(|part| part["field"] == field)?["value"].as_str()
}

fn update(store: &mut Store, asked: &Asked) -> Reply {
    let sent = &asked.json["zoneConfig"];
    let Some(zone) = sent["id"].as_str().and_then(|id| store.zone(id)).cloned() else {
        return error(10_103, "The object could not be found.");
    };
    if *sent != config(&zone) {
        return error(10_104, "The settings of the zone would be changed.");
    }
    let list = |at: &str| asked.json[at].as_array().cloned().unwrap_or_default();
    let removed = list("recordsToDelete");
    for record in &removed {
        if !store.remove(record["id"].as_str().unwrap_or_default()) {
            return error(10_103, "The object could not be found.");
        }
    }
    for record in list("recordsToAdd") {
        let of = |member: &str| record[member].as_str().unwrap_or_default();
        let ttl = record["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or(86_400);
        store.add(of("name"), of("type"), of("content").trim_matches('"'), ttl);
    }
    done(&json!({ "records": [], "zoneConfig": config(&zone) }))
}

impl Fake for HostingDe {
    fn id(&self) -> &'static str {
        "hostingde"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.text("/authToken") == KEY
    }

    fn shut_out(&self) -> Reply {
        error(10_101, "The user could not be authenticated.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.path == "/zoneUpdate"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        match asked.path.as_str() {
            "/zoneConfigsFind" => {
                let name = wanted(asked, "ZoneName");
                let fits = store.zones.iter().filter(|zone| name.is_none_or(|name| zone.name == name));
                listed(&fits.map(config).collect::<Vec<_>>(), asked)
            }
            "/recordsFind" => {
                let zone = wanted(asked, "ZoneConfigId").and_then(|id| store.zone(id));
                let Some(zone) = zone else { return listed(&[], asked) };
                let records = store.of(&zone.name, wanted(asked, "RecordName"), wanted(asked, "RecordType"));
                let content = |rtype: &str, value: &str| {
                    if rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() }
                };
                let shown = records.iter().map(|record| {
                    json!({
                        "id": record.id, "name": record.name, "type": record.rtype, "ttl": record.ttl, "priority": null,
                        "content": content(&record.rtype, &record.value), "zoneConfigId": zone.id,
                    })
                });
                listed(&shown.collect::<Vec<_>>(), asked)
            }
            "/zoneUpdate" => update(store, asked),
            _ => error(10_102, "The method could not be found."),
        }
    }
}
