//! STACKIT DNS, API v1: <https://docs.api.stackit.cloud/documentation/dns/version/v1>.
//!
//! A service account's key signs a token request (RFC 7523). Changes run on after they are accepted; a set says in its
//! state how far they are, and one that is removed stays in lists for a while. Texts are left out: nothing says how they
//! are quoted. The filter by name is not used: nothing says in which form it takes names.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Login, Refusal, Session, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sign::{nonce, rsa};
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "stackit",
        name: "STACKIT DNS",
        shape: Shape::RrSet,
        types: ADDRESSES,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://docs.api.stackit.cloud/documentation/dns/version/v1",
        fields: &[
            Field::secret(
                "service_account",
                "the JSON key of a service account with the role dns.admin, whole, with its private key",
            )
            .also_in(&["STACKIT_SERVICE_ACCOUNT_KEY"]),
            Field::plain("project_id", "the ID of the project with the zones"),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: USUAL,
    open: |account| Dialects::sets(Stackit(account)),
};

const USUAL: &str = "https://dns.api.stackit.cloud";
/// Where tokens are given.
const LOGIN: &str = "https://service-account.api.stackit.cloud";
/// How long a token request is good, in seconds.
const LASTS: u64 = 10 * 60;
/// How many items a page holds.
const PAGE: usize = 100;

struct Stackit(Account);

fn file(account: &Account) -> Value {
    serde_json::from_str(account.get("service_account")).unwrap_or(Value::Null)
}

impl Stackit {
    fn zones_path(&self) -> String {
        format!("/v1/projects/{}/zones", self.0.get("project_id"))
    }

    fn sets_path(&self, zone: &Zone) -> String {
        format!("{}/{}/rrsets", self.zones_path(), zone.id)
    }

    fn set_path(&self, zone: &Zone, there: &[Item]) -> String {
        let id = there.first().map_or("", |item| &item.id);
        format!("{}/{id}", self.sets_path(zone))
    }
}

fn paged(call: Call, page: Option<&str>) -> Call {
    call.ask("active[eq]", true).ask("pageSize", PAGE).ask("page", page.unwrap_or("1"))
}

fn next(answer: &Answer, page: Option<&str>) -> Option<String> {
    let number: u64 = page.and_then(|page| page.parse().ok()).unwrap_or(1);
    (number < answer.json.number("/totalPages")?).then(|| (number + 1).to_string())
}

fn records(step: &Replace) -> Vec<Value> {
    step.values.iter().map(|value| json!({ "content": value })).collect()
}

impl Dialect for Stackit {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.bearer(session.token.expose());
        }
    }

    fn unfit(&self) -> Option<&'static str> {
        let key = file(&self.0).text_if("/credentials/privateKey").and_then(rsa::key);
        key.is_none().then_some("`service_account` is no JSON key of a service account with its private key")
    }

    fn login(&self, signing: &Signing<'_>) -> Option<Login> {
        let file = file(&self.0);
        let of = file.get("credentials")?;
        let key = rsa::key(of.text_if("/privateKey")?)?;
        let claims = json!({
            "iss": of["iss"], "sub": of["sub"], "aud": of["aud"], "jti": nonce(), "iat": signing.now,
            "exp": signing.now + LASTS,
        });
        let header = json!({ "typ": "JWT", "kid": of["kid"] });
        let token = rsa::token(&key, rsa::Scheme::Pkcs1Sha512, header, &claims);
        let pairs = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &token)];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        Some(Login::at(LOGIN, Call::new(Method::POST, "/token").body(Body::Form(pairs)), USUAL, signing))
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let token = Secret::new(answer.json.text("/access_token")?);
        Ok(Session { token, lasts: answer.json.number("/expires_in") })
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            // A refused login (RFC 6749 §5.2).
            let login = answer.json.text_if("/error").is_some() && answer.status == 400;
            return Some(if login { Refusal { class: Class::Denied, ..refusal } } else { refusal });
        }
        let state = answer.json.text_if("/rrset/state").filter(|state| state.ends_with("_FAILED"))?;
        let said = answer.json.text_if("/rrset/error").unwrap_or("the change failed");
        Some(Refusal::new(Class::Invalid, said).code(state))
    }

    fn pending(&self, asked: &Call, answer: &Answer) -> Option<Call> {
        let state = answer.json.text_if("/rrset/state").unwrap_or_default();
        let running = matches!(state, "CREATING" | "UPDATING");
        match asked.method {
            Method::POST if running => {
                let id = answer.json.id("/rrset/id").ok()?;
                Some(Call::get(format!("{}/{id}", asked.path)))
            }
            Method::PATCH => Some(Call::get(asked.path.clone())),
            Method::GET if running => Some(asked.clone()),
            _ => None,
        }
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(paged(Call::get(self.zones_path()).ask("dnsName[eq]", name), None))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(paged(Call::get(self.zones_path()), page))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/zones")?, "/id", "/dnsName")?;
        Ok(Page { items: zones, next: next(answer, page) })
    }
}

impl Sets for Stackit {
    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        paged(Call::get(self.sets_path(zone)).ask("type[eq]", key.rtype), page)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("/rrSets")? {
            let state = set.text_if("/state").unwrap_or_default();
            if !is_type(set.text("/type")?, key)
                || absolute(set.text("/name")?).as_ref() != Some(&key.name)
                || matches!(state, "DELETING" | "DELETE_SUCCEEDED" | "CREATE_FAILED")
            {
                continue;
            }
            let id = set.id("/id")?;
            for record in set.items("/records")? {
                let value = presented(key, record.text("/content")?);
                items.push(Item { id: id.clone(), value, ttl: set.ttl("/ttl"), whole: Value::Null });
            }
        }
        Ok(Page { items, next: next(answer, page) })
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        if there.is_empty() {
            let name = format!("{}.", key.name);
            let rtype = key.rtype.as_str();
            let body = json!({ "name": name, "type": rtype, "ttl": step.ttl, "records": records(step) });
            return Call::post(self.sets_path(zone), body);
        }
        Call::patch(self.set_path(zone, there), json!({ "ttl": step.ttl, "records": records(step) }))
    }

    fn remove(&self, zone: &Zone, _step: &Replace, there: &[Item]) -> Call {
        Call::delete(self.set_path(zone, there))
    }
}
