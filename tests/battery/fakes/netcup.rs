//! netcup's JSON-RPC, by `recorded/netcup.toml` and what its users report of its failures.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Netcup;

const SESSION: &str = "c2Vzc2lvbg";

fn answered(asked: &Asked, code: u16, (short, long): (&str, &str), data: &Value) -> Reply {
    let status = if code == 2000 { "success" } else { "error" };
    with(
        200,
        &json!({
            "serverrequestid": "VVT21k24FyQT0A2b2x11IsUM9M0j", "clientrequestid": "",
            "action": asked.text("/action"), "status": status, "statuscode": code, "shortmessage": short,
            "longmessage": long, "responsedata": data,
        }),
    )
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id, "hostname": relative(&record.name, &record.zone, "@"), "type": record.rtype,
        "priority": "0", "destination": record.value, "deleterecord": false, "state": "yes",
    })
}

impl Fake for Netcup {
    fn id(&self) -> &'static str {
        "netcup"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("customer_number", "12345"), ("api_key", "key-s3cr3t"), ("api_password", "pass-s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let known =
            asked.text("/param/customernumber") == "12345" && asked.text("/param/apikey") == "key-s3cr3t";
        let proof = match asked.text("/action") {
            "login" => asked.text("/param/apipassword") == "pass-s3cr3t",
            _ => asked.text("/param/apisessionid") == SESSION,
        };
        known && proof && asked.path == "/endpoint.php"
    }

    fn shut_out(&self) -> Reply {
        with(
            200,
            &json!({
                "serverrequestid": "1", "action": "login", "status": "error", "statuscode": 4013,
                "shortmessage": "Validation Error.",
                "longmessage": "Value in field apikey does not match requirements of type: apikey.",
                "responsedata": "",
            }),
        )
    }

    fn busy(&self) -> Reply {
        let long = "More than 180 requests per minute. Please wait and retry later.";
        with(
            200,
            &json!({ "status": "error", "statuscode": 4013, "shortmessage": "Validation Error.", "longmessage": long, "responsedata": "" }),
        )
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.text("/action") == "updateDnsRecords"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let zone = asked.text("/param/domainname");
        let is_there = store.zones.iter().any(|there| there.name == zone);
        let failed = |code, long| answered(asked, code, ("failed", long), &json!(""));
        match asked.text("/action") {
            "login" => answered(
                asked,
                2000,
                ("Login successful", "Session has been created successful."),
                &json!({ "apisessionid": SESSION }),
            ),
            "infoDnsRecords" if !is_there => {
                failed(5029, "Can not get DNS records for zone. Domain not found.")
            }
            "updateDnsRecords" if !is_there => {
                failed(5028, "Can not update (all) DNS records for zone. The zone could not be found.")
            }
            "infoDnsRecords" => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                answered(asked, 2000, ("DNS records found", ""), &json!({ "dnsrecords": records }))
            }
            "updateDnsRecords" => {
                let Some(records) = asked.json["param"]["dnsrecordset"]["dnsrecords"].as_array() else {
                    return failed(4013, "Message is empty.");
                };
                for record in records {
                    let text = |key: &str| record[key].as_str().unwrap_or_default();
                    if text("hostname").is_empty() || text("destination").is_empty() {
                        return failed(4013, "der Host darf nicht leer sein");
                    }
                    let gone = record["deleterecord"].as_bool().unwrap_or_default();
                    match (text("id"), gone) {
                        ("", _) => {
                            store.add(
                                &absolute(text("hostname"), zone),
                                text("type"),
                                text("destination"),
                                86_400,
                            );
                        }
                        (id, true) => {
                            store.remove(id);
                        }
                        (id, false) => {
                            let Some(there) = store.record(id) else {
                                return failed(5028, "Can not update DNS record.");
                            };
                            text("destination").clone_into(&mut there.value);
                        }
                    }
                }
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                answered(
                    asked,
                    2000,
                    ("DNS records successful updated", ""),
                    &json!({ "dnsrecords": records }),
                )
            }
            _ => failed(4013, "Unknown action."),
        }
    }
}
