//! INWX's JSON-RPC, by its documentation; answers in the shape of the recorded ones of its XML-RPC twin. The account
//! has a second factor.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store, page};
use serde_json::{Value, json};

pub(crate) struct Inwx;

const KEY: &str = "s3cr3tgezdgnbvgy";
const COOKIE: &str = "domrobot=0a1b2c3d";
/// The password of [`KEY`] at 1780000000, the time of all cases (computed elsewhere).
const CODE: &str = "524724";

fn done(data: &Value) -> Reply {
    let body = json!({
        "code": 1000, "msg": "Command completed successfully", "resData": data,
        "svTRID": "20260101-1", "runtime": 0.05,
    });
    with(200, &body)
}

fn failed(code: u16, msg: &str) -> Reply {
    with(200, &json!({ "code": code, "msg": msg, "svTRID": "20260101-2", "runtime": 0.01 }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "name": record.name, "type": record.rtype,
        "content": record.value, "ttl": record.ttl, "prio": 0,
    })
}

impl Fake for Inwx {
    fn id(&self) -> &'static str {
        "inwx"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("username", "someone"), ("password", "p-s3cr3t"), ("totp_secret", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let known = match asked.text("/method") {
            "account.login" => {
                asked.text("/params/user") == "someone" && asked.text("/params/pass") == "p-s3cr3t"
            }
            "account.unlock" => asked.header("cookie") == Some(COOKIE) && asked.text("/params/tan") == CODE,
            _ => asked.header("cookie") == Some(COOKIE),
        };
        known && asked.path == "/jsonrpc/" && asked.method == "POST"
    }

    fn shut_out(&self) -> Reply {
        failed(2200, "Authentication error")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.text("/method").ends_with("Record")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let number = |at: &str| asked.json.pointer(at).and_then(Value::as_u64);
        let id = number("/params/id").map(|id| id.to_string()).unwrap_or_default();
        let zone = asked.text("/params/domain");
        let is_there = store.zones.iter().any(|there| there.name == zone);
        let ttl = asked.ttl("/params/ttl").unwrap_or(3600);
        match asked.text("/method") {
            "account.login" => {
                let mut reply =
                    done(&json!({ "customerId": 1, "accountId": 2, "tfa": "GOOGLE-AUTH", "version": "3.0" }));
                let cookie = format!("{COOKIE}; path=/; secure; HttpOnly");
                reply.headers_mut().insert("set-cookie", cookie.parse().expect("a cookie"));
                reply
            }
            "account.unlock" => done(&json!({})),
            "nameserver.list" => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "roId": 1, "domain": zone.name, "type": "MASTER" }))
                    .collect();
                let at = |at| number(at).and_then(|number| usize::try_from(number).ok());
                let (number, size) = (at("/params/page").unwrap_or(1), at("/params/pagelimit").unwrap_or(20));
                done(&json!({ "count": zones.len(), "domains": page(&zones, number, size) }))
            }
            "nameserver.info" | "nameserver.createRecord" if !is_there => {
                failed(2303, "Object does not exist")
            }
            "nameserver.info" => {
                let (name, rtype) = (asked.text("/params/name"), asked.text("/params/type"));
                let records: Vec<Value> =
                    store.of(zone, Some(name), Some(rtype)).into_iter().map(shown).collect();
                let mut data = json!({ "roId": 1, "domain": zone, "type": "MASTER", "count": records.len() });
                if !records.is_empty() {
                    data["record"] = records.into();
                }
                done(&data)
            }
            "nameserver.createRecord" | "nameserver.updateRecord" if ttl < 300 => {
                failed(2004, "Parameter value range error")
            }
            "nameserver.createRecord" => {
                let name = asked.text("/params/name");
                let id = store.add(name, asked.text("/params/type"), asked.text("/params/content"), ttl);
                done(&json!({ "id": id.parse::<u64>().expect("a number") }))
            }
            "nameserver.updateRecord" => {
                let Some(record) = store.record(&id) else { return failed(2303, "Object does not exist") };
                asked.text("/params/content").clone_into(&mut record.value);
                record.ttl = ttl;
                done(&json!({}))
            }
            "nameserver.deleteRecord" if store.remove(&id) => done(&json!({})),
            "nameserver.deleteRecord" => failed(2303, "Object does not exist"),
            _ => failed(2000, "Unknown command"),
        }
    }
}
