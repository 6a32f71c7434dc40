//! Gehirn DNS, by <https://support.gehirn.jp/apidocs/dns/> and `recorded/gehirn.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, not_found, unknown, with};
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct Gehirn;

/// The only version of every zone.
const VERSION: &str = "be70daaf-0f51-459b-881e-07dc82a4b092";

fn member(rtype: &str) -> &'static str {
    if rtype == "TXT" { "data" } else { "address" }
}

/// The sets of a zone; a set's identifier is made of its name and type.
fn sets(store: &Store, zone: &str) -> Vec<Value> {
    let mut sets: Vec<Value> = Vec::new();
    for record in store.of(zone, None, None) {
        let id = format!("{}~{}", record.name, record.rtype);
        let value = json!({ member(&record.rtype): record.value });
        match sets.iter_mut().find(|set| set["id"] == id) {
            Some(set) => set["records"].as_array_mut().expect("a list").push(value),
            None => sets.push(json!({
                "id": id, "type": record.rtype, "name": format!("{}.", record.name), "enable_alias": false,
                "ttl": record.ttl, "records": [value],
            })),
        }
    }
    sets
}

impl Fake for Gehirn {
    fn id(&self) -> &'static str {
        "gehirn"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token_secret", "s3cr3t"), ("token_id", "an-id")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("an-id", "s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "code": 401, "description": "Unauthorized" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["zones"]) => {
                let zones = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "id": zone.id, "name": zone.name, "current_version_id": VERSION }));
                let zones = Value::Array(zones.collect());
                with(200, &zones)
            }
            (_, ["zones", id, "versions", VERSION, "records", rest @ ..]) => {
                let Some(zone) = store.zone(id).map(|zone| zone.name.clone()) else { return not_found() };
                let there = sets(store, &zone);
                let set = &asked.json;
                let text = |member: &str| set[member].as_str().unwrap_or_default().to_owned();
                let (name, rtype) = (text("name").trim_end_matches('.').to_owned(), text("type"));
                let id = format!("{name}~{rtype}");
                let known = |id: &str| there.iter().any(|set| set["id"] == id);
                match (method, rest) {
                    ("GET", []) => with(200, &Value::Array(there)),
                    ("POST", []) if known(&id) => {
                        with(409, &json!({ "code": 409, "description": "Conflict" }))
                    }
                    ("PUT", [other]) if !known(other) || *other != id => not_found(),
                    ("POST", []) | ("PUT", [_]) => {
                        let values = set["records"].as_array().cloned().unwrap_or_default();
                        let values = values.iter().filter_map(|value| value[member(&rtype)].as_str());
                        let values: Vec<String> = values.map(str::to_owned).collect();
                        let Some(ttl @ 30..) = asked.ttl("/ttl") else {
                            return with(400, &json!({ "code": 400, "description": "ttl" }));
                        };
                        store.replace(&zone, (&name, &rtype), &values, ttl);
                        with(200, set)
                    }
                    ("DELETE", [other]) if known(other) => {
                        let (name, rtype) = other.split_once('~').expect("an identifier");
                        store.replace(&zone, (name, rtype), &[], 0);
                        with(200, &json!({}))
                    }
                    ("DELETE", [_]) => not_found(),
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
