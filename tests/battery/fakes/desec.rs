//! deSEC, by <https://desec.readthedocs.io/en/latest/dns/rrsets.html> and `recorded/desec.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct Desec;

const TOKEN: &str = "s3cr3tGuhfNVZxZ4UyvFQmMVqHWs";
const LEAST: u32 = 3600;
/// Zones on a page; the real one has 500.
const PAGE: usize = 100;

fn not_found() -> Reply {
    with(404, &json!({ "detail": "Not found." }))
}

fn invalid(member: &str) -> Reply {
    with(400, &json!({ member: ["Ensure this value is greater than or equal to 3600."] }))
}

/// The values that are sent, without the quotes that texts must have.
fn values(asked: &Asked, rtype: &str) -> Vec<String> {
    let records = asked.json["records"].as_array().cloned().unwrap_or_default();
    let bare = |value: &str| match rtype {
        "TXT" => value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).map(str::to_owned),
        _ => Some(value.to_owned()),
    };
    records.iter().filter_map(Value::as_str).filter_map(bare).collect()
}

impl Fake for Desec {
    fn id(&self) -> &'static str {
        "desec"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("authorization") == Some(&format!("Token {TOKEN}"))
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "detail": "Invalid token." }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["domains", ""]) => {
                let Some(cursor) = asked.asks("cursor") else { return unknown(asked) };
                let number = cursor.strip_prefix(':').and_then(|cursor| cursor.parse().ok()).unwrap_or(1);
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "name": zone.name, "minimum_ttl": LEAST }))
                    .collect();
                let mut reply = with(200, &Value::Array(page(&zones, number, PAGE)));
                let place = "https://desec.io/api/v1/domains/?cursor=";
                let mut links = format!("<{place}>; rel=\"first\"");
                if number > 1 {
                    links = format!("{links}, <{place}%3A{}>; rel=\"prev\"", number - 1);
                }
                if number * PAGE < zones.len() {
                    links = format!("{links}, <{place}%3A{}>; rel=\"next\"", number + 1);
                }
                reply.headers_mut().insert("link", links.parse().expect("a header"));
                reply
            }
            (_, ["domains", zone, ..]) if store.zone(zone).is_none() => not_found(),
            ("GET", ["domains", zone, "rrsets", ""]) => {
                let (Some(name), Some(rtype)) = (asked.asks("subname"), asked.asks("type")) else {
                    return unknown(asked);
                };
                let records = store.of(zone, Some(&absolute(name, zone)), Some(rtype));
                let Some(first) = records.first() else { return with(200, &json!([])) };
                let quoted =
                    |value: &str| if rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() };
                let values: Vec<String> = records.iter().map(|record| quoted(&record.value)).collect();
                let name = relative(&first.name, zone, "");
                let set = json!({ "domain": zone, "subname": name, "name": format!("{}.", first.name),
                    "type": rtype, "ttl": first.ttl, "records": values });
                with(200, &json!([set]))
            }
            ("POST", ["domains", zone, "rrsets", ""]) => {
                let (name, rtype) = (absolute(asked.text("/subname"), zone), asked.text("/type"));
                let Some(ttl) = asked.ttl("/ttl").filter(|ttl| *ttl >= LEAST) else { return invalid("ttl") };
                let values = values(asked, rtype);
                if values.is_empty() || !store.of(zone, Some(&name), Some(rtype)).is_empty() {
                    return invalid("records");
                }
                store.replace(zone, (&name, rtype), &values, ttl);
                with(201, &asked.json)
            }
            ("PATCH", ["domains", zone, "rrsets", name, rtype, ""]) => {
                let name = absolute(name, zone);
                let Some(before) = store.of(zone, Some(&name), Some(rtype)).first().map(|record| record.ttl)
                else {
                    return not_found();
                };
                let ttl = asked.ttl("/ttl");
                if ttl.is_some_and(|ttl| ttl < LEAST) {
                    return invalid("ttl");
                }
                let values = values(asked, rtype);
                store.replace(zone, (&name, rtype), &values, ttl.unwrap_or(before));
                if values.is_empty() { with(204, &Value::Null) } else { with(200, &asked.json) }
            }
            ("DELETE", ["domains", zone, "rrsets", name, rtype, ""]) => {
                store.replace(zone, (&absolute(name, zone), rtype), &[], 0);
                with(204, &Value::Null)
            }
            _ => unknown(asked),
        }
    }
}
