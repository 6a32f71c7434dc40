//! Google Cloud DNS, API v1: <https://cloud.google.com/dns/docs/reference/rest/v1>.
//!
//! A service account's key signs a token request (RFC 7523). A change names the set that goes as it is and the set that
//! comes, and is made as one, or not at all where the former is not there any more. Sets with a routing policy have no
//! plain values and are refused. Of a public and a private zone of one name the public one is meant.

use crate::net::http::Method;
use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Login, Refusal, Session, Sets, Signing};
use crate::provider::rest::sign::rsa;
use crate::provider::rest::text::{absolute, dotted, is_type, presented};
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
        id: "googleclouddns",
        name: "Google Cloud DNS",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 0,
        can: Can::ALL,
        docs: "https://cloud.google.com/dns/docs/reference/rest/v1",
        fields: &[
            Field::secret(
                "service_account",
                "the JSON key of a service account with the role DNS Administrator, whole",
            )
            .also_in(&["GCE_SERVICE_ACCOUNT"]),
            Field::plain(
                "project",
                "the ID of the project with the zones, if it is not the service account's",
            )
            .optional()
            .also_in(&["GCE_PROJECT"]),
        ],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: USUAL,
    open: |account| Dialects::sets(GoogleCloudDns::new(&account)),
};

const USUAL: &str = "https://dns.googleapis.com/dns/v1";
/// Where tokens are given, and who they are addressed to.
const LOGIN: &str = "https://oauth2.googleapis.com";
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";
const SCOPE: &str = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";
/// How long a token request is good, in seconds; the longest there is.
const LASTS: u64 = 60 * 60;

struct GoogleCloudDns {
    /// The key file; `Null` where it is none.
    key: Secret,
    project: String,
}

impl GoogleCloudDns {
    fn new(account: &Account) -> Self {
        let file: Value = serde_json::from_str(account.get("service_account")).unwrap_or(Value::Null);
        let project = account.find("project").or_else(|| file.text_if("/project_id")).unwrap_or_default();
        Self { project: project.to_owned(), key: Secret::new(file.to_string()) }
    }

    fn file(&self) -> Value {
        serde_json::from_str(self.key.expose()).unwrap_or(Value::Null)
    }

    fn zones_path(&self) -> String {
        format!("/projects/{}/managedZones", self.project)
    }

    fn change(&self, zone: &Zone, change: Value) -> Call {
        Call::post(format!("{}/{}/changes", self.zones_path(), zone.id), change)
    }
}

/// What goes: the set as it was read.
fn deletions(there: &[Item]) -> Vec<Value> {
    there.first().map(|item| item.whole.clone()).into_iter().collect()
}

impl Dialect for GoogleCloudDns {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.bearer(session.token.expose());
        }
    }

    fn unfit(&self) -> Option<&'static str> {
        let file = self.file();
        let key = file.text_if("/private_key").and_then(rsa::key);
        if key.is_none() || file.text_if("/client_email").is_none() {
            return Some("`service_account` is no JSON key of a service account");
        }
        self.project.is_empty().then_some("`project` is needed, since `service_account` names none")
    }

    fn login(&self, signing: &Signing<'_>) -> Option<Login> {
        let file = self.file();
        let key = rsa::key(file.text_if("/private_key")?)?;
        let claims = json!({
            "iss": file["client_email"], "scope": SCOPE, "aud": AUDIENCE, "iat": signing.now,
            "exp": signing.now + LASTS,
        });
        let header = json!({ "typ": "JWT", "kid": file["private_key_id"] });
        let token = rsa::token(&key, rsa::Scheme::Pkcs1Sha256, header, &claims);
        let pairs = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &token)];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let call = Call::new(Method::POST, "/token").body(Body::Form(pairs));
        Some(Login::at(LOGIN, call, USUAL, signing))
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let token = Secret::new(answer.json.text("/access_token")?);
        Ok(Session { token, lasts: answer.json.number("/expires_in") })
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        // A refused login (RFC 6749 §5.2).
        if let Some(error) = answer.json.text_if("/error") {
            return Some(Refusal { class: Class::Denied, ..refusal }.code(error));
        }
        let reason = answer.json.text_if("/error/errors/0/reason").unwrap_or_default();
        let class = match reason {
            "rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded" => Class::RateLimited,
            // What the change was to replace is not there as it was.
            "conditionNotMet" | "alreadyExists" => Class::Unconfirmed,
            _ => refusal.class,
        };
        let refusal = Refusal { class, ..refusal };
        Some(if reason.is_empty() { refusal } else { refusal.code(reason) })
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get(self.zones_path()).ask("dnsName", format!("{name}.")))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = Call::get(self.zones_path());
        Some(match page {
            Some(page) => call.ask("pageToken", page),
            None => call,
        })
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let mut items = Vec::new();
        // Where nothing fits, there is no list.
        for zone in answer.items("/managedZones").unwrap_or_default() {
            if zone.text_if("/visibility") == Some("private") {
                continue;
            }
            let id = zone.text("/name")?.to_owned();
            items.extend(absolute(zone.text("/dnsName")?).map(|name| Zone { name, id }));
        }
        if !answer.json.is_object() {
            return Err(Odd("the list of zones is no object".to_owned()));
        }
        Ok(Page { items, next: answer.json.text_if("/nextPageToken").map(str::to_owned) })
    }
}

impl Sets for GoogleCloudDns {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("{}/{}/rrsets", self.zones_path(), zone.id))
            .ask("name", format!("{}.", key.name))
            .ask("type", key.rtype)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("/rrsets")? {
            if !is_type(set.text("/type")?, key) || absolute(set.text("/name")?).as_ref() != Some(&key.name) {
                continue;
            }
            for value in set.items("/rrdatas")? {
                let value = presented(key, value.text("")?);
                items.push(Item { id: String::new(), value, ttl: set.ttl("/ttl"), whole: set.clone() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let values: Vec<String> = step.values.iter().map(|value| dotted(key.rtype, value)).collect();
        let set = json!({
            "name": format!("{}.", key.name), "type": key.rtype.as_str(), "ttl": step.ttl, "rrdatas": values,
        });
        self.change(zone, json!({ "deletions": deletions(there), "additions": [set] }))
    }

    fn remove(&self, zone: &Zone, _step: &Replace, there: &[Item]) -> Call {
        self.change(zone, json!({ "deletions": deletions(there), "additions": [] }))
    }
}
