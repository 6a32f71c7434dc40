//! Vercel, by <https://vercel.com/docs/rest-api/reference/endpoints/dns> and `recorded/vercel.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct Vercel;

const TOKEN: &str = "s3cr3tH4mVbq";
const TEAM: &str = "team_nLlpyC6REAqxydlFKbrMDlud";

fn refused(status: u16, code: &str) -> Reply {
    with(status, &json!({ "error": { "code": code, "message": "It cannot be done." } }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({ "id": format!("rec_{}", record.id), "slug": "", "type": record.rtype, "value": record.value,
        "name": relative(&record.name, &record.zone, ""), "creator": "s", "ttl": record.ttl })
}

/// A page from the time on that is asked for; times are counted here.
fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let size = asked.number("limit").unwrap_or(20);
    assert!(size <= 100, "the largest page has 100 items");
    let number = asked.number("until").map_or(1, |until| until - 1_628_537_900_000);
    let next = (number * size < all.len()).then_some(1_628_537_900_000 + number + 1);
    let shown = page(all, number, size);
    let pagination = json!({ "count": shown.len(), "next": next, "prev": null });
    with(200, &json!({ what: shown, "pagination": pagination }))
}

impl Fake for Vercel {
    fn id(&self) -> &'static str {
        "vercel"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN), ("team_id", TEAM)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN) && asked.asks("teamId") == Some(TEAM)
    }

    fn shut_out(&self) -> Reply {
        refused(403, "forbidden")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["v5", "domains"]) => {
                let zones: Vec<Value> = store.zones.iter().map(|zone| json!({ "name": zone.name })).collect();
                listed("domains", &zones, asked)
            }
            ("PATCH", ["v1", "domains", "records", id]) => {
                let Some(record) = store.record(id.trim_start_matches("rec_")) else {
                    return refused(404, "not_found");
                };
                asked.text("/value").clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                with(200, &shown(record))
            }
            (_, [_, "domains", zone, ..]) if store.zone(zone).is_none() => refused(404, "not_found"),
            ("GET", ["v4", "domains", zone, "records"]) => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                listed("records", &records, asked)
            }
            ("POST", ["v2", "domains", zone, "records"]) => {
                let ttl = asked.ttl("/ttl").unwrap_or(60);
                if ttl < 60 {
                    return refused(400, "bad_request");
                }
                let name = absolute(asked.text("/name"), zone);
                let id = store.add(&name, asked.text("/type"), asked.text("/value"), ttl);
                with(200, &json!({ "uid": format!("rec_{id}") }))
            }
            ("DELETE", ["v2", "domains", _, "records", id]) => {
                if store.remove(id.trim_start_matches("rec_")) {
                    with(200, &json!({}))
                } else {
                    refused(404, "not_found")
                }
            }
            _ => unknown(asked),
        }
    }
}
