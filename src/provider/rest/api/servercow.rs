//! Servercow: <https://cp.servercow.de/en/plugin/support_manager/knowledgebase/view/34/dns-api-v1/7/>.
//!
//! Everything happens at the zone: it shows all sets, a POST puts a set in place, a DELETE with a body names the one
//! that goes. One value is a text, several are a list. That a change was not made may come with status 200.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing};
use crate::provider::rest::text::{bare, from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "servercow",
        name: "Servercow",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::NAMED_ZONES,
        docs: "https://cp.servercow.de/en/plugin/support_manager/knowledgebase/view/34/dns-api-v1/7/",
        fields: &[
            Field::plain("username", "the name of an API user"),
            Field::secret("password", "the password of that API user"),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://api.servercow.de/dns/v1/domains",
    open: |account| Dialects::sets(Servercow(account)),
};

struct Servercow(Account);

impl Dialect for Servercow {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("x-auth-username", self.0.get("username"));
        call.header("x-auth-password", self.0.get("password"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer);
        match answer.json.text_if("/error") {
            Some(said) if refusal.is_none() => Some(Refusal::new(Class::Invalid, said)),
            Some(_) | None => refusal,
        }
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        None
    }

    fn read_zones(&self, _answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(Vec::new()))
    }
}

impl Sets for Servercow {
    fn get(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/{}", zone.id))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("")? {
            if !is_type(set.text("/type")?, key)
                || from_relative(set.text("/name")?, zone).as_ref() != Some(&key.name)
            {
                continue;
            }
            let one = set.pointer("/content").filter(|content| content.is_string());
            let values = match one {
                Some(one) => std::slice::from_ref(one),
                None => set.items("/content")?,
            };
            for value in values {
                let value = presented(key, value.text("")?);
                items.push(Item { value, ttl: set.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        let key = &step.expect.key;
        let values: Vec<String> = step.values.iter().map(|value| bare(key.rtype, value)).collect();
        let content: Value = match values.as_slice() {
            [one] => one.as_str().into(),
            several => several.into(),
        };
        let name = relative(&key.name, zone, "");
        let body = json!({ "type": key.rtype.as_str(), "name": name, "content": content, "ttl": step.ttl });
        Call::post(format!("/{}", zone.id), body)
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        let key = &step.expect.key;
        let body = json!({ "type": key.rtype.as_str(), "name": relative(&key.name, zone, "") });
        Call::new(Method::DELETE, format!("/{}", zone.id)).body(Body::Json(body))
    }
}
