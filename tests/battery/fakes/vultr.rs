//! Vultr, by <https://www.vultr.com/api/#tag/dns> and `recorded/vultr.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct Vultr;

const KEY: &str = "S3CR3Ts3cr3tYZ2TEXAMPLEKEY";

fn not_found() -> Reply {
    with(404, &json!({ "error": "Invalid domain.", "status": 404 }))
}

fn shown(record: &FakeRecord) -> Value {
    let data = if record.rtype == "TXT" { format!("\"{}\"", record.value) } else { record.value.clone() };
    json!({ "id": format!("cb676a46-{}", record.id), "type": record.rtype, "data": data, "priority": 0,
        "name": relative(&record.name, &record.zone, ""), "ttl": record.ttl })
}

fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let size = asked.number("per_page").unwrap_or(100);
    assert!(size <= 500, "the largest page has 500 items");
    // The real one would fit all of them on a page.
    let size = size.min(100);
    let number = asked.asks("cursor").and_then(|cursor| cursor.strip_prefix("bmV4dF9f")?.parse().ok());
    let number: usize = number.unwrap_or(1);
    let next = if number * size < all.len() { format!("bmV4dF9f{}", number + 1) } else { String::new() };
    let meta = json!({ "total": all.len(), "links": { "next": next, "prev": "" } });
    with(200, &json!({ what: page(all, number, size), "meta": meta }))
}

fn data(asked: &Asked, rtype: &str) -> Option<String> {
    let data = asked.text("/data");
    match rtype {
        "TXT" => Some(data.strip_prefix('"')?.strip_suffix('"')?.to_owned()),
        _ => Some(data.to_owned()),
    }
}

impl Fake for Vultr {
    fn id(&self) -> &'static str {
        "vultr"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(KEY)
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "error": "Invalid API token.", "status": 401 }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let invalid = || with(400, &json!({ "error": "Invalid data.", "status": 400 }));
        match (method, route.as_slice()) {
            ("GET", ["domains"]) => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "domain": zone.name, "date_created": "2021-03-27T09:40:29+00:00" }))
                    .collect();
                listed("domains", &zones, asked)
            }
            (_, ["domains", zone, ..]) if store.zone(zone).is_none() => not_found(),
            ("GET", ["domains", zone, "records"]) => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                listed("records", &records, asked)
            }
            ("POST", ["domains", zone, "records"]) => {
                let rtype = asked.text("/type");
                let Some(data) = data(asked, rtype) else { return invalid() };
                let ttl = asked.ttl("/ttl").unwrap_or(300);
                let id = store.add(&absolute(asked.text("/name"), zone), rtype, &data, ttl);
                with(201, &json!({ "record": shown(store.record(&id).expect("it was added")) }))
            }
            ("PATCH", ["domains", _, "records", id]) => {
                let id = id.rsplit('-').next().unwrap_or_default();
                let Some(record) = store.record(id) else { return not_found() };
                let Some(data) = data(asked, &record.rtype) else { return invalid() };
                record.value = data;
                record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                with(204, &Value::Null)
            }
            ("DELETE", ["domains", _, "records", id]) => {
                if store.remove(id.rsplit('-').next().unwrap_or_default()) {
                    with(204, &Value::Null)
                } else {
                    not_found()
                }
            }
            _ => unknown(asked),
        }
    }
}
