//! easyDNS's REST API, by <https://docs.sandbox.rest.easydns.net/> and `recorded/easydns.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct EasyDns;

fn error(status: u16, message: &str) -> Reply {
    with(status, &json!({ "error": { "code": status, "message": message } }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id, "domain": record.zone, "host": relative(&record.name, &record.zone, "@"),
        "ttl": record.ttl.to_string(), "prio": "0", "type": record.rtype, "rdata": record.value, "geozone_id": "0",
    })
}

impl Fake for EasyDns {
    fn id(&self) -> &'static str {
        "easydns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("key", "s3cr3t-key"), ("token", "s3cr3t-token")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        assert_eq!(asked.asks("format"), Some("json"));
        asked.has_basic("s3cr3t-token", "s3cr3t-key")
    }

    fn shut_out(&self) -> Reply {
        error(403, "Access denied")
    }

    fn busy(&self) -> Reply {
        error(
            420,
            "Enhance Your Calm. Rate limit exceeded (too many requests) OR you did NOT provide any credentials with your request!",
        )
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["zones", "records", "all", zone]) => {
                if store.zone(zone).is_none() {
                    return error(404, "Not Found");
                }
                let (start, most) = (asked.number("start").unwrap_or(0), asked.number("max").unwrap_or(100));
                let all: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                let data: Vec<Value> = all.iter().skip(start).take(most).cloned().collect();
                let body = json!({ "msg": "OK", "status": 200, "tm": 1, "count": data.len(), "total": all.len(), "start": start, "max": most, "data": data });
                with(200, &body)
            }
            ("PUT", ["zones", "records", "add", zone, rtype]) => {
                if store.zone(zone).is_none() {
                    return error(404, "Not Found");
                }
                let name = absolute(asked.text("/host"), zone);
                if asked.text("/type") != *rtype
                    || asked.text("/domain") != *zone
                    || asked.text("/rdata").is_empty()
                {
                    return error(400, "Missing parameter");
                }
                if store.values(&name, rtype).iter().any(|value| value == asked.text("/rdata")) {
                    return error(409, "Record already exists");
                }
                let id = store.add(&name, rtype, asked.text("/rdata"), asked.ttl("/ttl").unwrap_or(300));
                let record = store.record(&id).expect("it was added");
                with(201, &json!({ "msg": "message", "tm": 1, "status": 201, "data": shown(record) }))
            }
            ("POST", ["zones", "records", id]) => match store.record(id) {
                Some(record) if record.rtype == asked.text("/type") => {
                    asked.text("/rdata").clone_into(&mut record.value);
                    record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                    with(
                        200,
                        &json!({ "msg": "Record updated successfully.", "tm": 1, "status": 200, "data": shown(record) }),
                    )
                }
                _ => error(404, "Not Found"),
            },
            ("DELETE", ["zones", "records", zone, id]) => {
                if store.remove(id) {
                    with(200, &json!({ "msg": "OK", "data": { "domain": zone, "id": id }, "status": 200 }))
                } else {
                    error(404, "Not Found")
                }
            }
            _ => error(400, "Bad Request"),
        }
    }
}
