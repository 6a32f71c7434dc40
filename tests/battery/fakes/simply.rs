//! Simply.com, by <https://www.simply.com/en/docs/api/>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Simply;

fn error(status: u16, message: &str) -> Reply {
    with(status, &json!({ "error": message }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "record_id": record.id.parse::<u64>().expect("a number"), "name": relative(&record.name, &record.zone, "@"),
        "ttl": record.ttl, "data": record.value, "type": record.rtype, "priority": 0,
    })
}

impl Fake for Simply {
    fn id(&self) -> &'static str {
        "simply"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("account", "S123456"), ("api_key", "s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("S123456", "s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        error(401, "Invalid account authorization")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            (_, ["my", "products", zone, ..]) if store.zone(zone).is_none() => {
                error(404, "Unknown or invalid product reference")
            }
            ("GET", ["my", "products", zone, "dns", "records", ""]) => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                with(200, &json!({ "status": 200, "message": "success", "records": records }))
            }
            ("POST", ["my", "products", zone, "dns", "records", ""]) => {
                if asked.text("/type").is_empty() || asked.text("/data").is_empty() {
                    return error(400, "Missing parameter");
                }
                let name = absolute(asked.text("/name"), zone);
                let ttl = asked.ttl("/ttl").unwrap_or(3600);
                let id = store.add(&name, asked.text("/type"), asked.text("/data"), ttl);
                let id = id.parse::<u64>().expect("a number");
                with(200, &json!({ "status": 200, "message": "success", "record": { "id": id } }))
            }
            ("PUT", ["my", "products", zone, "dns", "records", id, ""]) => {
                let name = absolute(asked.text("/name"), zone);
                let Some(record) = store.record(id) else { return error(404, "Unknown DNS record") };
                record.name = name;
                asked.text("/data").clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(3600);
                with(200, &json!({ "status": 200, "message": "success" }))
            }
            ("DELETE", ["my", "products", _, "dns", "records", id, ""]) => {
                if store.remove(id) {
                    with(200, &json!({ "status": 200, "message": "success" }))
                } else {
                    error(404, "Unknown DNS record")
                }
            }
            _ => unknown(asked),
        }
    }
}
