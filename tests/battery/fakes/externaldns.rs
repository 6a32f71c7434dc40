//! A Kubernetes API server that knows one kind, `DNSEndpoint`, by its published definition (`schema/dnsendpoints.json`),
//! and what the documentation says of server-side apply, field validation, conflicts and preconditions.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};

pub(crate) struct Externaldns;

const TOKEN: &str = "s3cr3t-token";

/// `reason` and `code` of a `Status` (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>).
fn status(code: u16, reason: &str, details: &Value) -> Reply {
    let message = format!("dnsendpoints.externaldns.k8s.io: {reason}");
    let body = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
                       "reason": reason, "details": details, "code": code });
    with(code, &body)
}

/// The name under which the documentation says that a set is found.
fn resource(record: &FakeRecord) -> String {
    let name = record.name.replace('*', "wildcard").replace('_', "x--");
    format!("dynflare.{}.{name}", record.rtype.to_lowercase())
}

/// RFC 1123's subdomain, which names of resources are.
fn is_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let label = |label: &str| {
        label.bytes().all(|b| fits(b) || b == b'-')
            && label.bytes().next().is_some_and(fits)
            && label.bytes().last().is_some_and(fits)
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Whether a value is as its schema says, without members that it does not name.
fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    let wrong = || Err(format!("{value} is no {}", schema["type"]));
    match schema["type"].as_str() {
        Some("string") if !value.is_string() => wrong(),
        Some("integer") if !value.is_i64() => wrong(),
        Some("array") => {
            let Some(items) = value.as_array() else { return wrong() };
            items.iter().try_for_each(|item| fits(&schema["items"], item))
        }
        Some("object") => {
            let Some(members) = value.as_object() else { return wrong() };
            members.iter().try_for_each(|(key, value)| match schema["properties"].get(key) {
                Some(schema) => fits(schema, value),
                None if schema["additionalProperties"].is_object() => {
                    fits(&schema["additionalProperties"], value)
                }
                None => Err(format!("unknown field {key}")),
            })
        }
        _ => Ok(()),
    }
}

fn definition() -> Value {
    serde_json::from_str(include_str!("../schema/dnsendpoints.json")).expect("JSON")
}

/// The resource as it is shown.
fn shown(name: &str, records: &[FakeRecord]) -> Reply {
    let quoted = |record: &FakeRecord| {
        if record.rtype == "TXT" { format!("\"{}\"", record.value) } else { record.value.clone() }
    };
    let targets: Vec<String> = records.iter().map(quoted).collect();
    let body = json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1",
        "kind": "DNSEndpoint",
        "metadata": { "name": name, "namespace": "dns", "uid": "5b0e", "resourceVersion": version(records) },
        "spec": { "endpoints": [{ "dnsName": records[0].name, "recordType": records[0].rtype,
                                   "recordTTL": records[0].ttl, "targets": targets }] },
        "status": { "observedGeneration": 1 },
    });
    with(200, &body)
}

/// Another one for every other state of a resource.
fn version(records: &[FakeRecord]) -> String {
    let parts: Vec<String> = records.iter().map(|record| format!("{}{}", record.id, record.ttl)).collect();
    parts.concat()
}

/// Applies a configuration.
fn apply(store: &mut Store, asked: &Asked, name: &str, there: &[FakeRecord]) -> Reply {
    if asked.header("content-type") != Some("application/apply-patch+yaml") {
        return status(415, "UnsupportedMediaType", &json!({}));
    }
    if asked.asks("fieldManager").unwrap_or_default().is_empty() {
        return status(400, "BadRequest", &json!({}));
    }
    let (definition, body) = (definition(), &asked.json);
    let group = definition["spec"]["group"].as_str().expect("a group");
    let version_of_kind = &definition["spec"]["versions"][0];
    let kind = json!(format!("{group}/{}", version_of_kind["name"].as_str().expect("a version")));
    if body["apiVersion"] != kind || body["kind"] != definition["spec"]["names"]["kind"] || !is_name(name) {
        return status(400, "BadRequest", &json!({}));
    }
    let mut schema = version_of_kind["schema"]["openAPIV3Schema"].clone();
    schema["properties"]["metadata"]["additionalProperties"] = json!({});
    if let Err(wrong) = fits(&schema, body) {
        return status(400, &wrong, &json!({}));
    }
    if body["metadata"]["name"] != name {
        return status(400, "BadRequest", &json!({}));
    }
    // "The object has been modified."
    if body["metadata"].get("resourceVersion").is_some_and(|given| *given != json!(version(there))) {
        return status(409, "Conflict", &json!({ "name": name }));
    }
    let [endpoint] = body["spec"]["endpoints"].as_array().map_or(&[][..], Vec::as_slice) else {
        return status(422, "Invalid", &json!({}));
    };
    let text = |key: &str| endpoint[key].as_str().unwrap_or_default().to_owned();
    let (at, rtype) = (text("dnsName"), text("recordType"));
    let targets = endpoint["targets"].as_array().cloned().unwrap_or_default();
    let targets: Vec<String> =
        targets.iter().filter_map(Value::as_str).map(|target| target.trim_matches('"').to_owned()).collect();
    let ttl = endpoint["recordTTL"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or(0);
    // The store wants a zone; a cluster knows none.
    let zone = store.zones.iter().filter(|zone| at.ends_with(&zone.name)).max_by_key(|zone| zone.name.len());
    let zone = zone.map_or_else(String::new, |zone| zone.name.clone());
    store.replace(&zone, (&at, &rtype), &targets, ttl);
    let records: Vec<FakeRecord> =
        store.records.iter().filter(|record| resource(record) == name).cloned().collect();
    shown(name, &records)
}

impl Fake for Externaldns {
    fn id(&self) -> &'static str {
        "externaldns"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("namespace", "dns"), ("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        status(401, "Unauthorized", &json!({}))
    }

    fn knows_zones(&self) -> bool {
        false
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let ["apis", "externaldns.k8s.io", "v1alpha1", "namespaces", "dns", "dnsendpoints", name] = route[..]
        else {
            return with(404, &json!({ "kind": "Status", "reason": "NotFound", "details": {}, "code": 404 }));
        };
        let there: Vec<FakeRecord> =
            store.records.iter().filter(|record| resource(record) == name).cloned().collect();
        match method {
            "PATCH" => apply(store, asked, name, &there),
            _ if there.is_empty() => {
                status(404, "NotFound", &json!({ "name": name, "kind": "dnsendpoints" }))
            }
            "GET" => shown(name, &there),
            "DELETE" => {
                let wanted = &asked.json["preconditions"]["resourceVersion"];
                if !wanted.is_null() && *wanted != json!(version(&there)) {
                    return status(409, "Conflict", &json!({ "name": name }));
                }
                store.records.retain(|record| resource(record) != name);
                with(200, &json!({ "kind": "Status", "status": "Success" }))
            }
            _ => status(405, "MethodNotAllowed", &json!({})),
        }
    }
}
