//! regfish DNS: <https://regfish.readme.io/>, the answers by exchanges recorded in 2024.
//!
//! Names are absolute with their last dot, also in the list, which is that of the whole zone in one page. There is no
//! list of zones.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed::{Layout, Naming};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "regfish",
        name: "regfish",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::NAMED_ZONES,
        docs: "https://regfish.readme.io/",
        fields: &[Field::secret("api_key", "an API key, from My Account, Security, API keys")],
        env: &[],
        verified: Verified::Recorded("2024"),
    },
    base: "https://api.regfish.de",
    open: |account| Dialects::items(Regfish(account)),
};

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Absolute("/name"), value: "/data", ttl: "/ttl" };

struct Regfish(Account);

fn record(new: &New<'_>) -> Value {
    json!({ "type": new.rtype(), "name": format!("{}.", new.key.name), "data": new.bare(), "ttl": new.ttl })
}

impl Dialect for Regfish {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("x-api-key", self.0.get("api_key"));
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

impl Items for Regfish {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/dns/{}/rr", zone.id))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        Ok(Page::last(RECORD.items(answer.items("/response")?, zone, key)?))
    }

    fn create(&self, _zone: &Zone, new: &New<'_>) -> Call {
        Call::post("/dns/rr", record(new))
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::patch(format!("/dns/rr/{}", item.id), record(new)))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/dns/rr/{}", item.id))
    }
}
