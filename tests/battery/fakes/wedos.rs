//! WEDOS, by the manual of its WAPI and `recorded/wedos.toml`.

use crate::asked::Asked;
use crate::crypt::sha1;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Wedos;

const PASSWORD: &str = "s3cr3t-password";

fn request(asked: &Asked) -> Value {
    let request = asked.field("request").unwrap_or_default();
    serde_json::from_str::<Value>(request).map(|request| request["request"].clone()).unwrap_or_default()
}

fn response(code: u32, result: &str, data: &Value) -> Reply {
    with(
        200,
        &json!({ "response": { "code": code, "result": result, "timestamp": 1_291_370_821, "data": data } }),
    )
}

impl Fake for Wedos {
    fn id(&self) -> &'static str {
        "wedos"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("wapi_password", PASSWORD), ("username", "somebody@example.org")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let request = request(asked);
        // 2026-05-28 20:26:40 UTC is 22:26 in Prague.
        let auth = sha1(&format!("somebody@example.org{}22", sha1(PASSWORD)));
        request["user"] == "somebody@example.org" && request["auth"] == auth
    }

    fn shut_out(&self) -> Reply {
        response(2050, "Authentication failure", &Value::Null)
    }

    fn busy(&self) -> Reply {
        let mut reply = response(2006, "Requests limit exceeded", &Value::Null);
        reply.headers_mut().insert("retry-after", "30".parse().expect("a number"));
        reply
    }

    fn broken(&self) -> Reply {
        response(5000, "Internal error", &Value::Null)
    }

    fn writes(&self, asked: &Asked) -> bool {
        !request(asked)["command"].as_str().unwrap_or_default().ends_with("-list")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let request = request(asked);
        let data = &request["data"];
        let text = |member: &str| data[member].as_str().unwrap_or_default();
        let zone = text("domain").to_owned();
        let ttl = data["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok());
        let known = store.zone(if zone.is_empty() { text("name") } else { &zone }).is_some();
        match request["command"].as_str().unwrap_or_default() {
            _ if asked.method != "POST" || asked.path != "/json" => unknown(asked),
            "dns-domains-list" => {
                let zones = store.zones.iter().map(|zone| json!({ "name": zone.name, "type": "primary" }));
                let zones = json!({ "domain": zones.collect::<Vec<_>>() });
                response(1000, "OK", &zones)
            }
            _ if !known => response(3201, "Domain not found", &Value::Null),
            "dns-rows-list" => {
                let rows = store.of(&zone, None, None).into_iter().map(|record| {
                    json!({
                        "ID": record.id, "name": relative(&record.name, &zone, ""), "ttl": record.ttl.to_string(),
                        "rdtype": record.rtype, "rdata": record.value, "author_comment": "",
                    })
                });
                let rows = json!({ "row": rows.collect::<Vec<_>>() });
                response(1000, "OK", &rows)
            }
            "dns-row-add" => {
                let Some(ttl @ 300..) = ttl else { return response(2313, "Invalid TTL", &Value::Null) };
                store.add(&absolute(text("name"), &zone), text("type"), text("rdata"), ttl);
                response(1000, "OK", &Value::Null)
            }
            "dns-row-update" => {
                let Some(record) = store.record(text("row_id")) else {
                    return response(2304, "DNS row not found", &Value::Null);
                };
                text("rdata").clone_into(&mut record.value);
                record.ttl = ttl.unwrap_or(record.ttl);
                response(1000, "OK", &Value::Null)
            }
            "dns-row-delete" if store.remove(text("row_id")) => response(1000, "OK", &Value::Null),
            "dns-row-delete" => response(2304, "DNS row not found", &Value::Null),
            "dns-domain-commit" => response(1000, "OK", &Value::Null),
            _ => response(2010, "Unknown command", &Value::Null),
        }
    }
}
