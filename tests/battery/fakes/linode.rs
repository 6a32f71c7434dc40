//! Linode, by <https://techdocs.akamai.com/linode-api/reference/get-domain-records> and `recorded/linode.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, FakeZone, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct Linode;

const TOKEN: &str = "s3cr3t8f7d6c5b4a";

/// The TTLs that are kept as they are; others become the nearest of them.
const TTLS: [u32; 12] =
    [300, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 604_800, 1_209_600, 2_419_200];

fn not_found() -> Reply {
    with(404, &json!({ "errors": [{ "reason": "Not found" }] }))
}

fn shown(record: &FakeRecord) -> Value {
    json!({
        "id": record.id.parse::<u64>().expect("a number"), "type": record.rtype, "target": record.value,
        "name": relative(&record.name, &record.zone, ""), "ttl_sec": record.ttl, "priority": 0, "port": 0,
        "weight": 0, "protocol": null, "service": null, "tag": null,
    })
}

fn listed(all: &[Value], asked: &Asked) -> Reply {
    let (number, size) = (asked.number("page").unwrap_or(1), asked.number("page_size").unwrap_or(100));
    assert!((25..=500).contains(&size), "a page has 25 to 500 items");
    let pages = all.len().div_ceil(size).max(1);
    with(
        200,
        &json!({ "pages": pages, "page": number, "data": page(all, number, size), "results": all.len() }),
    )
}

fn ttl(asked: &Asked) -> u32 {
    match asked.ttl("/ttl_sec").unwrap_or(0) {
        0 => 0,
        ttl => TTLS.into_iter().min_by_key(|there| there.abs_diff(ttl)).expect("there are some"),
    }
}

fn zone_of<'s>(store: &'s Store, id: &str) -> Option<&'s FakeZone> {
    store.zones.iter().find(|zone| zone.id == id)
}

impl Fake for Linode {
    fn id(&self) -> &'static str {
        "linode"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("token", TOKEN)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_bearer(TOKEN)
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "errors": [{ "reason": "Invalid Token" }] }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone = route.get(1).and_then(|id| zone_of(store, id)).map(|zone| zone.name.clone());
        match (method, route.as_slice(), zone) {
            ("GET", ["domains"], _) => {
                let filter: Value = asked
                    .header("x-filter")
                    .map_or(Value::Null, |text| serde_json::from_str(text).expect("a filter is JSON"));
                let wanted = filter["domain"].as_str();
                let zones = store.zones.iter().filter(|zone| wanted.is_none_or(|wanted| wanted == zone.name));
                let zones = zones.map(|zone| {
                    json!({ "id": zone.id.parse::<u64>().expect("a number"), "domain": zone.name,
                        "type": "master", "status": "active" })
                });
                listed(&zones.collect::<Vec<_>>(), asked)
            }
            (_, ["domains", ..], None) => not_found(),
            ("GET", ["domains", _, "records"], Some(zone)) => {
                listed(&store.of(&zone, None, None).into_iter().map(shown).collect::<Vec<_>>(), asked)
            }
            ("POST", ["domains", _, "records"], Some(zone)) => {
                let name = absolute(asked.text("/name"), &zone);
                let id = store.add(&name, asked.text("/type"), asked.text("/target"), ttl(asked));
                with(200, &shown(store.record(&id).expect("it was added")))
            }
            ("PUT", ["domains", _, "records", id], Some(zone)) => {
                let Some(record) = store.record(id) else { return not_found() };
                record.name = absolute(asked.text("/name"), &zone);
                asked.text("/target").clone_into(&mut record.value);
                record.ttl = ttl(asked);
                with(200, &shown(record))
            }
            ("DELETE", ["domains", _, "records", id], Some(_)) => {
                if store.remove(id) {
                    with(200, &json!({}))
                } else {
                    not_found()
                }
            }
            _ => unknown(asked),
        }
    }
}
