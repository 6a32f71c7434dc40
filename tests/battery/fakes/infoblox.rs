//! Infoblox NIOS, by the guide of its WAPI and `recorded/infoblox.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct Infoblox;

/// The type of a kind of records and the member that holds their data.
fn kind(path: &str) -> Option<(&'static str, &'static str)> {
    match path {
        "record:a" => Some(("A", "ipv4addr")),
        "record:aaaa" => Some(("AAAA", "ipv6addr")),
        "record:txt" => Some(("TXT", "text")),
        _ => None,
    }
}

fn failed(status: u16, code: &str, text: &str) -> Reply {
    with(status, &json!({ "Error": format!("{code}: {text}"), "code": code, "text": text }))
}

impl Fake for Infoblox {
    fn id(&self) -> &'static str {
        "infoblox"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("password", "s3cr3t"), ("server", "192.0.2.1"), ("username", "admin")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("admin", "s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        dynflare_testkit::serve::reply(401, "<html><title>401 Authorization Required</title></html>")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["zone_auth"]) => {
                let zones =
                    store.zones.iter().filter(|zone| asked.asks("fqdn").is_none_or(|name| zone.name == name));
                let zones: Vec<Value> = zones
                    .map(|zone| json!({ "_ref": format!("zone_auth/x:{}/default", zone.name), "fqdn": zone.name, "view": "default" }))
                    .collect();
                if asked.asks("view") != Some("default") {
                    return failed(404, "Client.Ibap.Data.NotFound", "View not found");
                }
                if asked.asks("_paging") != Some("1") {
                    assert!(zones.len() <= 1000, "more than 1000 objects are an error without pages");
                    return with(200, &Value::Array(zones));
                }
                let skip = asked.number("_page_id").unwrap_or(0);
                let size = asked.number("_max_results").unwrap_or(100);
                let mut body = json!({ "result": zones.iter().skip(skip).take(size).collect::<Vec<_>>() });
                if skip + size < zones.len() {
                    body["next_page_id"] = json!((skip + size).to_string());
                }
                with(200, &body)
            }
            ("GET", [path]) => {
                let Some((rtype, member)) = kind(path) else { return unknown(asked) };
                let name = asked.asks("name").unwrap_or_default();
                assert!(asked.asks("_return_fields").is_some_and(|fields| fields.contains(member)));
                let records =
                    store.records.iter().filter(|record| record.name == name && record.rtype == rtype);
                let records = records.map(|record| {
                    json!({
                        "_ref": format!("{path}/{}:{name}/default", record.id), member: record.value,
                        "ttl": record.ttl, "use_ttl": true, "disable": false,
                    })
                });
                let records = Value::Array(records.collect());
                with(200, &records)
            }
            ("POST", [path]) => {
                let Some((rtype, member)) = kind(path) else { return unknown(asked) };
                let name = asked.text("/name");
                let holds = |zone: &&crate::store::FakeZone| {
                    name == zone.name || name.ends_with(&format!(".{}", zone.name))
                };
                if asked.text("/view") != "default" || !store.zones.iter().any(|zone| holds(&zone)) {
                    return failed(
                        400,
                        "Client.Ibap.Data",
                        "The action is not allowed. A parent was not found.",
                    );
                }
                let value = asked.text(&format!("/{member}")).trim_matches('"');
                let ttl = if asked.json["use_ttl"] == true { asked.ttl("/ttl").unwrap_or(0) } else { 28_800 };
                let id = store.add(name, rtype, value, ttl);
                with(201, &json!(format!("{path}/{id}:{name}/default")))
            }
            (_, [path, rest, "default"]) => {
                let Some((_, member)) = kind(path) else { return unknown(asked) };
                let id = rest.split(':').next().unwrap_or_default();
                let gone = || failed(404, "Client.Ibap.Data.NotFound", "Reference not found");
                match method {
                    "PUT" => {
                        let Some(record) = store.record(id) else { return gone() };
                        asked.text(&format!("/{member}")).trim_matches('"').clone_into(&mut record.value);
                        record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                        with(200, &json!(asked.path))
                    }
                    "DELETE" if store.remove(id) => with(200, &json!(asked.path)),
                    "DELETE" => gone(),
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
