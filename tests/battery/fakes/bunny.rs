//! Bunny DNS, by <https://docs.bunny.net/reference/dnszonepublic_index>.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, FakeZone, Store, absolute, page, relative};
use serde_json::{Value, json};

pub(crate) struct Bunny;

const KEY: &str = "s3cr3t-6c1f-4d3e-9b7a";
const TYPES: [&str; 4] = ["A", "AAAA", "CNAME", "TXT"];

fn not_found() -> Reply {
    with(404, &json!({ "ErrorKey": "dnszone.not_found", "Field": "Id", "Message": "Not found" }))
}

fn invalid() -> Reply {
    with(400, &json!({ "ErrorKey": "validation_error", "Field": "Record", "Message": "Invalid" }))
}

fn shown(record: &FakeRecord) -> Value {
    let number = TYPES.iter().position(|rtype| *rtype == record.rtype).expect("a type");
    json!({
        "Id": record.id.parse::<u64>().expect("a number"), "Type": number, "Ttl": record.ttl, "Value": record.value,
        "Name": relative(&record.name, &record.zone, ""), "Weight": 100, "Priority": 0, "Port": 0, "Flags": 0,
        "Tag": "", "Accelerated": false, "AcceleratedPullZoneId": 0, "LinkName": "", "MonitorStatus": 0,
        "MonitorType": 0, "GeolocationLatitude": 0.0, "GeolocationLongitude": 0.0, "LatencyZone": null,
        "SmartRoutingType": 0, "Disabled": false, "Comment": "",
    })
}

fn shown_zone(zone: &FakeZone, records: &[Value]) -> Value {
    json!({ "Id": zone.id.parse::<u64>().expect("a number"), "Domain": zone.name, "Records": records })
}

/// Type, value and TTL that are sent.
fn read(asked: &Asked) -> Option<(&'static str, &str, u32)> {
    let number = usize::try_from(asked.json["Type"].as_u64()?).ok()?;
    let ttl = asked.ttl("/Ttl")?;
    Some((TYPES.get(number)?, asked.json["Value"].as_str()?, ttl))
}

impl Fake for Bunny {
    fn id(&self) -> &'static str {
        "bunny"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("accesskey") == Some(KEY)
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "Message": "Authorization has been denied for this request." }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let zone = route.get(1).and_then(|id| store.zones.iter().find(|zone| zone.id == *id)).cloned();
        match (method, route.as_slice(), zone) {
            ("GET", ["dnszone"], _) => {
                let (number, size) =
                    (asked.number("page").unwrap_or(1), asked.number("perPage").unwrap_or(1000));
                assert!((5..=1000).contains(&size), "a page has 5 to 1000 items");
                // The real one would fit all of them on a page.
                let size = size.min(100);
                let wanted = asked.asks("search").unwrap_or_default();
                let zones = store.zones.iter().filter(|zone| zone.name.contains(wanted));
                let zones: Vec<Value> = zones.map(|zone| shown_zone(zone, &[])).collect();
                let body = json!({ "CurrentPage": number, "TotalItems": zones.len(),
                    "HasMoreItems": number * size < zones.len(), "Items": page(&zones, number, size) });
                with(200, &body)
            }
            (_, ["dnszone", ..], None) => not_found(),
            ("GET", ["dnszone", _], Some(zone)) => {
                let records: Vec<Value> = store.of(&zone.name, None, None).into_iter().map(shown).collect();
                with(200, &shown_zone(&zone, &records))
            }
            ("PUT", ["dnszone", _, "records"], Some(zone)) => {
                let Some((rtype, value, ttl)) = read(asked) else { return invalid() };
                let id = store.add(&absolute(asked.text("/Name"), &zone.name), rtype, value, ttl);
                with(201, &shown(store.record(&id).expect("it was added")))
            }
            ("POST", ["dnszone", _, "records", id], Some(zone)) => {
                let Some((rtype, value, ttl)) = read(asked) else { return invalid() };
                let Some(record) = store.record(id) else { return not_found() };
                assert_eq!(record.rtype, rtype);
                assert_eq!(asked.json["Weight"], 100, "what is not sent is forgotten");
                record.name = absolute(asked.text("/Name"), &zone.name);
                value.clone_into(&mut record.value);
                record.ttl = ttl;
                with(204, &Value::Null)
            }
            ("DELETE", ["dnszone", _, "records", id], Some(_)) => {
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
