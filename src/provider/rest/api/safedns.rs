//! ANS `SafeDNS`: <https://developers.ukfast.io/documentation/safedns>.
//!
//! Names are texts stand in quotes.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "safedns",
        name: "ANS SafeDNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://developers.ukfast.io/documentation/safedns",
        fields: &[Field::secret("token", "an API key with read and write access to SafeDNS")
            .also_in(&["SAFEDNS_AUTH_TOKEN"])],
        env: &[],
        verified: Verified::Recorded("2020"),
    },
    base: "https://api.ukfast.io/safedns/v1",
    open: |account| Dialects::items(SafeDns(account)),
};

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Absolute("/name"), value: "/content", ttl: "/ttl" };

struct SafeDns(Account);

/// The page that follows.
fn next(answer: &Answer) -> Option<String> {
    let of = |member: &str| answer.json.number(&format!("/meta/pagination/{member}"));
    let (page, pages) = (of("current_page")?, of("total_pages")?);
    (page < pages).then(|| (page + 1).to_string())
}

fn record(new: &New<'_>) -> Value {
    json!({ "name": new.key.name.as_str(), "type": new.rtype(), "content": new.value, "ttl": new.ttl })
}

impl Dialect for SafeDns {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("authorization", self.0.get("token"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones").ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/data")?, "/name", "/name")?;
        Ok(Page { items: zones, next: next(answer) })
    }
}

impl Items for SafeDns {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        let call = Call::get(format!("/zones/{}/records", zone.id));
        match page {
            Some(page) => call.ask("page", page),
            None => call,
        }
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let items = RECORD.items(answer.items("/data")?, zone, key)?;
        Ok(Page { items, next: next(answer) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/zones/{}/records", zone.id), record(new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::patch(format!("/zones/{}/records/{}", zone.id, item.id), record(new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/zones/{}/records/{}", zone.id, item.id))
    }
}
