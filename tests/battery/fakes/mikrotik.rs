//! MikroTik RouterOS, by its manual's pages on REST and DNS.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};

pub(crate) struct MikroTik;

fn shown(record: &FakeRecord) -> Value {
    let (weeks, rest) = (record.ttl / 604_800, record.ttl % 604_800);
    let units = [
        (weeks, 'w'),
        (rest / 86_400, 'd'),
        (rest % 86_400 / 3600, 'h'),
        (rest % 3600 / 60, 'm'),
        (rest % 60, 's'),
    ];
    let ttl: Vec<String> =
        units.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    let ttl = ttl.concat();
    let mut entry = json!({
        ".id": format!("*{}", record.id), "name": record.name, "ttl": ttl, "disabled": "false", "dynamic": "false",
    });
    // A is not worth a word to the router.
    if record.rtype != "A" {
        entry["type"] = json!(record.rtype);
    }
    entry[if record.rtype == "TXT" { "text" } else { "address" }] = json!(record.value);
    entry
}

/// Seconds of a time whose every number has its unit.
fn seconds(text: &str) -> Option<u32> {
    let mut total = 0;
    let mut number = 0;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = number * 10 + digit;
            continue;
        }
        total += number
            * match c {
                'w' => 604_800,
                'd' => 86_400,
                'h' => 3600,
                'm' => 60,
                's' => 1,
                _ => return None,
            };
        number = 0;
    }
    (number == 0).then_some(total)
}

fn failed(status: u16, message: &str, detail: &str) -> Reply {
    with(status, &json!({ "error": status, "message": message, "detail": detail }))
}

impl Fake for MikroTik {
    fn id(&self) -> &'static str {
        "mikrotik"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("password", "s3cr3t"), ("server", "192.0.2.1"), ("username", "dns")]
    }

    fn has_zones(&self) -> bool {
        false
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("dns", "s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "error": 401, "message": "Unauthorized" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let ["ip", "dns", "static", rest @ ..] = route.as_slice() else { return unknown(asked) };
        let data =
            if asked.json.get("text").is_some() { asked.text("/text") } else { asked.text("/address") };
        let id = rest.first().and_then(|id| id.strip_prefix('*')).unwrap_or_default();
        let ttl = asked.json.get("ttl").and_then(Value::as_str).map_or(Some(86_400), seconds);
        match (method, rest) {
            ("GET", []) => {
                let wanted = |record: &&FakeRecord| asked.asks("name").is_none_or(|name| record.name == name);
                let mut entries: Vec<Value> = store.records.iter().filter(wanted).map(shown).collect();
                entries.push(
                    json!({ ".id": "*F", "regexp": ".*\\.example", "address": "192.0.2.67", "ttl": "1d" }),
                );
                with(200, &Value::Array(entries))
            }
            ("PUT" | "PATCH", _) if ttl.is_none() => {
                failed(400, "Bad Request", "invalid value for argument ttl")
            }
            ("PUT", []) => {
                let rtype = asked.json.get("type").and_then(Value::as_str).unwrap_or("A");
                let id = store.add(asked.text("/name"), rtype, data, ttl.expect("it is one"));
                with(201, &shown(store.record(&id).expect("it was added")))
            }
            ("PATCH", [_]) => {
                let Some(record) = store.record(id) else { return failed(404, "Not Found", "no such item") };
                data.clone_into(&mut record.value);
                record.ttl = ttl.expect("it is one");
                with(200, &shown(record))
            }
            ("DELETE", [_]) if store.remove(id) => reply(204, ""),
            ("DELETE", [_]) => failed(404, "Not Found", "no such item"),
            _ => unknown(asked),
        }
    }
}
