//! `GoDaddy`, by <https://developer.godaddy.com/doc/endpoint/domains> and `recorded/godaddy.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, absolute, relative};
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};

pub(crate) struct GoDaddy;

fn error(status: u16, code: &str, message: &str) -> Reply {
    with(status, &json!({ "code": code, "message": message }))
}

impl Fake for GoDaddy {
    fn id(&self) -> &'static str {
        "godaddy"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", "key-s3cr3t"), ("api_secret", "s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("authorization") == Some("sso-key key-s3cr3t:s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        error(401, "UNABLE_TO_AUTHENTICATE", "Unauthorized : Could not authenticate API key/secret")
    }

    fn busy(&self) -> Reply {
        let message = "Too many requests received within interval";
        with(429, &json!({ "code": "TOO_MANY_REQUESTS", "message": message, "retryAfterSec": 30 }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["domains"]) => {
                let most = asked.number("limit").unwrap_or(100);
                assert!(most <= 1000, "the largest page has 1000 items");
                let from = asked.asks("marker").and_then(|last| {
                    store.zones.iter().position(|zone| zone.name == last).map(|position| position + 1)
                });
                let zones = store.zones.iter().skip(from.unwrap_or(0)).take(most);
                let zones: Vec<Value> = zones
                    .map(|zone| json!({ "domain": zone.name, "domainId": 1, "status": "ACTIVE" }))
                    .collect();
                with(200, &Value::Array(zones))
            }
            (_, ["domains", zone, ..]) if store.zone(zone).is_none() => error(
                404,
                "UNKNOWN_DOMAIN",
                "The given domain is not registered, or does not have a zone file",
            ),
            ("GET", ["domains", zone, "records", rtype, name]) => {
                let records = store.of(zone, Some(&absolute(name, zone)), Some(rtype));
                let shown = records.iter().map(|record| {
                    json!({
                        "data": record.value, "name": relative(&record.name, zone, "@"), "ttl": record.ttl,
                        "type": record.rtype,
                    })
                });
                with(200, &shown.collect())
            }
            ("PUT", ["domains", zone, "records", rtype, name]) => {
                let records = asked.json.as_array().cloned().unwrap_or_default();
                let ttls = records.iter().map(|record| record["ttl"].as_u64().unwrap_or(3600));
                if records.is_empty() || ttls.clone().any(|ttl| !(600..=604_800).contains(&ttl)) {
                    return error(422, "INVALID_BODY", "Request body doesn't fulfill schema");
                }
                let ttl = u32::try_from(ttls.min().expect("there is one")).expect("a TTL");
                let values: Vec<String> =
                    records.iter().filter_map(|record| record["data"].as_str()).map(str::to_owned).collect();
                store.replace(zone, (&absolute(name, zone), rtype), &values, ttl);
                reply(200, "")
            }
            ("DELETE", ["domains", zone, "records", rtype, name]) => {
                store.replace(zone, (&absolute(name, zone), rtype), &[], 0);
                reply(204, "")
            }
            _ => unknown(asked),
        }
    }
}
