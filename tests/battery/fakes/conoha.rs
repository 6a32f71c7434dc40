//! ConoHa VPS 3.0, by <https://doc.conoha.jp/reference/api-vps3/>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};

pub(crate) struct Conoha;

const PASSWORD: &str = "s3cr3t-password";
const TOKEN: &str = "gAAAAABtoken";

fn shown(record: &FakeRecord) -> Value {
    json!({
        "uuid": record.id, "name": format!("{}.", record.name), "type": record.rtype, "ttl": record.ttl,
        "data": record.value, "version": 1,
    })
}

fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let (skip, size) = (asked.number("offset").unwrap_or(0), asked.number("limit").unwrap_or(100));
    let page: Vec<&Value> = all.iter().skip(skip).take(size).collect();
    with(200, &json!({ what: page, "total_count": all.len() }))
}

fn failed(code: u16, error: &str) -> Reply {
    with(code, &json!({ "code": code, "error": error }))
}

impl Fake for Conoha {
    fn id(&self) -> &'static str {
        "conoha"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("password", PASSWORD), ("tenant_id", "a-tenant"), ("user_id", "a-user")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if asked.path == "/v3/auth/tokens" {
            return asked.text("/auth/identity/password/user/id") == "a-user"
                && asked.text("/auth/identity/password/user/password") == PASSWORD
                && asked.text("/auth/scope/project/id") == "a-tenant";
        }
        asked.header("x-auth-token") == Some(TOKEN)
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET" && asked.path != "/v3/auth/tokens"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("POST", ["v3", "auth", "tokens"]) => {
                let mut reply = with(201, &json!({ "token": {} }));
                reply.headers_mut().insert("x-subject-token", TOKEN.parse().expect("a header"));
                reply
            }
            ("GET", ["v1", "domains"]) => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "uuid": zone.id, "name": format!("{}.", zone.name), "ttl": 3600 }))
                    .collect();
                listed("domains", &zones, asked)
            }
            (_, ["v1", "domains", id, "records", rest @ ..]) => {
                let Some(zone) = store.zone(id).map(|zone| zone.name.clone()) else {
                    return failed(404, "domain not found");
                };
                let ttl = asked.ttl("/ttl").unwrap_or(3600);
                match (method, rest) {
                    ("POST" | "PUT", _) if ttl < 60 || !asked.text("/name").ends_with('.') => {
                        failed(400, "invalid")
                    }
                    ("GET", []) => {
                        let records: Vec<Value> =
                            store.of(&zone, None, None).into_iter().map(shown).collect();
                        listed("records", &records, asked)
                    }
                    ("POST", []) => {
                        let name = asked.text("/name").trim_end_matches('.');
                        let id = store.add(name, asked.text("/type"), asked.text("/data"), ttl);
                        with(200, &shown(store.record(&id).expect("it was added")))
                    }
                    ("PUT", [id]) => {
                        let Some(record) = store.record(id) else { return failed(404, "record not found") };
                        asked.text("/data").clone_into(&mut record.value);
                        record.ttl = ttl;
                        with(200, &shown(record))
                    }
                    ("DELETE", [id]) if store.remove(id) => reply(204, ""),
                    ("DELETE", [_]) => failed(404, "record not found"),
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
