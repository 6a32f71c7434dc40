//! DigitalOcean DNS: <https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records>.
//!
//! Lists filter by the absolute name; records show relative ones.

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
        id: "digitalocean",
        name: "DigitalOcean",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 30,
        can: Can::ALL,
        docs: "https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records",
        fields: &[Field::secret(
            "token",
            "a personal access token with the scopes domain:read, create, update and delete",
        )
        .also_in(&["DIGITALOCEAN_ACCESS_TOKEN", "DO_AUTH_TOKEN"])],
        env: &[],
        verified: Verified::Recorded("2020; also the published schema"),
    },
    base: "https://api.digitalocean.com/v2",
    open: |account| Dialects::items(DigitalOcean(account)),
};

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Relative("/name"), value: "/data", ttl: "/ttl" };

struct DigitalOcean(Account);

/// The page that follows, as the list's links name it.
fn next(answer: &Answer) -> Option<String> {
    let url = answer.json.text_if("/links/pages/next")?;
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "page").map(|(_, page)| page.into_owned())
}

impl Dialect for DigitalOcean {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains").ask("per_page", 200).ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/domains")?, "/name", "/name")?;
        Ok(Page { items: zones, next: next(answer) })
    }
}

impl Items for DigitalOcean {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        Call::get(format!("/domains/{}/records", zone.id))
            .ask("type", key.rtype)
            .ask("name", &key.name)
            .ask("per_page", 200)
            .ask("page", page.unwrap_or("1"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let items = RECORD.items(answer.items("/domain_records")?, zone, key)?;
        Ok(Page { items, next: next(answer) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "@");
        let body = json!({ "type": new.rtype(), "name": name, "data": new.bare(), "ttl": new.ttl });
        Call::post(format!("/domains/{}/records", zone.id), body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body = json!({ "type": new.rtype(), "data": new.bare(), "ttl": new.ttl });
        Some(Call::patch(format!("/domains/{}/records/{}", zone.id, item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/domains/{}/records/{}", zone.id, item.id))
    }
}
