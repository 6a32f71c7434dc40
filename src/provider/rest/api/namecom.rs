//! Name.com: <https://docs.name.com/>, the Core API, which took over the records of API v4 as they were.
//!
//! A list that is empty is left out of its answer.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "namecom",
        name: "Name.com",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::ALL,
        docs: "https://docs.name.com/",
        fields: &[
            Field::plain("username", "the name of the account").also_in(&["NAMECOM_USER"]),
            Field::secret("token", "an API token, from https://www.name.com/account/settings/api")
                .also_in(&["NAMECOM_API_TOKEN"]),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api.name.com/core/v1",
    open: |account| Dialects::items(NameCom(account)),
};

/// How many items a page holds at most.
const PAGE: usize = 1000;

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Absolute("/fqdn"), value: "/answer", ttl: "/ttl" };

struct NameCom(Account);

/// The items of a list, which is left out where it is empty, and the page that follows.
fn listed<'a>(answer: &'a Answer, at: &str) -> Result<(&'a [Value], Option<String>), Odd> {
    let items = match answer.json.pointer(at) {
        None if answer.status == 200 && answer.json.is_object() => &[],
        _ => answer.items(at)?,
    };
    let next = answer.json.number("/nextPage").filter(|page| *page > 0);
    Ok((items, next.map(|page| page.to_string())))
}

fn record(zone: &Zone, new: &New<'_>) -> Value {
    let host = relative(&new.key.name, zone, "");
    json!({ "host": host, "type": new.rtype(), "answer": new.bare(), "ttl": new.ttl })
}

impl Dialect for NameCom {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("username"), self.0.get("token"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains").ask("perPage", PAGE).ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let (all, next) = listed(answer, "/domains")?;
        let zones = listed::zones(all, "/domainName", "/domainName")?;
        Ok(Page { items: zones, next })
    }
}

impl Items for NameCom {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        let call = Call::get(format!("/domains/{}/records", zone.id));
        call.ask("perPage", PAGE).ask("page", page.unwrap_or("1"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let (all, next) = listed(answer, "/records")?;
        let items = RECORD.items(all, zone, key)?;
        Ok(Page { items, next })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/domains/{}/records", zone.id), record(zone, new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("/domains/{}/records/{}", zone.id, item.id), record(zone, new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/domains/{}/records/{}", zone.id, item.id))
    }
}
