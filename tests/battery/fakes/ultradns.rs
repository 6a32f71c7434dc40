//! UltraDNS, by its REST API guide and the exchanges of other requests that were recorded in 2020.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct UltraDns;

const PASSWORD: &str = "s3cr3t-password";
const TOKEN: &str = "an-access-token";

fn failed(status: u16, code: u32, message: &str) -> Reply {
    with(status, &json!([{ "errorCode": code, "errorMessage": message }]))
}

impl Fake for UltraDns {
    fn id(&self) -> &'static str {
        "ultradns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("password", PASSWORD), ("username", "somebody")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if asked.path == "/authorization/token" {
            return asked.field("grant_type") == Some("password")
                && asked.field("username") == Some("somebody")
                && asked.field("password") == Some(PASSWORD);
        }
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        let message = "invalid_grant:Invalid username & password combination.";
        with(400, &json!({ "errorCode": 60001, "errorMessage": message, "error": "invalid_grant" }))
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET" && asked.path != "/authorization/token"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone_of = |store: &Store, zone: &str| {
            zone.strip_suffix('.').and_then(|zone| store.zone(zone)).map(|zone| zone.name.clone())
        };
        match (method, route.as_slice()) {
            ("POST", ["authorization", "token"]) => with(
                200,
                &json!({ "tokenType": "Bearer", "accessToken": TOKEN, "access_token": TOKEN, "expiresIn": "3600" }),
            ),
            ("GET", ["v3", "zones"]) => {
                let skip = asked.number("cursor").unwrap_or(0);
                let size = asked.number("limit").unwrap_or(100);
                let zones = store.zones.iter().skip(skip).take(size).map(
                    |zone| json!({ "properties": { "name": format!("{}.", zone.name), "type": "PRIMARY" } }),
                );
                let zones: Vec<Value> = zones.collect();
                let mut cursor = json!({ "limit": size });
                if skip + size < store.zones.len() {
                    cursor["next"] = json!((skip + size).to_string());
                }
                with(200, &json!({ "cursorInfo": cursor, "zones": zones }))
            }
            (_, ["v2", "zones", zone, ..]) if zone_of(store, zone).is_none() => {
                failed(404, 1801, "Zone does not exist in the system.")
            }
            ("GET", ["v2", "zones", zone]) => with(200, &json!({ "properties": { "name": zone } })),
            (_, ["v2", "zones", zone, "rrsets", rtype, owner]) => {
                let zone = zone_of(store, zone).expect("it is there");
                let Some(name) = owner.strip_suffix('.') else { return failed(400, 56009, "Invalid owner") };
                let records = store.of(&zone, Some(name), Some(rtype));
                let (ttl, none) = (records.first().map(|record| record.ttl), records.is_empty());
                let values: Vec<String> = records.iter().map(|record| record.value.clone()).collect();
                match method {
                    "GET" if none => failed(404, 70002, "Data not found."),
                    "GET" => {
                        let set = json!({ "ownerName": owner, "rrtype": format!("{rtype} (1)"), "ttl": ttl, "rdata": values });
                        with(200, &json!({ "zoneName": format!("{zone}."), "rrSets": [set] }))
                    }
                    "POST" if !none => {
                        failed(400, 2111, "Resource Record of type 1 with these attributes already exists.")
                    }
                    "PATCH" | "DELETE" if none => {
                        failed(404, 56001, "Cannot find resource record data for the input zone.")
                    }
                    "POST" | "PATCH" => {
                        let rdata = asked.json["rdata"].as_array().cloned().unwrap_or_default();
                        let rdata: Vec<String> =
                            rdata.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                        let Some(ttl @ 30..) = asked.ttl("/ttl") else {
                            return failed(400, 53005, "Invalid TTL");
                        };
                        store.replace(&zone, (name, rtype), &rdata, ttl);
                        with(if none { 201 } else { 200 }, &json!({ "message": "Successful" }))
                    }
                    "DELETE" => {
                        store.replace(&zone, (name, rtype), &[], 0);
                        dynflare_testkit::serve::reply(204, "")
                    }
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
