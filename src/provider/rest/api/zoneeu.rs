//! Zone.eu (Zone.ee): <https://api.zone.eu/v2>.
//!
//! Each type has a list of its own. There are no TTLs, names are absolute, and a record may say that it cannot be
//! changed. Zones are not looked for: nothing says how their list is paged.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::text::{absolute, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "zoneeu",
        name: "Zone.eu",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[],
        min_ttl: 0,
        can: Can::NAMED_ZONES,
        docs: "https://api.zone.eu/v2",
        fields: &[
            Field::plain("user", "the ZoneID user name").also_in(&["ZONEEE_API_USER"]),
            Field::secret("api_key", "an API key of that user").also_in(&["ZONEEE_API_KEY"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://api.zone.eu/v2",
    open: |account| Dialects::items(ZoneEu(account)),
};

struct ZoneEu(Account);

fn path(zone: &Zone, key: &Key) -> String {
    format!("/dns/{}/{}", zone.id, key.rtype.as_str().to_ascii_lowercase())
}

fn body(new: &New<'_>) -> Value {
    json!({ "name": new.key.name.as_str(), "destination": new.bare() })
}

impl Dialect for ZoneEu {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("user"), self.0.get("api_key"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        None
    }

    fn read_zones(&self, _answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(Vec::new()))
    }
}

impl Items for ZoneEu {
    fn list(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(path(zone, key))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("")? {
            if absolute(record.text("/name")?).as_ref() == Some(&key.name) {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/destination")?));
                items.push(Item { id, value, ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(path(zone, new.key), body(new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("{}/{}", path(zone, new.key), item.id), body(new)))
    }

    fn delete(&self, zone: &Zone, key: &Key, item: &Item) -> Call {
        Call::delete(format!("{}/{}", path(zone, key), item.id))
    }
}
