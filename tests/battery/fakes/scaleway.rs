//! Scaleway, by <https://www.scaleway.com/en/developers/api/domains-and-dns/> and `recorded/scaleway.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct Scaleway;

const KEY: &str = "5c8e1b1e-s3cr3t-4f8e";

fn shown(record: &FakeRecord) -> Value {
    let data = if record.rtype == "TXT" { format!("\"{}\"", record.value) } else { record.value.clone() };
    json!({ "id": record.id, "data": data, "name": relative(&record.name, &record.zone, ""), "priority": 0,
        "ttl": record.ttl, "type": record.rtype, "comment": null })
}

fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), asked.number("page_size").unwrap_or(20));
    assert!(size <= 100, "the largest page has 100 items");
    with(200, &json!({ "total_count": all.len(), what: page(all, number, size) }))
}

fn invalid() -> Reply {
    with(400, &json!({ "type": "invalid_arguments", "message": "invalid argument(s)" }))
}

/// Name, type, data without quotes, and TTL of a record that is sent; `None` where it is not allowed.
fn read(record: &Value, zone: &str) -> Option<(String, String, String, u32)> {
    let ttl = record["ttl"].as_u64().filter(|ttl| *ttl >= 60)?;
    let name = absolute(record["name"].as_str()?, zone);
    let data = record["data"].as_str()?.trim_matches('"').to_owned();
    Some((name, record["type"].as_str()?.to_owned(), data, u32::try_from(ttl).ok()?))
}

impl Fake for Scaleway {
    fn id(&self) -> &'static str {
        "scaleway"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("secret_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-auth-token") == Some(KEY)
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "type": "denied_authentication", "message": "authentication is denied" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["dns-zones"]) => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| match zone.name.strip_prefix("sub.") {
                        Some(parent) => json!({ "domain": parent, "subdomain": "sub", "status": "active" }),
                        None => json!({ "domain": zone.name, "subdomain": "", "status": "active" }),
                    })
                    .collect();
                listed("dns_zones", &zones, asked)
            }
            (_, ["dns-zones", zone, ..]) if store.zone(zone).is_none() => {
                if method == "PATCH" && asked.json["disallow_new_zone_creation"] != true {
                    store.add_zone(zone);
                    return with(200, &json!({ "records": [] }));
                }
                with(404, &json!({ "type": "not_found", "resource": "dns_zone", "message": "not found" }))
            }
            ("GET", ["dns-zones", zone, "records"]) => {
                // An empty filter filters nothing.
                let name =
                    asked.asks("name").filter(|name| !name.is_empty()).map(|name| absolute(name, zone));
                let records = store.of(zone, name.as_deref(), asked.asks("type"));
                listed("records", &records.into_iter().map(shown).collect::<Vec<_>>(), asked)
            }
            ("PATCH", ["dns-zones", zone, "records"]) => {
                let changes = asked.json["changes"].as_array().cloned().unwrap_or_default();
                let [change] = changes.as_slice() else { return invalid() };
                if let Some([record]) = change["add"]["records"].as_array().map(Vec::as_slice) {
                    let Some((name, rtype, data, ttl)) = read(record, zone) else { return invalid() };
                    store.add(&name, &rtype, &data, ttl);
                } else if let Some([record]) = change["set"]["records"].as_array().map(Vec::as_slice) {
                    let Some((name, rtype, data, ttl)) = read(record, zone) else { return invalid() };
                    let id = change["set"]["id"].as_str().unwrap_or_default();
                    let Some(there) = store.record(id) else { return invalid() };
                    (there.name, there.rtype, there.value, there.ttl) = (name, rtype, data, ttl);
                } else if let Some(id) = change["delete"]["id"].as_str() {
                    store.remove(id);
                } else {
                    return invalid();
                }
                with(200, &json!({ "records": [] }))
            }
            _ => unknown(asked),
        }
    }
}
