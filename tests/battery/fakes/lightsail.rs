//! Amazon Lightsail, by the reference of its API.

use crate::asked::Asked;
use crate::crypt::is_signed_v4;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};

pub(crate) struct Lightsail;

const SECRET: &str = "wJalr-s3cr3t-EXAMPLEKEY";

fn action(asked: &Asked) -> &str {
    asked
        .header("x-amz-target")
        .and_then(|target| target.strip_prefix("Lightsail_20161128."))
        .unwrap_or_default()
}

fn failed(status: u16, name: &str, message: &str) -> Reply {
    with(status, &json!({ "__type": format!("com.amazonaws.lightsail#{name}"), "message": message }))
}

fn shown(record: &FakeRecord) -> Value {
    let target = if record.rtype == "TXT" { format!("\"{}\"", record.value) } else { record.value.clone() };
    json!({ "id": record.id, "name": record.name, "type": record.rtype, "target": target, "isAlias": false })
}

impl Fake for Lightsail {
    fn id(&self) -> &'static str {
        "lightsail"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("secret_access_key", SECRET), ("access_key_id", "AKIDEXAMPLE")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        is_signed_v4(asked, "AKIDEXAMPLE", SECRET, "lightsail")
    }

    fn shut_out(&self) -> Reply {
        failed(400, "UnrecognizedClientException", "The security token included in the request is invalid.")
    }

    fn busy(&self) -> Reply {
        let mut reply = failed(400, "ThrottlingException", "Rate exceeded");
        reply.headers_mut().insert("retry-after", "30".parse().expect("a number"));
        reply
    }

    fn broken(&self) -> Reply {
        failed(500, "ServiceException", "A general service exception.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        !action(asked).starts_with("Get")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let zone = asked.text("/domainName");
        let text = |member: &str| asked.text(&format!("/domainEntry/{member}"));
        let target = text("target").trim_matches('"');
        let done = || with(200, &json!({ "operation": { "status": "Succeeded" } }));
        let typed = asked.header("content-type") == Some("application/x-amz-json-1.1");
        match action(asked) {
            _ if asked.method != "POST" || asked.path != "/" || !typed => unknown(asked),
            "GetDomains" => {
                let skip: usize = asked.text("/pageToken").parse().unwrap_or(0);
                let zones = store.zones.iter().skip(skip).take(100).map(|zone| json!({ "name": zone.name }));
                let mut body = json!({ "domains": zones.collect::<Vec<_>>() });
                if skip + 100 < store.zones.len() {
                    body["nextPageToken"] = json!((skip + 100).to_string());
                }
                with(200, &body)
            }
            _ if store.zone(zone).is_none() => {
                failed(404, "NotFoundException", "The Domain does not exist: example.edu")
            }
            "GetDomain" => {
                let mut entries: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                entries.push(json!({ "id": "1", "name": format!("alias.{zone}"), "type": "A", "target": "lb.example.net", "isAlias": true }));
                with(200, &json!({ "domain": { "name": zone, "domainEntries": entries } }))
            }
            "CreateDomainEntry" => {
                store.add(text("name"), text("type"), target, 60);
                done()
            }
            "UpdateDomainEntry" => match store.record(text("id")) {
                Some(record) => {
                    target.clone_into(&mut record.value);
                    done()
                }
                None => failed(404, "NotFoundException", "The DomainEntry does not exist."),
            },
            "DeleteDomainEntry" if store.remove(text("id")) => done(),
            "DeleteDomainEntry" => failed(404, "NotFoundException", "The DomainEntry does not exist."),
            _ => unknown(asked),
        }
    }
}
