//! Azure DNS and the place where its tokens come from, by their documentation and `recorded/azure.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeZone, Store, absolute, page};
use serde_json::{Value, json};

pub(crate) struct Azure;

const TOKEN: &str = "eyJ0eXAi.token";
const PREFIX: [&str; 6] =
    ["subscriptions", "sub-1", "resourceGroups", "group-1", "providers", "Microsoft.Network"];

fn failed(status: u16, code: &str, message: &str) -> Reply {
    with(status, &json!({ "error": { "code": code, "message": message } }))
}

/// The members of a type's records.
fn members(rtype: &str) -> (&'static str, &'static str) {
    match rtype {
        "A" => ("ARecords", "ipv4Address"),
        "AAAA" => ("AAAARecords", "ipv6Address"),
        _ => ("TXTRecords", "value"),
    }
}

/// A set, with a tag that changes with it.
fn shown(store: &Store, zone: &str, name: &str, rtype: &str) -> Option<Value> {
    let records = store.of(zone, Some(&absolute(name, zone)), Some(rtype));
    let first = records.first()?;
    let (list, member) = members(rtype);
    let values = records.iter().map(|record| match rtype {
        "TXT" => json!({ member: [record.value] }),
        _ => json!({ member: record.value }),
    });
    let values: Vec<Value> = values.collect();
    let tag: Vec<String> = records.iter().map(|record| format!("{}={}", record.value, record.ttl)).collect();
    Some(json!({
        "name": name, "type": format!("Microsoft.Network/dnszones/{rtype}"), "etag": tag.join("&"),
        "properties": { "fqdn": format!("{}.", absolute(name, zone)), "TTL": first.ttl, list: values,
            "metadata": { "owner": "somebody" }, "targetResource": {}, "provisioningState": "Succeeded" },
    }))
}

fn put(store: &mut Store, asked: &Asked, (zone, name, rtype): (&str, &str, &str)) -> Reply {
    let there = shown(store, zone, name, rtype);
    let tag = there.as_ref().and_then(|set| set["etag"].as_str());
    let fits = match (asked.header("if-match"), asked.header("if-none-match")) {
        (Some(wanted), _) => tag == Some(wanted),
        (None, Some("*")) => tag.is_none(),
        _ => panic!("nothing is written without a condition"),
    };
    if !fits {
        return failed(412, "PreconditionFailed", "The record set was changed meanwhile");
    }
    if asked.method == "DELETE" {
        store.replace(zone, (&absolute(name, zone), rtype), &[], 0);
        return with(200, &Value::Null);
    }
    let (list, member) = members(rtype);
    let properties = &asked.json["properties"];
    if there.is_some() {
        assert_eq!(properties["metadata"], json!({ "owner": "somebody" }), "metadata is kept");
    }
    let records = properties[list].as_array().cloned().unwrap_or_default();
    let values: Vec<String> = records
        .iter()
        .map(|record| match &record[member] {
            Value::Array(strings) => strings.iter().filter_map(Value::as_str).collect(),
            value => value.as_str().unwrap_or_default().to_owned(),
        })
        .collect();
    let ttl = asked.ttl("/properties/TTL").unwrap_or_default();
    if values.is_empty() || ttl < 1 {
        return failed(400, "BadRequest", "The record set is not valid");
    }
    store.replace(zone, (&absolute(name, zone), rtype), &values, ttl);
    with(if there.is_some() { 200 } else { 201 }, &shown(store, zone, name, rtype).unwrap_or_default())
}

impl Fake for Azure {
    fn id(&self) -> &'static str {
        "azure"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("tenant_id", "tenant-1"),
            ("client_id", "client-1"),
            ("client_secret", "azure-s3cr3t"),
            ("subscription_id", "sub-1"),
            ("resource_group", "group-1"),
        ]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if !asked.path.ends_with("/token") {
            return asked.has_bearer(TOKEN);
        }
        asked.path == "/tenant-1/oauth2/v2.0/token"
            && asked.field("grant_type") == Some("client_credentials")
            && asked.field("client_id") == Some("client-1")
            && asked.field("client_secret") == Some("azure-s3cr3t")
            && asked.field("scope") == Some("https://management.azure.com/.default")
    }

    fn shut_out(&self) -> Reply {
        failed(401, "InvalidAuthenticationToken", "The access token is invalid.")
    }

    fn writes(&self, asked: &Asked) -> bool {
        ["PUT", "DELETE"].contains(&asked.method.as_str())
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        if asked.path.ends_with("/token") {
            return with(200, &json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN }));
        }
        if asked.asks("api-version") != Some("2018-05-01") || !route.starts_with(&PREFIX) {
            return unknown(asked);
        }
        let zone = route.get(7).copied().unwrap_or_default();
        let is_there = store.zones.iter().any(|there| there.name == zone);
        match (method, &route[6..]) {
            ("GET", ["dnsZones"]) => {
                let shown = |zone: &FakeZone| json!({ "name": zone.name, "location": "global" });
                let zones: Vec<Value> = store.zones.iter().map(shown).collect();
                let number = asked.number("$skiptoken").unwrap_or(1);
                let mut body = json!({ "value": page(&zones, number, 100) });
                if zones.len() > number * 100 {
                    let link = format!(
                        "https://management.azure.com:443{}?api-version=2018-05-01&%24skiptoken={}",
                        asked.path,
                        number + 1
                    );
                    body["nextLink"] = link.into();
                }
                with(200, &body)
            }
            (_, ["dnsZones", ..]) if !is_there => {
                failed(404, "ResourceNotFound", "The Resource 'Microsoft.Network/dnszones/…' was not found.")
            }
            ("GET", ["dnsZones", _]) => with(200, &json!({ "name": zone, "location": "global" })),
            ("GET", ["dnsZones", _, rtype, name]) => match shown(store, zone, name, rtype) {
                Some(set) => with(200, &set),
                None => with(
                    404,
                    &json!({ "code": "NotFound", "message": "The resource record does not exist." }),
                ),
            },
            ("PUT" | "DELETE", ["dnsZones", _, rtype, name]) => put(store, asked, (zone, name, rtype)),
            _ => unknown(asked),
        }
    }
}
