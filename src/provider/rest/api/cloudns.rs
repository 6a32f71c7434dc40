//! ClouDNS: <https://www.cloudns.net/wiki/article/42/>.
//!
//! The credentials go in the form, so all requests are POST. A failure is a 200 with `"status":"Failed"` and a sentence;
//! which one means what is known from recordings and from other programs, not from the documentation. Lists of
//! records are objects by identifier, or an empty array. Only certain TTLs are taken: 60, 300, 900, 1800, 3600, 21600,
//! 43200, 86400 and more. The API is for paying accounts.

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
use serde_json::Value;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "cloudns",
        name: "ClouDNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://www.cloudns.net/wiki/article/42/",
        fields: &[
            Field::plain("auth_id", "the number of an API user, found under API & Resellers").optional(),
            Field::plain("sub_auth_id", "the number of an API sub-user, in place of `auth_id`").optional(),
            Field::plain("sub_auth_user", "the name of an API sub-user, in place of `auth_id`").optional(),
            Field::secret("auth_password", "the password of that API user"),
        ],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://api.cloudns.net",
    open: |account| Dialects::items(ClouDns(account)),
};

/// How many zones a page holds.
const PAGE: usize = 100;

/// Who can ask, by field and by the API's word.
const USERS: [(&str, &str); 3] =
    [("auth_id", "auth-id"), ("sub_auth_id", "sub-auth-id"), ("sub_auth_user", "sub-auth-user")];

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Relative("/host"), value: "/record", ttl: "/ttl" };

struct ClouDns(Account);

fn ask(what: &str, pairs: &[(&str, &str)]) -> Call {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Call::new(crate::net::http::Method::POST, format!("/dns/{what}.json")).body(Body::Form(pairs))
}

impl Dialect for ClouDns {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        if let Body::Form(pairs) = &mut call.body {
            let user = USERS.iter().find_map(|(field, word)| Some((*word, self.0.find(field)?)));
            pairs.extend(user.map(|(word, user)| (word.to_owned(), user.to_owned())));
            pairs.push(("auth-password".to_owned(), self.0.get("auth_password").to_owned()));
        }
    }

    fn unfit(&self) -> Option<&'static str> {
        let has_user = USERS.iter().any(|(field, _)| self.0.find(field).is_some());
        (!has_user).then_some("one of `auth_id`, `sub_auth_id` and `sub_auth_user` is needed")
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if answer.json.is_null() {
            let strange = || Refusal::new(Class::Unexpected, said(answer));
            return Some(Refusal::by_status(answer).unwrap_or_else(strange));
        }
        if answer.json.text_if("/status") != Some("Failed") {
            return Refusal::by_status(answer);
        }
        let said = answer.json.text_if("/statusDescription").unwrap_or_default();
        let has = |word: &str| said.to_ascii_lowercase().contains(word);
        let class = if has("authentication") || has("not authorized") || has("access denied") {
            Class::Denied
        } else if has("missing domain-name") {
            Class::NoSuchZone
        } else if has("record-id") {
            Class::NoSuchName
        } else if has("limit") && has("request") {
            Class::RateLimited
        } else {
            Class::Invalid
        };
        Some(Refusal::new(class, said))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(ask("list-zones", &[("page", page.unwrap_or("1")), ("rows-per-page", &PAGE.to_string())]))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("")?;
        let zones = listed::zones(all, "/name", "/name")?;
        Ok(Page::numbered(zones, page, all.len(), PAGE))
    }
}

impl Items for ClouDns {
    fn list(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        let mut pairs = vec![("domain-name", zone.id.as_str()), ("type", key.rtype.as_str())];
        let host = relative(&key.name, zone, "");
        // An empty filter would be none.
        if !host.is_empty() {
            pairs.push(("host", host));
        }
        ask("records", &pairs)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let records: Vec<&Value> = match &answer.json {
            Value::Object(records) => records.values().collect(),
            Value::Array(none) if none.is_empty() => Vec::new(),
            _ => return Err(Odd("the records are no object".to_owned())),
        };
        Ok(Page::last(RECORD.items(records, zone, key)?))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let host = relative(&new.key.name, zone, "");
        ask(
            "add-record",
            &[
                ("domain-name", &zone.id),
                ("record-type", new.rtype()),
                ("host", host),
                ("record", &new.bare()),
                ("ttl", &new.ttl.to_string()),
            ],
        )
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let host = relative(&new.key.name, zone, "");
        Some(ask(
            "mod-record",
            &[
                ("domain-name", &zone.id),
                ("record-id", &item.id),
                ("host", host),
                ("record", &new.bare()),
                ("ttl", &new.ttl.to_string()),
            ],
        ))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        ask("delete-record", &[("domain-name", &zone.id), ("record-id", &item.id)])
    }
}
