//! Gcore, by <https://api.gcore.com/docs/dns>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct Gcore;

const TOKEN: &str = "7711$s3cr3t";

fn says(status: u16, error: &str) -> Reply {
    with(status, &json!({ "error": error }))
}

fn values(asked: &Asked) -> Vec<String> {
    let records = asked.json["resource_records"].as_array().cloned().unwrap_or_default();
    records.iter().filter_map(|record| record["content"][0].as_str()).map(str::to_owned).collect()
}

impl Fake for Gcore {
    fn id(&self) -> &'static str {
        "gcore"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("authorization") == Some(&format!("APIKey {TOKEN}"))
    }

    fn shut_out(&self) -> Reply {
        says(401, "unauthorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["zones"]) => {
                let (limit, offset) =
                    (asked.number("limit").unwrap_or(20), asked.number("offset").unwrap_or(0));
                let zones = store.zones.iter().skip(offset).take(limit);
                let zones: Vec<Value> = zones.map(|zone| json!({ "name": zone.name })).collect();
                with(200, &json!({ "zones": zones, "total_amount": store.zones.len() }))
            }
            (_, ["zones", zone, ..]) if store.zone(zone).is_none() => says(404, "zone is not found"),
            (_, ["zones", zone, name, rtype]) => {
                let records = store.of(zone, Some(name), Some(rtype));
                let before = records.first().map(|record| record.ttl);
                let shown: Vec<Value> = records
                    .iter()
                    .map(|record| json!({ "content": [record.value], "enabled": true, "meta": {}, "id": 1 }))
                    .collect();
                let new = values(asked);
                let ttl = asked.ttl("/ttl");
                match (method, before) {
                    ("POST", Some(_)) => says(409, "rrset already exists"),
                    ("POST", None) | ("PUT", Some(_)) => {
                        let Some(ttl) = ttl.filter(|ttl| *ttl >= 120 && !new.is_empty()) else {
                            return says(400, "invalid rrset");
                        };
                        if before.is_some() {
                            assert!(asked.json["filters"].is_array(), "what is not sent is forgotten");
                        }
                        store.replace(zone, (name, rtype), &new, ttl);
                        with(200, &json!({}))
                    }
                    (_, None) => says(404, "record is not found"),
                    ("GET", Some(ttl)) => with(
                        200,
                        &json!({ "name": name, "type": rtype, "ttl": ttl, "filters": [], "meta": {},
                            "resource_records": shown }),
                    ),
                    ("DELETE", Some(_)) => {
                        store.replace(zone, (name, rtype), &[], 0);
                        with(200, &json!({}))
                    }
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
