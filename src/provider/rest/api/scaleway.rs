//! Scaleway Domains and DNS: <https://www.scaleway.com/en/developers/api/domains-and-dns/>.
//!
//! Every change is a PATCH of the zone's records, which would make a missing zone if it were not told not to. A record
//! is sent back whole, with its priority, its comment and what decides about its answers.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed::{Layout, Naming};
use crate::provider::rest::text::{absolute, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "scaleway",
        name: "Scaleway",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://www.scaleway.com/en/developers/api/domains-and-dns/",
        fields: &[Field::secret(
            "secret_key",
            "the secret key of an API key with the permission DomainsDNSFullAccess",
        )
        .also_in(&["SCW_SECRET_KEY"])],
        env: &[],
        verified: Verified::Recorded("2025"),
    },
    base: "https://api.scaleway.com/domain/v2beta1",
    open: |account| Dialects::items(Scaleway(account)),
};

/// How many items a page holds.
const PAGE: u64 = 100;

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Relative("/name"), value: "/data", ttl: "/ttl" };

struct Scaleway(Account);

/// The page that follows, by how many items there are in all.
fn next(answer: &Answer, page: Option<&str>, shown: usize) -> Option<String> {
    let number: u64 = page.and_then(|page| page.parse().ok()).unwrap_or(1);
    let so_far = (number - 1) * PAGE + shown as u64;
    let more = shown > 0 && so_far < answer.json.number("/total_count")?;
    more.then(|| (number + 1).to_string())
}

fn change(zone: &Zone, change: &Value) -> Call {
    let body =
        json!({ "changes": [change], "return_all_records": false, "disallow_new_zone_creation": true });
    Call::new(Method::PATCH, format!("/dns-zones/{}/records", zone.id)).body(Body::Json(body))
}

impl Dialect for Scaleway {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("x-auth-token", self.0.get("secret_key"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/dns-zones").ask("page_size", PAGE).ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/dns_zones")?;
        let mut zones = Vec::new();
        for zone in all {
            let parent = zone.text("/domain")?;
            let id = match zone.text_if("/subdomain") {
                Some("") | None => parent.to_owned(),
                Some(child) => format!("{child}.{parent}"),
            };
            zones.extend(absolute(&id).map(|name| Zone { name, id }));
        }
        Ok(Page { items: zones, next: next(answer, page, all.len()) })
    }
}

impl Items for Scaleway {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        Call::get(format!("/dns-zones/{}/records", zone.id))
            .ask("name", relative(&key.name, zone, ""))
            .ask("type", key.rtype)
            .ask("page_size", PAGE)
            .ask("page", page.unwrap_or("1"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let all = answer.items("/records")?;
        let items = RECORD.items(all, zone, key)?;
        Ok(Page { items, next: next(answer, page, all.len()) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "");
        let record = json!({ "name": name, "type": new.rtype(), "data": new.value, "ttl": new.ttl });
        change(zone, &json!({ "add": { "records": [record] } }))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut record = item.whole.clone();
        if let Some(record) = record.as_object_mut() {
            record.remove("id");
            record.remove("updated_at");
        }
        record["data"] = new.value.into();
        record["ttl"] = new.ttl.into();
        Some(change(zone, &json!({ "set": { "id": item.id, "records": [record] } })))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        change(zone, &json!({ "delete": { "id": item.id } }))
    }
}
