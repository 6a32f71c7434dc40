//! Exoscale's API v2, by its `OpenAPI` description and the page about its signature.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, not_found, unknown, with};
use crate::signed::{base64, mac, part};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Exoscale;

/// The identifiers are UUIDs.
fn uuid(id: &str) -> String {
    format!("00000000-0000-4000-8000-{id:0>12}")
}

fn id(uuid: &str) -> &str {
    uuid.rsplit('-').next().unwrap_or_default().trim_start_matches('0')
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": uuid(&record.id), "name": relative(&record.name, &record.zone, ""), "type": record.rtype,
        "content": record.value, "ttl": record.ttl, "created-at": "2026-01-01T00:00:00Z",
    })
}

fn operation() -> Reply {
    with(200, &json!({ "id": uuid("1"), "state": "success", "reference": { "id": uuid("2") } }))
}

impl Fake for Exoscale {
    fn id(&self) -> &'static str {
        "exoscale"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", "EXO0a1b2c"), ("api_secret", "exo-s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let header = asked.header("authorization").unwrap_or_default();
        let expires = part(header, "expires");
        let text = format!("{} {}\n{}\n\n\n{expires}", asked.method, asked.path, asked.body);
        let is_in_time = expires.parse::<u64>().is_ok_and(|at| at > 1_780_000_000);
        header.starts_with("EXO2-HMAC-SHA256 ")
            && part(header, "credential") == "EXO0a1b2c"
            && asked.query.is_empty()
            && is_in_time
            && part(header, "signature") == base64(&mac(b"exo-s3cr3t", &text))
    }

    fn shut_out(&self) -> Reply {
        with(403, &json!({ "message": "Invalid signature" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone = route.get(1).and_then(|zone| store.zone(id(zone))).map(|zone| zone.name.clone());
        match (method, route.as_slice(), zone.as_deref()) {
            ("GET", ["dns-domain"], _) => {
                let unicode = |name: &str| name.replace("xn--bcher-kva", "bücher");
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "id": uuid(&zone.id), "unicode-name": unicode(&zone.name) }))
                    .collect();
                with(200, &json!({ "dns-domains": zones }))
            }
            (_, ["dns-domain", ..], None) => not_found(),
            ("GET", ["dns-domain", _, "record"], Some(zone)) => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                with(200, &json!({ "dns-domain-records": records }))
            }
            ("POST", ["dns-domain", _, "record"], Some(zone)) => {
                let name = absolute(asked.text("/name"), zone);
                let ttl = asked.ttl("/ttl").unwrap_or(3600);
                store.add(&name, asked.text("/type"), asked.text("/content"), ttl);
                operation()
            }
            ("PUT", ["dns-domain", _, "record", record], _) => {
                let Some(record) = store.record(id(record)) else { return not_found() };
                asked.text("/content").clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                operation()
            }
            ("DELETE", ["dns-domain", _, "record", record], _) if store.remove(id(record)) => operation(),
            ("DELETE", ["dns-domain", _, "record", _], _) => not_found(),
            _ => unknown(asked),
        }
    }
}
