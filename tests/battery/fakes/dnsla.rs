//! DNS.LA, by <https://www.dns.la/docs/ApiDoc>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct DnsLa;

const TYPES: [(&str, u64); 3] = [("A", 1), ("AAAA", 28), ("TXT", 16)];

fn done(data: &Value) -> Reply {
    with(200, &json!({ "code": 200, "msg": "", "data": data }))
}

fn failed(code: u16, msg: &str) -> Reply {
    with(200, &json!({ "code": code, "msg": msg, "data": null }))
}

fn listed(all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("pageIndex").unwrap_or(1), asked.number("pageSize").unwrap_or(10));
    let results = page(all, number, size);
    let results = if results.is_empty() { Value::Null } else { Value::Array(results) };
    done(&json!({ "total": all.len(), "results": results }))
}

impl Fake for DnsLa {
    fn id(&self) -> &'static str {
        "dnsla"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_secret", "s3cr3t"), ("api_id", "an-id")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("an-id", "s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        failed(401, "unauthorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let ttl = asked.ttl("/ttl").unwrap_or(600);
        let number = asked.json.get("type").and_then(Value::as_u64);
        let rtype = TYPES.iter().find(|row| Some(row.1) == number).map(|row| row.0);
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/domainList") => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "id": zone.id, "domain": format!("{}.", zone.name), "state": 1 }))
                    .collect();
                listed(&zones, asked)
            }
            ("GET", "/recordList") => {
                let Some(zone) = store.zone(asked.asks("domainId").unwrap_or_default()) else {
                    return failed(404, "domain not found");
                };
                let zone = zone.name.clone();
                let wanted = asked.asks("type").and_then(|number| number.parse().ok());
                let records = store.of(&zone, None, None).into_iter().filter_map(|record| {
                    let number = TYPES.iter().find(|row| row.0 == record.rtype)?.1;
                    wanted.is_none_or(|wanted: u64| wanted == number).then(|| {
                        json!({
                            "id": record.id, "host": relative(&record.name, &zone, "@"), "type": number,
                            "data": record.value, "ttl": record.ttl, "disable": false,
                        })
                    })
                });
                let records: Vec<Value> = records.collect();
                listed(&records, asked)
            }
            ("POST" | "PUT", "/record") if ttl < 600 || rtype.is_none() => failed(400, "invalid"),
            ("POST", "/record") => {
                let Some(zone) = store.zone(asked.text("/domainId")).map(|zone| zone.name.clone()) else {
                    return failed(404, "domain not found");
                };
                let name = absolute(asked.text("/host"), &zone);
                let id = store.add(&name, rtype.expect("it is one"), asked.text("/data"), ttl);
                done(&json!({ "id": id }))
            }
            ("PUT", "/record") => {
                let Some(record) = store.record(asked.text("/id")) else {
                    return failed(404, "record not found");
                };
                asked.text("/data").clone_into(&mut record.value);
                record.ttl = ttl;
                done(&json!({ "id": record.id }))
            }
            ("DELETE", "/record") if store.remove(asked.asks("id").unwrap_or_default()) => done(&Value::Null),
            ("DELETE", "/record") => failed(404, "record not found"),
            _ => unknown(asked),
        }
    }
}
