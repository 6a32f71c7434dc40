//! Google Cloud DNS and the place where its tokens come from, by their documentation and
//! `recorded/googleclouddns.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::signed::{PEM, claims};
use crate::store::Store;
use ring::signature::RSA_PKCS1_2048_8192_SHA256;
use serde_json::{Value, json};
use std::sync::LazyLock;

pub(crate) struct Googleclouddns;

const TOKEN: &str = "ya29.token";
const MAIL: &str = "dns@project-1.iam.gserviceaccount.com";

static FIELDS: LazyLock<[(&str, &str); 1]> = LazyLock::new(|| {
    let file = json!({
        "type": "service_account", "project_id": "project-1", "private_key_id": "0a1b2c", "private_key": PEM,
        "client_email": MAIL, "client_id": "1234", "token_uri": "https://oauth2.googleapis.com/token",
    });
    [("service_account", file.to_string().leak())]
});

fn failed(status: u16, reason: &str, message: &str) -> Reply {
    with(
        status,
        &json!({ "error": { "code": status, "message": message, "errors": [{ "message": message, "domain": "global", "reason": reason }] } }),
    )
}

fn is_signed(asked: &Asked) -> bool {
    let Some((header, claims)) =
        asked.field("assertion").and_then(|token| claims(token, &RSA_PKCS1_2048_8192_SHA256))
    else {
        return false;
    };
    asked.field("grant_type") == Some("urn:ietf:params:oauth:grant-type:jwt-bearer")
        && header["alg"] == "RS256"
        && header["kid"] == "0a1b2c"
        && claims["iss"] == MAIL
        && claims["aud"] == "https://oauth2.googleapis.com/token"
        && claims["scope"] == "https://www.googleapis.com/auth/ndev.clouddns.readwrite"
        && claims["iat"] == 1_780_000_000_u64
        && claims["exp"].as_u64().is_some_and(|exp| exp <= 1_780_003_600)
}

fn quoted(rtype: &str, value: &str) -> String {
    if rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() }
}

/// The set of a name and type, `null` where there is none.
fn set(store: &Store, zone: &str, name: &str, rtype: &str) -> Value {
    let records = store.of(zone, Some(name.trim_end_matches('.')), Some(rtype));
    let Some(first) = records.first() else { return Value::Null };
    let values: Vec<String> = records.iter().map(|record| quoted(rtype, &record.value)).collect();
    json!({ "kind": "dns#resourceRecordSet", "name": name, "type": rtype, "ttl": first.ttl, "rrdatas": values })
}

/// Makes a change, whole or not at all.
fn change(store: &mut Store, zone: &str, asked: &Asked) -> Reply {
    let all = |what: &str| asked.json[what].as_array().cloned().unwrap_or_default();
    let (deletions, additions) = (all("deletions"), all("additions"));
    let text = |set: &Value, key: &str| set[key].as_str().unwrap_or_default().to_owned();
    for gone in &deletions {
        let there = set(store, zone, &text(gone, "name"), &text(gone, "type"));
        if ["ttl", "rrdatas"].iter().any(|member| there[member] != gone[member]) {
            return failed(412, "conditionNotMet", "Precondition not met for 'entity.change.deletions[0]'");
        }
    }
    for new in &additions {
        let (name, rtype) = (text(new, "name"), text(new, "type"));
        let goes = deletions.iter().any(|gone| gone["name"] == new["name"] && gone["type"] == new["type"]);
        if !set(store, zone, &name, &rtype).is_null() && !goes {
            return failed(409, "alreadyExists", "The resource 'entity.change.additions[0]' already exists");
        }
        if !name.ends_with('.') || new["ttl"].as_u64().is_none() {
            return failed(400, "invalid", "Invalid value for 'entity.change.additions[0]'");
        }
    }
    for set in &deletions {
        let replaced = additions.iter().any(|new| new["name"] == set["name"] && new["type"] == set["type"]);
        if !replaced {
            let name = text(set, "name");
            store.replace(zone, (name.trim_end_matches('.'), &text(set, "type")), &[], 0);
        }
    }
    for set in &additions {
        let (name, rtype) = (text(set, "name"), text(set, "type"));
        let values = set["rrdatas"].as_array().cloned().unwrap_or_default();
        let values: Vec<String> =
            values.iter().filter_map(Value::as_str).map(|value| value.trim_matches('"').to_owned()).collect();
        let ttl = set["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
        store.replace(zone, (name.trim_end_matches('.'), &rtype), &values, ttl);
    }
    with(200, &json!({ "kind": "dns#change", "id": "212", "status": "pending" }))
}

impl Fake for Googleclouddns {
    fn id(&self) -> &'static str {
        "googleclouddns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &*FIELDS
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if asked.path == "/token" { is_signed(asked) } else { asked.has_bearer(TOKEN) }
    }

    fn shut_out(&self) -> Reply {
        failed(401, "authError", "Invalid Credentials")
    }

    fn busy(&self) -> Reply {
        failed(403, "rateLimitExceeded", "Rate Limit Exceeded")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.path.ends_with("/changes")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let managed = |name: &str| name.replace('.', "-");
        let zone =
            route.get(3).and_then(|zone| store.zones.iter().find(|there| managed(&there.name) == *zone));
        let zone = zone.map(|zone| zone.name.clone());
        match (method, route.as_slice(), zone.as_deref()) {
            ("POST", ["token"], _) => {
                with(200, &json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3599 }))
            }
            ("GET", ["projects", "project-1", "managedZones"], _) => {
                let wanted = asked.asks("dnsName").map(|name| name.trim_end_matches('.'));
                let from = asked.number("pageToken").unwrap_or(0);
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .filter(|zone| wanted.is_none_or(|wanted| zone.name == wanted))
                    .map(|zone| {
                        json!({ "kind": "dns#managedZone", "name": managed(&zone.name), "dnsName": format!("{}.", zone.name), "visibility": "public" })
                    })
                    .collect();
                let mut body = json!({ "kind": "dns#managedZonesListResponse" });
                body["managedZones"] = zones.iter().skip(from).take(100).cloned().collect();
                if zones.len() > from + 100 {
                    body["nextPageToken"] = (from + 100).to_string().into();
                }
                with(200, &body)
            }
            (_, ["projects", "project-1", "managedZones", ..], None) => {
                failed(404, "notFound", "The 'parameters.managedZone' resource does not exist.")
            }
            ("GET", ["projects", "project-1", "managedZones", _, "rrsets"], Some(zone)) => {
                let (name, rtype) =
                    (asked.asks("name").unwrap_or_default(), asked.asks("type").unwrap_or_default());
                let found = set(store, zone, name, rtype);
                let found = if found.is_null() { json!([]) } else { json!([found]) };
                with(200, &json!({ "kind": "dns#resourceRecordSetsListResponse", "rrsets": found }))
            }
            ("POST", ["projects", "project-1", "managedZones", _, "changes"], Some(zone)) => {
                let zone = zone.to_owned();
                change(store, &zone, asked)
            }
            _ => unknown(asked),
        }
    }
}
