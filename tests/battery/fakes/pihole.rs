//! Pi-hole, by <https://docs.pi-hole.net/api/> and the description that every Pi-hole serves at `/api/docs`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::Store;
use dynflare_testkit::serve::reply;
use serde_json::json;
use std::net::IpAddr;

pub(crate) struct PiHole;

const PASSWORD: &str = "s3cr3t-password";
const SID: &str = "9N80JpYyHRBX4c5RW95Fyg=";

fn failed(status: u16, key: &str, message: &str) -> Reply {
    with(status, &json!({ "error": { "key": key, "message": message, "hint": null }, "took": 0.001 }))
}

impl Fake for PiHole {
    fn id(&self) -> &'static str {
        "pihole"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("password", PASSWORD), ("server", "pi.hole")]
    }

    fn has_zones(&self) -> bool {
        false
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if asked.path == "/auth" {
            return asked.text("/password") == PASSWORD;
        }
        asked.header("x-ftl-sid") == Some(SID)
    }

    fn shut_out(&self) -> Reply {
        failed(401, "unauthorized", "Unauthorized")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET" && asked.path != "/auth"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("POST", ["auth"]) => {
                let session =
                    json!({ "valid": true, "totp": false, "sid": SID, "csrf": "Ux87", "validity": 1800 });
                with(200, &json!({ "session": session, "took": 0.03 }))
            }
            ("GET", ["config", "dns", "hosts"]) => {
                let hosts = store.records.iter().filter(|record| record.rtype != "TXT");
                let hosts: Vec<String> =
                    hosts.map(|record| format!("{} {}", record.value, record.name)).collect();
                with(200, &json!({ "config": { "dns": { "hosts": hosts } }, "took": 0.0001 }))
            }
            ("PUT" | "DELETE", ["config", "dns", "hosts", entry]) => {
                let Some((address, name)) = entry.split_once(' ') else {
                    return failed(
                        400,
                        "bad_request",
                        "Invalid value: neither a valid IPv4 nor IPv6 address",
                    );
                };
                let Ok(parsed) = address.parse::<IpAddr>() else {
                    return failed(
                        400,
                        "bad_request",
                        "Invalid value: neither a valid IPv4 nor IPv6 address",
                    );
                };
                let rtype = if parsed.is_ipv4() { "A" } else { "AAAA" };
                let there =
                    store.records.iter().find(|record| record.name == name && record.value == address);
                match (method, there.map(|record| record.id.clone())) {
                    ("PUT", Some(_)) => failed(400, "bad_request", "Item already present"),
                    ("PUT", None) => {
                        store.add(name, rtype, address, 0);
                        with(201, &json!({ "took": 0.04 }))
                    }
                    (_, Some(id)) => {
                        store.remove(&id);
                        reply(204, "")
                    }
                    (_, None) => failed(404, "not_found", "Item not found"),
                }
            }
            _ => unknown(asked),
        }
    }
}
