//! STACKIT DNS and the place where its tokens come from, by the description of their APIs. Every change is seen running
//! once.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::signed::{PEM, claims};
use crate::store::{FakeRecord, Store, page};
use ring::signature::RSA_PKCS1_2048_8192_SHA512;
use serde_json::{Value, json};
use std::sync::LazyLock;

pub(crate) struct Stackit;

const TOKEN: &str = "eyJ.token";
const PROJECT: &str = "2a4d0c1e-project";

static FIELDS: LazyLock<[(&str, &str); 2]> = LazyLock::new(|| {
    let file = json!({ "id": "1", "credentials": { "kid": "0a1b2c", "iss": "dns@sa.stackit.cloud",
        "sub": "6b1f", "aud": "https://stackit-service-account-prod.apps.01.cf.eu01.stackit.cloud",
        "privateKey": PEM } });
    [("service_account", file.to_string().leak()), ("project_id", PROJECT)]
});

fn says(status: u16, message: &str) -> Reply {
    with(status, &json!({ "message": message }))
}

fn is_signed(asked: &Asked) -> bool {
    let Some((header, claims)) =
        asked.field("assertion").and_then(|token| claims(token, &RSA_PKCS1_2048_8192_SHA512))
    else {
        return false;
    };
    asked.field("grant_type") == Some("urn:ietf:params:oauth:grant-type:jwt-bearer")
        && header["alg"] == "RS512"
        && header["kid"] == "0a1b2c"
        && claims["iss"] == "dns@sa.stackit.cloud"
        && claims["sub"] == "6b1f"
        && claims["jti"].as_str().is_some_and(|id| !id.is_empty())
        && claims["iat"] == 1_780_000_000_u64
}

/// A set; its identifier is made of its place.
fn shown(records: &[&FakeRecord], state: &str) -> Value {
    let first = records.first().expect("a set has records");
    let values: Vec<Value> =
        records.iter().map(|record| json!({ "id": record.id, "content": record.value })).collect();
    json!({ "id": format!("{}~{}", first.name, first.rtype), "name": format!("{}.", first.name), "active": true,
        "type": first.rtype, "ttl": first.ttl, "state": state, "records": values })
}

fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), asked.number("pageSize").unwrap_or(100));
    assert_eq!(asked.asks("active[eq]"), Some("true"));
    let pages = all.len().div_ceil(size);
    with(
        200,
        &json!({ "itemsPerPage": size, "totalItems": all.len(), "totalPages": pages, what: page(all, number, size) }),
    )
}

/// The values and the TTL that are sent.
fn read(asked: &Asked) -> Option<(Vec<String>, u32)> {
    let records = asked.json["records"].as_array().filter(|records| !records.is_empty())?;
    let values: Option<Vec<String>> =
        records.iter().map(|record| record["content"].as_str().map(str::to_owned)).collect();
    Some((values?, asked.ttl("/ttl").filter(|ttl| *ttl >= 60)?))
}

impl Fake for Stackit {
    fn id(&self) -> &'static str {
        "stackit"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        FIELDS.as_slice()
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if asked.path == "/token" { is_signed(asked) } else { asked.has_bearer(TOKEN) }
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET" && asked.path != "/token"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        if let ("POST", ["token"]) = (method, route.as_slice()) {
            return with(200, &json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600 }));
        }
        let ["v1", "projects", PROJECT, "zones", rest @ ..] = route.as_slice() else { return unknown(asked) };
        let zone = rest.first().and_then(|id| store.zones.iter().find(|zone| zone.id == *id));
        let zone = zone.map(|zone| zone.name.clone());
        match (method, rest, zone) {
            ("GET", [], _) => {
                let wanted = asked.asks("dnsName[eq]");
                let zones = store.zones.iter().filter(|zone| wanted.is_none_or(|wanted| wanted == zone.name));
                let zones: Vec<Value> =
                    zones.map(|zone| json!({ "id": zone.id, "dnsName": zone.name })).collect();
                listed("zones", &zones, asked)
            }
            (_, _, None) => says(404, "zone not found"),
            ("GET", [_, "rrsets"], Some(zone)) => {
                let records = store.of(&zone, None, asked.asks("type[eq]"));
                let mut names: Vec<&str> = records.iter().map(|record| record.name.as_str()).collect();
                names.sort_unstable();
                names.dedup();
                let sets = names.into_iter().map(|name| {
                    let of: Vec<&FakeRecord> =
                        records.iter().filter(|record| record.name == name).copied().collect();
                    shown(&of, "CREATE_SUCCEEDED")
                });
                listed("rrSets", &sets.collect::<Vec<_>>(), asked)
            }
            ("POST", [_, "rrsets"], Some(zone)) => {
                let (name, rtype) =
                    (asked.text("/name").trim_end_matches('.').to_owned(), asked.text("/type"));
                let Some((values, ttl)) = read(asked) else { return says(400, "invalid") };
                if !store.of(&zone, Some(&name), Some(rtype)).is_empty() {
                    return says(409, "there is one");
                }
                store.replace(&zone, (&name, rtype), &values, ttl);
                let records = store.of(&zone, Some(&name), Some(rtype));
                with(202, &json!({ "rrset": shown(&records, "CREATING") }))
            }
            (_, [_, "rrsets", id], Some(zone)) => {
                let (name, rtype) = id.split_once('~').expect("an identifier");
                let records = store.of(&zone, Some(name), Some(rtype));
                if records.is_empty() {
                    return says(404, "rrset not found");
                }
                match method {
                    "GET" => with(200, &json!({ "rrset": shown(&records, "UPDATE_SUCCEEDED") })),
                    "PATCH" => {
                        let Some((values, ttl)) = read(asked) else { return says(400, "invalid") };
                        store.replace(&zone, (name, rtype), &values, ttl);
                        says(202, "accepted")
                    }
                    "DELETE" => {
                        store.replace(&zone, (name, rtype), &[], 0);
                        says(202, "accepted")
                    }
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
