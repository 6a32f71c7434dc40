//! UniFi Network, by what programs that use it are answered.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};

pub(crate) struct UniFi;

fn shown(record: &FakeRecord) -> Value {
    json!({
        "_id": record.id, "enabled": true, "key": record.name, "record_type": record.rtype, "ttl": record.ttl,
        "value": record.value, "port": 0, "priority": 0, "weight": 0,
    })
}

fn failed(status: u16, code: &str) -> Reply {
    with(status, &json!({ "code": code, "details": {}, "errorCode": status, "message": code }))
}

impl Fake for UniFi {
    fn id(&self) -> &'static str {
        "unifi"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", "s3cr3t-key"), ("server", "192.0.2.1"), ("site", "default")]
    }

    fn has_zones(&self) -> bool {
        false
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-api-key") == Some("s3cr3t-key")
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "error": { "code": 401, "message": "Unauthorized" } }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let ["v2", "api", "site", "default", "static-dns", rest @ ..] = route.as_slice() else {
            return unknown(asked);
        };
        match (method, rest) {
            ("GET", []) => {
                let mut all: Vec<Value> = store.records.iter().map(shown).collect();
                all.push(json!({ "_id": "off", "enabled": false, "key": "home.example.org", "record_type": "A", "ttl": 0, "value": "192.0.2.66" }));
                with(200, &Value::Array(all))
            }
            ("POST", []) => {
                let (name, rtype) = (asked.text("/key"), asked.text("/record_type"));
                let id = store.add(name, rtype, asked.text("/value"), asked.ttl("/ttl").unwrap_or(0));
                with(200, &shown(store.record(&id).expect("it was added")))
            }
            ("PUT", [id]) => {
                let Some(record) = store.record(id) else { return failed(404, "api.err.NotFound") };
                if asked.text("/key") != record.name || asked.json.get("enabled") != Some(&Value::Bool(true))
                {
                    return failed(400, "api.err.InvalidPayload");
                }
                asked.text("/value").clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(0);
                with(200, &shown(record))
            }
            ("DELETE", [id]) if store.remove(id) => with(200, &json!({})),
            ("DELETE", [_]) => failed(404, "api.err.NotFound"),
            _ => unknown(asked),
        }
    }
}
