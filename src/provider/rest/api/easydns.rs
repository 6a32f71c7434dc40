//! easyDNS's REST API: <https://docs.sandbox.rest.easydns.net/>. The provider `easydns-dyndns` speaks its update protocol.
//!
//! Numbers are texts; too many requests are 420. The list of an account's zones wants the account's name, so zones
//! have to be named.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing, said};
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "easydns",
        name: "easyDNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::NAMED_ZONES,
        docs: "https://docs.sandbox.rest.easydns.net/",
        fields: &[
            Field::secret("token", "the API token, from https://cp.easydns.com/manage/security/"),
            Field::secret("key", "the API key that came with the token"),
        ],
        env: &[],
        verified: Verified::Recorded("2016"),
    },
    base: "https://rest.easydns.net",
    open: |account| Dialects::items(EasyDns(account)),
};

struct EasyDns(Account);

fn record(zone: &Zone, new: &New<'_>) -> Value {
    json!({
        "domain": zone.id, "host": relative(&new.key.name, zone, "@"), "ttl": new.ttl.to_string(), "prio": "0",
        "type": new.rtype(), "rdata": new.bare(),
    })
}

impl Dialect for EasyDns {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.query.push(("format".to_owned(), "json".to_owned()));
        call.basic(self.0.get("token"), self.0.get("key"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = match (Refusal::by_status(answer), answer.json.pointer("/error")) {
            (None, None) => return None,
            (Some(refusal), _) => refusal,
            (None, Some(_)) => Refusal::new(Class::Unexpected, said(answer)),
        };
        let calm = said(answer).to_ascii_lowercase().starts_with("enhance your calm");
        let class = if answer.status == 420 || calm { Class::RateLimited } else { refusal.class };
        Some(Refusal { class, ..refusal })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        None
    }

    fn read_zones(&self, _answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Err(Odd("zones are not asked for".to_owned()))
    }
}

impl Items for EasyDns {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        let call = Call::get(format!("/zones/records/all/{}", zone.id));
        match page {
            Some(start) => call.ask("start", start),
            None => call,
        }
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let all = answer.items("/data")?;
        let mut items = Vec::new();
        for record in all {
            let is_here = from_relative(record.text("/host")?, zone).as_ref() == Some(&key.name);
            if is_here && is_type(record.text("/type")?, key) {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/rdata")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        let total = answer.json.number("/total").unwrap_or(0);
        let end = answer.json.number("/start").unwrap_or(0) + all.len() as u64;
        Ok(Page { items, next: (end < total && !all.is_empty()).then(|| end.to_string()) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::put(format!("/zones/records/add/{}/{}", zone.id, new.rtype()), record(zone, new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let host = relative(&new.key.name, zone, "@");
        let body =
            json!({ "host": host, "ttl": new.ttl.to_string(), "type": new.rtype(), "rdata": new.bare() });
        let path = format!("/zones/records/{}", item.id);
        Some(Call::post(path, body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/zones/records/{}/{}", zone.id, item.id))
    }
}
