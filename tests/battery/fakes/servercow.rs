//! Servercow, by the documentation of its DNS API.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Servercow;

const USER: &str = "joe";
const PASSWORD: &str = "s3cr3tPASSWORD";

fn done() -> Reply {
    with(200, &json!({ "message": "ok" }))
}

fn failed(status: u16, error: &str) -> Reply {
    with(status, &json!({ "error": error }))
}

impl Fake for Servercow {
    fn id(&self) -> &'static str {
        "servercow"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("username", USER), ("password", PASSWORD)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-auth-username") == Some(USER) && asked.header("x-auth-password") == Some(PASSWORD)
    }

    fn shut_out(&self) -> Reply {
        failed(401, "unauthorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let [zone] = route.as_slice() else { return unknown(asked) };
        if store.zone(zone).is_none() {
            return failed(404, "domain not found");
        }
        let (name, rtype) = (absolute(asked.text("/name"), zone), asked.text("/type"));
        match method {
            "GET" => {
                let mut sets: Vec<Value> = Vec::new();
                for record in store.of(zone, None, None) {
                    let name = relative(&record.name, zone, "");
                    let there =
                        sets.iter_mut().find(|set| set["name"] == name && set["type"] == record.rtype);
                    match there {
                        Some(set) => match set["content"].as_array_mut() {
                            Some(values) => values.push(record.value.as_str().into()),
                            None => set["content"] = json!([set["content"], record.value]),
                        },
                        None => sets.push(json!({ "name": name, "ttl": record.ttl, "type": record.rtype,
                            "content": record.value })),
                    }
                }
                with(200, &Value::Array(sets))
            }
            "POST" => {
                let content = &asked.json["content"];
                let values: Vec<String> = match content.as_array() {
                    Some(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                    None => content.as_str().map(str::to_owned).into_iter().collect(),
                };
                let Some(ttl) = asked.ttl("/ttl").filter(|_| !values.is_empty()) else {
                    return failed(200, "invalid content");
                };
                store.replace(zone, (&name, rtype), &values, ttl);
                done()
            }
            "DELETE" => {
                store.replace(zone, (&name, rtype), &[], 0);
                done()
            }
            _ => unknown(asked),
        }
    }
}
