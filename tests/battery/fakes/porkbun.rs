//! Porkbun, by <https://porkbun.com/api/json/v3/documentation> and `recorded/porkbun.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store, absolute};
use serde_json::{Value, json};

pub(crate) struct Porkbun;

const KEY: &str = "pk1_s3cr3t";
const SECRET: &str = "sk1_s3cr3t";

fn error(status: u16, message: &str) -> Reply {
    with(status, &json!({ "status": "ERROR", "message": message }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id, "name": record.name, "type": record.rtype, "content": record.value,
        "ttl": record.ttl.to_string(), "prio": "0", "notes": record.extra,
    })
}

/// Name and TTL of what is sent; `None` where a member is missing or wrong.
fn sent(asked: &Asked, zone: &str) -> Option<(String, u32)> {
    let ttl = asked.ttl("/ttl").unwrap_or(600);
    let whole = !asked.text("/type").is_empty() && !asked.text("/content").is_empty() && ttl >= 600;
    whole.then(|| (absolute(asked.text("/name"), zone), ttl))
}

impl Fake for Porkbun {
    fn id(&self) -> &'static str {
        "porkbun"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY), ("secret_api_key", SECRET)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.text("/apikey") == KEY && asked.text("/secretapikey") == SECRET
    }

    fn shut_out(&self) -> Reply {
        error(400, "Invalid API key. (001)")
    }

    fn writes(&self, asked: &Asked) -> bool {
        ["/dns/create/", "/dns/edit/", "/dns/delete/"].iter().any(|start| asked.path.starts_with(start))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        if let (_, ["dns", _, zone, ..]) = (method, route.as_slice())
            && !store.zones.iter().any(|known| known.name == *zone)
        {
            return error(400, "Invalid domain.");
        }
        match (method, route.as_slice()) {
            ("POST", ["domain", "listAll"]) => {
                let start = asked.text("/start").parse().unwrap_or(0);
                let zones = store.zones.iter().skip(start).take(1000);
                let zones: Vec<Value> =
                    zones.map(|zone| json!({ "domain": zone.name, "status": "ACTIVE" })).collect();
                with(200, &json!({ "status": "SUCCESS", "domains": zones }))
            }
            ("POST", ["dns", "retrieve", zone]) => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                with(200, &json!({ "status": "SUCCESS", "cloudflare": "enabled", "records": records }))
            }
            ("POST", ["dns", "create", zone]) => {
                let Some((name, ttl)) = sent(asked, zone) else {
                    return error(400, "Create error: We were unable to create the DNS record.");
                };
                let id = store.add(&name, asked.text("/type"), asked.text("/content"), ttl);
                with(200, &json!({ "status": "SUCCESS", "id": id.parse::<u64>().expect("a number") }))
            }
            ("POST", ["dns", "edit", zone, id]) => match (sent(asked, zone), store.record(id)) {
                (Some((name, ttl)), Some(record)) if asked.text("/type") == record.rtype => {
                    record.name = name;
                    asked.text("/content").clone_into(&mut record.value);
                    record.ttl = ttl;
                    with(200, &json!({ "status": "SUCCESS" }))
                }
                _ => error(400, "Edit error: We were unable to edit the DNS record."),
            },
            ("POST", ["dns", "delete", _, id]) => {
                if store.remove(id) {
                    with(200, &json!({ "status": "SUCCESS" }))
                } else {
                    error(400, "Invalid record ID.")
                }
            }
            _ => error(404, "Not found."),
        }
    }
}
