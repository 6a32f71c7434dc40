//! UltraDNS (DigiCert): <https://docs.ultradns.com/Content/REST%20API/REST%20API.htm>, paths and members also by its
//! own client `ultradns-go-sdk`.
//!
//! A session begins with the user's name and password. Refusals are lists of codes: 60001 is a token or password that
//! is none, 70002 and 56001 are data that is not there, 1801 is a zone that is not there. A part of a set is changed by
//! PATCH, so that a profile stays.

use crate::provider::registry::{Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Login, Refusal, Session, Sets, Signing, said};
use crate::provider::rest::listed;
use crate::provider::rest::text::{bare, presented, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType};
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "ultradns",
        name: "UltraDNS",
        shape: Shape::RrSet,
        types: &[
            RecordType::A,
            RecordType::Aaaa,
            RecordType::Caa,
            RecordType::Cname,
            RecordType::Mx,
            RecordType::Srv,
            RecordType::Txt,
        ],
        attributes: &[Attribute::Ttl],
        min_ttl: 30,
        can: Can::ALL,
        docs: "https://docs.ultradns.com/",
        fields: &[
            Field::secret("password", "the password of that user"),
            Field::plain("username", "a user who may write DNS records"),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api.ultradns.com",
    open: |account| Dialects::sets(UltraDns(account)),
};

/// How many zones a page holds.
const PAGE: usize = 100;

struct UltraDns(Account);

fn path(zone: &Zone, key: &Key) -> String {
    format!("/v2/zones/{}/rrsets/{}/{}.", zone.id, key.rtype, segment(key.name.as_str()))
}

impl Dialect for UltraDns {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.bearer(session.token.expose());
        }
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        let form = [
            ("grant_type", "password"),
            ("username", self.0.get("username")),
            ("password", self.0.get("password")),
        ];
        let form = form.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let call = Call::new(crate::net::http::Method::POST, "/authorization/token").body(Body::Form(form));
        Some(Login { call, base: None })
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let token = Secret::new(answer.json.text("/access_token")?);
        Ok(Session { token, lasts: answer.json.number("/expiresIn").or(answer.json.number("/expires_in")) })
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let code = answer.json.number("/0/errorCode").or(answer.json.number("/errorCode"));
        let words = answer.json.text_if("/0/errorMessage").or(answer.json.text_if("/errorMessage"));
        let class = match code {
            Some(60001) => Class::Denied,
            Some(1801) => Class::NoSuchZone,
            Some(70002 | 56001) => Class::NoSuchName,
            _ => refusal.class,
        };
        let refusal = Refusal::new(class, words.map_or_else(|| said(answer), str::to_owned));
        Some(code.map_or(refusal.clone(), |code| refusal.code(code.to_string())))
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get(format!("/v2/zones/{name}.")))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = Call::get("/v3/zones").ask("limit", PAGE);
        Some(match page {
            Some(cursor) => call.ask("cursor", cursor),
            None => call,
        })
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let one = std::slice::from_ref(&answer.json);
        let all = if answer.json.pointer("/properties").is_some() { one } else { answer.items("/zones")? };
        let zones = listed::zones(all, "/properties/name", "/properties/name")?;
        Ok(Page { items: zones, next: answer.json.text_if("/cursorInfo/next").map(str::to_owned) })
    }
}

impl Sets for UltraDns {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(path(zone, key))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        if answer.status == 404 {
            return Ok(Page::last(Vec::new()));
        }
        let mut items = Vec::new();
        for set in answer.items("/rrSets")? {
            for value in set.items("/rdata")? {
                let value = presented(key, value.text("")?);
                items.push(Item { value, ttl: set.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let rdata: Vec<String> = step.values.iter().map(|value| bare(key.rtype, value)).collect();
        let body = json!({ "ttl": step.ttl, "rdata": rdata });
        if there.is_empty() { Call::post(path(zone, key), body) } else { Call::patch(path(zone, key), body) }
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        Call::delete(path(zone, &step.expect.key))
    }
}
