//! NS1, by the documentation of its API and `recorded/ns1.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, page};
use serde_json::{Value, json};

pub(crate) struct Ns1;

const KEY: &str = "qACMDs3cr3tZIS";
/// Zones on a page; the real one has more.
const PAGE: usize = 100;

fn says(status: u16, message: &str) -> Reply {
    with(status, &json!({ "message": message }))
}

/// The values that are sent.
fn values(asked: &Asked) -> Vec<String> {
    let answers = asked.json["answers"].as_array().cloned().unwrap_or_default();
    answers.iter().filter_map(|answer| answer["answer"][0].as_str()).map(str::to_owned).collect()
}

impl Fake for Ns1 {
    fn id(&self) -> &'static str {
        "ns1"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-nsone-key") == Some(KEY)
    }

    fn shut_out(&self) -> Reply {
        says(401, "Unauthorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["zones"]) => {
                let after = asked.asks("after");
                let start = after.and_then(|after| store.zones.iter().position(|zone| zone.name == after));
                let rest = &store.zones[start.map_or(0, |start| start + 1)..];
                let shown = page(rest, 1, PAGE);
                let zones: Vec<Value> = shown
                    .iter()
                    .map(|zone| json!({ "id": zone.id, "zone": zone.name, "ttl": 3600 }))
                    .collect();
                let mut reply = with(200, &Value::Array(zones));
                if rest.len() > PAGE {
                    let last = &shown[PAGE - 1].name;
                    let link =
                        format!("<http://api.nsone.net/v1/zones?after={last}&limit={PAGE}>; rel=\"next\"");
                    reply.headers_mut().insert("link", link.parse().expect("a header"));
                }
                reply
            }
            (_, ["zones", zone, ..]) if store.zone(zone).is_none() => says(404, "zone not found"),
            (_, ["zones", zone, name, rtype]) => {
                let records = store.of(zone, Some(name), Some(rtype));
                let before = records.first().map(|record| record.ttl);
                let answers: Vec<Value> = records
                    .iter()
                    .map(|record| json!({ "answer": [record.value], "id": "5ab7b702a632f60001b0b498" }))
                    .collect();
                let new = values(asked);
                match (method, before) {
                    ("PUT", Some(_)) => says(400, "record already exists"),
                    ("PUT", None) => {
                        let body = &asked.json;
                        if body["zone"] != *zone
                            || body["domain"] != *name
                            || body["type"] != *rtype
                            || new.is_empty()
                        {
                            return says(400, "Input validation failed");
                        }
                        store.replace(zone, (name, rtype), &new, asked.ttl("/ttl").unwrap_or(3600));
                        with(200, &asked.json)
                    }
                    (_, None) => says(404, "record not found"),
                    ("GET", Some(ttl)) => with(
                        200,
                        &json!({ "domain": name, "zone": zone, "type": rtype, "ttl": ttl, "answers": answers,
                            "link": null, "filters": [], "meta": {}, "regions": {}, "tier": 1 }),
                    ),
                    ("POST", Some(before)) => {
                        if new.is_empty() {
                            return says(400, "Input validation failed");
                        }
                        store.replace(zone, (name, rtype), &new, asked.ttl("/ttl").unwrap_or(before));
                        with(200, &asked.json)
                    }
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
