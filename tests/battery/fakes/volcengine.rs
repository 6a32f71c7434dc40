//! Volcengine TrafficRoute, by its documentation.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::signed::{canonical, hex, mac, part, sha256};
use crate::store::{FakeRecord, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct Volcengine;

fn answered(status: u16, asked: &Asked, member: &str, value: &Value) -> Reply {
    let mut metadata = json!({
        "RequestId": "20260528", "Action": asked.asks("Action"), "Version": asked.asks("Version"),
        "Service": "DNS", "Region": "cn-north-1",
    });
    if member == "Error" {
        metadata["Error"] = value.clone();
        return with(status, &json!({ "ResponseMetadata": metadata }));
    }
    with(status, &json!({ "ResponseMetadata": metadata, "Result": value }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "RecordID": record.id, "Host": relative(&record.name, &record.zone, "@"), "Type": record.rtype,
        "Value": record.value, "TTL": record.ttl, "Line": "default", "Weight": 1, "Enable": true,
        "Remark": "kept",
    })
}

impl Fake for Volcengine {
    fn id(&self) -> &'static str {
        "volcengine"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("access_key", "AKLT0a1b"), ("secret_key", "volc-s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let header = asked.header("authorization").unwrap_or_default();
        let (names, date) = (part(header, "SignedHeaders"), "20260528T202640Z");
        let scope = "20260528/cn-north-1/DNS/request";
        let request = canonical(asked, &asked.path, names);
        let text = format!("HMAC-SHA256\n{date}\n{scope}\n{}", sha256(&request));
        let key = mac(&mac(&mac(&mac(b"volc-s3cr3t", "20260528"), "cn-north-1"), "DNS"), "request");
        part(header, "HMAC-SHA256 Credential") == format!("AKLT0a1b/{scope}")
            && asked.header("x-date") == Some(date)
            && asked.header("x-content-sha256") == Some(&sha256(&asked.body))
            && ["host", "x-date"].iter().all(|name| names.split(';').any(|signed| signed == *name))
            && part(header, "Signature") == hex(&mac(&key, &text))
    }

    fn shut_out(&self) -> Reply {
        with(
            401,
            &json!({ "ResponseMetadata": { "RequestId": "1", "Error": { "CodeN": 100_010, "Code": "SignatureDoesNotMatch", "Message": "The request signature we calculated does not match." } } }),
        )
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        assert_eq!(asked.asks("Version"), Some("2018-08-01"));
        let failed = |code: &str, message: &str| {
            answered(400, asked, "Error", &json!({ "Code": code, "Message": message }))
        };
        let unicode = |name: &str| name.replace("xn--bcher-kva", "bücher");
        let (number, size) =
            (asked.number("PageNumber").unwrap_or(1), asked.number("PageSize").unwrap_or(20));
        assert!(size <= 500, "the largest page has 500");
        let asked_zone = match asked.method.as_str() {
            "GET" => asked.asks("ZID").map(str::to_owned),
            _ => asked.json["ZID"].as_u64().map(|zid| zid.to_string()),
        };
        let zone = asked_zone.and_then(|zid| store.zones.iter().find(|zone| zone.id == zid).cloned());
        let ttl = asked.ttl("/TTL").unwrap_or(600);
        match asked.asks("Action").unwrap_or_default() {
            "ListZones" => {
                let exact = asked.asks("SearchMode") == Some("exact");
                let fits = |name: &str| {
                    asked.asks("Key").is_none_or(|key| if exact { name == key } else { name.contains(key) })
                };
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .filter(|zone| fits(&unicode(&zone.name)))
                    .map(|zone| {
                        json!({ "ZID": zone.id.parse::<u64>().expect("a number"), "ZoneName": unicode(&zone.name) })
                    })
                    .collect();
                let list = page(&zones, number, size);
                answered(200, asked, "Result", &json!({ "Zones": list, "Total": zones.len() }))
            }
            "ListRecords" => {
                let Some(zone) = zone else { return failed("ErrZoneNotFound", "zone not found") };
                let name = asked.asks("Host").map(|host| absolute(host, &zone.name));
                let records: Vec<Value> = store
                    .of(&zone.name, name.as_deref(), asked.asks("Type"))
                    .into_iter()
                    .map(shown)
                    .collect();
                let list = page(&records, number, size);
                answered(200, asked, "Result", &json!({ "Records": list, "TotalCount": records.len() }))
            }
            "CreateRecord" | "UpdateRecord" if ttl < 600 => failed("ErrInvalidTTL", "the TTL is too small"),
            "CreateRecord" => {
                let Some(zone) = zone else { return failed("ErrZoneNotFound", "zone not found") };
                let name = absolute(asked.text("/Host"), &zone.name);
                let id = store.add(&name, asked.text("/Type"), asked.text("/Value"), ttl);
                answered(200, asked, "Result", &json!({ "RecordID": id }))
            }
            "UpdateRecord" => {
                assert_eq!((asked.text("/Line"), asked.text("/Remark")), ("default", "kept"));
                let Some(record) = store.record(asked.text("/RecordID")) else {
                    return failed("ErrRecordNotFound", "record not found");
                };
                asked.text("/Value").clone_into(&mut record.value);
                record.ttl = ttl;
                answered(200, asked, "Result", &json!({ "RecordID": asked.text("/RecordID") }))
            }
            "DeleteRecord" if store.remove(asked.text("/RecordID")) => {
                answered(200, asked, "Result", &Value::Null)
            }
            "DeleteRecord" => failed("ErrRecordNotFound", "record not found"),
            _ => failed("InvalidAction", "no such action"),
        }
    }
}
