//! A webhook provider, by external-dns' description of the protocol (`api/webhook.yaml`) and its own server
//! (`provider/webhook/api/httpapi.go`). It is as strict about media types as its documentation asks providers to be,
//! and has one opinion: a TTL below 60 becomes 60.

use crate::asked::Asked;
use crate::fake::{Fake, Reply};
use crate::store::{FakeRecord, Store};
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};

pub(crate) struct Webhook;

const MEDIA: &str = "application/external.dns.webhook+json;version=1";
const TOKEN: &str = "s3cr3t-token";

fn says(body: &Value) -> Reply {
    let mut reply = reply(200, body.to_string());
    reply.headers_mut().insert("content-type", MEDIA.parse().expect("a media type"));
    reply
}

/// An endpoint with the members that the description has, and no others; its targets as the store writes them.
fn read(endpoint: &Value) -> Option<(String, String, Vec<String>, u32)> {
    const KNOWN: [&str; 7] =
        ["dnsName", "targets", "recordType", "setIdentifier", "recordTTL", "labels", "providerSpecific"];
    let members = endpoint.as_object()?;
    if members.keys().any(|key| !KNOWN.contains(&key.as_str())) {
        return None;
    }
    let text = |key: &str| members.get(key)?.as_str().map(str::to_owned);
    let targets = members.get("targets")?.as_array()?.iter();
    let targets = targets.map(|target| Some(target.as_str()?.trim_matches('"').to_owned()));
    let ttl = members.get("recordTTL").map_or(Some(0), Value::as_u64)?;
    Some((text("dnsName")?, text("recordType")?, targets.collect::<Option<_>>()?, u32::try_from(ttl).ok()?))
}

fn endpoints(store: &Store) -> Value {
    let mut sets: Vec<Vec<&FakeRecord>> = Vec::new();
    for record in &store.records {
        let own = sets.iter_mut().find(|set| (&set[0].name, &set[0].rtype) == (&record.name, &record.rtype));
        match own {
            Some(set) => set.push(record),
            None => sets.push(vec![record]),
        }
    }
    let endpoint = |set: &Vec<&FakeRecord>| {
        let quoted =
            |value: &str| if set[0].rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() };
        let targets: Vec<String> = set.iter().map(|record| quoted(&record.value)).collect();
        json!({ "dnsName": set[0].name, "recordType": set[0].rtype, "recordTTL": set[0].ttl, "targets": targets,
                "labels": { "owner": "somebody" } })
    };
    sets.iter().map(endpoint).collect()
}

fn apply(store: &mut Store, changes: &Value) -> Option<()> {
    let list = |key: &str| -> Option<Vec<_>> {
        changes.get(key).and_then(Value::as_array).into_iter().flatten().map(read).collect()
    };
    let (create, old, new, delete) =
        (list("create")?, list("updateOld")?, list("updateNew")?, list("delete")?);
    // Before and after stand in pairs, and before is what is there.
    if old.len() != new.len() {
        return None;
    }
    for (name, rtype, targets, _) in old.iter().chain(&delete) {
        let mut targets = targets.clone();
        targets.sort();
        if store.values(name, rtype) != targets || targets.is_empty() {
            return None;
        }
    }
    if create.iter().any(|(name, rtype, ..)| !store.values(name, rtype).is_empty()) {
        return None;
    }
    let emptied = delete.into_iter().map(|(name, rtype, ..)| (name, rtype, Vec::new(), 0));
    for (name, rtype, targets, ttl) in emptied.chain(create).chain(new) {
        let zone = store.zones.iter().filter(|zone| name.ends_with(&zone.name));
        let zone = zone.max_by_key(|zone| zone.name.len())?.name.clone();
        store.replace(&zone, (&name, &rtype), &targets, ttl);
    }
    Some(())
}

impl Fake for Webhook {
    fn id(&self) -> &'static str {
        "webhook"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method == "POST" && asked.path == "/records"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let accepts = asked.header("accept") == Some(MEDIA);
        let sends = asked.header("content-type") == Some(MEDIA);
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/" | "/records") if !accepts => reply(406, ""),
            ("POST", "/records" | "/adjustendpoints") if !sends => reply(415, ""),
            ("GET", "/") => {
                let names: Vec<&str> = store.zones.iter().map(|zone| zone.name.as_str()).collect();
                says(&json!({ "include": names }))
            }
            ("GET", "/records") => says(&endpoints(store)),
            ("POST", "/adjustendpoints") => {
                let mut list = asked.json.as_array().cloned().unwrap_or_default();
                for endpoint in &mut list {
                    if endpoint["recordTTL"].as_u64().is_some_and(|ttl| ttl < 60) {
                        endpoint["recordTTL"] = json!(60);
                    }
                }
                says(&Value::Array(list))
            }
            ("POST", "/records") => match apply(store, &asked.json) {
                Some(()) => reply(204, ""),
                None => reply(500, ""),
            },
            _ => reply(400, ""),
        }
    }
}
