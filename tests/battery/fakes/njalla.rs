//! Njalla's JSON-RPC, by `recorded/njalla.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Njalla;

fn done(result: &Value) -> Reply {
    with(200, &json!({ "result": result, "jsonrpc": "2.0" }))
}

fn failed(code: u16, message: &str) -> Reply {
    with(200, &json!({ "error": { "code": code, "message": message }, "jsonrpc": "2.0" }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "name": relative(&record.name, &record.zone, "@"),
        "type": record.rtype, "content": record.value, "ttl": record.ttl,
    })
}

impl Fake for Njalla {
    fn id(&self) -> &'static str {
        "njalla"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", "njalla-s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("authorization") == Some("Njalla njalla-s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        failed(403, "Invalid token.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        !asked.text("/method").starts_with("list-")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/"));
        let id = asked.json["params"]["id"].as_u64().map(|id| id.to_string()).unwrap_or_default();
        let zone = asked.text("/params/domain");
        let is_there = store.zones.iter().any(|there| there.name == zone);
        match asked.text("/method") {
            "list-domains" => {
                let zones: Vec<Value> =
                    store.zones.iter().map(|zone| json!({ "name": zone.name, "status": "active" })).collect();
                done(&json!({ "domains": zones }))
            }
            _ if !is_there => failed(404, "missing domain"),
            "list-records" => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                done(&json!({ "records": records }))
            }
            "add-record" => {
                let ttl = asked.ttl("/params/ttl").unwrap_or(10_800);
                if ttl < 60 {
                    return failed(400, "invalid ttl");
                }
                let name = absolute(asked.text("/params/name"), zone);
                let id = store.add(&name, asked.text("/params/type"), asked.text("/params/content"), ttl);
                let record = store.record(&id).expect("it was added").clone();
                done(&shown(&record))
            }
            "edit-record" => {
                let Some(record) = store.record(&id) else { return failed(404, "missing record") };
                asked.text("/params/content").clone_into(&mut record.value);
                record.ttl = asked.ttl("/params/ttl").unwrap_or(record.ttl);
                done(&shown(record))
            }
            "remove-record" if store.remove(&id) => done(&json!({})),
            "remove-record" => failed(400, "missing ID"),
            _ => failed(400, "unknown method"),
        }
    }
}
