//! ConoHa VPS 3.0: <https://doc.conoha.jp/reference/api-vps3/api-dns-vps3/>. Its version 2.0 is another system.
//!
//! A session begins at the region's identity service, and the token is a header of the answer. Names are absolute with
//! their last dot.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, Login, New, Session, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "conoha",
        name: "ConoHa VPS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://doc.conoha.jp/reference/api-vps3/api-dns-vps3/",
        fields: &[
            Field::secret("password", "the password of that API user").also_in(&["CONOHAV3_API_PASSWORD"]),
            Field::plain("region", "the region, if not c3j1").optional().also_in(&["CONOHAV3_REGION"]),
            Field::plain("tenant_id", "the tenant's identifier").also_in(&["CONOHAV3_TENANT_ID"]),
            Field::plain("user_id", "the identifier of an API user").also_in(&["CONOHAV3_API_USER_ID"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://dns-service.c3j1.conoha.io",
    open: |account| Dialects::items(Conoha(account)),
};

/// How many zones or records a page holds.
const PAGE: usize = 100;

/// How long a session is used, in seconds: tokens last a day.
const LASTS: u64 = 12 * 3600;

const RECORD: Layout =
    Layout { id: "/uuid", rtype: "/type", name: Naming::Absolute("/name"), value: "/data", ttl: "/ttl" };

struct Conoha(Account);

impl Conoha {
    fn region(&self) -> &str {
        self.0.find("region").unwrap_or("c3j1")
    }
}

fn paged(call: Call, page: Option<&str>) -> Call {
    call.ask("limit", PAGE).ask("offset", page.unwrap_or("0"))
}

fn record(new: &New<'_>) -> Value {
    json!({ "name": format!("{}.", new.key.name), "type": new.rtype(), "data": new.bare(), "ttl": new.ttl })
}

impl Dialect for Conoha {
    fn place(&self) -> Option<String> {
        Some(format!("https://dns-service.{}.conoha.io", self.region()))
    }

    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.header("x-auth-token", session.token.expose());
        }
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        let user = json!({ "id": self.0.get("user_id"), "password": self.0.get("password") });
        let identity = json!({ "methods": ["password"], "password": { "user": user } });
        let scope = json!({ "project": { "id": self.0.get("tenant_id") } });
        let call = Call::post("/v3/auth/tokens", json!({ "auth": { "identity": identity, "scope": scope } }));
        let place = format!("https://identity.{}.conoha.io", self.region());
        let base = if self.0.base.is_some() { None } else { place.parse().ok() };
        Some(Login { call, base })
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let token = answer.header("x-subject-token");
        let token = token.ok_or_else(|| Odd("there is no header `X-Subject-Token`".to_owned()))?;
        Ok(Session { token: Secret::new(token), lasts: Some(LASTS) })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(paged(Call::get("/v1/domains"), page))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/domains")?;
        let zones = listed::zones(all, "/uuid", "/name")?;
        Ok(Page::skipped(zones, page, all.len(), PAGE))
    }
}

impl Items for Conoha {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        paged(Call::get(format!("/v1/domains/{}/records", zone.id)), page)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let all = answer.items("/records")?;
        let items = RECORD.items(all, zone, key)?;
        Ok(Page::skipped(items, page, all.len(), PAGE))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/v1/domains/{}/records", zone.id), record(new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("/v1/domains/{}/records/{}", zone.id, item.id), record(new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/v1/domains/{}/records/{}", zone.id, item.id))
    }
}
