//! OpenStack Designate: <https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html>, with a token of Keystone:
//! <https://docs.openstack.org/api-ref/identity/v3/>.
//!
//! A session begins at Keystone with an application credential, and the token is a header of the answer. Sets have
//! identifiers and absolute names with their last dot. A change is taken up and done a moment later.

use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Login, Session, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{absolute, is_type, place, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "designate",
        name: "OpenStack Designate",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 1,
        can: Can::ALL,
        docs: "https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html",
        fields: &[
            Field::secret("application_credential_secret", "the secret of that application credential")
                .also_in(&["OS_APPLICATION_CREDENTIAL_SECRET"]),
            Field::plain("application_credential_id", "an application credential of the project")
                .also_in(&["OS_APPLICATION_CREDENTIAL_ID"]),
            Field::plain("auth_url", "where Keystone is, such as https://keystone.example.com:5000")
                .also_in(&["OS_AUTH_URL"]),
            Field::plain(
                "server",
                "where Designate is: the public endpoint of the service `dns` in the catalog",
            ),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://localhost:9001",
    open: |account| Dialects::sets(Designate(account)),
};

/// How many zones or sets a page holds.
const PAGE: usize = 100;

/// How long a session is used, in seconds: tokens last an hour or more, and a refusal begins another one.
const LASTS: u64 = 45 * 60;

struct Designate(Account);

/// The page that follows begins behind the last item of this one.
fn next(answer: &Answer, what: &str) -> Option<String> {
    answer.json.text_if("/links/next")?;
    answer.items(what).ok()?.last()?.id("/id").ok()
}

fn paged(call: Call, page: Option<&str>) -> Call {
    let call = call.ask("limit", PAGE);
    match page {
        Some(marker) => call.ask("marker", marker),
        None => call,
    }
}

fn at(zone: &Zone, there: &[Item]) -> String {
    let id = there.first().map(|item| item.id.as_str()).unwrap_or_default();
    format!("/v2/zones/{}/recordsets/{id}", zone.id)
}

impl Dialect for Designate {
    fn place(&self) -> Option<String> {
        // The catalog shows some endpoints with the version and some without.
        let server = self.0.find("server")?.trim().trim_end_matches('/');
        Some(place(server.trim_end_matches("/v2"), ""))
    }

    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.header("x-auth-token", session.token.expose());
        }
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        let credential = json!({
            "id": self.0.get("application_credential_id"),
            "secret": self.0.get("application_credential_secret"),
        });
        let identity = json!({ "methods": ["application_credential"], "application_credential": credential });
        let call = Call::post("/v3/auth/tokens", json!({ "auth": { "identity": identity } }));
        let keystone = self.0.get("auth_url").trim().trim_end_matches('/').trim_end_matches("/v3");
        let base = if self.0.base.is_some() { None } else { place(keystone, "").parse().ok() };
        Some(Login { call, base })
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let token = answer.header("x-subject-token");
        let token = token.ok_or_else(|| Odd("there is no header `X-Subject-Token`".to_owned()))?;
        Ok(Session { token: Secret::new(token), lasts: Some(LASTS) })
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get("/v2/zones").ask("name", format!("{name}.")))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(paged(Call::get("/v2/zones"), page))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/zones")?, "/id", "/name")?;
        Ok(Page { items: zones, next: next(answer, "/zones") })
    }
}

impl Sets for Designate {
    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        let call = Call::get(format!("/v2/zones/{}/recordsets", zone.id))
            .ask("name", format!("{}.", key.name))
            .ask("type", key.rtype);
        paged(call, page)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("/recordsets")? {
            // A `*` in the filter stands for anything.
            if !is_type(set.text("/type")?, key) || absolute(set.text("/name")?).as_ref() != Some(&key.name) {
                continue;
            }
            let id = set.id("/id")?;
            for value in set.items("/records")? {
                let value = presented(key, value.text("")?);
                items.push(Item { id: id.clone(), value, ttl: set.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page { items, next: next(answer, "/recordsets") })
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        if !there.is_empty() {
            return Call::put(at(zone, there), json!({ "ttl": step.ttl, "records": step.values }));
        }
        let set = json!({
            "name": format!("{}.", key.name), "type": key.rtype.as_str(), "ttl": step.ttl, "records": step.values,
        });
        Call::post(format!("/v2/zones/{}/recordsets", zone.id), set)
    }

    fn remove(&self, zone: &Zone, _step: &Replace, there: &[Item]) -> Call {
        Call::delete(at(zone, there))
    }
}
