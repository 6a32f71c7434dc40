//! Internet.bs, by its API's manual and `recorded/internetbs.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct InternetBs;

fn done(mut body: Value) -> Reply {
    body["transactid"] = json!("3d161c37da7c824c8b3463b25f461df0");
    body["status"] = json!("SUCCESS");
    with(200, &body)
}

fn failed(code: u32, message: &str) -> Reply {
    with(200, &json!({ "transactid": "d46d", "status": "FAILURE", "message": message, "code": code }))
}

impl Fake for InternetBs {
    fn id(&self) -> &'static str {
        "internetbs"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", "s3cr3t-key"), ("password", "s3cr3t-password")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.query.is_empty()
            && asked.field("ApiKey") == Some("s3cr3t-key")
            && asked.field("Password") == Some("s3cr3t-password")
    }

    fn shut_out(&self) -> Reply {
        failed(107_002, "Invalid API key and/or Password")
    }

    fn writes(&self, asked: &Asked) -> bool {
        !asked.path.ends_with("/List")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        if method != "POST" || asked.field("ResponseFormat") != Some("JSON") {
            return unknown(asked);
        }
        let field = |key: &str| asked.field(key).unwrap_or_default();
        let (name, rtype) = (field("FullRecordName"), field("Type"));
        let find = |store: &Store, value: &str| {
            let fits = |record: &&crate::store::FakeRecord| {
                record.name == name && record.rtype == rtype && (value.is_empty() || record.value == value)
            };
            store.records.iter().find(fits).map(|record| record.id.clone())
        };
        match route.as_slice() {
            ["Domain", "List"] => {
                let names: Vec<&str> = store.zones.iter().map(|zone| zone.name.as_str()).collect();
                let names: Vec<&str> =
                    names.into_iter().filter(|name| name.contains(field("searchTermFilter"))).collect();
                if names.is_empty() {
                    return done(json!({ "domaincount": 0 }));
                }
                done(json!({ "domaincount": names.len(), "domain": names }))
            }
            ["Domain", "DnsRecord", "List"] => {
                let records = store.of(field("Domain"), None, Some(field("FilterType"))).into_iter().map(|record| {
                    json!({ "name": record.name, "value": record.value, "ttl": record.ttl, "type": record.rtype })
                });
                let records: Vec<Value> = records.collect();
                done(json!({ "total_records": records.len(), "records": records }))
            }
            ["Domain", "DnsRecord", "Add"] => {
                let ttl = field("Ttl").parse().unwrap_or(3600);
                if ttl < 300 {
                    return failed(100_002, "Invalid value for parameter \"ttl\"!");
                }
                store.add(name, rtype, field("Value"), ttl);
                done(json!({}))
            }
            ["Domain", "DnsRecord", "Update"] => {
                let Some(id) = find(store, field("CurrentValue")) else {
                    return failed(100_007, "The record does not exist!");
                };
                let record = store.record(&id).expect("it is there");
                field("NewValue").clone_into(&mut record.value);
                record.ttl = field("NewTtl").parse().unwrap_or(record.ttl);
                done(json!({}))
            }
            ["Domain", "DnsRecord", "Remove"] => match find(store, field("Value")) {
                Some(id) => {
                    store.remove(&id);
                    done(json!({}))
                }
                None => failed(100_007, "The record does not exist!"),
            },
            _ => unknown(asked),
        }
    }
}
