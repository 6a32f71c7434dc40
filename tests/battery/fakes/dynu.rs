//! Dynu's REST API, by <https://www.dynu.com/Support/API> and `recorded/dynu.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Dynu;

const KEY: &str = "s3cr3t-key";

fn member(rtype: &str) -> &'static str {
    match rtype {
        "A" => "ipv4Address",
        "AAAA" => "ipv6Address",
        _ => "textData",
    }
}

fn shown(record: &FakeRecord) -> Value {
    let mut shown = json!({
        "id": record.id.parse::<u64>().expect("a number"), "domainId": 1, "domainName": record.zone,
        "nodeName": relative(&record.name, &record.zone, ""), "hostname": record.name, "recordType": record.rtype,
        "ttl": record.ttl, "state": true, "location": "", "group": "",
        "content": format!("{}. {} IN {} {}", record.name, record.ttl, record.rtype, record.value),
    });
    shown[member(&record.rtype)] = record.value.clone().into();
    shown
}

fn failed(code: u16, kind: &str, message: &str) -> Reply {
    // The status of HTTP is another.
    with(200, &json!({ "statusCode": code, "type": kind, "message": message }))
}

fn done(mut body: Value) -> Reply {
    body["statusCode"] = 200.into();
    with(200, &body)
}

impl Fake for Dynu {
    fn id(&self) -> &'static str {
        "dynu"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("api-key") == Some(KEY)
    }

    fn shut_out(&self) -> Reply {
        failed(401, "Authentication Exception", "Failed authentication.")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let ["dns", rest @ ..] = route.as_slice() else { return failed(404, "Not Found", "Not found.") };
        let zone = rest.first().map(|id| store.zone(id).map(|zone| zone.name.clone()));
        match (method, rest, zone) {
            ("GET", [], _) => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "id": zone.id.parse::<u64>().expect("a number"), "name": zone.name, "unicodeName": zone.name }))
                    .collect();
                done(json!({ "domains": zones }))
            }
            ("GET", [_, "record"], Some(Some(zone))) => {
                let records: Vec<Value> = store.of(&zone, None, None).into_iter().map(shown).collect();
                done(json!({ "dnsRecords": records }))
            }
            ("POST", [_, "record"], Some(Some(zone))) => {
                let rtype = asked.text("/recordType");
                let value = asked.text(&format!("/{}", member(rtype)));
                let name = absolute(asked.text("/nodeName"), &zone);
                let (Some(ttl), false) = (asked.ttl("/ttl").filter(|ttl| *ttl >= 30), value.is_empty())
                else {
                    return failed(501, "Argument Exception", "Invalid.");
                };
                let id = store.add(&name, rtype, value, ttl);
                done(shown(store.record(&id).expect("it was added")))
            }
            ("POST", [_, "record", id], Some(Some(_))) => {
                let Some(record) =
                    store.record(id).filter(|record| record.rtype == asked.text("/recordType"))
                else {
                    return failed(501, "Argument Exception", "Invalid.");
                };
                assert!(asked.json.get("group").is_some() && asked.json["state"] == true, "nothing is lost");
                asked.text(&format!("/{}", member(&record.rtype))).clone_into(&mut record.value);
                record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                done(shown(record))
            }
            ("DELETE", [_, "record", id], Some(Some(_))) => {
                if store.remove(id) {
                    done(json!({}))
                } else {
                    failed(501, "Argument Exception", "Invalid.")
                }
            }
            _ => failed(501, "Argument Exception", "Invalid."),
        }
    }
}
