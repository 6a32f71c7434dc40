//! Baidu AI Cloud DNS, by its documentation.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::signed::{hex, mac};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Baiducloud;

fn failed(status: u16, code: &str, message: &str) -> Reply {
    with(status, &json!({ "requestId": "0a1b", "code": code, "message": message }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id, "rr": relative(&record.name, &record.zone, "@"), "status": "running",
        "type": record.rtype, "value": record.value, "ttl": record.ttl, "line": "default",
        "description": "kept", "priority": 0,
    })
}

/// RFC 3986 §2.3.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A page by its marker, which is the place of its first item.
fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let (from, size) = (asked.number("marker").unwrap_or(0), asked.number("maxKeys").unwrap_or(100).min(100));
    let is_cut = all.len() > from + size;
    let items: Vec<Value> = all.iter().skip(from).take(size).cloned().collect();
    let next = if is_cut { (from + size).to_string() } else { String::new() };
    with(
        200,
        &json!({ "marker": "", "isTruncated": is_cut, "nextMarker": next, "maxKeys": size, what: items }),
    )
}

impl Fake for Baiducloud {
    fn id(&self) -> &'static str {
        "baiducloud"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("access_key_id", "AKbaidu"), ("secret_access_key", "bce-s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let header = asked.header("authorization").unwrap_or_default();
        let parts: Vec<&str> = header.split('/').collect();
        let ["bce-auth-v1", "AKbaidu", date, lasts, names, signature] = parts.as_slice() else {
            return false;
        };
        let scope = format!("bce-auth-v1/AKbaidu/{date}/{lasts}");
        let key = hex(&mac(b"bce-s3cr3t", &scope));
        let mut query: Vec<String> =
            asked.query.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
        query.sort();
        let lines: Vec<String> = names
            .split(';')
            .map(|name| format!("{name}:{}", encoded(asked.header(name).unwrap_or_default())))
            .collect();
        let text = format!("{}\n{}\n{}\n{}", asked.method, asked.path, query.join("&"), lines.join("\n"));
        names.split(';').any(|name| name == "host")
            && *date == "2026-05-28T20:26:40Z"
            && *signature == hex(&mac(key.as_bytes(), &text))
    }

    fn shut_out(&self) -> Reply {
        failed(400, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let ttl = asked.ttl("/ttl").unwrap_or(300);
        if method != "GET" {
            assert!(asked.asks("clientToken").is_some_and(|token| !token.is_empty() && token.len() <= 64));
        }
        match (method, route.as_slice()) {
            ("GET", ["v1", "dns", "zone"]) => {
                let zones: Vec<Value> =
                    store.zones.iter().map(|zone| json!({ "id": zone.id, "name": zone.name })).collect();
                listed("zones", &zones, asked)
            }
            (_, ["v1", "dns", "zone", zone, ..]) if !store.zones.iter().any(|there| there.name == *zone) => {
                failed(404, "NoSuchZone", "The zone does not exist.")
            }
            ("GET", ["v1", "dns", "zone", zone, "record"]) => {
                let name = asked.asks("rr").map(|rr| absolute(rr, zone));
                let records: Vec<Value> =
                    store.of(zone, name.as_deref(), None).into_iter().map(shown).collect();
                listed("records", &records, asked)
            }
            ("POST" | "PUT", ["v1", "dns", "zone", ..]) if ttl < 300 => {
                failed(400, "InvalidTtl", "The TTL is too small.")
            }
            ("POST", ["v1", "dns", "zone", zone, "record"]) => {
                let name = absolute(asked.text("/rr"), zone);
                store.add(&name, asked.text("/type"), asked.text("/value"), ttl);
                with(200, &Value::Null)
            }
            ("PUT", ["v1", "dns", "zone", zone, "record", id]) => {
                assert_eq!(asked.text("/description"), "kept");
                let Some(record) = store.record(id) else { return failed(404, "NoSuchRecord", "no record") };
                assert_eq!(record.name, absolute(asked.text("/rr"), zone), "it is not renamed");
                asked.text("/value").clone_into(&mut record.value);
                record.ttl = ttl;
                with(200, &Value::Null)
            }
            ("DELETE", ["v1", "dns", "zone", _, "record", id]) if store.remove(id) => with(200, &Value::Null),
            ("DELETE", ["v1", "dns", "zone", _, "record", _]) => failed(404, "NoSuchRecord", "no record"),
            _ => unknown(asked),
        }
    }
}
