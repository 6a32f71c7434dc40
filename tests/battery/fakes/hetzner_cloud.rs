//! Hetzner DNS, by <https://docs.hetzner.cloud/reference/cloud#zone-rrsets> and `recorded/hetzner-cloud.toml`. Every
//! change is seen running once.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeZone, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct HetznerCloud;

const TOKEN: &str = "s3cr3tLRK384fGs3cr3t";

fn refused(status: u16, code: &str) -> Reply {
    with(status, &json!({ "error": { "code": code, "message": code, "details": null } }))
}

fn action(status: &str) -> Value {
    json!({ "id": 604_989_101_983_358_u64, "status": status, "command": "set_rrset_records", "progress": 0,
        "started": "2026-01-13T14:18:48Z", "finished": null, "error": null, "resources": [] })
}

fn running() -> Reply {
    with(201, &json!({ "action": action("running") }))
}

fn shown(zone: &FakeZone) -> Value {
    json!({ "id": zone.id.parse::<u64>().expect("a number"), "name": zone.name, "mode": "primary", "ttl": 86400 })
}

fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), asked.number("per_page").unwrap_or(25));
    assert!(size <= 50, "the largest page has 50 items");
    let next = (number * size < all.len()).then_some(number + 1);
    let pagination = json!({ "page": number, "per_page": size, "previous_page": null, "next_page": next,
        "last_page": all.len().div_ceil(size).max(1), "total_entries": all.len() });
    with(200, &json!({ "meta": { "pagination": pagination }, what: page(all, number, size) }))
}

/// The values that are sent; `None` where one is not in presentation form.
fn values(asked: &Asked, rtype: &str) -> Option<Vec<String>> {
    let records = asked.json["records"].as_array().filter(|records| !records.is_empty())?;
    let values = records.iter().map(|record| {
        let value = record["value"].as_str()?;
        match rtype {
            "TXT" => Some(value.strip_prefix('"')?.strip_suffix('"')?.to_owned()),
            _ => Some(value.to_owned()),
        }
    });
    values.collect()
}

impl Fake for HetznerCloud {
    fn id(&self) -> &'static str {
        "hetzner-cloud"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        refused(401, "unauthorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone = route.get(1).and_then(|zone| store.zone(zone)).cloned();
        match (method, route.as_slice(), zone) {
            ("GET", ["zones"], _) => {
                let zones: Vec<Value> = store.zones.iter().map(shown).collect();
                listed("zones", &zones, asked)
            }
            ("GET", ["zones", "actions", _], _) => with(200, &json!({ "action": action("success") })),
            (_, ["zones", ..], None) => refused(404, "not_found"),
            ("GET", ["zones", _], Some(zone)) => with(200, &json!({ "zone": shown(&zone) })),
            ("GET", ["zones", _, "rrsets"], Some(zone)) => {
                let (Some(name), Some(rtype)) = (asked.asks("name"), asked.asks("type")) else {
                    return unknown(asked);
                };
                let records = store.of(&zone.name, Some(&absolute(name, &zone.name)), Some(rtype));
                let quoted =
                    |value: &str| if rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() };
                let sets: Vec<Value> = records.first().map_or_else(Vec::new, |first| {
                    let values: Vec<Value> = records
                        .iter()
                        .map(|record| json!({ "value": quoted(&record.value), "comment": "" }))
                        .collect();
                    let name = relative(&first.name, &zone.name, "@");
                    let id = format!("{name}/{rtype}");
                    vec![json!({ "id": id, "name": name, "type": rtype, "ttl": first.ttl, "labels": {},
                        "protection": { "change": false }, "records": values })]
                });
                listed("rrsets", &sets, asked)
            }
            (_, ["zones", _, "rrsets", name, rtype, rest @ ..], Some(zone)) => {
                let name = absolute(name, &zone.name);
                let there: Vec<String> =
                    store.of(&zone.name, Some(&name), Some(rtype)).iter().map(|r| r.value.clone()).collect();
                let before = store.of(&zone.name, Some(&name), Some(rtype)).first().map(|record| record.ttl);
                let place = (name.as_str(), *rtype);
                match (method, rest, before) {
                    ("POST", ["actions", "add_records"], _) => {
                        let ttl = asked.ttl("/ttl").or(before).unwrap_or(86400);
                        let Some(values) = values(asked, rtype) else { return refused(422, "invalid_input") };
                        if ttl < 60 || before.is_some_and(|before| before != ttl) {
                            return refused(422, "invalid_input");
                        }
                        store.replace(&zone.name, place, &[there, values].concat(), ttl);
                        running()
                    }
                    (_, _, None) => refused(404, "not_found"),
                    ("POST", ["actions", "set_records"], Some(ttl)) => {
                        let Some(values) = values(asked, rtype) else { return refused(422, "invalid_input") };
                        store.replace(&zone.name, place, &values, ttl);
                        running()
                    }
                    ("POST", ["actions", "change_ttl"], Some(_)) => {
                        let Some(ttl) = asked.ttl("/ttl").filter(|ttl| *ttl >= 60) else {
                            return refused(422, "invalid_input");
                        };
                        store.replace(&zone.name, place, &there, ttl);
                        running()
                    }
                    ("DELETE", [], Some(_)) => {
                        store.replace(&zone.name, place, &[], 0);
                        running()
                    }
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
