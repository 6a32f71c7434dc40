//! Gcore DNS: <https://api.gcore.com/docs/dns>.
//!
//! A set goes back whole: its filters and metadata, the metadata of its records, and the records that are disabled,
//! which are not published and so no values. The least TTL is that of the free plan.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sets::heirs;
use crate::provider::rest::text::{bare, presented, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "gcore",
        name: "Gcore DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 120,
        can: Can::ALL,
        docs: "https://api.gcore.com/docs/dns",
        fields: &[Field::secret("token", "a permanent API token").also_in(&["GCORE_PERMANENT_API_TOKEN"])],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api.gcore.com/dns/v2",
    open: |account| Dialects::sets(Gcore(account)),
};

/// How many zones a page holds.
const PAGE: usize = 100;

struct Gcore(Account);

fn path(zone: &Zone, key: &Key) -> String {
    format!("/zones/{}/{}/{}", zone.id, segment(key.name.as_str()), key.rtype)
}

fn disabled(record: &Value) -> bool {
    record.pointer("/enabled") == Some(&Value::Bool(false))
}

impl Dialect for Gcore {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("authorization", format!("APIKey {}", self.0.get("token")));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones").ask("limit", PAGE).ask("offset", page.unwrap_or("0")))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/zones")?;
        let zones = listed::zones(all, "/name", "/name")?;
        Ok(Page::skipped(zones, page, all.len(), PAGE))
    }
}

impl Sets for Gcore {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(path(zone, key))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        if answer.status == 404 {
            return Ok(Page::last(Vec::new()));
        }
        let ttl = answer.json.ttl("/ttl");
        let records = answer.items("/resource_records")?;
        let off: Vec<&Value> = records.iter().filter(|record| disabled(record)).collect();
        let part = |at: &str| answer.json.pointer(at).cloned().unwrap_or(Value::Null);
        let set = json!({ "filters": part("/filters"), "meta": part("/meta"), "off": off });
        let items = records.iter().filter(|record| !disabled(record)).map(|record| {
            let value = presented(key, record.text("/content/0")?);
            Ok(Item { id: String::new(), value, ttl, whole: json!({ "record": record, "set": set }) })
        });
        Ok(Page::last(items.collect::<Result<_, Odd>>()?))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let records = heirs(step, there).into_iter().map(|(value, heir)| {
            let there = heir.and_then(|item| item.whole.get("record").cloned());
            let mut record = there.unwrap_or_else(|| json!({ "enabled": true }));
            record["content"] = json!([bare(key.rtype, value)]);
            record
        });
        let mut records: Vec<Value> = records.collect();
        let Some(first) = there.first() else {
            return Call::post(path(zone, key), json!({ "ttl": step.ttl, "resource_records": records }));
        };
        records.extend(first.whole.items("/set/off").unwrap_or_default().iter().cloned());
        let mut body = json!({ "ttl": step.ttl, "resource_records": records });
        for part in ["filters", "meta"] {
            if let Some(there) = first.whole.pointer(&format!("/set/{part}")).filter(|part| !part.is_null()) {
                body[part] = there.clone();
            }
        }
        Call::put(path(zone, key), body)
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        Call::delete(path(zone, &step.expect.key))
    }
}
