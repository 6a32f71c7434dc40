//! Zone.eu, by <https://api.zone.eu/v2>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, not_found, unknown, with};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};

pub(crate) struct ZoneEu;

const USER: &str = "joe";
const KEY: &str = "s3cr3tKEY";

fn shown(record: &FakeRecord) -> Value {
    let place =
        format!("https://api.zone.eu/v2/dns/{}/{}/{}", record.zone, record.rtype.to_lowercase(), record.id);
    json!({ "resource_url": place, "id": record.id, "name": record.name, "destination": record.value,
        "delete": true, "modify": true })
}

impl Fake for ZoneEu {
    fn id(&self) -> &'static str {
        "zoneeu"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("user", USER), ("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic(USER, KEY)
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let (name, destination) = (asked.text("/name"), asked.text("/destination"));
        match (method, route.as_slice()) {
            (_, ["dns", zone, ..]) if store.zone(zone).is_none() => not_found(),
            ("GET", ["dns", zone, rtype]) => {
                let records = store.of(zone, None, Some(&rtype.to_uppercase()));
                with(200, &records.into_iter().map(shown).collect())
            }
            ("POST", ["dns", _, rtype]) => {
                let id = store.add(name, &rtype.to_uppercase(), destination, 300);
                with(201, &json!([shown(store.record(&id).expect("it was added"))]))
            }
            ("PUT", ["dns", _, _, id]) => {
                let Some(record) = store.record(id) else { return not_found() };
                name.clone_into(&mut record.name);
                destination.clone_into(&mut record.value);
                with(200, &json!([shown(record)]))
            }
            ("DELETE", ["dns", _, _, id]) => {
                if store.remove(id) {
                    with(204, &Value::Null)
                } else {
                    not_found()
                }
            }
            _ => unknown(asked),
        }
    }
}
