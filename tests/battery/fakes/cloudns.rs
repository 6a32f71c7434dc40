//! ClouDNS, by its documentation and `recorded/cloudns.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store, absolute, page, relative};
use serde_json::{Map, Value, json};

pub(crate) struct Cloudns;

/// The TTLs that are taken.
const TTLS: [u32; 8] = [60, 300, 900, 1800, 3600, 21_600, 43_200, 86_400];

fn said(status: &str, description: &str) -> Reply {
    with(200, &json!({ "status": status, "statusDescription": description }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id, "type": record.rtype, "host": relative(&record.name, &record.zone, ""),
        "record": record.value, "failover": "0", "ttl": record.ttl.to_string(), "status": 1,
    })
}

impl Fake for Cloudns {
    fn id(&self) -> &'static str {
        "cloudns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("auth_id", "4711"), ("auth_password", "pass-s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let at = |key: &str| asked.field(key).or_else(|| asked.asks(key));
        at("auth-id") == Some("4711") && at("auth-password") == Some("pass-s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        said("Failed", "Invalid authentication, incorrect auth-id or auth-password.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.path.ends_with("-record.json")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let field = |key: &str| asked.field(key).unwrap_or_default();
        let number = |key: &str| field(key).parse().unwrap_or(1);
        let zone = field("domain-name");
        let is_there = store.zones.iter().any(|there| there.name == zone);
        let ttl = field("ttl").parse().unwrap_or(0);
        let refused_ttl = || said("Failed", "Invalid TTL. Choose from the list of the values we support.");
        match asked.path.as_str() {
            "/dns/list-zones.json" => {
                let size = number("rows-per-page");
                assert!([10, 20, 30, 50, 100].contains(&size), "no other size is taken");
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "name": zone.name, "type": "master", "zone": "domain", "status": "1" }))
                    .collect();
                with(200, &page(&zones, number("page"), size).into())
            }
            _ if !is_there => said("Failed", "Missing domain-name"),
            "/dns/records.json" => {
                let name = asked.field("host").map(|host| absolute(host, zone));
                let records = store.of(zone, name.as_deref(), asked.field("type"));
                if records.is_empty() {
                    return with(200, &json!([]));
                }
                let records: Map<String, Value> =
                    records.into_iter().map(|record| (record.id.clone(), shown(record))).collect();
                with(200, &records.into())
            }
            "/dns/add-record.json" if TTLS.contains(&ttl) => {
                let name = absolute(field("host"), zone);
                let id = store.add(&name, field("record-type"), field("record"), ttl);
                let id: u64 = id.parse().expect("a number");
                let told = "The record was added successfully.";
                with(200, &json!({ "status": "Success", "statusDescription": told, "data": { "id": id } }))
            }
            "/dns/mod-record.json" if TTLS.contains(&ttl) => {
                let Some(record) = store.record(field("record-id")) else {
                    return said("Failed", "Invalid record-id param.");
                };
                assert_eq!(record.name, absolute(field("host"), zone), "it is not renamed");
                field("record").clone_into(&mut record.value);
                record.ttl = ttl;
                said("Success", "The record was modified successfully.")
            }
            "/dns/add-record.json" | "/dns/mod-record.json" => refused_ttl(),
            "/dns/delete-record.json" if store.remove(field("record-id")) => {
                said("Success", "The record was deleted successfully.")
            }
            _ => said("Failed", "Invalid record-id param."),
        }
    }
}
