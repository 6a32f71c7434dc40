//! Infomaniak DNS, the second version of its API: <https://developer.infomaniak.com/docs/api/get/2/zones/%7Bzone%7D/records>.
//!
//! Nothing lists all zones, and nothing filters records. A name is left out for the zone's own, which is shown as
//! nothing or a dot. An error can come with status 200. How texts are quoted and the least TTL are from other clients.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "infomaniak",
        name: "Infomaniak",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::NAMED_ZONES,
        docs: "https://developer.infomaniak.com/docs/api/get/2/zones/%7Bzone%7D/records",
        fields: &[Field::secret("token", "an API token with the scope domain")
            .also_in(&["INFOMANIAK_ACCESS_TOKEN"])],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://api.infomaniak.com/2",
    open: |account| Dialects::items(Infomaniak(account)),
};

struct Infomaniak(Account);

impl Dialect for Infomaniak {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let code = answer.json.text_if("/error/code");
        let class = match (Refusal::by_status(answer), code) {
            (None, None) if answer.json.text_if("/result") != Some("error") => return None,
            (_, Some("object_not_found")) => Class::NoSuchName,
            (_, Some("not_authorized" | "unauthorized" | "access_denied")) => Class::Denied,
            (Some(refusal), _) => refusal.class,
            (None, _) => Class::Invalid,
        };
        let said = match answer.json.text_if("/error/description") {
            Some(said) => said.to_owned(),
            None => answer.text().trim().to_owned(),
        };
        let refusal = Refusal::new(class, said);
        Some(match code {
            Some(code) => refusal.code(code),
            None => refusal,
        })
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

impl Items for Infomaniak {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/zones/{}/records", zone.id))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/data")? {
            let name = record.text_if("/source").unwrap_or_default().trim_matches('.');
            if is_type(record.text("/type")?, key) && from_relative(name, zone).as_ref() == Some(&key.name) {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/target")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let mut body = json!({ "type": new.rtype(), "target": new.bare(), "ttl": new.ttl });
        let name = relative(&new.key.name, zone, "");
        if !name.is_empty() {
            body["source"] = name.into();
        }
        Call::post(format!("/zones/{}/records", zone.id), body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body = json!({ "target": new.bare(), "ttl": new.ttl });
        Some(Call::put(format!("/zones/{}/records/{}", zone.id, item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/zones/{}/records/{}", zone.id, item.id))
    }
}
