//! cPanel, by the description of UAPI.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::Store;
use domain::utils::base64;
use serde_json::{Value, json};

pub(crate) struct CPanel;

/// A serial that changes with the zone.
fn serial(store: &Store, zone: &str) -> String {
    let sum: usize =
        store.of(zone, None, None).iter().map(|record| record.value.len() + record.id.len()).sum();
    (2_021_031_900 + sum).to_string()
}

fn encoded(text: &str) -> String {
    base64::encode_string(text.as_bytes())
}

fn done(data: &Value) -> Reply {
    with(
        200,
        &json!({ "status": 1, "data": data, "errors": null, "messages": null, "warnings": null, "metadata": {} }),
    )
}

fn failed(error: &str) -> Reply {
    with(200, &json!({ "status": 0, "data": null, "errors": [error], "messages": null, "metadata": {} }))
}

impl Fake for CPanel {
    fn id(&self) -> &'static str {
        "cpanel"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", "s3cr3t-token"), ("server", "192.0.2.1:2083"), ("username", "somebody")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("authorization") == Some("cpanel somebody:s3cr3t-token")
    }

    fn shut_out(&self) -> Reply {
        dynflare_testkit::serve::reply(401, "Access denied")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let zone = asked.asks("zone").or(asked.field("zone")).unwrap_or_default();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/DomainInfo/list_domains") => {
                let names: Vec<&str> = store.zones.iter().map(|zone| zone.name.as_str()).collect();
                done(
                    &json!({ "main_domain": names[0], "addon_domains": names[1..], "parked_domains": [], "sub_domains": [] }),
                )
            }
            _ if store.zone(zone).is_none() => {
                failed(&format!("You do not control a DNS zone named {zone}."))
            }
            ("GET", "/DNS/parse_zone") => {
                let soa =
                    ["ns.example.net.", "hostmaster.example.net.", &serial(store, zone), "3600", "1800"];
                let mut lines = vec![
                    json!({ "line_index": 0, "type": "comment", "text_b64": encoded("; cPanel") }),
                    json!({
                        "line_index": 3, "type": "record", "record_type": "SOA", "ttl": 86_400,
                        "dname_b64": encoded(&format!("{zone}.")), "data_b64": soa.map(encoded),
                    }),
                ];
                lines.extend(store.of(zone, None, None).into_iter().map(|record| {
                    // Names below the zone's own are written relative.
                    let name = match record.name.strip_suffix(&format!(".{zone}")) {
                        Some(relative) => relative.to_owned(),
                        None => format!("{}.", record.name),
                    };
                    json!({
                        "line_index": record.id.parse::<u64>().expect("a number"), "type": "record",
                        "record_type": record.rtype, "ttl": record.ttl, "dname_b64": encoded(&name),
                        "data_b64": [encoded(&record.value)],
                    })
                }));
                done(&Value::Array(lines))
            }
            ("POST", "/DNS/mass_edit_zone") => {
                if asked.field("serial") != Some(&*serial(store, zone)) {
                    return failed("The given serial number does not match the DNS zone's serial number.");
                }
                for (key, value) in &asked.form {
                    match key.as_str() {
                        "remove" if !store.remove(value) => return failed("There is no such line."),
                        "add" => {
                            let line: Value = serde_json::from_str(value).expect("JSON");
                            let text = |member: &str| line[member].as_str().unwrap_or_default();
                            let ttl =
                                line["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or(0);
                            if ttl < 60 || !text("dname").ends_with('.') {
                                return failed("Invalid record.");
                            }
                            let data = line["data"][0].as_str().unwrap_or_default();
                            store.add(text("dname").trim_end_matches('.'), text("record_type"), data, ttl);
                        }
                        _ => {}
                    }
                }
                done(&json!({ "new_serial": serial(store, zone) }))
            }
            _ => unknown(asked),
        }
    }
}
