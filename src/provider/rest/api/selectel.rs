//! Selectel DNS, API v2: <https://developers.selectel.ru/docs/cloud-services/dns_api/dns_api_actual/>.
//!
//! A service user's password gives a Keystone token, which comes in a header and is good for a day. Sets with
//! identifiers; names are absolute with their last dot, and in their own alphabet. Records that are disabled are no part
//! of what is served, so they are left out, and sent back with a change.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Login, Session, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "selectel",
        name: "Selectel DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://developers.selectel.ru/docs/cloud-services/dns_api/dns_api_actual/",
        fields: &[
            Field::plain("account_id", "the number of the account").also_in(&["SELECTELV2_ACCOUNT_ID"]),
            Field::plain("project_id", "the ID of the project with the zones")
                .also_in(&["SELECTELV2_PROJECT_ID"]),
            Field::plain("username", "the name of a service user with a role in that project")
                .also_in(&["SELECTELV2_USERNAME"]),
            Field::secret("password", "the password of that service user").also_in(&["SELECTELV2_PASSWORD"]),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: USUAL,
    open: |account| Dialects::sets(Selectel(account)),
};

const USUAL: &str = "https://api.selectel.ru/domains/v2";
const LOGIN: &str = "https://cloud.api.selcloud.ru/identity/v3";
/// After how long another token is asked for, in seconds; it is good for 24 hours.
const SESSION: u64 = 12 * 60 * 60;
/// How many zones and how many sets a page holds.
const PAGE: usize = 100;

struct Selectel(Account);

/// A name as the API writes it.
fn native(name: &Name) -> String {
    if !name.as_str().contains("xn--") {
        return format!("{name}.");
    }
    format!("{}.", idna::domain_to_unicode(name.as_str()).0)
}

fn sets(zone: &Zone) -> String {
    format!("/zones/{}/rrset", zone.id)
}

/// The next page; the offset is 0 after the last one.
fn next(answer: &Answer) -> Option<String> {
    answer.json.number("/next_offset").filter(|offset| *offset > 0).map(|offset| offset.to_string())
}

impl Dialect for Selectel {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.header("x-auth-token", session.token.expose());
        }
    }

    fn login(&self, signing: &Signing<'_>) -> Option<Login> {
        let domain = json!({ "name": self.0.get("account_id") });
        let user =
            json!({ "name": self.0.get("username"), "domain": domain, "password": self.0.get("password") });
        let body = json!({
            "auth": {
                "identity": { "methods": ["password"], "password": { "user": user } },
                "scope": { "project": { "id": self.0.get("project_id") } },
            },
        });
        Some(Login::at(LOGIN, Call::post("/auth/tokens", body), USUAL, signing))
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let token = answer.header("x-subject-token").ok_or_else(|| Odd("there is no token".to_owned()))?;
        Ok(Session { token: Secret::new(token), lasts: Some(SESSION) })
    }

    fn find(&self, name: &Name) -> Find {
        let filter = native(name);
        Find::ask(Call::get("/zones").ask("filter", filter.trim_end_matches('.')).ask("limit", PAGE))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones").ask("limit", PAGE).ask("offset", page.unwrap_or("0")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let items = listed::zones(answer.items("/result")?, "/id", "/name")?;
        Ok(Page { items, next: next(answer) })
    }
}

impl Sets for Selectel {
    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        let name = native(&key.name);
        Call::get(sets(zone))
            .ask("name", name.trim_end_matches('.'))
            .ask("rrset_types", key.rtype)
            .ask("limit", PAGE)
            .ask("offset", page.unwrap_or("0"))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("/result")? {
            if !is_type(set.text("/type")?, key) || absolute(set.text("/name")?).as_ref() != Some(&key.name) {
                continue;
            }
            for record in set.items("/records")? {
                if record.get("disabled") == Some(&Value::Bool(true)) {
                    continue;
                }
                let (id, value) = (set.id("/id")?, presented(key, record.text("/content")?));
                items.push(Item { id, value, ttl: set.ttl("/ttl"), whole: set.clone() });
            }
        }
        Ok(Page { items, next: next(answer) })
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let mut records: Vec<Value> =
            step.values.iter().map(|value| json!({ "content": value, "disabled": false })).collect();
        let Some(item) = there.first() else {
            let body = json!({
                "name": native(&key.name), "type": key.rtype.as_str(), "ttl": step.ttl, "records": records,
            });
            return Call::post(sets(zone), body);
        };
        let disabled = |record: &&Value| record.get("disabled") == Some(&Value::Bool(true));
        let known = item.whole["records"].as_array();
        records.extend(known.into_iter().flatten().filter(disabled).cloned());
        let mut body = json!({ "ttl": step.ttl, "records": records });
        for member in ["comment", "managed_by"] {
            if let Some(value) = item.whole.text_if(&format!("/{member}")).filter(|value| !value.is_empty()) {
                body[member] = value.into();
            }
        }
        Call::patch(format!("{}/{}", sets(zone), item.id), body)
    }

    fn remove(&self, zone: &Zone, _step: &Replace, there: &[Item]) -> Call {
        let id = there.first().map(|item| item.id.as_str()).unwrap_or_default();
        Call::delete(format!("{}/{id}", sets(zone)))
    }
}
