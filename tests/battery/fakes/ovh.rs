//! `OVHcloud`, by <https://eu.api.ovh.com/console/?section=%2Fdomain&branch=v1> and `recorded/ovh.toml`.

use crate::asked::Asked;
use crate::crypt::sha1;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Ovh;

const KEY: &str = "7kbG7Bk7S9Nt7ZSV";
const SECRET: &str = "s3cr3t-application";
const CONSUMER: &str = "s3cr3t-consumer";

fn error(status: u16, class: &str, message: &str) -> Reply {
    with(status, &json!({ "class": class, "message": message }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "zone": record.zone, "fieldType": record.rtype,
        "subDomain": relative(&record.name, &record.zone, ""), "target": record.value, "ttl": record.ttl,
    })
}

impl Fake for Ovh {
    fn id(&self) -> &'static str {
        "ovh"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("application_key", KEY), ("application_secret", SECRET), ("consumer_key", CONSUMER)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let (Some(host), Some(time)) = (asked.header("host"), asked.header("x-ovh-timestamp")) else {
            return false;
        };
        let url = format!("http://{host}{}", asked.target);
        let text = [SECRET, CONSUMER, &asked.method, &url, &asked.body, time].join("+");
        asked.header("x-ovh-application") == Some(KEY)
            && asked.header("x-ovh-consumer") == Some(CONSUMER)
            && asked.header("x-ovh-signature") == Some(&format!("$1${}", sha1(&text)))
    }

    fn shut_out(&self) -> Reply {
        let body = json!({ "errorCode": "INVALID_CREDENTIAL", "httpCode": "403 Forbidden", "message": "This credential is not valid" });
        with(403, &body)
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["domain", "zone"]) => {
                with(200, &store.zones.iter().map(|zone| json!(zone.name)).collect())
            }
            (_, ["domain", "zone", zone, ..]) if store.zone(zone).is_none() => {
                error(404, "Client::NotFound", "This service does not exist")
            }
            ("GET", ["domain", "zone", zone, "record"]) => {
                // The filter of the name finds what holds the text.
                let part = asked.asks("subDomain").unwrap_or_default();
                let records = store.of(zone, None, asked.asks("fieldType")).into_iter();
                let fits = records.filter(|record| relative(&record.name, zone, "").contains(part));
                with(200, &fits.map(|record| json!(record.id.parse::<u64>().expect("a number"))).collect())
            }
            ("GET", ["domain", "zone", _, "record", id]) => match store.record(id) {
                Some(record) => with(200, &shown(record)),
                None => error(404, "Client::NotFound", "The requested object (id) does not exist"),
            },
            ("POST", ["domain", "zone", zone, "record"]) => {
                let ttl = asked.ttl("/ttl").unwrap_or(0);
                if ttl != 0 && ttl < 60 {
                    return error(400, "Client::BadRequest", "Invalid TTL");
                }
                let name = absolute(asked.text("/subDomain"), zone);
                let id = store.add(&name, asked.text("/fieldType"), asked.text("/target"), ttl);
                let record = store.record(&id).expect("it was added").clone();
                with(200, &shown(&record))
            }
            ("PUT", ["domain", "zone", _, "record", id]) => match store.record(id) {
                Some(record) => {
                    asked.text("/target").clone_into(&mut record.value);
                    record.ttl = asked.ttl("/ttl").unwrap_or(record.ttl);
                    with(200, &Value::Null)
                }
                None => error(404, "Client::NotFound", "The requested object (id) does not exist"),
            },
            ("DELETE", ["domain", "zone", _, "record", id]) => {
                if store.remove(id) {
                    with(200, &Value::Null)
                } else {
                    error(404, "Client::NotFound", "The requested object (id) does not exist")
                }
            }
            ("POST", ["domain", "zone", _, "refresh"]) => with(200, &Value::Null),
            _ => unknown(asked),
        }
    }
}
