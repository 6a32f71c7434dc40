//! Gandi LiveDNS, by <https://api.gandi.net/docs/livedns/> and `recorded/gandi.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, not_found, unknown, with};
use crate::store::{Store, absolute, page};
use serde_json::{Value, json};

pub(crate) struct Gandi;

const TOKEN: &str = "s3cr3t-token";

impl Fake for Gandi {
    fn id(&self) -> &'static str {
        "gandi"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        with(
            401,
            &json!({ "object": "HTTPUnauthorized", "cause": "Unauthorized", "code": 401, "message": "The server could not verify that you authorized to access the document you requested." }),
        )
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["domains"]) => {
                let zones: Vec<Value> = store.zones.iter().map(|zone| json!({ "fqdn": zone.name })).collect();
                let (number, size) =
                    (asked.number("page").unwrap_or(1), asked.number("per_page").unwrap_or(100));
                with(200, &Value::Array(page(&zones, number, size)))
            }
            (_, ["domains", zone, ..]) if store.zone(zone).is_none() => not_found(),
            ("GET", ["domains", zone, "records", name, rtype]) => {
                let records = store.of(zone, Some(&absolute(name, zone)), Some(rtype));
                let Some(first) = records.first() else { return not_found() };
                let quoted =
                    |value: &str| if *rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() };
                let values: Vec<String> = records.iter().map(|record| quoted(&record.value)).collect();
                let body = json!({ "rrset_name": name, "rrset_type": rtype, "rrset_ttl": first.ttl, "rrset_values": values });
                with(200, &body)
            }
            ("PUT", ["domains", zone, "records", name, rtype]) => {
                let values = asked.json["rrset_values"].as_array().cloned().unwrap_or_default();
                let values: Vec<String> = values
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|value| value.trim_matches('"').to_owned())
                    .collect();
                let ttl = asked.ttl("/rrset_ttl").unwrap_or(10_800);
                if values.is_empty() || ttl < 300 {
                    return with(
                        400,
                        &json!({ "status": "error", "errors": [{ "description": "invalid" }] }),
                    );
                }
                store.replace(zone, (&absolute(name, zone), rtype), &values, ttl);
                with(201, &json!({ "message": "DNS Record Created" }))
            }
            ("DELETE", ["domains", zone, "records", name, rtype]) => {
                store.replace(zone, (&absolute(name, zone), rtype), &[], 0);
                with(204, &Value::Null)
            }
            _ => unknown(asked),
        }
    }
}
