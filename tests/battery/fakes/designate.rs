//! OpenStack Designate and Keystone, by the references of their APIs.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::Store;
use dynflare_testkit::serve::reply;
use serde_json::{Value, json};

pub(crate) struct Designate;

const SECRET: &str = "s3cr3t";
const TOKEN: &str = "gAAAAABtoken";

fn failed(code: u16, kind: &str) -> Reply {
    with(code, &json!({ "code": code, "type": kind, "message": kind, "request_id": "req-1" }))
}

/// The sets of a zone; a set's identifier is made of its name and type.
fn sets(store: &Store, zone: &str) -> Vec<Value> {
    let mut sets: Vec<Value> = Vec::new();
    for record in store.of(zone, None, None) {
        let id = format!("{}~{}", record.name, record.rtype);
        let value =
            if record.rtype == "TXT" { format!("\"{}\"", record.value) } else { record.value.clone() };
        match sets.iter_mut().find(|set| set["id"] == id) {
            Some(set) => set["records"].as_array_mut().expect("a list").push(json!(value)),
            None => sets.push(json!({
                "id": id, "type": record.rtype, "name": format!("{}.", record.name), "ttl": record.ttl,
                "records": [value], "status": "ACTIVE",
            })),
        }
    }
    sets
}

/// A page that begins behind the marker.
fn listed(what: &str, all: &[Value], asked: &Asked) -> Reply {
    let size = asked.number("limit").unwrap_or(20);
    let at = asked.asks("marker").and_then(|marker| all.iter().position(|item| item["id"] == marker));
    let skip = at.map_or(0, |at| at + 1);
    let page: Vec<&Value> = all.iter().skip(skip).take(size).collect();
    let mut links = json!({ "self": "https://dns.example.com/v2/zones" });
    if skip + size < all.len() {
        links["next"] = json!("https://dns.example.com/v2/zones?marker=…");
    }
    with(200, &json!({ what: page, "links": links, "metadata": { "total_count": all.len() } }))
}

impl Fake for Designate {
    fn id(&self) -> &'static str {
        "designate"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("application_credential_secret", SECRET),
            ("application_credential_id", "an-id"),
            ("auth_url", "https://keystone.example.com:5000/v3"),
            ("server", "https://designate.example.com:9001/v2/"),
        ]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if asked.path == "/v3/auth/tokens" {
            let credential = "/auth/identity/application_credential";
            return asked.text(&format!("{credential}/id")) == "an-id"
                && asked.text(&format!("{credential}/secret")) == SECRET
                && asked.json["auth"]["identity"]["methods"] == json!(["application_credential"]);
        }
        asked.header("x-auth-token") == Some(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        let error = json!({ "code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized" });
        with(401, &json!({ "error": error }))
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET" && asked.path != "/v3/auth/tokens"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("POST", ["v3", "auth", "tokens"]) => {
                let mut reply = with(201, &json!({ "token": { "methods": ["application_credential"] } }));
                reply.headers_mut().insert("x-subject-token", TOKEN.parse().expect("a header"));
                reply
            }
            ("GET", ["v2", "zones"]) => {
                let wanted = asked.asks("name");
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(
                        |zone| json!({ "id": zone.id, "name": format!("{}.", zone.name), "type": "PRIMARY" }),
                    )
                    .filter(|zone| wanted.is_none_or(|wanted| zone["name"] == wanted))
                    .collect();
                listed("zones", &zones, asked)
            }
            (_, ["v2", "zones", id, "recordsets", rest @ ..]) => {
                let Some(zone) = store.zone(id).map(|zone| zone.name.clone()) else {
                    return failed(404, "zone_not_found");
                };
                let there = sets(store, &zone);
                let values = asked.json["records"].as_array().cloned().unwrap_or_default();
                let values: Vec<String> = values
                    .iter()
                    .filter_map(|value| Some(value.as_str()?.trim_matches('"').to_owned()))
                    .collect();
                let ttl = asked.ttl("/ttl").unwrap_or(3600);
                match (method, rest) {
                    ("GET", []) => {
                        let fits = |set: &&Value| {
                            asked.asks("name").is_none_or(|name| name.contains('*') || set["name"] == name)
                                && asked.asks("type").is_none_or(|rtype| set["type"] == rtype)
                        };
                        let fitting: Vec<Value> = there.iter().filter(fits).cloned().collect();
                        listed("recordsets", &fitting, asked)
                    }
                    ("POST" | "PUT", _) if ttl == 0 || values.is_empty() => failed(400, "invalid_object"),
                    ("POST", []) => {
                        let (name, rtype) = (asked.text("/name"), asked.text("/type"));
                        if there.iter().any(|set| set["name"] == name && set["type"] == rtype) {
                            return failed(409, "duplicate_recordset");
                        }
                        let Some(name) = name.strip_suffix('.') else { return failed(400, "invalid_object") };
                        store.replace(&zone, (name, rtype), &values, ttl);
                        with(202, &json!({ "status": "PENDING" }))
                    }
                    ("PUT" | "DELETE", [id]) if !there.iter().any(|set| set["id"] == *id) => {
                        failed(404, "recordset_not_found")
                    }
                    ("PUT", [id]) => {
                        let (name, rtype) = id.split_once('~').expect("an identifier");
                        store.replace(&zone, (name, rtype), &values, ttl);
                        with(202, &json!({ "status": "PENDING" }))
                    }
                    ("DELETE", [id]) => {
                        let (name, rtype) = id.split_once('~').expect("an identifier");
                        store.replace(&zone, (name, rtype), &[], 0);
                        reply(202, "")
                    }
                    _ => unknown(asked),
                }
            }
            _ => unknown(asked),
        }
    }
}
