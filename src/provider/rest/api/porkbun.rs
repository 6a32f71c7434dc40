//! Porkbun: <https://porkbun.com/api/json/v3/documentation>.
//!
//! Everything is a POST with the keys in its body. Each zone has to be opened to the API once, on Porkbun's pages. A
//! record's notes stay when none are sent. Most failures are 400 with a sentence, which tells what it was about.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing, said};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "porkbun",
        name: "Porkbun",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 600,
        can: Can::ALL,
        docs: "https://porkbun.com/api/json/v3/documentation",
        fields: &[
            Field::secret(
                "api_key",
                "an API key, which begins with `pk1_`; the zone's setting \"API access\" has to be on",
            ),
            Field::secret("secret_api_key", "the secret of that key, which begins with `sk1_`"),
        ],
        env: &[],
        verified: Verified::Recorded("2024"),
    },
    base: "https://api.porkbun.com/api/json/v3",
    open: |account| Dialects::items(Porkbun(account)),
};

/// How many zones a page holds.
const PAGE: usize = 1000;

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Absolute("/name"), value: "/content", ttl: "/ttl" };

struct Porkbun(Account);

fn record(zone: &Zone, new: &New<'_>) -> Value {
    let name = relative(&new.key.name, zone, "");
    json!({ "name": name, "type": new.rtype(), "content": new.bare(), "ttl": new.ttl.to_string() })
}

impl Dialect for Porkbun {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        if let Body::Json(body) = &mut call.body {
            body["apikey"] = self.0.get("api_key").into();
            body["secretapikey"] = self.0.get("secret_api_key").into();
        }
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let status = answer.json.text_if("/status");
        let refusal = match Refusal::by_status(answer) {
            None if status == Some("SUCCESS") => return None,
            None => Refusal::new(Class::Unexpected, said(answer)),
            Some(refusal) => refusal,
        };
        let text = refusal.said.to_ascii_lowercase();
        let is_about =
            |words: &[&str]| status == Some("ERROR") && words.iter().any(|word| text.contains(word));
        let class = if is_about(&["api key", "apikey", "not opted in", "api access"]) {
            Class::Denied
        } else if is_about(&["invalid domain", "domain not found"]) {
            Class::NoSuchZone
        } else if is_about(&["rate limit", "too many"]) {
            Class::RateLimited
        } else {
            refusal.class
        };
        Some(Refusal { class, ..refusal })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::post("/domain/listAll", json!({ "start": page.unwrap_or("0") })))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/domains")?;
        let zones = listed::zones(all, "/domain", "/domain")?;
        Ok(Page::skipped(zones, page, all.len(), PAGE))
    }
}

impl Items for Porkbun {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::post(format!("/dns/retrieve/{}", zone.id), json!({}))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        Ok(Page::last(RECORD.items(answer.items("/records")?, zone, key)?))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/dns/create/{}", zone.id), record(zone, new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::post(format!("/dns/edit/{}/{}", zone.id, item.id), record(zone, new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::post(format!("/dns/delete/{}/{}", zone.id, item.id), json!({}))
    }
}
