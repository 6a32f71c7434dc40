//! IONOS Cloud DNS: <https://api.ionos.com/docs/dns/v1/>. This is not the API of IONOS's hosting, which is `ionos`.
//!
//! Names are relative. A change is taken up and done a moment later.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "ionos-cloud",
        name: "IONOS Cloud DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://api.ionos.com/docs/dns/v1/",
        fields: &[Field::secret("token", "a token of a user who may create and edit DNS zones")
            .also_in(&["IONOS_TOKEN", "IONOSCLOUD_API_TOKEN"])],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://dns.de-fra.ionos.com",
    open: |account| Dialects::items(IonosCloud(account)),
};

/// How many zones or records a page holds.
const PAGE: usize = 100;

struct IonosCloud(Account);

fn paged(call: Call, page: Option<&str>) -> Call {
    call.ask("limit", PAGE).ask("offset", page.unwrap_or("0"))
}

fn record(zone: &Zone, new: &New<'_>) -> Value {
    json!({
        "name": relative(&new.key.name, zone, ""), "type": new.rtype(), "content": new.bare(), "ttl": new.ttl,
        "enabled": true,
    })
}

impl Dialect for IonosCloud {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let words = answer.json.text_if("/messages/0/message").map_or(refusal.said.clone(), str::to_owned);
        let refusal = Refusal { said: words, ..refusal };
        Some(match answer.json.text_if("/messages/0/errorCode") {
            Some(code) => refusal.code(code),
            None => refusal,
        })
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get("/zones").ask("filter.zoneName", name))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(paged(Call::get("/zones"), page))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/items")?;
        let zones = listed::zones(all, "/id", "/properties/zoneName")?;
        Ok(Page::skipped(zones, page, all.len(), PAGE))
    }
}

impl Items for IonosCloud {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        // The filter by name takes parts of names, too, and no empty one.
        paged(Call::get(format!("/zones/{}/records", zone.id)), page)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let all = answer.items("/items")?;
        let mut items = Vec::new();
        for record in all {
            let off = record.pointer("/properties/enabled") == Some(&Value::Bool(false));
            if is_type(record.text("/properties/type")?, key)
                && from_relative(record.text("/properties/name")?, zone).as_ref() == Some(&key.name)
                && !off
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/properties/content")?));
                items.push(Item { id, value, ttl: record.ttl("/properties/ttl"), ..Item::default() });
            }
        }
        Ok(Page::skipped(items, page, all.len(), PAGE))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/zones/{}/records", zone.id), json!({ "properties": record(zone, new) }))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let path = format!("/zones/{}/records/{}", zone.id, item.id);
        Some(Call::put(path, json!({ "properties": record(zone, new) })))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/zones/{}/records/{}", zone.id, item.id))
    }
}
