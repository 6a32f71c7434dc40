//! IONOS Cloud DNS, by <https://api.ionos.com/docs/dns/v1/>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct IonosCloud;

const TOKEN: &str = "s3cr3t-token";

fn failed(status: u16, code: &str, message: &str) -> Reply {
    with(status, &json!({ "httpStatus": status, "messages": [{ "errorCode": code, "message": message }] }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id, "type": "record", "metadata": { "state": "AVAILABLE", "fqdn": record.name },
        "properties": {
            "name": relative(&record.name, &record.zone, ""), "type": record.rtype, "content": record.value,
            "ttl": record.ttl, "enabled": true,
        },
    })
}

fn listed(all: &[Value], asked: &Asked) -> Reply {
    let (skip, size) = (asked.number("offset").unwrap_or(0), asked.number("limit").unwrap_or(100));
    assert!(size <= 1000, "the largest page has 1000 items");
    let items: Vec<&Value> = all.iter().skip(skip).take(size).collect();
    with(200, &json!({ "id": "1", "type": "collection", "offset": skip, "limit": size, "items": items }))
}

impl Fake for IonosCloud {
    fn id(&self) -> &'static str {
        "ionos-cloud"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        failed(401, "paas-auth-1", "Unauthorized, wrong or no api key provided to process this request")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let properties = &asked.json["properties"];
        let text = |member: &str| properties[member].as_str().unwrap_or_default();
        let ttl = asked.ttl("/properties/ttl").unwrap_or(3600);
        match (method, route.as_slice()) {
            ("GET", ["zones"]) => {
                let wanted = asked.asks("filter.zoneName");
                let zones =
                    store.zones.iter().filter(|zone| wanted.is_none_or(|part| zone.name.contains(part)));
                let zones: Vec<Value> = zones
                    .map(|zone| json!({ "id": zone.id, "properties": { "zoneName": zone.name, "enabled": true } }))
                    .collect();
                listed(&zones, asked)
            }
            (_, ["zones", id, "records", rest @ ..]) => {
                let Some(zone) = store.zone(id).map(|zone| zone.name.clone()) else {
                    return failed(404, "paas-dns-404", "zone not found");
                };
                match (method, rest) {
                    ("POST" | "PUT", _) if ttl < 60 => failed(400, "paas-dns-400", "ttl is too short"),
                    ("GET", []) => {
                        let records: Vec<Value> =
                            store.of(&zone, None, None).into_iter().map(shown).collect();
                        listed(&records, asked)
                    }
                    ("POST", []) => {
                        let id =
                            store.add(&absolute(text("name"), &zone), text("type"), text("content"), ttl);
                        with(202, &shown(store.record(&id).expect("it was added")))
                    }
                    ("PUT", [id]) => {
                        let Some(record) = store.record(id) else {
                            return failed(404, "paas-dns-404", "no record");
                        };
                        record.name = absolute(text("name"), &zone);
                        text("content").clone_into(&mut record.value);
                        record.ttl = ttl;
                        with(202, &shown(record))
                    }
                    ("DELETE", [id]) if store.remove(id) => with(202, &json!({})),
                    ("DELETE", [_]) => failed(404, "paas-dns-404", "no record"),
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
