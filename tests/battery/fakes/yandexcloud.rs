//! Yandex Cloud DNS and the place where its tokens come from, by their documentation and `recorded/yandexcloud.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::signed::{PEM, claims};
use crate::store::Store;
use ring::signature::RSA_PSS_2048_8192_SHA256;
use serde_json::{Value, json};
use std::sync::LazyLock;

pub(crate) struct Yandexcloud;

const TOKEN: &str = "t1.token";

static FIELDS: LazyLock<[(&str, &str); 2]> = LazyLock::new(|| {
    let note = "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <key-1>\n";
    let file = json!({
        "id": "key-1", "service_account_id": "account-1", "key_algorithm": "RSA_2048",
        "private_key": format!("{note}{PEM}"),
    });
    [("folder_id", "folder-1"), ("service_account_key", file.to_string().leak())]
});

fn failed(status: u16, code: u16, message: &str) -> Reply {
    with(status, &json!({ "code": code, "message": message, "details": [] }))
}

fn is_signed(asked: &Asked) -> bool {
    let Some((header, claims)) = claims(asked.text("/jwt"), &RSA_PSS_2048_8192_SHA256) else {
        return false;
    };
    header["alg"] == "PS256"
        && header["kid"] == "key-1"
        && claims["iss"] == "account-1"
        && claims["aud"] == "https://iam.api.cloud.yandex.net/iam/v1/tokens"
        && claims["iat"] == 1_780_000_000_u64
        && claims["exp"].as_u64().is_some_and(|exp| exp <= 1_780_003_600)
}

fn quoted(rtype: &str, value: &str) -> String {
    if rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() }
}

fn shown(store: &Store, zone: &str, name: &str, rtype: &str) -> Option<Value> {
    let records = store.of(zone, Some(name.strip_suffix('.')?), Some(rtype));
    let ttl = records.first()?.ttl.to_string();
    let values: Vec<String> = records.iter().map(|record| quoted(rtype, &record.value)).collect();
    Some(json!({ "name": name, "type": rtype, "ttl": ttl, "data": values }))
}

fn upsert(store: &mut Store, zone: &str, asked: &Asked) -> Reply {
    let all = |what: &str| asked.json[what].as_array().cloned().unwrap_or_default();
    for set in all("deletions") {
        let (name, rtype) =
            (set["name"].as_str().unwrap_or_default(), set["type"].as_str().unwrap_or_default());
        if shown(store, zone, name, rtype).as_ref() != Some(&set) {
            return failed(400, 9, "Record set to delete does not match");
        }
        store.replace(zone, (name.trim_end_matches('.'), rtype), &[], 0);
    }
    for set in all("replacements") {
        let (name, rtype) =
            (set["name"].as_str().unwrap_or_default(), set["type"].as_str().unwrap_or_default());
        let values = set["data"].as_array().cloned().unwrap_or_default();
        let values: Vec<String> =
            values.iter().filter_map(Value::as_str).map(|value| value.trim_matches('"').to_owned()).collect();
        let ttl = set["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
        if values.is_empty() || !name.ends_with('.') {
            return failed(400, 3, "invalid record set");
        }
        store.replace(zone, (name.trim_end_matches('.'), rtype), &values, ttl);
    }
    with(200, &json!({ "done": true, "id": "dnsb3nubmkjerog64al6", "response": {} }))
}

impl Fake for Yandexcloud {
    fn id(&self) -> &'static str {
        "yandexcloud"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &*FIELDS
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if asked.path == "/iam/v1/tokens" { is_signed(asked) } else { asked.has_bearer(TOKEN) }
    }

    fn shut_out(&self) -> Reply {
        failed(401, 16, "The token is invalid")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.path.ends_with(":upsertRecordSets")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("POST", ["iam", "v1", "tokens"]) => {
                with(200, &json!({ "iamToken": TOKEN, "expiresAt": "2026-05-29T08:26:40Z" }))
            }
            ("GET", ["dns", "v1", "zones"]) if asked.asks("folderId") == Some("folder-1") => {
                let size = asked.number("pageSize").unwrap_or(100).min(100);
                let from = asked.number("pageToken").unwrap_or(0);
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .skip(from)
                    .take(size)
                    .map(|zone| json!({ "id": zone.id, "zone": format!("{}.", zone.name), "publicVisibility": {} }))
                    .collect();
                let mut body = json!({ "dnsZones": zones });
                if store.zones.len() > from + size {
                    body["nextPageToken"] = (from + size).to_string().into();
                }
                with(200, &body)
            }
            (method, ["dns", "v1", "zones", call]) => {
                let (id, verb) = call.split_once(':').unwrap_or((call, ""));
                let zone = store.zones.iter().find(|zone| zone.id == id).map(|zone| zone.name.clone());
                let Some(zone) = zone else { return failed(404, 5, "DnsZone not found") };
                match (method, verb) {
                    ("GET", "getRecordSet") => {
                        let (name, rtype) =
                            (asked.asks("name").unwrap_or_default(), asked.asks("type").unwrap_or_default());
                        match shown(store, &zone, name, rtype) {
                            Some(set) => with(200, &set),
                            None => failed(404, 5, "RecordSet not found"),
                        }
                    }
                    ("POST", "upsertRecordSets") => upsert(store, &zone, asked),
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
