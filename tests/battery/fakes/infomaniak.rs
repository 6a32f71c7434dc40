//! Infomaniak, by <https://developer.infomaniak.com/docs/api/get/2/zones/%7Bzone%7D/records>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Infomaniak;

const TOKEN: &str = "s3cr3tMq2Zt7";

fn refused(status: u16, code: &str) -> Reply {
    with(status, &json!({ "result": "error", "error": { "code": code, "description": "It cannot be done" } }))
}

fn done(data: &Value) -> Reply {
    with(200, &json!({ "result": "success", "data": data }))
}

fn shown(record: &FakeRecord) -> Value {
    let target = if record.rtype == "TXT" { format!("\"{}\"", record.value) } else { record.value.clone() };
    json!({ "id": record.id.parse::<u64>().expect("a number"), "target": target, "type": record.rtype,
        "source": relative(&record.name, &record.zone, "."), "ttl": record.ttl, "updated_at": 1_779_826_643 })
}

impl Fake for Infomaniak {
    fn id(&self) -> &'static str {
        "infomaniak"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        refused(401, "not_authorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            (_, ["zones", zone, ..]) if store.zone(zone).is_none() => refused(404, "object_not_found"),
            ("GET", ["zones", zone, "records"]) => {
                done(&store.of(zone, None, None).into_iter().map(shown).collect::<Value>())
            }
            ("POST", ["zones", zone, "records"]) => {
                let name = absolute(asked.text("/source"), zone);
                let Some(ttl) = asked.ttl("/ttl") else { return refused(422, "validation_failed") };
                let id = store.add(&name, asked.text("/type"), asked.text("/target"), ttl);
                done(&shown(store.record(&id).expect("it was added")))
            }
            ("PUT", ["zones", _, "records", id]) => {
                let Some(record) = store.record(id) else { return refused(404, "object_not_found") };
                let Some(ttl) = asked.ttl("/ttl") else { return refused(422, "validation_failed") };
                asked.text("/target").clone_into(&mut record.value);
                record.ttl = ttl;
                done(&shown(record))
            }
            ("DELETE", ["zones", _, "records", id]) => {
                if store.remove(id) {
                    done(&true.into())
                } else {
                    refused(404, "object_not_found")
                }
            }
            _ => unknown(asked),
        }
    }
}
