//! DNS records of EdgeOne, by its documentation; the protocol is that of [`super::tencentcloud`].

use super::tencentcloud::{FIELDS, done, failed, is_signed};
use crate::asked::Asked;
use crate::fake::{Fake, Reply};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};

pub(crate) struct EdgeoneDns;

fn zone_id(id: &str) -> String {
    format!("zone-{id}")
}

fn record_id(id: &str) -> String {
    format!("record-{id}")
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "ZoneId": "zone-1", "RecordId": record_id(&record.id), "Name": record.name, "Type": record.rtype,
        "Location": "Default", "Content": record.value, "TTL": record.ttl, "Weight": -1, "Priority": 0,
        "Status": "enable", "CreatedOn": "2026-01-01T00:00:00Z", "ModifiedOn": "2026-01-01T00:00:00Z",
    })
}

/// Whether a record passes all filters.
fn passes(record: &Value, filters: &[Value]) -> bool {
    filters.iter().all(|filter| {
        let member = match filter["Name"].as_str() {
            Some("name") => "Name",
            Some("type") => "Type",
            other => panic!("no filter by {other:?}"),
        };
        filter["Values"].as_array().is_some_and(|values| values.contains(&record[member]))
    })
}

impl Fake for EdgeoneDns {
    fn id(&self) -> &'static str {
        "edgeone-dns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        FIELDS
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        is_signed(asked, "teo") && asked.header("x-tc-version") == Some("2022-09-01")
    }

    fn shut_out(&self) -> Reply {
        failed("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        !asked.header("x-tc-action").unwrap_or_default().starts_with("Describe")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let number = |key: &str| asked.json[key].as_u64().and_then(|number| usize::try_from(number).ok());
        let (offset, limit) = (number("Offset").unwrap_or(0), number("Limit").unwrap_or(20));
        let zone = store.zones.iter().find(|zone| zone_id(&zone.id) == asked.text("/ZoneId"));
        let zone = zone.map(|zone| zone.name.clone());
        let action = asked.header("x-tc-action").unwrap_or_default();
        if action == "DescribeZones" {
            assert!(limit <= 100, "the largest page of sites has 100");
            let all = store.zones.iter().skip(offset).take(limit);
            let zones: Vec<Value> =
                all.map(|zone| json!({ "ZoneId": zone_id(&zone.id), "ZoneName": zone.name })).collect();
            return done(json!({ "TotalCount": store.zones.len(), "Zones": zones }));
        }
        let Some(zone) = zone else {
            return failed("InvalidParameter.ZoneNotFound", "The site does not exist.");
        };
        let id = |value: &Value| value.as_str().unwrap_or_default().trim_start_matches("record-").to_owned();
        match action {
            "DescribeDnsRecords" => {
                assert!(limit <= 1000, "the largest page of records has 1000");
                let filters = asked.json["Filters"].as_array().cloned().unwrap_or_default();
                let all = store.of(&zone, None, None).into_iter().map(shown);
                let all = all.filter(|record| passes(record, &filters));
                let records: Vec<Value> = all.skip(offset).take(limit).collect();
                done(json!({ "TotalCount": records.len(), "DnsRecords": records }))
            }
            "CreateDnsRecord" => {
                let ttl = asked.ttl("/TTL").unwrap_or(300);
                if !(60..=86_400).contains(&ttl) {
                    return failed("InvalidParameter.TTL", "The TTL is out of range.");
                }
                let id = store.add(asked.text("/Name"), asked.text("/Type"), asked.text("/Content"), ttl);
                done(json!({ "RecordId": record_id(&id) }))
            }
            "ModifyDnsRecords" => {
                for change in asked.json["DnsRecords"].as_array().cloned().unwrap_or_default() {
                    assert_eq!((&change["Weight"], &change["Location"]), (&json!(-1), &json!("Default")));
                    assert!(change.get("Status").is_none() && change.get("CreatedOn").is_none());
                    let Some(record) = store.record(&id(&change["RecordId"])) else {
                        return failed("ResourceNotFound", "The record does not exist.");
                    };
                    change["Content"].as_str().unwrap_or_default().clone_into(&mut record.value);
                    record.ttl =
                        change["TTL"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or(300);
                }
                done(json!({}))
            }
            "DeleteDnsRecords" => {
                let ids = asked.json["RecordIds"].as_array().cloned().unwrap_or_default();
                if ids.iter().all(|gone| store.remove(&id(gone))) {
                    return done(json!({}));
                }
                failed("ResourceNotFound", "The record does not exist.")
            }
            _ => failed("InvalidAction", action),
        }
    }
}
