//! Technitium DNS Server: <https://github.com/TechnitiumSoftware/DnsServer/blob/master/APIDOCS.md>.
//!
//! Every request is the POST of a form that holds the token, every answer has the status 200 and says in `status`
//! what became of it. A record is known by its name, type and data.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{absolute, bare, is_type, place, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use serde_json::Value;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "technitium",
        name: "Technitium DNS Server",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 1,
        can: Can::ALL,
        docs: "https://github.com/TechnitiumSoftware/DnsServer/blob/master/APIDOCS.md",
        fields: &[
            Field::secret("token", "an API token, from Administration, Sessions, Create Token")
                .also_in(&["TECHNITIUM_API_TOKEN"]),
            Field::plain("server", "where the web console is, such as https://192.0.2.1:53443")
                .also_in(&["TECHNITIUM_SERVER_BASE_URL"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://localhost:53443/api",
    open: |account| Dialects::items(Technitium(account)),
};

/// How many zones a page holds.
const PAGE: u64 = 100;

struct Technitium(Account);

fn call(path: &str, form: &[(&str, &str)]) -> Call {
    let form = form.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Call::new(Method::POST, format!("/zones/{path}")).body(Body::Form(form.collect()))
}

/// What a record's data is called in a form, and what another one that takes its place.
fn members(rtype: RecordType) -> (&'static str, &'static str) {
    if rtype == RecordType::Txt { ("text", "newText") } else { ("ipAddress", "newIpAddress") }
}

impl Dialect for Technitium {
    fn place(&self) -> Option<String> {
        Some(place(self.0.find("server")?, "/api"))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        if let Body::Form(form) = &mut call.body {
            form.push(("token".to_owned(), self.0.get("token").to_owned()));
        }
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        let said = answer.json.text_if("/errorMessage").unwrap_or_default();
        let class = match answer.json.text_if("/status") {
            Some("ok") => return None,
            Some("invalid-token" | "2fa-required") => Class::Denied,
            Some("error") if said.contains("Access was denied") => Class::Denied,
            Some("error") => Class::Invalid,
            _ => Class::Unexpected,
        };
        Some(Refusal::new(class, said))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let form = [("pageNumber", page.unwrap_or("1")), ("zonesPerPage", &PAGE.to_string())];
        Some(call("list", &form))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/response/zones")?, "/name", "/name")?;
        let numbers =
            answer.json.number("/response/pageNumber").zip(answer.json.number("/response/totalPages"));
        let next = numbers.filter(|(page, last)| page < last).map(|(page, _)| (page + 1).to_string());
        Ok(Page { items: zones, next })
    }
}

impl Items for Technitium {
    fn list(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        call("records/get", &[("domain", key.name.as_str()), ("zone", &zone.id), ("listZone", "false")])
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/response/records")? {
            let off = record.pointer("/disabled") == Some(&Value::Bool(true));
            if is_type(record.text("/type")?, key)
                && absolute(record.text("/name")?).as_ref() == Some(&key.name)
                && !off
            {
                let data = record.text(&format!("/rData/{}", members(key.rtype).0))?;
                let (value, ttl) = (presented(key, data), record.ttl("/ttl"));
                items.push(Item { value, ttl, whole: record.clone(), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let (value, ttl) = (new.bare(), new.ttl.to_string());
        let form = [
            ("domain", new.key.name.as_str()),
            ("zone", &zone.id),
            ("type", new.rtype()),
            ("ttl", &ttl),
            ("overwrite", "false"),
            (members(new.key.rtype).0, &value),
        ];
        call("records/add", &form)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let (before, after) = members(new.key.rtype);
        let (value, ttl) = (new.bare(), new.ttl.to_string());
        let form = [
            ("domain", new.key.name.as_str()),
            ("zone", &zone.id),
            ("type", new.rtype()),
            ("ttl", &ttl),
            ("comments", item.whole.text_if("/comments").unwrap_or_default()),
            (before, &bare(new.key.rtype, &item.value)),
            (after, &value),
        ];
        Some(call("records/update", &form))
    }

    fn delete(&self, zone: &Zone, key: &Key, item: &Item) -> Call {
        let value = bare(key.rtype, &item.value);
        let form = [
            ("domain", key.name.as_str()),
            ("zone", &zone.id),
            ("type", key.rtype.as_str()),
            (members(key.rtype).0, &value),
        ];
        call("records/delete", &form)
    }
}
