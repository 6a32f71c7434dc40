//! RcodeZero, by <https://my.rcodezero.at/api-doc> and `recorded/rcodezero.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, not_found, unknown, with};
use crate::store::{Store, page};
use serde_json::{Value, json};

pub(crate) struct RcodeZero;

const TOKEN: &str = "s3cr3t-token";

/// A page and what is said of all pages.
fn listed(all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), asked.number("page_size").unwrap_or(100));
    let last = all.len().div_ceil(size).max(1);
    let body = json!({
        "current_page": number, "data": page(all, number, size), "last_page": last, "per_page": size,
        "next_page_url": null, "total": all.len(),
    });
    with(200, &body)
}

fn failed(message: &str) -> Reply {
    with(400, &json!({ "status": "failed", "message": message }))
}

fn change(store: &mut Store, zone: &str, set: &Value) -> Result<(), &'static str> {
    let text = |member: &str| set[member].as_str().unwrap_or_default();
    let (name, rtype) = (text("name").strip_suffix('.').ok_or("name is not absolute")?, text("type"));
    let values: Vec<String> = set["records"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|record| {
            let content = record["content"].as_str().unwrap_or_default();
            assert!(rtype != "TXT" || content.starts_with('"'), "texts are quoted");
            content.trim_matches('"').to_owned()
        })
        .collect();
    let there = !store.of(zone, Some(name), Some(rtype)).is_empty();
    let ttl = set["ttl"].as_u64().unwrap_or_default().try_into().unwrap_or_default();
    match (text("changetype"), there) {
        ("add", false) | ("update", true) if !values.is_empty() && ttl >= 60 => {
            store.replace(zone, (name, rtype), &values, ttl);
        }
        ("delete", true) => store.replace(zone, (name, rtype), &[], 0),
        _ => return Err("RRset cannot be changed like that"),
    }
    Ok(())
}

impl Fake for RcodeZero {
    fn id(&self) -> &'static str {
        "rcodezero"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["zones"]) => {
                let zones: Vec<Value> =
                    store.zones.iter().map(|zone| json!({ "domain": zone.name, "type": "MASTER" })).collect();
                listed(&zones, asked)
            }
            (_, ["zones", zone, ..]) if store.zone(zone).is_none() => not_found(),
            ("GET", ["zones", zone]) => with(200, &json!({ "id": 1, "domain": zone, "type": "MASTER" })),
            ("GET", ["zones", zone, "rrsets"]) => {
                let mut sets: Vec<Value> = Vec::new();
                for record in store.of(zone, None, None) {
                    let quoted = if record.rtype == "TXT" {
                        format!("\"{}\"", record.value)
                    } else {
                        record.value.clone()
                    };
                    let content = json!({ "content": quoted, "disabled": false });
                    let name = format!("{}.", record.name);
                    match sets.iter_mut().find(|set| set["name"] == name && set["type"] == record.rtype) {
                        Some(set) => set["records"].as_array_mut().expect("a list").push(content),
                        None => sets.push(json!({
                            "name": name, "type": record.rtype, "ttl": record.ttl, "records": [content],
                        })),
                    }
                }
                listed(&sets, asked)
            }
            ("PATCH", ["zones", zone, "rrsets"]) => {
                for set in asked.json.as_array().cloned().unwrap_or_default() {
                    if let Err(message) = change(store, zone, &set) {
                        return failed(message);
                    }
                }
                with(200, &json!({ "status": "ok", "message": "RRsets updated" }))
            }
            _ => unknown(asked),
        }
    }
}
