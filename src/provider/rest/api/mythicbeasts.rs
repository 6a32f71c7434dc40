//! Mythic Beasts' DNS API, version 2: <https://www.mythic-beasts.com/support/api/dnsv2>.
//!
//! A session of five minutes begins at another host.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Login, Session, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{bare, from_relative, is_type, presented, relative, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "mythicbeasts",
        name: "Mythic Beasts",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://www.mythic-beasts.com/support/api/dnsv2",
        fields: &[
            Field::plain("key_id", "the identifier of an API key for DNS, from the control panel")
                .also_in(&["MYTHICBEASTS_USERNAME"]),
            Field::secret("secret", "the secret of that API key").also_in(&["MYTHICBEASTS_PASSWORD"]),
        ],
        env: &[],
        verified: Verified::Recorded("2021"),
    },
    base: "https://api.mythic-beasts.com/dns/v2",
    open: |account| Dialects::sets(MythicBeasts(account)),
};

/// Where sessions begin.
const LOGIN: &str = "https://auth.mythic-beasts.com";

struct MythicBeasts(Account);

fn path(zone: &Zone, key: &Key) -> String {
    format!("/zones/{}/records/{}/{}", zone.id, segment(relative(&key.name, zone, "@")), key.rtype)
}

impl Dialect for MythicBeasts {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.bearer(session.token.expose());
        }
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        let grant = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
        let mut call = Call::new(Method::POST, "/login").body(Body::Form(grant));
        call.basic(self.0.get("key_id"), self.0.get("secret"));
        // Who names another place for the API means one that has this, too.
        let usual = || LOGIN.parse().expect("invariant: it is a URL");
        let base = if self.0.base.is_some() { None } else { Some(usual()) };
        Some(Login { call, base })
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let token = Secret::new(answer.json.text("/access_token")?);
        Ok(Session { token, lasts: answer.json.number("/expires_in") })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("/zones")?, "", "")?))
    }
}

impl Sets for MythicBeasts {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/zones/{}/records", zone.id))
            .ask("type", key.rtype)
            .ask("host", relative(&key.name, zone, "@"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        if answer.status == 404 {
            return Ok(Page::last(items));
        }
        for record in answer.items("/records")? {
            let is_here = from_relative(record.text("/host")?, zone).as_ref() == Some(&key.name);
            if is_here && is_type(record.text("/type")?, key) {
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
        Call::put(path(zone, key), json!({ "records": records }))
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        Call::delete(path(zone, &step.expect.key))
    }
}
