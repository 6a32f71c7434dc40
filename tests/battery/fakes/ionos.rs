//! IONOS, by the `OpenAPI` description at <https://developer.hosting.ionos.com/docs/dns> and `recorded/ionos.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};

pub(crate) struct Ionos;

const KEY: &str = "3341prefix.s3cr3t";

fn refused(status: u16, code: &str) -> Reply {
    with(status, &json!([{ "code": code, "message": "The request cannot be carried out." }]))
}

fn shown(record: &FakeRecord) -> Value {
    let content = if record.rtype == "TXT" { format!("\"{}\"", record.value) } else { record.value.clone() };
    json!({ "id": record.id, "name": record.name, "rootName": record.zone, "type": record.rtype,
        "content": content, "changeDate": "2024-11-28T13:45:43.504Z", "ttl": record.ttl, "disabled": false })
}

impl Fake for Ionos {
    fn id(&self) -> &'static str {
        "ionos"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-api-key") == Some(KEY)
    }

    fn shut_out(&self) -> Reply {
        refused(401, "UNAUTHORIZED")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone = route.get(1).and_then(|id| store.zones.iter().find(|zone| zone.id == *id)).cloned();
        match (method, route.as_slice(), zone) {
            ("GET", ["zones"], _) => {
                let zones = store.zones.iter();
                let zones =
                    zones.map(|zone| json!({ "name": zone.name, "id": zone.id, "type": "NATIVE" })).collect();
                with(200, &Value::Array(zones))
            }
            (_, ["zones", ..], None) => refused(404, "ZONE_NOT_FOUND"),
            ("GET", ["zones", _], Some(zone)) => {
                let records = store.of(&zone.name, asked.asks("recordName"), asked.asks("recordType"));
                let records: Vec<Value> = records.into_iter().map(shown).collect();
                with(200, &json!({ "name": zone.name, "id": zone.id, "type": "NATIVE", "records": records }))
            }
            ("POST", ["zones", _, "records"], Some(_)) => {
                let Some([record]) = asked.json.as_array().map(Vec::as_slice) else {
                    return refused(400, "INVALID_DATA");
                };
                let (Some(name), Some(rtype), Some(content), Some(ttl)) = (
                    record["name"].as_str(),
                    record["type"].as_str(),
                    record["content"].as_str(),
                    record["ttl"].as_u64(),
                ) else {
                    return refused(400, "INVALID_RECORD");
                };
                let ttl = u32::try_from(ttl).expect("a TTL");
                let id = store.add(name, rtype, content.trim_matches('"'), ttl);
                with(201, &json!([shown(store.record(&id).expect("it was added"))]))
            }
            ("PUT", ["zones", _, "records", id], Some(_)) => {
                let Some(record) = store.record(id) else { return refused(404, "RECORD_NOT_FOUND") };
                asked.text("/content").trim_matches('"').clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(3600);
                assert_ne!(asked.json["disabled"], true);
                with(200, &shown(record))
            }
            ("DELETE", ["zones", _, "records", id], Some(_)) => {
                if store.remove(id) {
                    with(200, &Value::Null)
                } else {
                    refused(404, "RECORD_NOT_FOUND")
                }
            }
            _ => unknown(asked),
        }
    }
}
