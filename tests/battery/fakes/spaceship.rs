//! Spaceship, by <https://docs.spaceship.dev/#tag/DNS-records>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Spaceship;

const KEY: &str = "s3cr3tKEY";
const SECRET: &str = "s3cr3tSECRET";

fn says(status: u16, detail: &str) -> Reply {
    with(status, &json!({ "detail": detail }))
}

fn member(rtype: &str) -> &'static str {
    if rtype == "TXT" { "value" } else { "address" }
}

fn shown(record: &FakeRecord) -> Value {
    let name = relative(&record.name, &record.zone, "@");
    json!({ "type": record.rtype, "name": name, member(&record.rtype): record.value, "ttl": record.ttl,
        "group": { "type": "custom" } })
}

fn listed(all: &[Value], asked: &Asked, most: usize) -> Reply {
    let (Some(take), Some(skip)) = (asked.number("take"), asked.number("skip")) else {
        return says(422, "take and skip are required");
    };
    assert!(take <= most, "the largest page has {most} items");
    let items: Vec<Value> = all.iter().skip(skip).take(take).cloned().collect();
    with(200, &json!({ "items": items, "total": all.len() }))
}

impl Fake for Spaceship {
    fn id(&self) -> &'static str {
        "spaceship"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY), ("api_secret", SECRET)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-api-key") == Some(KEY) && asked.header("x-api-secret") == Some(SECRET)
    }

    fn shut_out(&self) -> Reply {
        says(401, "Authentication failed")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["domains"]) => {
                let zones: Vec<Value> = store.zones.iter().map(|zone| json!({ "name": zone.name })).collect();
                listed(&zones, asked, 100)
            }
            (_, ["dns", "records", zone]) if store.zone(zone).is_none() => says(404, "Domain not found"),
            ("GET", ["dns", "records", zone]) => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                listed(&records, asked, 500)
            }
            ("PUT" | "DELETE", ["dns", "records", zone]) => {
                let items = if method == "PUT" { &asked.json["items"] } else { &asked.json };
                let Some([item]) = items.as_array().map(Vec::as_slice) else {
                    return says(422, "one record at a time here");
                };
                let (Some(rtype), Some(name)) = (item["type"].as_str(), item["name"].as_str()) else {
                    return says(422, "type and name are required");
                };
                let Some(value) = item[member(rtype)].as_str() else {
                    return says(422, "the value is required");
                };
                let name = absolute(name, zone);
                let id = store.of(zone, Some(&name), Some(rtype)).into_iter().find(|r| r.value == value);
                let id = id.map(|record| record.id.clone());
                if method == "DELETE" {
                    let gone = id.is_some_and(|id| store.remove(&id));
                    return if gone { with(204, &Value::Null) } else { says(404, "Record not found") };
                }
                let Some(ttl) = item["ttl"].as_u64().filter(|ttl| (60..=3600).contains(ttl)) else {
                    return says(422, "ttl is from 60 to 3600");
                };
                let ttl = u32::try_from(ttl).expect("a TTL");
                match id.and_then(|id| store.record(&id)) {
                    Some(record) => record.ttl = ttl,
                    None => drop(store.add(&name, rtype, value, ttl)),
                }
                with(204, &Value::Null)
            }
            _ => unknown(asked),
        }
    }
}
