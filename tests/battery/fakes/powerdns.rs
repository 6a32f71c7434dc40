//! PowerDNS, by <https://doc.powerdns.com/authoritative/http-api/zone.html> and what the real server does, which has a
//! test of its own.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::Store;
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};

pub(crate) struct PowerDns;

const KEY: &str = "s3cr3t-key";

fn not_found() -> Reply {
    with(404, &json!({ "error": "Not Found" }))
}

fn invalid(what: &str) -> Reply {
    with(422, &json!({ "error": what }))
}

fn patch(store: &mut Store, zone: &str, set: &Value) -> Option<Reply> {
    let name = set["name"].as_str().unwrap_or_default();
    let rtype = set["type"].as_str().unwrap_or_default();
    let Some(name) = name.strip_suffix('.') else {
        return Some(invalid(&format!("DNS Name '{name}' is not canonical")));
    };
    match set["changetype"].as_str() {
        Some("DELETE") => store.replace(zone, (name, rtype), &[], 0),
        Some("REPLACE") => {
            let Some(ttl) = set["ttl"].as_u64() else { return Some(invalid("Key 'ttl' not an Integer")) };
            let records = set["records"].as_array().cloned().unwrap_or_default();
            let contents = records.iter().filter_map(|record| record["content"].as_str());
            if rtype == "TXT" && contents.clone().any(|content| !content.starts_with('"')) {
                return Some(invalid("Parsing record content (try 'pdnsutil check-zone')"));
            }
            let values: Vec<String> = contents.map(|content| content.trim_matches('"').to_owned()).collect();
            store.replace(zone, (name, rtype), &values, u32::try_from(ttl).expect("a TTL"));
        }
        _ => return Some(invalid("Changetype not understood")),
    }
    None
}

impl Fake for PowerDns {
    fn id(&self) -> &'static str {
        "powerdns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY), ("server", "http://192.0.2.1:8081")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-api-key") == Some(KEY)
    }

    fn shut_out(&self) -> Reply {
        reply(401, "Unauthorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["servers", "localhost", "zones"]) => {
                let wanted = asked.asks("zone");
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| format!("{}.", zone.name))
                    .filter(|name| wanted.is_none_or(|wanted| wanted == name))
                    .map(|name| json!({ "id": name, "name": name, "kind": "Native", "dnssec": false }))
                    .collect();
                with(200, &Value::Array(zones))
            }
            (_, ["servers", "localhost", "zones", zone])
                if !zone.ends_with('.') || store.zone(zone).is_none() =>
            {
                not_found()
            }
            ("GET", ["servers", "localhost", "zones", zone]) => {
                let zone = zone.trim_end_matches('.');
                let records = store.of(zone, None, None);
                let mut keys: Vec<_> = records.iter().map(|record| (&record.name, &record.rtype)).collect();
                keys.sort();
                keys.dedup();
                let sets: Vec<Value> = keys
                    .into_iter()
                    .map(|(name, rtype)| {
                        let own = store.of(zone, Some(name), Some(rtype));
                        let content = |value: &str| {
                            if rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() }
                        };
                        let shown: Vec<Value> = own
                            .iter()
                            .map(|record| json!({ "content": content(&record.value), "disabled": false }))
                            .collect();
                        json!({
                            "name": format!("{name}."), "type": rtype, "ttl": own[0].ttl, "comments": [], "records": shown,
                        })
                    })
                    .collect();
                let name = format!("{zone}.");
                with(200, &json!({ "id": name, "name": name, "kind": "Native", "rrsets": sets }))
            }
            ("PATCH", ["servers", "localhost", "zones", zone]) => {
                let sets = asked.json["rrsets"].as_array().cloned().unwrap_or_default();
                let zone = zone.trim_end_matches('.');
                let wrong = sets.iter().find_map(|set| patch(store, zone, set));
                wrong.unwrap_or_else(|| with(204, &Value::Null))
            }
            _ => unknown(asked),
        }
    }
}
