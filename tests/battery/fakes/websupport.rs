//! Websupport, by <https://rest.websupport.sk/v2/docs>.

use crate::asked::Asked;
use crate::crypt::{hex, hmac_sha1};
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, page};
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};

pub(crate) struct Websupport;

const SECRET: &str = "s3cr3t";

/// The time of every request here, as its header has it and as it is signed.
const TIME: (&str, u64) = ("2026-05-28T20:26:40Z", 1_780_000_000);

fn error(status: u16, title: &str) -> Reply {
    with(status, &json!({ "type": "/errors/httpException", "status": status, "title": title }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "type": record.rtype, "name": record.name,
        "content": record.value, "ttl": record.ttl,
    })
}

impl Fake for Websupport {
    fn id(&self) -> &'static str {
        "websupport"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", "key"), ("secret", SECRET)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let text = format!("{} {} {}", asked.method, asked.path, TIME.1);
        asked.header("date") == Some(TIME.0) && asked.has_basic("key", &hex(&hmac_sha1(SECRET, &text)))
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "message": "Incorrect API key or signature.", "code": 401 }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["v1", "user", "self", "service"]) => {
                let service = |id: &str, name: &str, kind: &str| json!({ "id": id.parse::<u64>().expect("a number"), "serviceName": kind, "status": "active", "name": name });
                let mut services = vec![service("1", "example.org", "The Hosting")];
                services.extend(store.zones.iter().map(|zone| service(&zone.id, &zone.name, "domain")));
                with(
                    200,
                    &json!({ "items": services, "pager": { "page": 1, "pagesize": null, "items": services.len() } }),
                )
            }
            (_, ["v2", "service", id, "dns", "record", rest @ ..]) => {
                let Some(zone) = store.zone(id).map(|zone| zone.name.clone()) else {
                    return error(404, "Service not found.");
                };
                match (method, rest) {
                    ("GET", []) => {
                        let all: Vec<Value> = store.of(&zone, None, None).into_iter().map(shown).collect();
                        let (number, size) = (asked.number("page").unwrap_or(1), 30);
                        let body = json!({
                            "currentPage": number, "rowsPerPage": size, "totalPages": all.len().div_ceil(size),
                            "totalRecords": all.len(), "data": page(&all, number, size),
                        });
                        with(200, &body)
                    }
                    ("POST", []) => {
                        let name = absolute(asked.text("/name"), &zone);
                        let ttl = asked.ttl("/ttl").unwrap_or(600);
                        store.add(&name, asked.text("/type"), asked.text("/content"), ttl);
                        reply(204, "")
                    }
                    ("DELETE", [record]) => {
                        if store.remove(record) {
                            reply(204, "")
                        } else {
                            error(404, "Record not found.")
                        }
                    }
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
