//! TransIP's REST API, by its documentation and `recorded/transip.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::signed::{PEM, base64, public};
use crate::store::{FakeRecord, Store, absolute, relative};
use ring::signature::RSA_PKCS1_2048_8192_SHA512;
use serde_json::{Value, json};

pub(crate) struct Transip;

const TOKEN: &str = "eyJ0eXAiOiJKV1QifQ.token";

fn shown(record: &FakeRecord) -> Value {
    json!({
        "name": relative(&record.name, &record.zone, "@"), "expire": record.ttl, "type": record.rtype,
        "content": record.value,
    })
}

fn failed(status: u16, error: &str) -> Reply {
    with(status, &json!({ "error": error }))
}

/// Whether the login is signed by the key whose public half the account holds.
fn is_signed(asked: &Asked) -> bool {
    let signature = asked.header("signature").unwrap_or_default();
    let Ok(signature) = domain::utils::base64::decode::<Vec<u8>>(signature) else { return false };
    assert_eq!(base64(&signature), asked.header("signature").unwrap_or_default());
    public().verify(&RSA_PKCS1_2048_8192_SHA512, asked.body.as_bytes(), &signature).is_ok()
}

impl Fake for Transip {
    fn id(&self) -> &'static str {
        "transip"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("account_name", "someone"), ("private_key", PEM)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        match asked.path.as_str() {
            "/auth" => {
                let nonce = asked.text("/nonce").len();
                asked.text("/login") == "someone" && (6..=32).contains(&nonce) && is_signed(asked)
            }
            _ => asked.has_bearer(TOKEN),
        }
    }

    fn shut_out(&self) -> Reply {
        failed(401, "Your access token is invalid.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET" && asked.path != "/auth"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let entry = asked.json.get("dnsEntry").cloned().unwrap_or(Value::Null);
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let ttl = entry["expire"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
        match (method, route.as_slice()) {
            ("POST", ["auth"]) => {
                let known = ["30 minutes", "1 hour", "1 day"];
                assert!(known.contains(&asked.text("/expiration_time")) && asked.text("/label").len() <= 32);
                with(201, &json!({ "token": TOKEN }))
            }
            ("GET", ["domains"]) => {
                let zones: Vec<Value> =
                    store.zones.iter().map(|zone| json!({ "name": zone.name, "isDnsOnly": false })).collect();
                with(200, &json!({ "domains": zones }))
            }
            (_, ["domains", zone, ..]) if !store.zones.iter().any(|there| there.name == *zone) => {
                failed(404, &format!("Domain with name '{zone}' not found"))
            }
            ("GET", ["domains", zone, "dns"]) => {
                let records: Vec<Value> = store.of(zone, None, None).into_iter().map(shown).collect();
                with(200, &json!({ "dnsEntries": records }))
            }
            ("POST", ["domains", zone, "dns"]) if ttl >= 60 && !text("content").is_empty() => {
                store.add(&absolute(&text("name"), zone), &text("type"), &text("content"), ttl);
                with(201, &json!([]))
            }
            ("POST", ["domains", _, "dns"]) => failed(406, "This is not a valid DNS entry"),
            ("DELETE", ["domains", zone, "dns"]) => {
                let gone =
                    store.of(zone, None, None).into_iter().find(|record| shown(record) == entry).cloned();
                match gone {
                    Some(record) => {
                        store.remove(&record.id);
                        with(204, &Value::Null)
                    }
                    None => failed(404, "Dns Entry not found"),
                }
            }
            _ => unknown(asked),
        }
    }
}
