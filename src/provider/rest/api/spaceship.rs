//! Spaceship: <https://docs.spaceship.dev/#tag/DNS-records>.
//!
//! Records have no identifiers: one is made by saving it and removed by naming it with its value, so that another value
//! is saved before the old one goes; saving what is there sets its TTL, from a minute to an hour.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{bare, from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType, comparable};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "spaceship",
        name: "Spaceship",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://docs.spaceship.dev/#tag/DNS-records",
        fields: &[
            Field::secret("api_key", "an API key that may read domains and read and write DNS records"),
            Field::secret("api_secret", "the secret of that API key"),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://spaceship.dev/api/v1",
    open: |account| Dialects::items(Spaceship(account)),
};

/// How many zones and records a page holds, at most.
const ZONES: usize = 100;
const RECORDS: usize = 500;
/// The longest TTL in seconds.
const LONGEST: u32 = 3600;

struct Spaceship(Account);

fn member(rtype: RecordType) -> &'static str {
    if rtype == RecordType::Txt { "value" } else { "address" }
}

fn named(zone: &Zone, key: &Key, value: &str) -> Value {
    let mut record = json!({ "type": key.rtype.as_str(), "name": relative(&key.name, zone, "@") });
    record[member(key.rtype)] = bare(key.rtype, value).into();
    record
}

fn save(zone: &Zone, new: &New<'_>) -> Call {
    let mut record = named(zone, new.key, new.value);
    record["ttl"] = new.ttl.min(LONGEST).into();
    Call::put(format!("/dns/records/{}", zone.id), json!({ "force": true, "items": [record] }))
}

impl Dialect for Spaceship {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("x-api-key", self.0.get("api_key"));
        call.header("x-api-secret", self.0.get("api_secret"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains").ask("take", ZONES).ask("skip", page.unwrap_or("0")))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/items")?;
        let zones = listed::zones(all, "/name", "/name")?;
        Ok(Page::skipped(zones, page, all.len(), ZONES))
    }
}

impl Items for Spaceship {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        let call = Call::get(format!("/dns/records/{}", zone.id));
        call.ask("take", RECORDS).ask("skip", page.unwrap_or("0"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let all = answer.items("/items")?;
        let at = format!("/{}", member(key.rtype));
        let mut items = Vec::new();
        for record in all {
            if is_type(record.text("/type")?, key)
                && from_relative(record.text("/name")?, zone).as_ref() == Some(&key.name)
            {
                let value = presented(key, record.text(&at)?);
                items.push(Item { value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::skipped(items, page, all.len(), RECORDS))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        save(zone, new)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let rtype = new.key.rtype;
        (comparable(rtype, &item.value) == comparable(rtype, new.value)).then(|| save(zone, new))
    }

    fn delete(&self, zone: &Zone, key: &Key, item: &Item) -> Call {
        let path = format!("/dns/records/{}", zone.id);
        Call::new(Method::DELETE, path).body(Body::Json(json!([named(zone, key, &item.value)])))
    }
}
