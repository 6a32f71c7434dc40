//! Domeneshop, by <https://api.domeneshop.no/docs/>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Domeneshop;

const TOKEN: &str = "s3cr3tTOKEN";
const SECRET: &str = "s3cr3tSECRET";

fn refused(status: u16, code: &str) -> Reply {
    with(status, &json!({ "help": "See the documentation", "code": code }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({ "id": record.id.parse::<u64>().expect("a number"), "host": relative(&record.name, &record.zone, "@"),
        "ttl": record.ttl, "type": record.rtype, "data": record.value })
}

/// Name, type, data and TTL that are sent; `None` where they are not allowed.
fn read<'a>(asked: &'a Asked, zone: &str) -> Option<(String, &'a str, &'a str, u32)> {
    let ttl = asked.ttl("/ttl").filter(|ttl| (60..=604_800).contains(ttl) && ttl % 60 == 0)?;
    let name = absolute(asked.json["host"].as_str()?, zone);
    Some((name, asked.json["type"].as_str()?, asked.json["data"].as_str()?, ttl))
}

impl Fake for Domeneshop {
    fn id(&self) -> &'static str {
        "domeneshop"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN), ("secret", SECRET)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic(TOKEN, SECRET)
    }

    fn shut_out(&self) -> Reply {
        refused(401, "auth:invalid")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone = route.get(1).and_then(|id| store.zones.iter().find(|zone| zone.id == *id));
        let zone = zone.map(|zone| zone.name.clone());
        match (method, route.as_slice(), zone) {
            ("GET", ["domains"], _) => {
                let wanted = asked.asks("domain").unwrap_or_default();
                let zones = store.zones.iter().filter(|zone| zone.name.contains(wanted));
                let zones = zones.map(|zone| {
                    json!({ "id": zone.id.parse::<u64>().expect("a number"), "domain": zone.name,
                        "status": "active", "services": { "dns": true } })
                });
                with(200, &zones.collect())
            }
            (_, ["domains", ..], None) => refused(404, "domain:not_found"),
            ("GET", ["domains", _, "dns"], Some(zone)) => {
                let name = asked.asks("host").map(|name| absolute(name, &zone));
                let records = store.of(&zone, name.as_deref(), asked.asks("type"));
                with(200, &records.into_iter().map(shown).collect())
            }
            ("POST", ["domains", _, "dns"], Some(zone)) => {
                let Some((name, rtype, data, ttl)) = read(asked, &zone) else {
                    return refused(400, "dns:invalid");
                };
                let same = |record: &&FakeRecord| record.value == data;
                if store.of(&zone, Some(&name), Some(rtype)).into_iter().any(|record| same(&record)) {
                    return refused(409, "dns:collision");
                }
                let id = store.add(&name, rtype, data, ttl);
                with(201, &json!({ "id": id.parse::<u64>().expect("a number") }))
            }
            ("PUT", ["domains", _, "dns", id], Some(zone)) => {
                let Some((name, rtype, data, ttl)) = read(asked, &zone) else {
                    return refused(400, "dns:invalid");
                };
                let Some(record) = store.record(id) else { return refused(404, "dns:not_found") };
                if record.rtype != rtype {
                    return refused(400, "dns:invalid");
                }
                record.name = name;
                data.clone_into(&mut record.value);
                record.ttl = ttl;
                with(204, &Value::Null)
            }
            ("DELETE", ["domains", _, "dns", id], Some(_)) => {
                if store.remove(id) {
                    with(204, &Value::Null)
                } else {
                    refused(404, "dns:not_found")
                }
            }
            _ => unknown(asked),
        }
    }
}
