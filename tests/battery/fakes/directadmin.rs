//! DirectAdmin, by the pages on its old API and `recorded/directadmin.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, relative};
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};

pub(crate) struct DirectAdmin;

/// The zone's own name is absolute, others are relative.
fn name(record: &FakeRecord) -> String {
    if record.name == record.zone {
        format!("{}.", record.name)
    } else {
        relative(&record.name, &record.zone, "").to_owned()
    }
}

fn combined(record: &FakeRecord) -> String {
    format!("name={}&value={}", name(record), record.value)
}

fn failed(result: &str) -> Reply {
    with(200, &json!({ "error": "Cannot Execute Your Request", "result": result }))
}

fn done(success: &str) -> Reply {
    with(200, &json!({ "result": "", "success": success }))
}

impl Fake for DirectAdmin {
    fn id(&self) -> &'static str {
        "directadmin"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("password", "s3cr3t-key"), ("server", "192.0.2.1:2222"), ("username", "somebody")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("somebody", "s3cr3t-key")
    }

    fn shut_out(&self) -> Reply {
        reply(401, "error=1&text=You%20cannot%20execute%20that%20command&details=No%20access")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let field = |key: &str| asked.field(key).unwrap_or_default();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/CMD_API_SHOW_DOMAINS") => {
                let list = store.zones.iter().map(|zone| format!("list%5B%5D={}", zone.name));
                reply(200, list.collect::<Vec<_>>().join("&"))
            }
            ("GET", "/CMD_API_DNS_CONTROL") if asked.asks("json") == Some("yes") => {
                let zone = asked.asks("domain").unwrap_or_default();
                if store.zone(zone).is_none() {
                    return failed("You do not own that domain");
                }
                let records = store.of(zone, None, None).into_iter().map(|record| {
                    json!({
                        "type": record.rtype, "name": name(record), "value": record.value,
                        "combined": combined(record), "ttl": record.ttl.to_string(),
                    })
                });
                let records: Vec<Value> = records.collect();
                with(200, &json!({ "records": records }))
            }
            ("POST", "/CMD_API_DNS_CONTROL") => {
                let rtype = ["A", "AAAA", "TXT"]
                    .into_iter()
                    .find(|rtype| asked.field(&format!("{}recs0", rtype.to_lowercase())).is_some());
                let chosen = rtype.map(|rtype| {
                    let wanted = field(&format!("{}recs0", rtype.to_lowercase())).to_owned();
                    let records = store.of(field("domain"), None, Some(rtype));
                    let found = records.iter().find(|record| combined(record) == wanted);
                    found.map(|record| record.id.clone())
                });
                let ttl = field("ttl").parse().unwrap_or(14_400);
                let absolute = field("name").trim_end_matches('.');
                match (field("action"), chosen) {
                    ("add" | "edit", _) if !field("name").ends_with('.') || ttl < 60 => {
                        failed("Invalid record")
                    }
                    ("add", None) => {
                        store.add(absolute, field("type"), field("value"), ttl);
                        done("record added")
                    }
                    ("edit", Some(Some(id))) => {
                        let record = store.record(&id).expect("it is there");
                        field("value").clone_into(&mut record.value);
                        record.ttl = ttl;
                        done("record added")
                    }
                    ("select", Some(Some(id))) if field("delete") == "yes" => {
                        store.remove(&id);
                        done("Records Deleted")
                    }
                    _ => failed("No such record"),
                }
            }
            _ => unknown(asked),
        }
    }
}
