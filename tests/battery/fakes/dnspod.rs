//! DNSPod's own API, by its documentation and `recorded/dnspod.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Dnspod;

fn status(code: &str, message: &str) -> Value {
    json!({ "code": code, "message": message, "created_at": "2026-05-28 20:26:40" })
}

fn failed(code: &str, message: &str) -> Reply {
    with(200, &json!({ "status": status(code, message) }))
}

fn done(mut data: Value) -> Reply {
    data["status"] = status("1", "Action completed successful");
    with(200, &data)
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id, "name": relative(&record.name, &record.zone, "@"), "line": "默认", "line_id": "0",
        "type": record.rtype, "ttl": record.ttl.to_string(), "value": record.value, "weight": null, "mx": "0",
        "enabled": "1", "status": "enabled", "monitor_status": "", "remark": "", "use_aqb": "no",
    })
}

impl Fake for Dnspod {
    fn id(&self) -> &'static str {
        "dnspod"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("login_token", "13490,s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.field("login_token") == Some("13490,s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        failed("-1", "Login failed")
    }

    fn busy(&self) -> Reply {
        failed("-2", "API usage is limited")
    }

    fn writes(&self, asked: &Asked) -> bool {
        !asked.path.ends_with(".List")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        assert_eq!((asked.method.as_str(), asked.field("format")), ("POST", Some("json")));
        let field = |key: &str| asked.field(key).unwrap_or_default();
        let number = |key: &str, usual: usize| field(key).parse().unwrap_or(usual);
        let (offset, length) = (number("offset", 0), number("length", 3000));
        let unicode = |name: &str| name.replace("xn--bcher-kva", "bücher");
        let zone = store.zones.iter().find(|zone| zone.id == field("domain_id")).cloned();
        let ttl = field("ttl").parse().unwrap_or(600);
        if asked.path == "/Domain.List" {
            let zones: Vec<Value> = store
                .zones
                .iter()
                .filter(|zone| unicode(&zone.name).contains(field("keyword")))
                .skip(offset)
                .take(length)
                .map(|zone| {
                    let id = zone.id.parse::<u64>().expect("a number");
                    json!({ "id": id, "name": unicode(&zone.name), "punycode": zone.name })
                })
                .collect();
            if zones.is_empty() {
                return failed("9", "No domains");
            }
            return done(json!({ "domains": zones }));
        }
        let Some(zone) = zone else { return failed("6", "Domain id invalid") };
        match asked.path.as_str() {
            "/Record.List" => {
                let name = absolute(field("sub_domain"), &zone.name);
                let records = store.of(&zone.name, Some(&name), asked.field("record_type"));
                let records: Vec<Value> = records.into_iter().skip(offset).take(length).map(shown).collect();
                if records.is_empty() {
                    return failed("10", "No records");
                }
                done(json!({ "domain": { "id": zone.id, "name": zone.name }, "records": records }))
            }
            "/Record.Create" | "/Record.Modify" if ttl < 600 => failed("28", "TTL value is too small"),
            "/Record.Create" => {
                let name = absolute(field("sub_domain"), &zone.name);
                let id = store.add(&name, field("record_type"), field("value"), ttl);
                done(json!({ "record": { "id": id, "name": field("sub_domain"), "status": "enabled" } }))
            }
            "/Record.Modify" => {
                assert_eq!(field("record_line_id"), "0", "the line is kept");
                let Some(record) = store.record(field("record_id")) else {
                    return failed("8", "Record id invalid");
                };
                field("value").clone_into(&mut record.value);
                record.ttl = ttl;
                done(json!({ "record": { "id": 1, "value": field("value") } }))
            }
            "/Record.Remove" if store.remove(field("record_id")) => done(json!({})),
            _ => failed("8", "Record id invalid"),
        }
    }
}
