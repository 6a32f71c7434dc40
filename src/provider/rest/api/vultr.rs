//! Vultr DNS: <https://www.vultr.com/api/#tag/dns>.
//!
//! Lists cannot be filtered. Texts are quoted.

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
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "vultr",
        name: "Vultr",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 120,
        can: Can::ALL,
        docs: "https://www.vultr.com/api/#tag/dns",
        fields: &[Field::secret(
            "api_key",
            "an API key of the account, with this machine's address in its access control",
        )],
        env: &[],
        verified: Verified::Recorded("2021"),
    },
    base: "https://api.vultr.com/v2",
    open: |account| Dialects::items(Vultr(account)),
};

/// How many items a page holds, at most.
const PAGE: usize = 500;

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Relative("/name"), value: "/data", ttl: "/ttl" };

struct Vultr(Account);

fn paged(call: Call, page: Option<&str>) -> Call {
    let call = call.ask("per_page", PAGE);
    match page {
        Some(page) => call.ask("cursor", page),
        None => call,
    }
}

fn next(answer: &Answer) -> Option<String> {
    answer.json.text_if("/meta/links/next").filter(|next| !next.is_empty()).map(str::to_owned)
}

impl Dialect for Vultr {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("api_key"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(paged(Call::get("/domains"), page))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/domains")?, "/domain", "/domain")?;
        Ok(Page { items: zones, next: next(answer) })
    }
}

impl Items for Vultr {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        paged(Call::get(format!("/domains/{}/records", zone.id)), page)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let items = RECORD.items(answer.items("/records")?, zone, key)?;
        Ok(Page { items, next: next(answer) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "");
        let body = json!({ "type": new.rtype(), "name": name, "data": new.value, "ttl": new.ttl });
        Call::post(format!("/domains/{}/records", zone.id), body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body = json!({ "data": new.value, "ttl": new.ttl });
        Some(Call::patch(format!("/domains/{}/records/{}", zone.id, item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/domains/{}/records/{}", zone.id, item.id))
    }
}
