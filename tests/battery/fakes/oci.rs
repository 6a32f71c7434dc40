//! Oracle Cloud DNS, by its documentation and `recorded/oci.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::signed::{PEM, base64, public};
use crate::store::{FakeRecord, Store};
use ring::digest;
use ring::signature::RSA_PKCS1_2048_8192_SHA256;
use serde_json::{Value, json};

pub(crate) struct Oci;

fn missing() -> Reply {
    let message = "Authorization failed or requested resource not found.";
    with(404, &json!({ "code": "NotAuthorizedOrNotFound", "message": message }))
}

fn quoted(rtype: &str, value: &str) -> String {
    if rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() }
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "domain": record.name, "recordHash": record.id, "isProtected": false, "rrsetVersion": "2",
        "rdata": quoted(&record.rtype, &record.value), "rtype": record.rtype, "ttl": record.ttl,
    })
}

/// What stands in quotes behind a name in the Authorization header.
fn member<'h>(header: &'h str, name: &str) -> &'h str {
    let at = header.find(&format!("{name}=\"")).map(|at| at + name.len() + 2);
    at.and_then(|at| header[at..].split('"').next()).unwrap_or_default()
}

/// One page, and where the next one is.
fn listed(all: &[Value], asked: &Asked, whole: fn(Vec<Value>) -> Value) -> Reply {
    let (from, limit) = (asked.number("page").unwrap_or(0), asked.number("limit").unwrap_or(50));
    assert!(limit <= 100, "the largest page has 100");
    let items = all.iter().skip(from).take(limit).cloned().collect();
    let mut reply = with(200, &whole(items));
    if all.len() > from + limit {
        let next = (from + limit).to_string().parse().expect("a header");
        reply.headers_mut().insert("opc-next-page", next);
    }
    reply
}

impl Fake for Oci {
    fn id(&self) -> &'static str {
        "oci"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("tenancy_ocid", "ocid1.tenancy.oc1..a"),
            ("user_ocid", "ocid1.user.oc1..b"),
            ("fingerprint", "20:3b:97"),
            ("private_key", PEM),
            ("region", "eu-frankfurt-1"),
        ]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let header = asked.header("authorization").unwrap_or_default();
        let names: Vec<&str> = member(header, "headers").split(' ').collect();
        let mut needed = vec!["date", "(request-target)", "host"];
        let has_body = ["PUT", "POST", "PATCH"].contains(&asked.method.as_str());
        if has_body {
            needed.extend(["content-length", "content-type", "x-content-sha256"]);
            let digest = digest::digest(&digest::SHA256, asked.body.as_bytes());
            if asked.header("x-content-sha256") != Some(&base64(digest.as_ref())) {
                return false;
            }
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(&asked.query).finish();
        let query = if query.is_empty() { query } else { format!("?{query}") };
        let target = format!("{} {}{query}", asked.method.to_ascii_lowercase(), asked.path);
        let lines: Vec<String> = names
            .iter()
            .map(|name| match *name {
                "(request-target)" => format!("{name}: {target}"),
                _ => format!("{name}: {}", asked.header(name).unwrap_or_default()),
            })
            .collect();
        let signature: Vec<u8> =
            domain::utils::base64::decode(member(header, "signature")).unwrap_or_default();
        needed.iter().all(|name| names.contains(name))
            && asked.header("date") == Some("Thu, 28 May 2026 20:26:40 GMT")
            && header.starts_with("Signature version=\"1\",")
            && member(header, "algorithm") == "rsa-sha256"
            && member(header, "keyId") == "ocid1.tenancy.oc1..a/ocid1.user.oc1..b/20:3b:97"
            && public().verify(&RSA_PKCS1_2048_8192_SHA256, lines.join("\n").as_bytes(), &signature).is_ok()
    }

    fn shut_out(&self) -> Reply {
        let message = "The required information to complete authentication was not provided.";
        with(401, &json!({ "code": "NotAuthenticated", "message": message }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["20180115", "zones"]) => {
                assert_eq!(asked.asks("compartmentId"), Some("ocid1.tenancy.oc1..a"));
                let zones: Vec<Value> =
                    store.zones.iter().map(|zone| json!({ "name": zone.name, "id": zone.id })).collect();
                listed(&zones, asked, Value::Array)
            }
            (_, ["20180115", "zones", zone, ..]) if !store.zones.iter().any(|there| there.name == *zone) => {
                missing()
            }
            ("GET", ["20180115", "zones", zone]) => {
                with(200, &json!({ "name": zone, "zoneType": "PRIMARY", "scope": "GLOBAL" }))
            }
            ("GET", ["20180115", "zones", zone, "records", name]) => {
                let records: Vec<Value> =
                    store.of(zone, Some(name), asked.asks("rtype")).into_iter().map(shown).collect();
                listed(&records, asked, |items| json!({ "items": items }))
            }
            ("PUT", ["20180115", "zones", zone, "records", name, rtype]) => {
                let items = asked.json["items"].as_array().cloned().unwrap_or_default();
                let fits = |item: &Value| item["domain"] == *name && item["rtype"] == *rtype;
                if !items.iter().all(fits) {
                    return with(400, &json!({ "code": "InvalidParameter", "message": "not of this set" }));
                }
                let values: Vec<String> = items
                    .iter()
                    .filter_map(|item| item["rdata"].as_str())
                    .map(|value| value.trim_matches('"').to_owned())
                    .collect();
                let ttl = items.first().and_then(|item| item["ttl"].as_u64());
                let ttl = ttl.and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
                store.replace(zone, (name, rtype), &values, ttl);
                let records: Vec<Value> =
                    store.of(zone, Some(name), Some(rtype)).into_iter().map(shown).collect();
                with(200, &json!({ "items": records }))
            }
            ("DELETE", ["20180115", "zones", zone, "records", name, rtype]) => {
                store.replace(zone, (name, rtype), &[], 0);
                with(204, &Value::Null)
            }
            _ => unknown(asked),
        }
    }
}
