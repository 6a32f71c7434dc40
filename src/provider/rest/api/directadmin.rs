//! DirectAdmin: <https://docs.directadmin.com/developer/api/legacy-api.html>, the answers by exchanges recorded in 2019.
//!
//! A record is known by its name and value, which lists show ready to be sent back (`combined`). Names are relative, or
//! absolute with their last dot. A failure may have the status 200 and says so in `error`. The list of domains is a
//! query string.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::text::{absolute, from_relative, is_type, place, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::Value;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "directadmin",
        name: "DirectAdmin",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://docs.directadmin.com/developer/api/legacy-api.html",
        fields: &[
            Field::secret(
                "password",
                "a login key that may use CMD_API_SHOW_DOMAINS and CMD_API_DNS_CONTROL",
            ),
            Field::plain("server", "where DirectAdmin is, such as https://192.0.2.1:2222")
                .also_in(&["DIRECTADMIN_API_URL"]),
            Field::plain("username", "the user whose domains they are"),
        ],
        env: &[],
        verified: Verified::Recorded("2019"),
    },
    base: "https://localhost:2222",
    open: |account| Dialects::items(DirectAdmin(account)),
};

struct DirectAdmin(Account);

fn control(zone: &Zone, action: &str, form: &[(String, String)]) -> Call {
    let own = [("domain", &*zone.id), ("action", action), ("json", "yes")];
    let mut pairs: Vec<(String, String)> =
        own.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    pairs.extend_from_slice(form);
    Call::new(Method::POST, "/CMD_API_DNS_CONTROL").body(Body::Form(pairs))
}

/// What says which record is meant.
fn chosen(key: &Key, item: &Item) -> (String, String) {
    (format!("{}recs0", key.rtype.as_str().to_ascii_lowercase()), item.id.clone())
}

fn record(new: &New<'_>) -> Vec<(String, String)> {
    let pair = |key: &str, value: String| (key.to_owned(), value);
    vec![
        pair("type", new.rtype().to_owned()),
        pair("name", format!("{}.", new.key.name)),
        pair("value", new.bare()),
        pair("ttl", new.ttl.to_string()),
    ]
}

impl Dialect for DirectAdmin {
    fn place(&self) -> Option<String> {
        Some(place(self.0.find("server")?, ""))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("username"), self.0.get("password"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        match answer.json.pointer("/error") {
            None | Some(Value::Null) => None,
            Some(Value::String(none)) if none.is_empty() || none == "0" => None,
            Some(error) => {
                let result = answer.json.text_if("/result").or(answer.json.text_if("/details"));
                Some(Refusal::new(Class::Invalid, format!("{error} {}", result.unwrap_or_default())))
            }
        }
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/CMD_API_SHOW_DOMAINS"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let text = answer.text();
        let all = form_urlencoded::parse(text.trim().as_bytes()).into_owned();
        let (mut zones, mut others) = (Vec::new(), Vec::new());
        for (key, id) in all {
            if key == "list[]" {
                zones.extend(absolute(&id).map(|name| Zone { name, id }));
            } else {
                others.push(key);
            }
        }
        // A web page in the place of the list is one "key" without a value.
        match others.first() {
            Some(_) => Err(Odd("there is no list of domains".to_owned())),
            None => Ok(Page::last(zones)),
        }
    }
}

impl Items for DirectAdmin {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get("/CMD_API_DNS_CONTROL").ask("json", "yes").ask("domain", &zone.id)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/records")? {
            let name = record.text("/name")?;
            let name = if name.ends_with('.') { absolute(name) } else { from_relative(name, zone) };
            if is_type(record.text("/type")?, key) && name.as_ref() == Some(&key.name) {
                let value = presented(key, record.text("/value")?);
                let id = record.text("/combined")?.to_owned();
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        control(zone, "add", &record(new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut form = record(new);
        form.push(chosen(new.key, item));
        Some(control(zone, "edit", &form))
    }

    fn delete(&self, zone: &Zone, key: &Key, item: &Item) -> Call {
        control(zone, "select", &[("delete".to_owned(), "yes".to_owned()), chosen(key, item)])
    }
}
