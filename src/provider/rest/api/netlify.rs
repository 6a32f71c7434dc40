//! Netlify DNS: <https://open-api.netlify.com/#tag/dnsZone>.
//!
//! A record cannot be changed: the new one is made before the old one goes. Lists cannot be filtered; where they have
//! pages, the header `Link` says so.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "netlify",
        name: "Netlify DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://open-api.netlify.com/#tag/dnsZone",
        fields: &[Field::secret("token", "a personal access token, made under User settings, Applications")
            .also_in(&["NETLIFY_AUTH_TOKEN"])],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api.netlify.com/api/v1",
    open: |account| Dialects::items(Netlify(account)),
};

struct Netlify(Account);

fn paged(call: Call, page: Option<&str>) -> Call {
    match page {
        Some(page) => call.ask("page", page),
        None => call,
    }
}

impl Dialect for Netlify {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(paged(Call::get("/dns_zones"), page))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let mut zones = Vec::new();
        for zone in answer.items("")? {
            let id = zone.id("/id")?;
            zones.extend(absolute(zone.text("/name")?).map(|name| Zone { name, id }));
        }
        Ok(Page { items: zones, next: answer.next_link("page") })
    }
}

impl Items for Netlify {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        paged(Call::get(format!("/dns_zones/{}/dns_records", zone.id)), page)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("")? {
            if is_type(record.text("/type")?, key)
                && absolute(record.text("/hostname")?).as_ref() == Some(&key.name)
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/value")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page { items, next: answer.next_link("page") })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = new.key.name.as_str();
        let body = json!({ "type": new.rtype(), "hostname": name, "value": new.bare(), "ttl": new.ttl });
        Call::post(format!("/dns_zones/{}/dns_records", zone.id), body)
    }

    fn update(&self, _zone: &Zone, _item: &Item, _new: &New<'_>) -> Option<Call> {
        None
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/dns_zones/{}/dns_records/{}", zone.id, item.id))
    }
}
