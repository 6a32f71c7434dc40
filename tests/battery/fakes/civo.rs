//! Civo, by <https://www.civo.com/api/dns>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Civo;

const KEY: &str = "s3cr3tDAb75oyqVeaE7BI6Aa74FaRSP0E2tMZXkDWLC9wNQdcpGfH51r";

fn refused(status: u16, code: &str) -> Reply {
    with(status, &json!({ "code": code, "reason": "It cannot be done" }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({ "id": format!("76cc107f-{}", record.id), "type": record.rtype.to_lowercase(), "value": record.value,
        "name": relative(&record.name, &record.zone, "@"), "ttl": record.ttl, "priority": 0 })
}

/// Name, type, value and TTL that are sent; `None` where they are not allowed.
fn read<'a>(asked: &'a Asked, zone: &str) -> Option<(String, &'a str, &'a str, u32)> {
    let rtype = asked.json["type"].as_str().filter(|rtype| ["A", "CNAME", "MX", "TXT"].contains(rtype))?;
    let ttl = asked.ttl("/ttl").filter(|ttl| *ttl >= 600)?;
    Some((absolute(asked.json["name"].as_str()?, zone), rtype, asked.json["value"].as_str()?, ttl))
}

impl Fake for Civo {
    fn id(&self) -> &'static str {
        "civo"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(KEY)
    }

    fn shut_out(&self) -> Reply {
        refused(401, "authentication_invalid_key")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone = route.get(1).and_then(|id| store.zones.iter().find(|zone| zone.id == *id));
        let zone = zone.map(|zone| zone.name.clone());
        let id = route.get(3).and_then(|id| id.rsplit('-').next()).unwrap_or_default();
        match (method, route.as_slice(), zone) {
            ("GET", ["dns"], _) => {
                let zones = store.zones.iter().map(|zone| json!({ "id": zone.id, "name": zone.name }));
                with(200, &zones.collect())
            }
            (_, ["dns", ..], None) => refused(404, "database_dns_domain_not_found"),
            ("GET", ["dns", _, "records"], Some(zone)) => {
                with(200, &store.of(&zone, None, None).into_iter().map(shown).collect())
            }
            ("POST", ["dns", _, "records"], Some(zone)) => {
                let Some((name, rtype, value, ttl)) = read(asked, &zone) else {
                    return refused(400, "parameter_dns_record_invalid");
                };
                let id = store.add(&name, rtype, value, ttl);
                with(200, &shown(store.record(&id).expect("it was added")))
            }
            ("PUT", ["dns", _, "records", _], Some(zone)) => {
                let Some((name, rtype, value, ttl)) = read(asked, &zone) else {
                    return refused(400, "parameter_dns_record_invalid");
                };
                let Some(record) = store.record(id) else {
                    return refused(404, "database_dns_record_not_found");
                };
                (record.name, record.ttl) = (name, ttl);
                rtype.clone_into(&mut record.rtype);
                value.clone_into(&mut record.value);
                with(200, &shown(record))
            }
            ("DELETE", ["dns", _, "records", _], Some(_)) => {
                if store.remove(id) {
                    with(200, &json!({ "result": "success" }))
                } else {
                    refused(404, "database_dns_record_not_found")
                }
            }
            _ => unknown(asked),
        }
    }
}
