//! Exoscale DNS, API v2: <https://openapi-v2.exoscale.com/#endpoint-dns>.
//!
//! Zones and records have UUIDs; the whole list of either comes at once. A change is answered with an operation, which
//! for records is over right away.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sign::exo2;
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "exoscale",
        name: "Exoscale DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 0,
        can: Can::ALL,
        docs: "https://openapi-v2.exoscale.com/#endpoint-dns",
        fields: &[
            Field::plain("api_key", "the key of an IAM API key whose role allows the service DNS"),
            Field::secret("api_secret", "the secret of that API key"),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api-ch-gva-2.exoscale.com/v2",
    open: |account| Dialects::items(Exoscale(account)),
};

struct Exoscale(Account);

fn records(zone: &Zone) -> String {
    format!("/dns-domain/{}/record", zone.id)
}

impl Dialect for Exoscale {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        exo2::sign(call, signing, (self.0.get("api_key"), self.0.get("api_secret")));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/dns-domain"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("/dns-domains")?, "/id", "/unicode-name")?))
    }
}

impl Items for Exoscale {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(records(zone))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/dns-domain-records")? {
            let name = record.text_if("/name").unwrap_or_default();
            if is_type(record.text("/type")?, key) && from_relative(name, zone).as_ref() == Some(&key.name) {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/content")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "");
        let body = json!({ "name": name, "type": new.rtype(), "content": new.bare(), "ttl": new.ttl });
        Call::post(records(zone), body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body = json!({ "content": new.bare(), "ttl": new.ttl });
        Some(Call::put(format!("{}/{}", records(zone), item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("{}/{}", records(zone), item.id))
    }
}
