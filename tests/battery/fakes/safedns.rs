//! ANS `SafeDNS`, by <https://developers.ukfast.io/documentation/safedns> and `recorded/safedns.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, page};
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};

pub(crate) struct SafeDns;

const TOKEN: &str = "s3cr3t";

fn error(status: u16, title: &str) -> Reply {
    with(status, &json!({ "errors": [{ "title": title, "detail": title, "status": status }] }))
}

fn shown(record: &FakeRecord) -> Value {
    let quote = if record.rtype == "TXT" { "\"" } else { "" };
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "name": record.name, "type": record.rtype,
        "content": format!("{quote}{}{quote}", record.value), "ttl": record.ttl, "priority": null,
    })
}

fn listed(all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), 10);
    let pagination = json!({ "total": all.len(), "per_page": size, "current_page": number, "total_pages": all.len().div_ceil(size) });
    with(200, &json!({ "data": page(all, number, size), "meta": { "pagination": pagination } }))
}

impl Fake for SafeDns {
    fn id(&self) -> &'static str {
        "safedns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("authorization") == Some(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "message": "Unauthorised" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["zones"]) => {
                let zones: Vec<Value> = store.zones.iter().map(|zone| json!({ "name": zone.name })).collect();
                listed(&zones, asked)
            }
            (_, ["zones", zone, ..]) if store.zone(zone).is_none() => error(404, "Zone not found"),
            ("GET", ["zones", zone, "records"]) => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                listed(&records, asked)
            }
            ("POST", ["zones", _, "records"]) => {
                let (rtype, content) = (asked.text("/type"), asked.text("/content"));
                if rtype == "TXT" && !content.starts_with('"') {
                    return error(422, "The content of a TXT record must be enclosed in quotes");
                }
                let ttl = asked.ttl("/ttl").unwrap_or(86_400);
                let id = store.add(asked.text("/name"), rtype, content.trim_matches('"'), ttl);
                with(201, &json!({ "data": { "id": id.parse::<u64>().expect("a number") }, "meta": {} }))
            }
            ("PATCH", ["zones", _, "records", id]) => {
                let Some(record) = store.record(id) else { return error(404, "Record not found") };
                asked.text("/content").trim_matches('"').clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                with(200, &json!({ "data": { "id": id.parse::<u64>().expect("a number") }, "meta": {} }))
            }
            ("DELETE", ["zones", _, "records", id]) => {
                if store.remove(id) {
                    reply(204, "")
                } else {
                    error(404, "Record not found")
                }
            }
            _ => unknown(asked),
        }
    }
}
