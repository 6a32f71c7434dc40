//! `GleSYS`, by <https://github.com/glesys/API/wiki/Full-API-Documentation#domain> and `recorded/glesys.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Glesys;

fn answer(status: u16, text: &str, mut more: Value) -> Reply {
    more["status"] = json!({ "code": status, "timestamp": "2026-01-01T00:00:00+00:00", "text": text });
    with(status, &json!({ "response": more }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "recordid": record.id.parse::<u64>().expect("a number"), "domainname": record.zone,
        "host": relative(&record.name, &record.zone, "@"), "type": record.rtype, "data": record.value, "ttl": record.ttl,
    })
}

impl Fake for Glesys {
    fn id(&self) -> &'static str {
        "glesys"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", "s3cr3t"), ("api_user", "CL12345")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("CL12345", "s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        answer(401, "Authentication failed", json!({}))
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.path.ends_with("record")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        assert_eq!(asked.asks("format"), Some("json"));
        let zone = asked.text("/domainname").to_owned();
        let id = asked.text("/recordid");
        match asked.path.as_str() {
            "/domain/list" => {
                let zones: Vec<Value> =
                    store.zones.iter().map(|zone| json!({ "domainname": zone.name })).collect();
                answer(200, "OK", json!({ "domains": zones }))
            }
            "/domain/listrecords" | "/domain/addrecord" if store.zone(&zone).is_none() => {
                answer(404, "The domain could not be found.", json!({}))
            }
            "/domain/listrecords" => {
                let records: Vec<Value> = store.of(&zone, None, None).into_iter().map(shown).collect();
                answer(200, "OK", json!({ "records": records }))
            }
            "/domain/addrecord" => {
                let name = absolute(asked.text("/host"), &zone);
                let ttl = asked.ttl("/ttl").unwrap_or(3600);
                if ttl < 60 {
                    return answer(400, "Invalid TTL", json!({}));
                }
                let id = store.add(&name, asked.text("/type"), asked.text("/data"), ttl);
                let record = store.record(&id).expect("it was added").clone();
                answer(200, "Record added.", json!({ "record": shown(&record) }))
            }
            "/domain/updaterecord" => {
                let Some(record) = store.record(id) else {
                    return answer(404, "The record could not be found.", json!({}));
                };
                record.name = absolute(asked.text("/host"), &record.zone);
                asked.text("/data").clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                answer(200, "Record updated.", json!({ "record": shown(record) }))
            }
            "/domain/deleterecord" if store.remove(id) => answer(200, "Record removed.", json!({})),
            _ => answer(404, "The record could not be found.", json!({})),
        }
    }
}
