//! Huawei Cloud DNS, API v2, by its documentation.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::signed::{canonical, hex, mac, part, sha256};
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct Huaweicloud;

fn failed(status: u16, code: &str, message: &str) -> Reply {
    with(status, &json!({ "code": code, "message": message }))
}

fn quoted(rtype: &str, value: &str) -> String {
    if rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() }
}

/// The sets of a zone by the identifier of their first record.
fn sets(store: &Store, zone: &str) -> Vec<Value> {
    let mut sets: Vec<Value> = Vec::new();
    for record in store.of(zone, None, None) {
        let (name, rtype) = (format!("{}.", record.name), record.rtype.as_str());
        let value = Value::from(quoted(rtype, &record.value));
        match sets.iter_mut().find(|set| set["name"] == name.as_str() && set["type"] == rtype) {
            Some(set) => set["records"].as_array_mut().expect("a list").push(value),
            None => sets.push(json!({
                "id": format!("set{}", record.id), "name": name, "type": rtype, "ttl": record.ttl,
                "records": [value], "status": "ACTIVE", "zone_name": format!("{zone}."),
            })),
        }
    }
    sets
}

/// What asks for a set gives: name, type, TTL and values.
fn wanted(asked: &Asked) -> Option<(String, String, u32, Vec<String>)> {
    let name = asked.text("/name").strip_suffix('.')?.to_owned();
    let rtype = asked.text("/type").to_owned();
    let ttl = asked.ttl("/ttl").filter(|ttl| *ttl >= 1)?;
    let values = asked.json["records"].as_array()?.iter().filter_map(Value::as_str);
    let values: Vec<String> = values
        .map(|value| match rtype.as_str() {
            "TXT" => value.strip_prefix('"')?.strip_suffix('"').map(str::to_owned),
            _ => Some(value.to_owned()),
        })
        .collect::<Option<_>>()?;
    (!values.is_empty()).then_some((name, rtype, ttl, values))
}

impl Fake for Huaweicloud {
    fn id(&self) -> &'static str {
        "huaweicloud"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("access_key_id", "AKHW0a1b2c"), ("secret_access_key", "hw-s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let header = asked.header("authorization").unwrap_or_default();
        let (names, date) = (part(header, "SignedHeaders"), "20260528T202640Z");
        let request = canonical(asked, &format!("{}/", asked.path), names);
        let text = format!("SDK-HMAC-SHA256\n{date}\n{}", sha256(&request));
        part(header, "SDK-HMAC-SHA256 Access") == "AKHW0a1b2c"
            && names.split(';').filter(|name| ["host", "x-sdk-date"].contains(name)).count() == 2
            && asked.header("x-sdk-date") == Some(date)
            && part(header, "Signature") == hex(&mac(b"hw-s3cr3t", &text))
    }

    fn shut_out(&self) -> Reply {
        with(
            401,
            &json!({ "error_msg": "Incorrect IAM authentication information: verify aksk signature fail", "error_code": "APIGW.0301" }),
        )
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let (offset, limit) = (asked.number("offset").unwrap_or(0), asked.number("limit").unwrap_or(500));
        assert!(limit <= 500, "the largest page has 500");
        let exact = asked.asks("search_mode") == Some("equal");
        let named = |name: &str| {
            asked.asks("name").is_none_or(|wanted| {
                let wanted = wanted.trim_end_matches('.');
                let name = name.trim_end_matches('.');
                if exact { name == wanted } else { name.contains(wanted) }
            })
        };
        let zone = route
            .get(2)
            .and_then(|id| store.zones.iter().find(|zone| zone.id == *id))
            .map(|zone| zone.name.clone());
        match (method, route.as_slice(), zone.as_deref()) {
            ("GET", ["v2", "zones"], _) => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .filter(|zone| named(&zone.name))
                    .skip(offset)
                    .take(limit)
                    .map(|zone| json!({ "id": zone.id, "name": format!("{}.", zone.name), "zone_type": "public" }))
                    .collect();
                with(200, &json!({ "links": {}, "zones": zones, "metadata": { "total_count": 1 } }))
            }
            (_, ["v2", "zones", ..], None) => failed(404, "DNS.0302", "This zone does not exist."),
            ("GET", ["v2", "zones", _, "recordsets"], Some(zone)) => {
                let of_type = |set: &Value| asked.asks("type").is_none_or(|rtype| set["type"] == rtype);
                let found: Vec<Value> = sets(store, zone)
                    .into_iter()
                    .filter(|set| named(set["name"].as_str().unwrap_or_default()) && of_type(set))
                    .skip(offset)
                    .take(limit)
                    .collect();
                with(200, &json!({ "links": {}, "recordsets": found, "metadata": { "total_count": 1 } }))
            }
            ("POST", ["v2", "zones", _, "recordsets"], Some(zone)) => {
                let Some((name, rtype, ttl, values)) = wanted(asked) else {
                    return failed(400, "DNS.0303", "invalid record set");
                };
                if !store.values(&name, &rtype).is_empty() {
                    return failed(400, "DNS.0312", "Duplicate record set.");
                }
                store.replace(zone, (&name, &rtype), &values, ttl);
                with(202, &json!({ "status": "PENDING_CREATE" }))
            }
            ("PUT" | "DELETE", ["v2", "zones", _, "recordsets", id], Some(zone)) => {
                let set = sets(store, zone).into_iter().find(|set| set["id"] == *id);
                let Some(set) = set else {
                    return failed(404, "DNS.0313", "This record set does not exist.");
                };
                if method == "DELETE" {
                    let name = set["name"].as_str().unwrap_or_default().trim_end_matches('.');
                    store.replace(zone, (name, set["type"].as_str().unwrap_or_default()), &[], 0);
                    return with(202, &json!({ "status": "PENDING_DELETE" }));
                }
                let Some((name, rtype, ttl, values)) = wanted(asked) else {
                    return failed(400, "DNS.0303", "invalid record set");
                };
                store.replace(zone, (&name, &rtype), &values, ttl);
                with(202, &json!({ "status": "PENDING_UPDATE" }))
            }
            _ => unknown(asked),
        }
    }
}
