//! Websupport: <https://rest.websupport.sk/v2/docs>, the API that it shares with Active24.
//!
//! A zone is known by the number of a service, which version 1 lists; its records are version 2's. Names are relative
//! when sent and absolute when shown. The filters of the list are said not to work, so none is used. There is a request
//! that changes a record, but nobody's account of it; so a new one is made before the old one goes.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::sign::hmac_sha1::in_hex;
use crate::provider::rest::text::{absolute, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use jiff::Timestamp;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "websupport",
        name: "Websupport",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 120,
        can: Can::ALL,
        docs: "https://rest.websupport.sk/v2/docs",
        fields: &[
            Field::plain(
                "api_key",
                "the identifier of an API key, from https://admin.websupport.sk/en/auth/apiKey",
            ),
            Field::secret("secret", "the secret of that API key"),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://rest.websupport.sk",
    open: |account| Dialects::items(Websupport(account)),
};

struct Websupport(Account);

fn path(zone: &Zone) -> String {
    format!("/v2/service/{}/dns/record", zone.id)
}

impl Dialect for Websupport {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let path = format!("{}{}", signing.base.prefix(), call.path);
        let signature = in_hex(self.0.get("secret"), &format!("{} {path} {}", call.method, signing.now));
        let moment = i64::try_from(signing.now).ok().and_then(|now| Timestamp::from_second(now).ok());
        call.header("date", moment.unwrap_or_default().to_string());
        call.basic(self.0.get("api_key"), &signature);
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        Some(match answer.json.text_if("/title") {
            Some(title) => Refusal { said: title.to_owned(), ..refusal },
            None => refusal,
        })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/v1/user/self/service"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let mut zones = Vec::new();
        for service in answer.items("/items")? {
            if service.text_if("/serviceName") == Some("domain") {
                let id = service.id("/id")?;
                zones.extend(absolute(service.text("/name")?).map(|name| Zone { name, id }));
            }
        }
        Ok(Page::last(zones))
    }
}

impl Items for Websupport {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        Call::get(path(zone)).ask("page", page.unwrap_or("1"))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/data")? {
            // Some kinds are shown without a type.
            let is_ours = record.text_if("/type").is_some_and(|rtype| is_type(rtype, key));
            if is_ours && absolute(record.text("/name")?).as_ref() == Some(&key.name) {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/content")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        let asked: u64 = page.and_then(|page| page.parse().ok()).unwrap_or(1);
        if answer.json.number("/currentPage").is_some_and(|shown| shown > 0 && shown != asked) {
            return Err(Odd("it is not the page that was asked for".to_owned()));
        }
        let is_more = answer.json.number("/totalPages").is_some_and(|pages| asked < pages);
        Ok(Page { items, next: is_more.then(|| (asked + 1).to_string()) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "");
        let body = json!({ "type": new.rtype(), "name": name, "content": new.bare(), "ttl": new.ttl });
        Call::post(path(zone), body)
    }

    fn update(&self, _zone: &Zone, _item: &Item, _new: &New<'_>) -> Option<Call> {
        None
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("{}/{}", path(zone), item.id))
    }
}
