//! DNS.services, by <https://dns.services/userapi> and `recorded/dnsservices.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, not_found, unknown, with};
use crate::store::{Store, absolute};
use serde_json::{Map, Value, json};

pub(crate) struct DnsServices;

const PASSWORD: &str = "s3cr3t-password";
const TOKEN: &str = "a-session";

impl Fake for DnsServices {
    fn id(&self) -> &'static str {
        "dnsservices"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("password", PASSWORD), ("username", "somebody@example.org")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if asked.path == "/login" {
            return asked.field("username") == Some("somebody@example.org")
                && asked.field("password") == Some(PASSWORD);
        }
        asked.has_bearer(TOKEN)
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET" && asked.path != "/login"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("POST", ["login"]) => with(200, &json!({ "token": TOKEN, "refresh": "REFRESH" })),
            ("GET", ["dns"]) => {
                let zones = store.zones.iter();
                let zones: Vec<Value> = zones
                    .map(|zone| json!({ "domain_id": zone.id, "name": zone.name, "service_id": "292" }))
                    .collect();
                with(200, &json!({ "service_ids": ["292"], "zones": zones }))
            }
            (_, ["service", "292", "dns", id, rest @ ..]) => {
                let Some(zone) = store.zone(id).map(|zone| zone.name.clone()) else { return not_found() };
                let ttl = asked.ttl("/ttl").unwrap_or(3600);
                match (method, rest) {
                    ("GET", []) => {
                        let mut records = Map::new();
                        for (number, record) in store.of(&zone, None, None).into_iter().enumerate() {
                            let shown = json!({
                                "id": record.id, "domain_id": id, "name": record.name, "type": record.rtype,
                                "content": record.value, "ttl": record.ttl.to_string(), "prio": "0",
                            });
                            records.insert(number.to_string(), shown);
                        }
                        with(200, &json!({ "service_id": "292", "name": zone, "records": records }))
                    }
                    ("POST" | "PUT", _) if ttl < 60 => with(400, &json!({ "error": ["invalid_ttl"] })),
                    ("POST", ["records"]) => {
                        let name = absolute(asked.text("/name"), &zone);
                        store.add(&name, asked.text("/type"), asked.text("/content"), ttl);
                        with(200, &json!({ "success": true, "record": asked.json }))
                    }
                    ("PUT", ["records", id]) => {
                        let name = absolute(asked.text("/name"), &zone);
                        let Some(record) = store.record(id) else { return not_found() };
                        record.name = name;
                        asked.text("/content").clone_into(&mut record.value);
                        record.ttl = ttl;
                        with(200, &json!({ "success": true, "info": ["dnsrecordupdated"] }))
                    }
                    ("DELETE", ["records", id]) if store.remove(id) => with(200, &json!({ "success": true })),
                    ("DELETE", ["records", _]) => not_found(),
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
