//! Netlify DNS: <https://open-api.netlify.com/#tag/dnsZone>.
//!
//! A record cannot be changed: the new one is made before the old one goes. Lists cannot be filtered; where they have
//! pages, the header `Link` says so.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
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

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Absolute("/hostname"), value: "/value", ttl: "/ttl" };

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
        let zones = listed::zones(answer.items("")?, "/id", "/name")?;
        Ok(Page { items: zones, next: answer.next_link("page") })
    }
}

impl Items for Netlify {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        paged(Call::get(format!("/dns_zones/{}/dns_records", zone.id)), page)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let items = RECORD.items(answer.items("")?, zone, key)?;
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
