//! NearlyFreeSpeech.NET, by <https://members.nearlyfreespeech.net/wiki/API/Introduction> and `recorded/nfsn.toml`.

use crate::asked::Asked;
use crate::crypt::sha1;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{Store, absolute, relative};
use serde_json::{Value, json};

pub(crate) struct Nfsn;

const KEY: &str = "s3cr3t-key";

fn failed(status: u16, error: &str) -> Reply {
    with(status, &json!({ "error": error, "debug": "" }))
}

impl Fake for Nfsn {
    fn id(&self) -> &'static str {
        "nfsn"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY), ("login", "member")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let header = asked.header("x-nfsn-authentication").unwrap_or_default();
        let parts: Vec<&str> = header.split(';').collect();
        let ["member", time @ "1780000000", salt, hash] = parts.as_slice() else { return false };
        let whole = format!("member;{time};{salt};{KEY};{};{}", asked.path, sha1(&asked.body));
        salt.len() == 16 && salt.bytes().all(|b| b.is_ascii_alphanumeric()) && *hash == sha1(&whole)
    }

    fn shut_out(&self) -> Reply {
        failed(401, "The authentication failed.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        !asked.path.ends_with("/listRRs")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let ("POST", ["dns", zone, action]) = (method, route.as_slice()) else { return unknown(asked) };
        if store.zone(zone).is_none() {
            return failed(404, "The API request was not valid.");
        }
        let field = |key: &str| asked.field(key).unwrap_or_default().to_owned();
        let (rtype, data) = (field("type"), field("data"));
        let name = absolute(&field("name"), zone);
        match *action {
            "listRRs" => {
                let only = (!field("name").is_empty()).then_some(name.as_str());
                let records = store.of(zone, only, Some(&rtype)).into_iter().map(|record| {
                    json!({
                        "name": relative(&record.name, zone, ""), "type": record.rtype, "data": record.value,
                        "ttl": record.ttl, "scope": "member",
                    })
                });
                let records = Value::Array(records.collect());
                with(200, &records)
            }
            "addRR" => {
                let ttl = field("ttl").parse().unwrap_or(3600);
                let there =
                    store.of(zone, Some(&name), Some(&rtype)).iter().any(|record| record.value == data);
                if there || ttl < 180 {
                    return failed(409, "The specified resource record could not be added.");
                }
                store.add(&name, &rtype, &data, ttl);
                dynflare_testkit::serve::reply(200, "")
            }
            "removeRR" => {
                let all = store.of(zone, Some(&name), Some(&rtype));
                let id = all.iter().find(|record| record.value == data).map(|record| record.id.clone());
                if id.is_some_and(|id| store.remove(&id)) {
                    dynflare_testkit::serve::reply(200, "")
                } else {
                    failed(404, "The specified resource record could not be removed.")
                }
            }
            _ => unknown(asked),
        }
    }
}
