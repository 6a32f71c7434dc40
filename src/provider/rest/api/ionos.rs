//! IONOS (hosting) DNS: <https://developer.hosting.ionos.com/docs/dns>.
//!
//! There are no pages. A record that is disabled is not published, so it is left out of account. The least TTL is from
//! other clients; the description names none.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "ionos",
        name: "IONOS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::ALL,
        docs: "https://developer.hosting.ionos.com/docs/dns",
        fields: &[Field::secret(
            "api_key",
            "an API key as PREFIX.SECRET, its two parts with a dot between them",
        )],
        env: &[],
        verified: Verified::Recorded("2024"),
    },
    base: "https://api.hosting.ionos.com/dns/v1",
    open: |account| Dialects::items(Ionos(account)),
};

struct Ionos(Account);

impl Dialect for Ionos {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("x-api-key", self.0.get("api_key"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("")?, "/id", "/name")?))
    }
}

impl Items for Ionos {
    fn list(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/zones/{}", zone.id)).ask("recordName", &key.name).ask("recordType", key.rtype)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        answer.json.id("/id")?;
        let mut items = Vec::new();
        // Nothing says that the list is there when it is empty.
        for record in answer.items("/records").unwrap_or_default() {
            if is_type(record.text("/type")?, key)
                && absolute(record.text("/name")?).as_ref() == Some(&key.name)
                && record.pointer("/disabled") != Some(&Value::Bool(true))
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/content")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let record = json!({
            "name": new.key.name.as_str(), "type": new.rtype(), "content": new.value, "ttl": new.ttl,
            "prio": 0, "disabled": false,
        });
        Call::post(format!("/zones/{}/records", zone.id), json!([record]))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body = json!({ "content": new.value, "ttl": new.ttl, "prio": 0, "disabled": false });
        Some(Call::put(format!("/zones/{}/records/{}", zone.id, item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/zones/{}/records/{}", zone.id, item.id))
    }
}
