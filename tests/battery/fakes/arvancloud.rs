//! ArvanCloud, by its documentation and `recorded/arvancloud.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct Arvancloud;

/// The TTLs that are taken.
const TTLS: [u32; 9] = [120, 180, 300, 600, 900, 1800, 3600, 7200, 86_400];

/// The records of a zone: one for each name and type.
fn shown(store: &Store, zone: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for record in store.of(zone, None, None) {
        let (name, rtype) = (relative(&record.name, zone, "@"), record.rtype.to_ascii_lowercase());
        let value = json!({ "ip": record.value, "port": null, "weight": 100, "country": "" });
        match all.iter_mut().find(|there| there["name"] == name && there["type"] == rtype.as_str()) {
            Some(there) => there["value"].as_array_mut().expect("a list").push(value),
            None => all.push(json!({
                "id": format!("rec-{}", record.id), "type": rtype, "name": name, "value": [value],
                "ttl": record.ttl, "cloud": false, "upstream_https": "default", "is_protected": false,
                "ip_filter_mode": { "count": "single", "order": "none", "geo_filter": "none" }, "usage": [],
            })),
        }
    }
    all
}

fn listed(all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), asked.number("per_page").unwrap_or(15));
    let last = all.len().div_ceil(size).max(1);
    let meta = json!({ "current_page": number, "last_page": last, "per_page": size, "total": all.len() });
    with(200, &json!({ "data": page(all, number, size), "meta": meta }))
}

fn put(store: &mut Store, zone: &str, asked: &Asked) -> Reply {
    let ttl = asked.ttl("/ttl").unwrap_or_default();
    let values = asked.json["value"].as_array().cloned().unwrap_or_default();
    let values: Vec<String> =
        values.iter().filter_map(|value| value["ip"].as_str()).map(str::to_owned).collect();
    if !TTLS.contains(&ttl) || values.is_empty() {
        return with(
            422,
            &json!({ "message": "The given data was invalid.", "errors": { "ttl": ["invalid"] } }),
        );
    }
    let (name, rtype) = (absolute(asked.text("/name"), zone), asked.text("/type").to_ascii_uppercase());
    store.replace(zone, (&name, &rtype), &values, ttl);
    with(200, &json!({ "data": {}, "message": "DNS record updated." }))
}

impl Fake for Arvancloud {
    fn id(&self) -> &'static str {
        "arvancloud"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", "Apikey 0a1b-s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("authorization") == Some("Apikey 0a1b-s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "message": "Unauthenticated." }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["domains"]) => {
                let zones: Vec<Value> =
                    store.zones.iter().map(|zone| json!({ "id": zone.id, "domain": zone.name })).collect();
                listed(&zones, asked)
            }
            (_, ["domains", zone, ..]) if !store.zones.iter().any(|there| there.name == *zone) => {
                with(404, &json!({ "message": "Domain not found." }))
            }
            ("GET", ["domains", zone, "dns-records"]) => {
                let fits = |record: &Value| {
                    let search = asked.asks("search").unwrap_or_default();
                    asked.asks("type").is_none_or(|rtype| record["type"] == rtype)
                        && record["name"].as_str().unwrap_or_default().contains(search)
                };
                let all: Vec<Value> = shown(store, zone).into_iter().filter(fits).collect();
                listed(&all, asked)
            }
            ("POST", ["domains", zone, "dns-records"]) => put(store, zone, asked),
            ("PUT" | "DELETE", ["domains", zone, "dns-records", id]) => {
                let there = shown(store, zone).into_iter().find(|record| record["id"] == *id);
                let Some(there) = there else {
                    return with(404, &json!({ "message": "DNS record not found." }));
                };
                if method == "DELETE" {
                    let name = absolute(there["name"].as_str().unwrap_or_default(), zone);
                    let rtype = there["type"].as_str().unwrap_or_default().to_ascii_uppercase();
                    store.replace(zone, (&name, &rtype), &[], 0);
                    return with(200, &json!({ "message": "DNS record deleted." }));
                }
                assert_eq!(
                    (&asked.json["name"], &asked.json["upstream_https"], &asked.json["ip_filter_mode"]),
                    (&there["name"], &there["upstream_https"], &there["ip_filter_mode"]),
                    "the rest is kept"
                );
                let kept =
                    asked.json["value"].as_array().into_iter().flatten().any(|value| value["weight"] == 100);
                assert!(kept, "weights are kept");
                put(store, zone, asked)
            }
            _ => unknown(asked),
        }
    }
}
