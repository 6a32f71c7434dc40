//! Mythic Beasts, by <https://www.mythic-beasts.com/support/api/dnsv2> and `recorded/mythicbeasts.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct MythicBeasts;

const TOKEN: &str = "session-s3cr3t";

fn error(status: u16, message: &str) -> Reply {
    with(status, &json!({ "error": message }))
}

impl Fake for MythicBeasts {
    fn id(&self) -> &'static str {
        "mythicbeasts"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("key_id", "abcdef"), ("secret", "s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        match asked.path.as_str() {
            "/login" => {
                asked.has_basic("abcdef", "s3cr3t") && asked.field("grant_type") == Some("client_credentials")
            }
            _ => asked.has_bearer(TOKEN),
        }
    }

    fn shut_out(&self) -> Reply {
        error(401, "Invalid credentials")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET" && asked.path != "/login"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("POST", ["login"]) => {
                with(200, &json!({ "access_token": TOKEN, "expires_in": 300, "token_type": "bearer" }))
            }
            ("GET", ["zones"]) => {
                let zones: Vec<&str> = store.zones.iter().map(|zone| zone.name.as_str()).collect();
                with(200, &json!({ "zones": zones }))
            }
            (_, ["zones", zone, ..]) if store.zone(zone).is_none() => error(404, "Zone not found"),
            ("GET", ["zones", zone, "records"]) => {
                let name = asked.asks("host").map(|host| absolute(host, zone));
                let records = store.of(zone, name.as_deref(), asked.asks("type"));
                let shown: Vec<Value> = records
                    .iter()
                    .map(|record| {
                        let host = relative(&record.name, zone, "@");
                        json!({ "data": record.value, "host": host, "ttl": record.ttl, "type": record.rtype })
                    })
                    .collect();
                with(200, &json!({ "records": shown }))
            }
            ("PUT", ["zones", zone, "records", host, rtype]) => {
                let records = asked.json["records"].as_array().cloned().unwrap_or_default();
                let values: Vec<String> =
                    records.iter().filter_map(|record| record["data"].as_str()).map(str::to_owned).collect();
                let ttls = records.iter().filter_map(|record| record["ttl"].as_u64());
                let Some(ttl) = ttls.min().filter(|ttl| *ttl >= 60) else {
                    return with(400, &json!({ "errors": ["TTL must be at least 60"] }));
                };
                let name = absolute(host, zone);
                let before = store.values(&name, rtype).len();
                store.replace(zone, (&name, rtype), &values, u32::try_from(ttl).expect("a TTL"));
                let added = values.len();
                with(
                    200,
                    &json!({ "message": format!("{added} records added"), "records_added": added, "records_removed": before }),
                )
            }
            ("DELETE", ["zones", zone, "records", host, rtype]) => {
                let name = absolute(host, zone);
                let before = store.values(&name, rtype).len();
                store.replace(zone, (&name, rtype), &[], 0);
                with(200, &json!({ "records_removed": before }))
            }
            _ => error(400, "Bad request"),
        }
    }
}
