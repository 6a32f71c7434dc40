//! Selectel DNS v2 and its Keystone, by their documentation.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct Selectel;

const TOKEN: &str = "gAAAAAtoken";

fn unicode(name: &str) -> String {
    format!("{}.", name.replace("xn--bcher-kva", "bücher"))
}

fn ascii(name: &str) -> String {
    name.trim_end_matches('.').replace("bücher", "xn--bcher-kva")
}

fn failed(status: u16, error: &str) -> Reply {
    with(status, &json!({ "error": error }))
}

fn quoted(rtype: &str, value: &str) -> String {
    if rtype == "TXT" { format!("\"{value}\"") } else { value.to_owned() }
}

fn sets(store: &Store, zone: &str) -> Vec<Value> {
    let mut sets: Vec<Value> = Vec::new();
    for record in store.of(zone, None, None) {
        let (name, rtype) = (unicode(&record.name), record.rtype.as_str());
        let value = json!({ "content": quoted(rtype, &record.value), "disabled": false });
        match sets.iter_mut().find(|set| set["name"] == name.as_str() && set["type"] == rtype) {
            Some(set) => set["records"].as_array_mut().expect("a list").push(value),
            None => sets.push(json!({
                "id": format!("set-{}", record.id), "zone_id": "1", "name": name, "type": rtype,
                "ttl": record.ttl, "records": [value], "comment": "kept", "managed_by": "",
            })),
        }
    }
    sets
}

fn listed(all: &[Value], asked: &Asked) -> Reply {
    let (offset, limit) = (asked.number("offset").unwrap_or(0), asked.number("limit").unwrap_or(100));
    assert!(limit <= 1000);
    let items: Vec<Value> = all.iter().skip(offset).take(limit).cloned().collect();
    let next = if all.len() > offset + limit { offset + limit } else { 0 };
    with(200, &json!({ "count": all.len(), "next_offset": next, "result": items }))
}

fn put(store: &mut Store, zone: &str, (name, rtype): (&str, &str), asked: &Asked) -> Reply {
    let records = asked.json["records"].as_array().cloned().unwrap_or_default();
    let values = records.iter().filter_map(|record| record["content"].as_str()).map(|content| match rtype {
        "TXT" => content.strip_prefix('"')?.strip_suffix('"').map(str::to_owned),
        _ => Some(content.to_owned()),
    });
    let ttl = asked.ttl("/ttl").filter(|ttl| *ttl >= 60);
    let (Some(values), Some(ttl)) = (values.collect::<Option<Vec<String>>>(), ttl) else {
        return failed(400, "bad_request");
    };
    store.replace(zone, (&ascii(name), rtype), &values, ttl);
    with(200, &json!({}))
}

impl Fake for Selectel {
    fn id(&self) -> &'static str {
        "selectel"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("account_id", "123456"),
            ("project_id", "project-1"),
            ("username", "dns"),
            ("password", "selectel-s3cr3t"),
        ]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        if asked.path != "/auth/tokens" {
            return asked.header("x-auth-token") == Some(TOKEN);
        }
        let user = &asked.json["auth"]["identity"]["password"]["user"];
        asked.json["auth"]["identity"]["methods"] == json!(["password"])
            && user["name"] == "dns"
            && user["password"] == "selectel-s3cr3t"
            && user["domain"]["name"] == "123456"
            && asked.text("/auth/scope/project/id") == "project-1"
    }

    fn shut_out(&self) -> Reply {
        with(
            401,
            &json!({ "error": { "code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized" } }),
        )
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET" && asked.path != "/auth/tokens"
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        if asked.path == "/auth/tokens" {
            let mut reply = with(201, &json!({ "token": { "expires_at": "2026-05-29T20:26:40.000000Z" } }));
            reply.headers_mut().insert("x-subject-token", TOKEN.parse().expect("a header"));
            return reply;
        }
        let zone = route.get(1).and_then(|id| store.zones.iter().find(|zone| zone.id == *id));
        let zone = zone.map(|zone| zone.name.clone());
        match (method, route.as_slice(), zone.as_deref()) {
            ("GET", ["zones"], _) => {
                let filter = asked.asks("filter").unwrap_or_default();
                let all =
                    store.zones.iter().map(|zone| json!({ "id": zone.id, "name": unicode(&zone.name) }));
                let all = all.filter(|zone| zone["name"].as_str().unwrap_or_default().contains(filter));
                listed(&all.collect::<Vec<_>>(), asked)
            }
            (_, ["zones", ..], None) => failed(404, "zone_not_found"),
            ("GET", ["zones", _, "rrset"], Some(zone)) => {
                let fits = |set: &Value| {
                    let name = set["name"].as_str().unwrap_or_default();
                    asked.asks("name").is_none_or(|wanted| name.contains(wanted))
                        && asked.asks("rrset_types").is_none_or(|rtype| set["type"] == rtype)
                };
                let all: Vec<Value> = sets(store, zone).into_iter().filter(fits).collect();
                listed(&all, asked)
            }
            ("POST", ["zones", _, "rrset"], Some(zone)) => {
                let (name, rtype) = (asked.text("/name").to_owned(), asked.text("/type").to_owned());
                if !store.values(&ascii(&name), &rtype).is_empty() {
                    return failed(409, "rrset_already_exists");
                }
                put(store, zone, (&name, &rtype), asked)
            }
            ("PATCH" | "DELETE", ["zones", _, "rrset", id], Some(zone)) => {
                let zone = zone.to_owned();
                let Some(set) = sets(store, &zone).into_iter().find(|set| set["id"] == *id) else {
                    return failed(404, "rrset_not_found");
                };
                let text = |key: &str| set[key].as_str().unwrap_or_default();
                if method == "DELETE" {
                    store.replace(&zone, (&ascii(text("name")), text("type")), &[], 0);
                    return with(204, &Value::Null);
                }
                assert_eq!(asked.text("/comment"), "kept");
                put(store, &zone, (text("name"), text("type")), asked)
            }
            _ => unknown(asked),
        }
    }
}
