//! Alibaba Cloud DNS, by its documentation and `recorded/alidns.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::signed::{canonical, hex, mac, part, sha256};
use crate::store::{FakeRecord, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct Alidns;

fn failed(status: u16, code: &str, message: &str) -> Reply {
    with(
        status,
        &json!({ "RequestId": "F2911788", "HostId": "alidns.aliyuncs.com", "Code": code, "Message": message }),
    )
}

fn no_zone() -> Reply {
    failed(404, "InvalidDomainName.NoExist", "The specified domain name does not exist.")
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "RR": relative(&record.name, &record.zone, "@"), "Status": "ENABLE", "Value": record.value, "Weight": 1,
        "RecordId": record.id, "Type": record.rtype, "DomainName": record.zone, "Locked": false,
        "Line": "default", "TTL": record.ttl,
    })
}

impl Fake for Alidns {
    fn id(&self) -> &'static str {
        "alidns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("access_key_id", "LTAI0a1b2c"), ("access_key_secret", "ali-s3cr3t")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let header = asked.header("authorization").unwrap_or_default();
        let names = part(header, "SignedHeaders");
        let all = ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"];
        let request = canonical(asked, &asked.path, names);
        let text = format!("ACS3-HMAC-SHA256\n{}", sha256(&request));
        header.starts_with("ACS3-HMAC-SHA256 ")
            && part(header, "ACS3-HMAC-SHA256 Credential") == "LTAI0a1b2c"
            && all.iter().all(|name| names.split(';').any(|signed| signed == *name))
            && asked.header("x-acs-content-sha256") == Some(&sha256(&asked.body))
            && asked.header("x-acs-date") == Some("2026-05-28T20:26:40Z")
            && part(header, "Signature") == hex(&mac(b"ali-s3cr3t", &text))
    }

    fn shut_out(&self) -> Reply {
        failed(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    }

    fn busy(&self) -> Reply {
        failed(400, "Throttling.User", "Request was denied due to user flow control.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        !asked.header("x-acs-action").unwrap_or_default().starts_with("Describe")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        assert_eq!(asked.header("x-acs-version"), Some("2015-01-09"));
        let param = |key: &str| asked.asks(key).unwrap_or_default();
        let (number, size) =
            (asked.number("PageNumber").unwrap_or(1), asked.number("PageSize").unwrap_or(20));
        let zone = param("DomainName");
        let is_there = store.zones.iter().any(|there| there.name == zone);
        let ttl = param("TTL").parse().unwrap_or(600);
        let done = |id: &str| with(200, &json!({ "RequestId": "B6DCC186", "RecordId": id }));
        match asked.header("x-acs-action").unwrap_or_default() {
            "DescribeDomains" => {
                assert!(size <= 100, "the largest page of zones has 100");
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "DomainName": zone.name, "DomainId": zone.id }))
                    .collect();
                let list = page(&zones, number, size);
                with(
                    200,
                    &json!({ "PageNumber": number, "PageSize": size, "TotalCount": zones.len(), "Domains": { "Domain": list } }),
                )
            }
            "DescribeSubDomainRecords" => {
                assert!(size <= 500, "the largest page of records has 500");
                if !is_there {
                    return no_zone();
                }
                let name = param("SubDomain").strip_prefix("@.").unwrap_or(param("SubDomain"));
                let records: Vec<Value> =
                    store.of(zone, Some(name), asked.asks("Type")).into_iter().map(shown).collect();
                let list = page(&records, number, size);
                with(
                    200,
                    &json!({ "PageNumber": number, "PageSize": size, "TotalCount": records.len(), "DomainRecords": { "Record": list } }),
                )
            }
            "AddDomainRecord" if !is_there => no_zone(),
            "AddDomainRecord" | "UpdateDomainRecord" if ttl < 600 => {
                failed(400, "QuotaExceeded.TTL", "The TTL is out of your edition's range.")
            }
            "AddDomainRecord" => {
                let id = store.add(&absolute(param("RR"), zone), param("Type"), param("Value"), ttl);
                done(&id)
            }
            "UpdateDomainRecord" => {
                assert_eq!(param("Line"), "default", "the line is kept");
                let Some(record) = store.record(param("RecordId")) else {
                    return failed(400, "DomainRecordNotBelongToUser", "The record does not belong to you.");
                };
                assert_eq!(relative(&record.name, &record.zone, "@"), param("RR"), "it is not renamed");
                if (record.value.as_str(), record.ttl) == (param("Value"), ttl) {
                    return failed(400, "DomainRecordDuplicate", "The DNS record already exists.");
                }
                param("Value").clone_into(&mut record.value);
                record.ttl = ttl;
                done(param("RecordId"))
            }
            "DeleteDomainRecord" if store.remove(param("RecordId")) => done(param("RecordId")),
            _ => failed(400, "DomainRecordNotBelongToUser", "The record does not belong to you."),
        }
    }
}
