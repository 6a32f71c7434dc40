//! Name.com, by <https://docs.name.com/> and `recorded/namecom.toml`, which is of API v4.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, not_found, unknown, with};
use crate::store::{FakeRecord, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct NameCom;

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "domainName": record.zone,
        "host": relative(&record.name, &record.zone, ""), "fqdn": format!("{}.", record.name), "type": record.rtype,
        "answer": record.value, "ttl": record.ttl,
    })
}

/// A list, which is left out where it is empty.
fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), asked.number("perPage").unwrap_or(1000));
    assert!(size <= 1000, "the largest page has 1000 items");
    // Smaller than what is asked for: servers may.
    let size = size.min(100);
    let shown = page(all, number, size);
    let mut body = json!({});
    if !shown.is_empty() {
        body[what] = shown.into();
    }
    if number * size < all.len() {
        body["nextPage"] = (number + 1).into();
    }
    with(200, &body)
}

impl Fake for NameCom {
    fn id(&self) -> &'static str {
        "namecom"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", "s3cr3t"), ("username", "me")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("me", "s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "message": "Unauthenticated" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["domains"]) => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "domainName": zone.name, "locked": true }))
                    .collect();
                listed("domains", &zones, asked)
            }
            (_, ["domains", zone, ..]) if store.zone(zone).is_none() => not_found(),
            ("GET", ["domains", zone, "records"]) => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                listed("records", &records, asked)
            }
            (_, ["domains", ..]) if asked.ttl("/ttl").is_some_and(|ttl| ttl < 300) => {
                with(400, &json!({ "message": "Invalid Argument", "details": "TTL must be at least 300" }))
            }
            ("POST", ["domains", zone, "records"]) => {
                let name = absolute(asked.text("/host"), zone);
                let ttl = asked.ttl("/ttl").unwrap_or(300);
                let id = store.add(&name, asked.text("/type"), asked.text("/answer"), ttl);
                let record = store.record(&id).expect("it was added").clone();
                with(200, &shown(&record))
            }
            ("PUT", ["domains", zone, "records", id]) => {
                let name = absolute(asked.text("/host"), zone);
                let Some(record) = store.record(id) else { return not_found() };
                record.name = name;
                asked.text("/answer").clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(300);
                with(200, &shown(record))
            }
            ("DELETE", ["domains", _, "records", id]) => {
                if store.remove(id) {
                    with(200, &json!({}))
                } else {
                    not_found()
                }
            }
            _ => unknown(asked),
        }
    }
}
