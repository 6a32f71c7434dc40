//! Netlify DNS, by <https://open-api.netlify.com/#tag/dnsZone>; pages as its other lists have them.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, not_found, unknown, with};
use crate::store::{FakeRecord, Store, page};
use serde_json::{Value, json};

pub(crate) struct Netlify;

const TOKEN: &str = "nfp_s3cr3t";
const PAGE: usize = 100;

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id, "hostname": record.name, "type": record.rtype, "value": record.value, "ttl": record.ttl,
        "priority": null, "weight": null, "port": null, "flag": null, "tag": null, "site_id": null,
        "dns_zone_id": "u6b4336178f002e0a06bb0b6", "errors": [], "managed": false,
    })
}

fn listed(all: &[Value], asked: &Asked) -> Reply {
    let number = asked.number("page").unwrap_or(1);
    let mut reply = with(200, &Value::Array(page(all, number, PAGE)));
    if number * PAGE < all.len() {
        let last = all.len().div_ceil(PAGE);
        let place = format!("https://api.netlify.com/api/v1{}?per_page={PAGE}&page=", asked.path);
        let links = format!("<{place}{}>; rel=\"next\", <{place}{last}>; rel=\"last\"", number + 1);
        reply.headers_mut().insert("link", links.parse().expect("a header"));
    }
    reply
}

impl Fake for Netlify {
    fn id(&self) -> &'static str {
        "netlify"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "code": 401, "message": "Access Denied" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone = route.get(1).and_then(|id| store.zones.iter().find(|zone| zone.id == *id));
        let zone = zone.map(|zone| zone.name.clone());
        match (method, route.as_slice(), zone) {
            ("GET", ["dns_zones"], _) => {
                let zones: Vec<Value> = store
                    .zones
                    .iter()
                    .map(|zone| json!({ "id": zone.id, "name": zone.name, "records": [] }))
                    .collect();
                listed(&zones, asked)
            }
            ("GET", ["dns_zones", _, "dns_records"], Some(zone)) => {
                listed(&store.of(&zone, None, None).into_iter().map(shown).collect::<Vec<_>>(), asked)
            }
            ("POST", ["dns_zones", _, "dns_records"], Some(zone)) => {
                let name = asked.text("/hostname");
                if name != zone && !name.ends_with(&format!(".{zone}")) {
                    return with(422, &json!({ "code": 422, "message": "hostname is not in the zone" }));
                }
                let ttl = asked.ttl("/ttl").unwrap_or(3600);
                let id = store.add(name, asked.text("/type"), asked.text("/value"), ttl);
                with(201, &shown(store.record(&id).expect("it was added")))
            }
            ("DELETE", ["dns_zones", _, "dns_records", id], Some(_)) => {
                if store.remove(id) {
                    with(204, &Value::Null)
                } else {
                    not_found()
                }
            }
            (_, ["dns_zones", ..], None) => not_found(),
            _ => unknown(asked),
        }
    }
}
