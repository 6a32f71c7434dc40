//! `DNSimple`, by <https://developer.dnsimple.com/v2/zones/records/> and `recorded/dnsimple.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct DnSimple;

const TOKEN: &str = "dnsimple_a_s3cr3t";
const ACCOUNT: &str = "1010";

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "zone_id": record.zone, "parent_id": null,
        "name": relative(&record.name, &record.zone, ""), "content": record.value, "ttl": record.ttl,
        "priority": null, "type": record.rtype, "regions": ["global"], "system_record": false,
    })
}

fn listed(all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), asked.number("per_page").unwrap_or(30));
    assert!(size <= 100, "the largest page has 100 items");
    let pagination = json!({ "current_page": number, "per_page": size, "total_entries": all.len(),
        "total_pages": all.len().div_ceil(size).max(1) });
    with(200, &json!({ "data": page(all, number, size), "pagination": pagination }))
}

fn no_record() -> Reply {
    with(404, &json!({ "message": "Record not found" }))
}

impl Fake for DnSimple {
    fn id(&self) -> &'static str {
        "dnsimple"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "message": "Authentication failed" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["whoami"]) => {
                let account = json!({ "id": 1010, "email": "example-account@example.com" });
                with(200, &json!({ "data": { "user": null, "account": account } }))
            }
            (_, [account, ..]) if *account != ACCOUNT => {
                with(404, &json!({ "message": "Account not found" }))
            }
            ("GET", [_, "zones"]) => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "id": 1, "account_id": 1010, "name": zone.name, "active": true }))
                    .collect();
                listed(&zones, asked)
            }
            (_, [_, "zones", zone, ..]) if store.zone(zone).is_none() => {
                with(404, &json!({ "message": format!("Zone `{zone}` not found") }))
            }
            ("GET", [_, "zones", zone, "records"]) => {
                // An empty filter filters nothing.
                let name =
                    asked.asks("name").filter(|name| !name.is_empty()).map(|name| absolute(name, zone));
                let records = store.of(zone, name.as_deref(), asked.asks("type"));
                listed(&records.into_iter().map(shown).collect::<Vec<_>>(), asked)
            }
            ("POST", [_, "zones", zone, "records"]) => {
                let name = absolute(asked.json["name"].as_str().expect("a name is required"), zone);
                let ttl = asked.ttl("/ttl").unwrap_or(3600);
                let id = store.add(&name, asked.text("/type"), asked.text("/content"), ttl);
                with(201, &json!({ "data": shown(store.record(&id).expect("it was added")) }))
            }
            ("PATCH", [_, "zones", _, "records", id]) => {
                let Some(record) = store.record(id) else { return no_record() };
                asked.text("/content").clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                with(200, &json!({ "data": shown(record) }))
            }
            ("DELETE", [_, "zones", _, "records", id]) => {
                if store.remove(id) {
                    with(204, &Value::Null)
                } else {
                    no_record()
                }
            }
            _ => unknown(asked),
        }
    }
}
