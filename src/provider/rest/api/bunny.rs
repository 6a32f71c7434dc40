//! Bunny DNS: <https://docs.bunny.net/reference/dnszonepublic_index>.
//!
//! The records come with their zone, unfiltered; types are numbers. A record is sent back with whatever else can be set
//! on it. A record that is disabled is not published, so it is left out of account.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{from_relative, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "bunny",
        name: "Bunny DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://docs.bunny.net/reference/dnszonepublic_index",
        fields: &[Field::secret("api_key", "the API key of the account, shown under Account, API key")],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api.bunny.net",
    open: |account| Dialects::items(Bunny(account)),
};

/// How many zones a page holds, at most.
const PAGE: usize = 1000;

/// What can be set on a record beside its type, name, value and TTL.
const KEPT: [&str; 14] = [
    "Weight",
    "Priority",
    "Flags",
    "Tag",
    "Port",
    "Accelerated",
    "MonitorType",
    "GeolocationLatitude",
    "GeolocationLongitude",
    "LatencyZone",
    "SmartRoutingType",
    "Disabled",
    "EnviromentalVariables",
    "Comment",
];

struct Bunny(Account);

/// The number of a type; only those in the row are asked for.
fn number(rtype: RecordType) -> Option<u64> {
    match rtype {
        RecordType::A => Some(0),
        RecordType::Aaaa => Some(1),
        RecordType::Cname => Some(2),
        RecordType::Txt => Some(3),
        RecordType::Mx => Some(4),
        RecordType::Srv => Some(8),
        RecordType::Caa => Some(9),
        RecordType::Https | RecordType::Svcb => None,
    }
}

fn body(zone: &Zone, new: &New<'_>, kept: &Value) -> Value {
    let mut body = json!({
        "Type": number(new.key.rtype), "Name": relative(&new.key.name, zone, ""),
        "Value": new.bare(), "Ttl": new.ttl,
    });
    for member in KEPT {
        if let Some(value) = kept.get(member).filter(|value| !value.is_null()) {
            body[member] = value.clone();
        }
    }
    body
}

impl Dialect for Bunny {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("accesskey", self.0.get("api_key"));
        call.header("accept", "application/json");
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get("/dnszone").ask("search", name).ask("page", 1).ask("perPage", PAGE))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/dnszone").ask("page", page.unwrap_or("1")).ask("perPage", PAGE))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/Items")?, "/Id", "/Domain")?;
        let number: u64 = page.and_then(|page| page.parse().ok()).unwrap_or(1);
        let more = answer.json.pointer("/HasMoreItems") == Some(&Value::Bool(true));
        Ok(Page { items: zones, next: more.then(|| (number + 1).to_string()) })
    }
}

impl Items for Bunny {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/dnszone/{}", zone.id))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/Records")? {
            if record.number("/Type").is_some_and(|there| Some(there) == number(key.rtype))
                && from_relative(record.text_if("/Name").unwrap_or_default(), zone).as_ref()
                    == Some(&key.name)
                && record.pointer("/Disabled") != Some(&Value::Bool(true))
            {
                let (id, value) = (record.id("/Id")?, presented(key, record.text("/Value")?));
                items.push(Item { id, value, ttl: record.ttl("/Ttl"), whole: record.clone() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::put(format!("/dnszone/{}/records", zone.id), body(zone, new, &Value::Null))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body = body(zone, new, &item.whole);
        Some(Call::post(format!("/dnszone/{}/records/{}", zone.id, item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/dnszone/{}/records/{}", zone.id, item.id))
    }
}
