//! Plesk, by the description of its REST API.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};

pub(crate) struct Plesk;

const KEY: &str = "s3cr3t-key";

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "type": record.rtype,
        "host": format!("{}.", record.name), "value": record.value, "opt": "", "ttl": record.ttl,
    })
}

fn failed(status: u16, message: &str) -> Reply {
    with(status, &json!({ "code": 1013, "message": message }))
}

impl Fake for Plesk {
    fn id(&self) -> &'static str {
        "plesk"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY), ("server", "192.0.2.1:8443")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-api-key") == Some(KEY)
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "code": 0, "message": "You have no access to this resource." }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let name = asked.text("/host").trim_end_matches('.');
        let ttl = asked.ttl("/ttl").unwrap_or(86_400);
        match (method, route.as_slice()) {
            ("GET", ["domains"]) => {
                let wanted = asked.asks("name");
                let zones = store.zones.iter().filter(|zone| wanted.is_none_or(|wanted| zone.name == wanted));
                let zones =
                    zones.map(|zone| json!({ "id": 1, "name": zone.name, "hosting_type": "virtual" }));
                let zones = Value::Array(zones.collect());
                with(200, &zones)
            }
            ("GET" | "POST", ["dns", "records"])
                if store.zone(asked.asks("domain").unwrap_or_default()).is_none() =>
            {
                failed(404, "Domain does not exist.")
            }
            ("POST" | "PUT", _) if !asked.text("/host").ends_with('.') || ttl < 60 => failed(400, "Invalid."),
            ("GET", ["dns", "records"]) => {
                let zone = asked.asks("domain").unwrap_or_default();
                let records = Value::Array(store.of(zone, None, None).into_iter().map(shown).collect());
                with(200, &records)
            }
            ("POST", ["dns", "records"]) => {
                let id = store.add(name, asked.text("/type"), asked.text("/value"), ttl);
                with(201, &shown(store.record(&id).expect("it was added")))
            }
            ("PUT", ["dns", "records", id]) => {
                let Some(record) = store.record(id) else { return failed(404, "DNS record does not exist.") };
                asked.text("/value").clone_into(&mut record.value);
                record.ttl = ttl;
                with(200, &json!({ "status": "success" }))
            }
            ("DELETE", ["dns", "records", id]) if store.remove(id) => {
                with(200, &json!({ "status": "success" }))
            }
            ("DELETE", ["dns", "records", _]) => failed(404, "DNS record does not exist."),
            _ => unknown(asked),
        }
    }
}
