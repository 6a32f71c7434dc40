//! AdGuard Home, by the description of its API in its repository.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};
use std::net::IpAddr;

pub(crate) struct AdGuardHome;

fn shown(record: &FakeRecord) -> Value {
    json!({ "domain": record.name, "answer": record.value, "enabled": true })
}

fn find(store: &Store, rewrite: &Value) -> Option<String> {
    let there = store.records.iter().filter(|record| record.rtype != "TXT");
    let mut fits =
        there.filter(|record| record.name == rewrite["domain"] && record.value == rewrite["answer"]);
    fits.next().map(|record| record.id.clone())
}

impl Fake for AdGuardHome {
    fn id(&self) -> &'static str {
        "adguard-home"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("password", "s3cr3t"), ("server", "http://192.0.2.1:3000"), ("username", "admin")]
    }

    fn has_zones(&self) -> bool {
        false
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("admin", "s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        reply(401, "Unauthorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let rewrite = &asked.json;
        match (method, route.as_slice()) {
            ("GET", ["rewrite", "list"]) => {
                let all = store.records.iter().filter(|record| record.rtype != "TXT").map(shown);
                let mut all: Vec<Value> = all.collect();
                all.push(json!({ "domain": "home.example.org", "answer": "A", "enabled": true }));
                all.push(json!({ "domain": "home.example.org", "answer": "192.0.2.66", "enabled": false }));
                with(200, &Value::Array(all))
            }
            ("POST", ["rewrite", "add"]) => {
                let (name, answer) = (asked.text("/domain"), asked.text("/answer"));
                let Ok(address) = answer.parse::<IpAddr>() else { return reply(400, "invalid answer") };
                store.add(name, if address.is_ipv4() { "A" } else { "AAAA" }, answer, 0);
                reply(200, "OK")
            }
            ("PUT", ["rewrite", "update"]) => {
                let Some(id) = find(store, &rewrite["target"]) else {
                    return reply(400, "target rule not found");
                };
                let record = store.record(&id).expect("it is there");
                asked.text("/update/domain").clone_into(&mut record.name);
                asked.text("/update/answer").clone_into(&mut record.value);
                reply(200, "OK")
            }
            ("POST", ["rewrite", "delete"]) => {
                if let Some(id) = find(store, rewrite) {
                    store.remove(&id);
                }
                reply(200, "OK")
            }
            _ => unknown(asked),
        }
    }
}
