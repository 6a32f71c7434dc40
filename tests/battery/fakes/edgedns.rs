//! Akamai Edge DNS, by its API's reference and the description of EdgeGrid.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, page};
use domain::utils::base64;
use dynflare_testkit::serve::reply;
use ring::{digest, hmac};
use serde_json::{Value, json};

pub(crate) struct EdgeDns;

const SECRET: &str = "s3cr3t-client-secret=";

fn keyed(key: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    base64::encode_string(hmac::sign(&key, text.as_bytes()).as_ref())
}

fn problem(status: u16, title: &str) -> Reply {
    with(
        status,
        &json!({ "type": "https://problems.luna.akamaiapis.net/config-dns", "title": title, "detail": title }),
    )
}

impl Fake for EdgeDns {
    fn id(&self) -> &'static str {
        "edgedns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("access_token", "akab-access-s3cr3t"),
            ("client_secret", SECRET),
            ("client_token", "akab-client-s3cr3t"),
            ("host", "akab-host.luna.akamaiapis.net"),
        ]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let header = asked.header("authorization").unwrap_or_default();
        let Some((signed, signature)) = header.split_once("signature=") else { return false };
        let start = "EG1-HMAC-SHA256 client_token=akab-client-s3cr3t;access_token=akab-access-s3cr3t;\
                     timestamp=20260528T20:26:40+0000;nonce=";
        if !signed.starts_with(start) || signed.len() < start.len() + 16 {
            return false;
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&asked.query).finish();
        let target = if query.is_empty() { asked.path.clone() } else { format!("{}?{query}", asked.path) };
        let hash = if asked.method == "POST" {
            base64::encode_string(digest::digest(&digest::SHA256, asked.body.as_bytes()).as_ref())
        } else {
            String::new()
        };
        let host = asked.header("host").unwrap_or_default();
        let text = format!("{}\thttp\t{host}\t{target}\t\t{hash}\t{signed}", asked.method);
        signature == keyed(&keyed(SECRET, "20260528T20:26:40+0000"), &text)
    }

    fn shut_out(&self) -> Reply {
        problem(401, "Not authorized")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["zones"]) => {
                let (number, size) =
                    (asked.number("page").unwrap_or(1), asked.number("pageSize").unwrap_or(25));
                let zones: Vec<Value> =
                    store.zones.iter().map(|zone| json!({ "zone": zone.name, "type": "PRIMARY" })).collect();
                let metadata = json!({ "page": number, "pageSize": size, "totalElements": zones.len() });
                with(200, &json!({ "metadata": metadata, "zones": page(&zones, number, size) }))
            }
            (_, ["zones", zone, ..]) if store.zone(zone).is_none() => problem(404, "Not Found"),
            ("GET", ["zones", zone]) => with(200, &json!({ "zone": zone, "type": "PRIMARY" })),
            (_, ["zones", zone, "names", name, "types", rtype]) => {
                let records = store.of(zone, Some(name), Some(rtype));
                let none = records.is_empty();
                match method {
                    "GET" | "PUT" | "DELETE" if none => problem(404, "Not Found"),
                    "POST" if !none => problem(409, "Record set already exists"),
                    "GET" => {
                        let ttl = records[0].ttl;
                        let quoted = |value: &str| {
                            if *rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() }
                        };
                        // Addresses are shown with every one of their digits.
                        let rdata: Vec<String> = records
                            .iter()
                            .map(|record| match record.value.parse::<std::net::Ipv6Addr>() {
                                Ok(address) => address.segments().map(|part| format!("{part:04x}")).join(":"),
                                Err(_) => quoted(&record.value),
                            })
                            .collect();
                        with(200, &json!({ "name": name, "type": rtype, "ttl": ttl, "rdata": rdata }))
                    }
                    "POST" | "PUT" => {
                        let Some(ttl @ 30..) = asked.ttl("/ttl") else { return problem(400, "Invalid TTL") };
                        if asked.text("/name") != *name || asked.text("/type") != *rtype {
                            return problem(400, "Record set does not match the path");
                        }
                        let rdata = asked.json["rdata"].as_array().cloned().unwrap_or_default();
                        let rdata: Vec<String> = rdata
                            .iter()
                            .filter_map(|value| Some(value.as_str()?.trim_matches('"').to_owned()))
                            .collect();
                        store.replace(zone, (name, rtype), &rdata, ttl);
                        with(if none { 201 } else { 200 }, &asked.json)
                    }
                    "DELETE" => {
                        store.replace(zone, (name, rtype), &[], 0);
                        reply(204, "")
                    }
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
