//! DigitalOcean, by its `OpenAPI` description and `recorded/digitalocean.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct DigitalOcean;

const TOKEN: &str = "dop_v1_s3cr3t";

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "type": record.rtype, "data": record.value,
        "name": relative(&record.name, &record.zone, "@"), "ttl": record.ttl, "priority": null, "port": null,
        "weight": null, "flags": null, "tag": null,
    })
}

fn not_found() -> Reply {
    let message = "The resource you requested could not be found.";
    with(404, &json!({ "id": "not_found", "message": message }))
}

/// A list with the links to its next page.
fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), asked.number("per_page").unwrap_or(20));
    assert!(size <= 200, "the largest page has 200 items");
    let pages = if number * size < all.len() {
        let next =
            format!("https://api.digitalocean.com/v2{}?per_page={size}&page={}", asked.path, number + 1);
        json!({ "next": next })
    } else {
        json!({})
    };
    let body =
        json!({ what: page(all, number, size), "links": { "pages": pages }, "meta": { "total": all.len() } });
    with(200, &body)
}

impl Fake for DigitalOcean {
    fn id(&self) -> &'static str {
        "digitalocean"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "id": "Unauthorized", "message": "Unable to authenticate you" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["domains"]) => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "name": zone.name, "ttl": 1800, "zone_file": "" }))
                    .collect();
                listed("domains", &zones, asked)
            }
            (_, ["domains", zone, ..]) if store.zone(zone).is_none() => not_found(),
            ("GET", ["domains", zone, "records"]) => {
                let records: Vec<Value> =
                    store.of(zone, asked.asks("name"), asked.asks("type")).into_iter().map(shown).collect();
                listed("domain_records", &records, asked)
            }
            ("POST", ["domains", zone, "records"]) => {
                let name = absolute(asked.text("/name"), zone);
                let ttl = asked.ttl("/ttl").unwrap_or(1800);
                let id = store.add(&name, asked.text("/type"), asked.text("/data"), ttl);
                let record = store.record(&id).expect("it was added").clone();
                with(201, &json!({ "domain_record": shown(&record) }))
            }
            ("PATCH", ["domains", _, "records", id]) => {
                let Some(record) = store.record(id) else { return not_found() };
                if asked.text("/type") != record.rtype {
                    return with(
                        422,
                        &json!({ "id": "unprocessable_entity", "message": "Type cannot be changed." }),
                    );
                }
                asked.text("/data").clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                with(200, &json!({ "domain_record": shown(record) }))
            }
            ("DELETE", ["domains", _, "records", id]) => {
                if store.remove(id) {
                    with(204, &Value::Null)
                } else {
                    not_found()
                }
            }
            _ => unknown(asked),
        }
    }
}
