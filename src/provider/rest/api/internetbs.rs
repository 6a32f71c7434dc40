//! Internet.bs: <https://internetbs.net/internet-bs-api.pdf>, the answers by exchanges recorded in 2018.
//!
//! Every request is the POST of a form that holds the credentials, every answer has the status 200 and says in `status`
//! whether it is a success; codes that begin with 107 are about the credentials. A record is known by its name, type
//! and value.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::text::{absolute, bare, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::Value;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "internetbs",
        name: "Internet.bs",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::ALL,
        docs: "https://internetbs.net/internet-bs-api.pdf",
        fields: &[
            Field::secret("api_key", "the API key of the account").also_in(&["INTERNET_BS_API_KEY"]),
            Field::secret("password", "the API password of the account").also_in(&["INTERNET_BS_PASSWORD"]),
        ],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://api.internet.bs",
    open: |account| Dialects::items(InternetBs(account)),
};

struct InternetBs(Account);

fn call(action: &str, form: &[(&str, &str)]) -> Call {
    let form = form.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Call::new(Method::POST, format!("/Domain/{action}")).body(Body::Form(form.collect()))
}

impl Dialect for InternetBs {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        if let Body::Form(form) = &mut call.body {
            form.push(("ApiKey".to_owned(), self.0.get("api_key").to_owned()));
            form.push(("Password".to_owned(), self.0.get("password").to_owned()));
            form.push(("ResponseFormat".to_owned(), "JSON".to_owned()));
        }
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        let json = &answer.json;
        let code = json.number("/code");
        let class = match (json.text_if("/status"), code) {
            (Some("SUCCESS"), _) => return None,
            (Some("FAILURE"), Some(107_000..=107_999)) => Class::Denied,
            (Some("FAILURE"), _) => Class::Invalid,
            _ => Class::Unexpected,
        };
        let refusal = Refusal::new(class, json.text_if("/message").unwrap_or_default());
        Some(code.map_or(refusal.clone(), |code| refusal.code(code.to_string())))
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(call("List", &[("searchTermFilter", name.as_str())]))
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(call("List", &[]))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let mut zones = Vec::new();
        // Where there is none, there is no list either.
        for zone in answer.json.pointer("/domain").and_then(Value::as_array).into_iter().flatten() {
            let id = zone.text("")?.to_owned();
            zones.extend(absolute(&id).map(|name| Zone { name, id }));
        }
        Ok(Page::last(zones))
    }
}

impl Items for InternetBs {
    fn list(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        call("DnsRecord/List", &[("Domain", &zone.id), ("FilterType", key.rtype.as_str())])
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        if answer.json.number("/total_records") == Some(0) {
            return Ok(Page::last(items));
        }
        for record in answer.items("/records")? {
            if is_type(record.text("/type")?, key)
                && absolute(record.text("/name")?).as_ref() == Some(&key.name)
            {
                let value = presented(key, record.text("/value")?);
                items.push(Item { value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, _zone: &Zone, new: &New<'_>) -> Call {
        let (name, value, ttl) = (new.key.name.as_str(), new.bare(), new.ttl.to_string());
        let form = [("FullRecordName", name), ("Type", new.rtype()), ("Value", &value), ("Ttl", &ttl)];
        call("DnsRecord/Add", &form)
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let (before, after) = (bare(new.key.rtype, &item.value), new.bare());
        let ttl = new.ttl.to_string();
        let form = [
            ("FullRecordName", new.key.name.as_str()),
            ("Type", new.rtype()),
            ("CurrentValue", &before),
            ("NewValue", &after),
            ("NewTtl", &ttl),
        ];
        Some(call("DnsRecord/Update", &form))
    }

    fn delete(&self, _zone: &Zone, key: &Key, item: &Item) -> Call {
        let value = bare(key.rtype, &item.value);
        let form = [("FullRecordName", key.name.as_str()), ("Type", key.rtype.as_str()), ("Value", &value)];
        call("DnsRecord/Remove", &form)
    }
}
