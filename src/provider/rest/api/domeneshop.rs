//! Domeneshop (Domainnameshop): <https://api.domeneshop.no/docs/>.
//!
//! A TTL is a multiple of a minute, up to a week. There are no pages. A change replaces the record and answers nothing.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing, said};
use crate::provider::rest::text::{absolute, from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "domeneshop",
        name: "Domeneshop",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://api.domeneshop.no/docs/",
        fields: &[
            Field::secret("token", "the token of an API key").also_in(&["DOMENESHOP_API_TOKEN"]),
            Field::secret("secret", "the secret of that API key").also_in(&["DOMENESHOP_API_SECRET"]),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api.domeneshop.no/v0",
    open: |account| Dialects::items(Domeneshop(account)),
};

/// The step of TTLs and the longest, in seconds.
const STEP: u32 = 60;
const LONGEST: u32 = 604_800;

struct Domeneshop(Account);

fn body(zone: &Zone, new: &New<'_>) -> Value {
    let ttl = new.ttl.min(LONGEST).div_ceil(STEP) * STEP;
    let name = relative(&new.key.name, zone, "@");
    json!({ "host": name, "ttl": ttl, "type": new.rtype(), "data": new.bare() })
}

impl Dialect for Domeneshop {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("token"), self.0.get("secret"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let text = answer.json.text_if("/help").map_or_else(|| said(answer), str::to_owned);
        let refusal = Refusal { said: text, ..refusal };
        Some(match answer.json.text_if("/code") {
            Some(code) => refusal.code(code),
            None => refusal,
        })
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get("/domains").ask("domain", name))
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let mut zones = Vec::new();
        for zone in answer.items("")? {
            let id = zone.id("/id")?;
            zones.extend(absolute(zone.text("/domain")?).map(|name| Zone { name, id }));
        }
        Ok(Page::last(zones))
    }
}

impl Items for Domeneshop {
    fn list(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/domains/{}/dns", zone.id))
            .ask("host", relative(&key.name, zone, "@"))
            .ask("type", key.rtype)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("")? {
            if is_type(record.text("/type")?, key)
                && from_relative(record.text("/host")?, zone).as_ref() == Some(&key.name)
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/data")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/domains/{}/dns", zone.id), body(zone, new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("/domains/{}/dns/{}", zone.id, item.id), body(zone, new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/domains/{}/dns/{}", zone.id, item.id))
    }
}
