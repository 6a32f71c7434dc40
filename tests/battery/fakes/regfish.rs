//! regfish, by <https://regfish.readme.io/> and `recorded/regfish.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};

pub(crate) struct Regfish;

const KEY: &str = "s3cr3t-key";

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "name": format!("{}.", record.name),
        "type": record.rtype, "data": record.value, "ttl": record.ttl, "auto": false, "active": true,
    })
}

fn done(response: &Value) -> Reply {
    with(200, &json!({ "success": true, "response": response, "code": 0 }))
}

fn failed(status: u16, error: &str) -> Reply {
    with(status, &json!({ "success": false, "error": error, "code": 15001 }))
}

impl Fake for Regfish {
    fn id(&self) -> &'static str {
        "regfish"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-api-key") == Some(KEY)
    }

    fn shut_out(&self) -> Reply {
        failed(401, "Unauthorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let name = asked.text("/name").trim_end_matches('.');
        let ttl = asked.ttl("/ttl").unwrap_or(3600);
        match (method, route.as_slice()) {
            ("POST" | "PATCH", _) if !asked.text("/name").ends_with('.') || ttl < 60 => {
                failed(400, "invalid")
            }
            ("GET", ["dns", zone, "rr"]) => {
                if store.zone(zone).is_none() {
                    return failed(404, "Domain not found");
                }
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                done(&Value::Array(records))
            }
            ("POST", ["dns", "rr"]) => {
                let id = store.add(name, asked.text("/type"), asked.text("/data"), ttl);
                done(&shown(store.record(&id).expect("it was added")))
            }
            ("PATCH", ["dns", "rr", id]) => {
                let Some(record) = store.record(id) else { return failed(404, "Record not found") };
                asked.text("/data").clone_into(&mut record.value);
                record.ttl = ttl;
                done(&shown(record))
            }
            ("DELETE", ["dns", "rr", id]) => {
                if store.remove(id) {
                    with(200, &json!({ "success": true, "error": "Record successfully deleted", "code": 0 }))
                } else {
                    failed(404, "Record not found")
                }
            }
            _ => unknown(asked),
        }
    }
}
