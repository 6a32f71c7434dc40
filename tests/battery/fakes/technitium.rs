//! Technitium DNS Server, by its `APIDOCS.md`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, page};
use serde_json::{Value, json};

pub(crate) struct Technitium;

const TOKEN: &str = "s3cr3t-token";

fn data(rtype: &str) -> (&'static str, &'static str) {
    if rtype == "TXT" { ("text", "newText") } else { ("ipAddress", "newIpAddress") }
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "disabled": false, "name": record.name, "type": record.rtype, "ttl": record.ttl,
        "rData": { data(&record.rtype).0: record.value }, "dnssecStatus": "Unknown",
    })
}

fn done(response: &Value) -> Reply {
    with(200, &json!({ "response": response, "status": "ok" }))
}

fn failed(message: &str) -> Reply {
    with(200, &json!({ "status": "error", "errorMessage": message, "stackTrace": "at …" }))
}

impl Fake for Technitium {
    fn id(&self) -> &'static str {
        "technitium"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN), ("server", "https://192.0.2.1:53443")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.field("token") == Some(TOKEN) && asked.query.is_empty()
    }

    fn shut_out(&self) -> Reply {
        with(200, &json!({ "status": "invalid-token", "errorMessage": "Invalid token or session expired." }))
    }

    fn writes(&self, asked: &Asked) -> bool {
        !asked.path.ends_with("/list") && !asked.path.ends_with("/get")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let field = |key: &str| asked.field(key).unwrap_or_default().to_owned();
        let (name, zone, rtype) = (field("domain"), field("zone"), field("type"));
        let (member, new) = data(&rtype);
        let value = field(member);
        let ttl = field("ttl").parse::<u32>().unwrap_or(3600);
        let there = store.of(&zone, Some(&name), Some(&rtype));
        let id = there.iter().find(|record| record.value == value).map(|record| record.id.clone());
        match asked.path.as_str() {
            _ if asked.method != "POST" => unknown(asked),
            "/zones/list" => {
                let number: usize = field("pageNumber").parse().unwrap_or(1);
                let size: usize = field("zonesPerPage").parse().unwrap_or(10);
                let zones: Vec<Value> =
                    store.zones.iter().map(|zone| json!({ "name": zone.name, "type": "Primary" })).collect();
                let pages = zones.len().div_ceil(size);
                done(
                    &json!({ "pageNumber": number, "totalPages": pages, "zones": page(&zones, number, size) }),
                )
            }
            _ if store.zone(&zone).is_none() => failed("No such zone was found: example.edu"),
            "/zones/records/get" => {
                let records: Vec<Value> = store.of(&zone, Some(&name), None).into_iter().map(shown).collect();
                done(&json!({ "zone": { "name": zone, "type": "Primary" }, "records": records }))
            }
            "/zones/records/add" if id.is_some() => failed("Cannot add record: record already exists."),
            "/zones/records/add" => {
                assert_eq!(field("overwrite"), "false", "others stay");
                store.add(&name, &rtype, &value, ttl);
                done(&json!({}))
            }
            "/zones/records/update" | "/zones/records/delete" if id.is_none() => {
                failed("Cannot update record: the old record does not exist.")
            }
            "/zones/records/update" => {
                let record = store.record(&id.expect("it is there")).expect("it is there");
                record.value = field(new);
                record.ttl = ttl;
                done(&json!({}))
            }
            "/zones/records/delete" => {
                store.remove(&id.expect("it is there"));
                done(&json!({}))
            }
            _ => unknown(asked),
        }
    }
}
