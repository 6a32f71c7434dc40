//! DNSPod by Tencent Cloud's API 3.0, by its documentation.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::signed::{hex, mac, part, sha256};
use crate::store::{FakeRecord, Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Tencentcloud;

pub(super) fn done(data: Value) -> Reply {
    let mut response = data;
    response["RequestId"] = "ab4f1426-ea15-42ea-8183-dc1b44151166".into();
    with(200, &json!({ "Response": response }))
}

pub(super) fn failed(code: &str, message: &str) -> Reply {
    done(json!({ "Error": { "Code": code, "Message": message } }))
}

/// Whether a request to a service is signed by the key `sk-s3cr3t`.
pub(super) fn is_signed(asked: &Asked, service: &str) -> bool {
    let header = asked.header("authorization").unwrap_or_default();
    let scope = format!("2026-05-28/{service}/tc3_request");
    // The action is signed in lower case.
    let signed = format!(
        "POST\n/\n\ncontent-type:{}\nhost:{}\nx-tc-action:{}\n\ncontent-type;host;x-tc-action\n{}",
        asked.header("content-type").unwrap_or_default(),
        asked.header("host").unwrap_or_default(),
        asked.header("x-tc-action").unwrap_or_default().to_ascii_lowercase(),
        sha256(&asked.body)
    );
    let text = format!("TC3-HMAC-SHA256\n1780000000\n{scope}\n{}", sha256(&signed));
    let key = mac(&mac(&mac(b"TC3sk-s3cr3t", "2026-05-28"), service), "tc3_request");
    asked.header("x-tc-timestamp") == Some("1780000000")
        && part(header, "TC3-HMAC-SHA256 Credential") == format!("AKIDsomeone/{scope}")
        && part(header, "SignedHeaders") == "content-type;host;x-tc-action"
        && part(header, "Signature") == hex(&mac(&key, &text))
}

/// The account that signs so.
pub(super) const FIELDS: &[(&str, &str)] = &[("secret_id", "AKIDsomeone"), ("secret_key", "sk-s3cr3t")];

fn shown(record: &FakeRecord) -> Value {
    json!({
        "RecordId": record.id.parse::<u64>().expect("a number"), "Value": record.value, "Status": "ENABLE",
        "Name": relative(&record.name, &record.zone, "@"), "Line": "默认", "LineId": "0", "Type": record.rtype,
        "Weight": null, "MonitorStatus": "", "Remark": "kept", "TTL": record.ttl, "MX": 0, "DefaultNS": false,
    })
}

impl Fake for Tencentcloud {
    fn id(&self) -> &'static str {
        "tencentcloud"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        FIELDS
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        is_signed(asked, "dnspod") && asked.header("x-tc-version") == Some("2021-03-23")
    }

    fn shut_out(&self) -> Reply {
        failed("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")
    }

    fn busy(&self) -> Reply {
        failed("RequestLimitExceeded", "Your current request times equals to 21 in a second.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        !asked.header("x-tc-action").unwrap_or_default().starts_with("Describe")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let number = |key: &str| asked.json[key].as_u64().and_then(|number| usize::try_from(number).ok());
        let (offset, limit) = (number("Offset").unwrap_or(0), number("Limit").unwrap_or(100));
        assert!(limit <= 3000);
        let unicode = |name: &str| name.replace("xn--bcher-kva", "bücher");
        let zone = asked.text("/Domain").replace("bücher", "xn--bcher-kva");
        let is_there = store.zones.iter().any(|there| there.name == zone);
        let id = asked.json["RecordId"].as_u64().map(|id| id.to_string()).unwrap_or_default();
        let ttl = asked.ttl("/TTL").unwrap_or(600);
        let action = asked.header("x-tc-action").unwrap_or_default();
        match action {
            "DescribeDomainList" => {
                let keyword = asked.text("/Keyword");
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .filter(|zone| unicode(&zone.name).contains(keyword))
                    .skip(offset)
                    .take(limit)
                    .map(|zone| json!({ "DomainId": 7, "Name": unicode(&zone.name), "Punycode": zone.name }))
                    .collect();
                if zones.is_empty() {
                    return failed("ResourceNotFound.NoDataOfDomain", "No domain names on this list.");
                }
                done(json!({ "DomainCountInfo": { "AllTotal": zones.len() }, "DomainList": zones }))
            }
            _ if !is_there => {
                failed("FailedOperation.NotDomainOwner", "You are not the owner of this domain name.")
            }
            "DescribeRecordList" => {
                let name = absolute(asked.text("/Subdomain"), &zone);
                let records: Vec<Value> = store
                    .of(&zone, Some(&name), Some(asked.text("/RecordType")))
                    .into_iter()
                    .skip(offset)
                    .take(limit)
                    .map(shown)
                    .collect();
                if records.is_empty() {
                    return failed("ResourceNotFound.NoDataOfRecord", "No records on this list.");
                }
                done(json!({ "RecordCountInfo": { "TotalCount": records.len() }, "RecordList": records }))
            }
            "CreateRecord" | "ModifyRecord" if ttl < 600 || asked.text("/RecordLine").is_empty() => {
                failed("LimitExceeded.RecordTtlLimit", "The TTL value of the record exceeded the limit.")
            }
            "CreateRecord" => {
                let name = absolute(asked.text("/SubDomain"), &zone);
                let id = store.add(&name, asked.text("/RecordType"), asked.text("/Value"), ttl);
                done(json!({ "RecordId": id.parse::<u64>().expect("a number") }))
            }
            "ModifyRecord" => {
                assert_eq!(asked.text("/Remark"), "kept");
                let Some(record) = store.record(&id) else {
                    return failed("InvalidParameter.RecordIdInvalid", "Invalid record ID.");
                };
                assert_eq!(record.name, absolute(asked.text("/SubDomain"), &zone), "it is not renamed");
                asked.text("/Value").clone_into(&mut record.value);
                record.ttl = ttl;
                done(json!({ "RecordId": asked.json["RecordId"] }))
            }
            "DeleteRecord" if store.remove(&id) => done(json!({})),
            "DeleteRecord" => failed("InvalidParameter.RecordIdInvalid", "Invalid record ID."),
            _ => failed("InvalidAction", action),
        }
    }
}
