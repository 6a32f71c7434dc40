//! `LuaDNS`, by <https://www.luadns.com/api.html> and `recorded/luadns.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};

pub(crate) struct LuaDns;

const EMAIL: &str = "joe@example.com";
const TOKEN: &str = "s3cr3t68b329da";

fn says(status: u16, message: &str) -> Reply {
    with(status, &json!({ "status": "error", "message": message }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({ "id": record.id.parse::<u64>().expect("a number"), "name": format!("{}.", record.name),
        "type": record.rtype, "content": record.value, "ttl": record.ttl, "zone_id": 1, "generated": false })
}

impl Fake for LuaDns {
    fn id(&self) -> &'static str {
        "luadns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("email", EMAIL), ("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic(EMAIL, TOKEN)
    }

    fn shut_out(&self) -> Reply {
        says(401, "Unauthorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone = route.get(1).and_then(|id| store.zones.iter().find(|zone| zone.id == *id));
        let zone = zone.map(|zone| zone.name.clone());
        let name = asked.text("/name");
        match (method, route.as_slice(), zone) {
            ("GET", ["zones"], _) => {
                let zones = store.zones.iter();
                let zones = zones.map(|zone| {
                    json!({ "id": zone.id.parse::<u64>().expect("a number"), "name": zone.name, "synced": true })
                });
                with(200, &zones.collect())
            }
            (_, ["zones", ..], None) => says(404, "Zone not found"),
            ("GET", ["zones", _, "records"], Some(zone)) => {
                with(200, &store.of(&zone, None, None).into_iter().map(shown).collect())
            }
            ("POST" | "PUT", _, Some(_)) if !name.ends_with('.') => says(400, "invalid name"),
            ("POST", ["zones", _, "records"], Some(_)) => {
                let (rtype, content) = (asked.text("/type"), asked.text("/content"));
                let Some(ttl) = asked.ttl("/ttl") else { return says(400, "invalid ttl") };
                let id = store.add(name.trim_end_matches('.'), rtype, content, ttl);
                with(200, &shown(store.record(&id).expect("it was added")))
            }
            ("PUT", ["zones", _, "records", id], Some(_)) => {
                let Some(record) = store.record(id) else { return says(404, "Record not found") };
                let Some(ttl) = asked.ttl("/ttl") else { return says(400, "invalid ttl") };
                name.trim_end_matches('.').clone_into(&mut record.name);
                asked.text("/type").clone_into(&mut record.rtype);
                asked.text("/content").clone_into(&mut record.value);
                record.ttl = ttl;
                with(200, &shown(record))
            }
            ("DELETE", ["zones", _, "records", id], Some(_)) => {
                let Some(record) = store.record(id).cloned() else { return says(404, "Record not found") };
                store.remove(id);
                with(200, &shown(&record))
            }
            _ => unknown(asked),
        }
    }
}
