//! Vercel DNS: <https://vercel.com/docs/rest-api/reference/endpoints/dns/list-existing-dns-records>.
//!
//! Lists go back in time, page by page, and cannot be filtered.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "vercel",
        name: "Vercel DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://vercel.com/docs/rest-api/reference/endpoints/dns/list-existing-dns-records",
        fields: &[
            Field::secret("token", "an access token, made under Account Settings, Tokens")
                .also_in(&["VERCEL_API_TOKEN"]),
            Field::plain("team_id", "the identifier of the team that owns the zone, where one does")
                .optional(),
        ],
        env: &[],
        verified: Verified::Recorded("2021"),
    },
    base: "https://api.vercel.com",
    open: |account| Dialects::items(Vercel(account)),
};

/// How many items a page holds, at most.
const PAGE: usize = 100;

struct Vercel(Account);

fn paged(call: Call, page: Option<&str>) -> Call {
    let call = call.ask("limit", PAGE);
    match page {
        Some(page) => call.ask("until", page),
        None => call,
    }
}

fn next(answer: &Answer) -> Option<String> {
    answer.json.number("/pagination/next").map(|next| next.to_string())
}

impl Dialect for Vercel {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
        if let Some(team) = self.0.find("team_id") {
            call.query.push(("teamId".to_owned(), team.to_owned()));
        }
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(paged(Call::get("/v5/domains"), page))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/domains")?, "/name", "/name")?;
        Ok(Page { items: zones, next: next(answer) })
    }
}

impl Items for Vercel {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        paged(Call::get(format!("/v4/domains/{}/records", zone.id)), page)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/records")? {
            let kind = record.text_if("/type").or_else(|| record.text_if("/recordType")).unwrap_or_default();
            if is_type(kind, key) && from_relative(record.text("/name")?, zone).as_ref() == Some(&key.name) {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/value")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page { items, next: next(answer) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "");
        let body = json!({ "name": name, "type": new.rtype(), "value": new.bare(), "ttl": new.ttl });
        Call::post(format!("/v2/domains/{}/records", zone.id), body)
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body = json!({ "value": new.bare(), "ttl": new.ttl });
        Some(Call::patch(format!("/v1/domains/records/{}", item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/v2/domains/{}/records/{}", zone.id, item.id))
    }
}
