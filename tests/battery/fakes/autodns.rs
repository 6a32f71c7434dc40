//! InterNetX AutoDNS, by the description of its JSON API.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct AutoDns;

const SERVER: &str = "a.ns14.net";

fn done(data: &[Value]) -> Reply {
    let status = json!({ "code": "S0205", "text": "ok", "type": "SUCCESS" });
    with(200, &json!({ "stid": "20251121-app-1", "status": status, "data": data }))
}

fn failed(http: u16, code: &str, text: &str) -> Reply {
    let messages = json!([{ "text": text, "code": code, "status": "ERROR" }]);
    let status = json!({ "code": code, "text": text, "type": "ERROR" });
    with(http, &json!({ "stid": "20251121-app-1", "messages": messages, "status": status }))
}

impl Fake for AutoDns {
    fn id(&self) -> &'static str {
        "autodns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("password", "s3cr3t-password"), ("username", "somebody")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("somebody", "s3cr3t-password") && asked.header("x-domainrobot-context") == Some("4")
    }

    fn shut_out(&self) -> Reply {
        failed(401, "EF00002", "Authentication failed.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method == "PATCH"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("POST", ["zone", "_search"]) => {
                let wanted = asked.json.pointer("/filters/0/value").and_then(Value::as_str);
                let number = |at: &str| asked.ttl(at).and_then(|number| usize::try_from(number).ok());
                let (skip, size) = (number("/view/offset").unwrap_or(0), number("/view/limit").unwrap_or(20));
                let all = store.zones.iter().filter(|zone| wanted.is_none_or(|wanted| zone.name == wanted));
                let page: Vec<Value> = all
                    .skip(skip)
                    .take(size)
                    .map(|zone| json!({ "origin": zone.name, "virtualNameServer": SERVER, "wwwInclude": false }))
                    .collect();
                done(&page)
            }
            (_, ["zone", zone, SERVER]) if store.zone(zone).is_none() => {
                failed(404, "E0205002", "The zone does not exist.")
            }
            ("GET", ["zone", zone, SERVER]) => {
                let records = store.of(zone, None, None).into_iter().map(|record| {
                    json!({
                        "name": relative(&record.name, zone, ""), "type": record.rtype, "value": record.value,
                        "ttl": record.ttl,
                    })
                });
                let records: Vec<Value> = records.collect();
                done(&[json!({
                    "origin": zone, "soa": { "ttl": 86_400 }, "main": {}, "wwwInclude": false,
                    "virtualNameServer": SERVER, "resourceRecords": records,
                })])
            }
            ("PATCH", ["zone", zone, SERVER]) => {
                let list = |member: &str| asked.json[member].as_array().cloned().unwrap_or_default();
                let text =
                    |record: &Value, member: &str| record[member].as_str().unwrap_or_default().to_owned();
                for record in list("resourceRecordsRem") {
                    let name = absolute(&text(&record, "name"), zone);
                    let there = store.of(zone, Some(&name), Some(&text(&record, "type")));
                    let fits = |there: &&&crate::store::FakeRecord| {
                        there.value == text(&record, "value") && record["ttl"] == there.ttl
                    };
                    let Some(id) = there.iter().find(fits).map(|record| record.id.clone()) else {
                        return failed(400, "EF02023", "The record does not exist.");
                    };
                    store.remove(&id);
                }
                for record in list("resourceRecordsAdd") {
                    let name = absolute(&text(&record, "name"), zone);
                    let ttl = record["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok());
                    let Some(ttl @ 60..) = ttl else { return failed(400, "EF02031", "The TTL is invalid.") };
                    store.add(&name, &text(&record, "type"), &text(&record, "value"), ttl);
                }
                done(&[])
            }
            _ => unknown(asked),
        }
    }
}
