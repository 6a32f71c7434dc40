//! `GoDaddy`: <https://developer.godaddy.com/doc/endpoint/domains>.
//!
//! Only accounts with ten or more names, or a subscription, are let in; others get 403 whatever their key.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{bare, from_relative, is_type, presented, relative, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "godaddy",
        name: "GoDaddy",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 600,
        can: Can::ALL,
        docs: "https://developer.godaddy.com/doc/endpoint/domains",
        fields: &[
            Field::secret(
                "api_key",
                "the key of an API key for production; GoDaddy lets larger accounts in only",
            ),
            Field::secret("api_secret", "the secret of that API key"),
        ],
        env: &[],
        verified: Verified::Recorded("2021"),
    },
    base: "https://api.godaddy.com/v1",
    open: |account| Dialects::sets(GoDaddy(account)),
};

/// How many zones a page holds at most.
const PAGE: usize = 1000;

struct GoDaddy(Account);

fn path(zone: &Zone, key: &Key) -> String {
    format!("/domains/{}/records/{}/{}", zone.id, key.rtype, segment(relative(&key.name, zone, "@")))
}

impl Dialect for GoDaddy {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header(
            "authorization",
            format!("sso-key {}:{}", self.0.get("api_key"), self.0.get("api_secret")),
        );
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let Some(code) = answer.json.text_if("/code") else { return Some(refusal) };
        let class = match code {
            "UNKNOWN_DOMAIN" | "INVALID_DOMAIN" | "NOT_FOUND_DOMAIN" => Class::NoSuchZone,
            _ => refusal.class,
        };
        Some(Refusal { class, ..refusal }.code(code))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = Call::get("/domains").ask("statuses", "ACTIVE").ask("limit", PAGE);
        Some(match page {
            Some(marker) => call.ask("marker", marker),
            None => call,
        })
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("")?;
        let zones = listed::zones(all, "/domain", "/domain")?;
        // The marker of the next page is the last name of this one.
        let last = all.last().and_then(|zone| zone.text_if("/domain")).map(str::to_owned);
        Ok(Page { items: zones, next: last.filter(|_| all.len() >= PAGE) })
    }
}

impl Sets for GoDaddy {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(path(zone, key))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        if answer.status == 404 {
            return Ok(Page::last(items));
        }
        for record in answer.items("")? {
            let here = from_relative(record.text("/name")?, zone).as_ref() == Some(&key.name);
            if here && is_type(record.text("/type")?, key) {
                let value = presented(key, record.text("/data")?);
                items.push(Item { value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        let key = &step.expect.key;
        let record = |value: &String| json!({ "data": bare(key.rtype, value), "ttl": step.ttl });
        let records: Vec<Value> = step.values.iter().map(record).collect();
        Call::put(path(zone, key), Value::Array(records))
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        Call::delete(path(zone, &step.expect.key))
    }
}
