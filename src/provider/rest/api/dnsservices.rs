//! DNS.services: <https://dns.services/userapi>, the answers by exchanges recorded in 2023.
//!
//! A session begins with the account's name and password. A zone belongs to a service, and both identifiers stand in
//! its path. Lists show absolute names, records are written with relative ones.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, Login, New, Session, Signing};
use crate::provider::rest::listed::{Layout, Naming};
use crate::provider::rest::text::{absolute, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "dnsservices",
        name: "DNS.services",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://dns.services/userapi",
        fields: &[
            Field::secret("password", "the password of the account").also_in(&["DNSSERVICES_PASSWORD"]),
            Field::plain("username", "the e-mail address of the account").also_in(&["DNSSERVICES_USERNAME"]),
        ],
        env: &[],
        verified: Verified::Recorded("2023"),
    },
    base: "https://dns.services/api",
    open: |account| Dialects::items(DnsServices(account)),
};

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Absolute("/name"), value: "/content", ttl: "/ttl" };

struct DnsServices(Account);

fn record(zone: &Zone, new: &New<'_>) -> Value {
    let name = relative(&new.key.name, zone, "");
    json!({ "type": new.rtype(), "name": name, "content": new.bare(), "ttl": new.ttl })
}

impl Dialect for DnsServices {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.bearer(session.token.expose());
        }
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        let form = [("username", self.0.get("username")), ("password", self.0.get("password"))];
        let form = form.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        Some(Login { call: Call::new(Method::POST, "/login").body(Body::Form(form)), base: None })
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        Ok(Session { token: Secret::new(answer.json.text("/token")?), lasts: None })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/dns"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let mut zones = Vec::new();
        for zone in answer.items("/zones")? {
            let id = format!("/service/{}/dns/{}", zone.id("/service_id")?, zone.id("/domain_id")?);
            zones.extend(absolute(zone.text("/name")?).map(|name| Zone { name, id }));
        }
        Ok(Page::last(zones))
    }
}

impl Items for DnsServices {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(&*zone.id)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        // A list whose numbers have a gap is written as an object.
        let records: Vec<&Value> = match answer.json.pointer("/records") {
            Some(Value::Array(records)) => records.iter().collect(),
            Some(Value::Object(records)) => records.values().collect(),
            _ => return Err(Odd("there is no list at `/records`".to_owned())),
        };
        Ok(Page::last(RECORD.items(records, zone, key)?))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("{}/records", zone.id), record(zone, new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("{}/records/{}", zone.id, item.id), record(zone, new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("{}/records/{}", zone.id, item.id))
    }
}
