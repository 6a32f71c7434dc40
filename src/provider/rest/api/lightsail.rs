//! Amazon Lightsail DNS: <https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_GetDomain.html>, signed with
//! AWS Signature Version 4.
//!
//! Every request is a POST of JSON, and a header says what is asked; all of DNS is in us-east-1. Entries have no TTL.
//! Refusals are named in `__type`. An alias is not looked at.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing, said};
use crate::provider::rest::listed;
use crate::provider::rest::sign::sigv4::{Scope, sign};
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "lightsail",
        name: "Amazon Lightsail",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[],
        min_ttl: 0,
        can: Can::ALL,
        docs: "https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_GetDomain.html",
        fields: &[
            Field::secret(
                "secret_access_key",
                "the secret of an access key that may lightsail:GetDomains, GetDomain, CreateDomainEntry, \
                 UpdateDomainEntry and DeleteDomainEntry",
            )
            .also_in(&["AWS_SECRET_ACCESS_KEY"]),
            Field::plain("access_key_id", "the identifier of that access key")
                .also_in(&["AWS_ACCESS_KEY_ID"]),
            Field::secret("session_token", "the session token, where the credentials are temporary ones")
                .optional()
                .also_in(&["AWS_SESSION_TOKEN"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://lightsail.us-east-1.amazonaws.com",
    open: |account| Dialects::items(Lightsail(account)),
};

struct Lightsail(Account);

fn call(action: &str, body: &Value) -> Call {
    let body = Body::Text("application/x-amz-json-1.1", body.to_string());
    let mut call = Call::new(Method::POST, "/").body(body);
    call.header("x-amz-target", format!("Lightsail_20161128.{action}"));
    call
}

fn entry(new: &New<'_>) -> Value {
    json!({ "name": new.key.name.as_str(), "type": new.rtype(), "target": new.value, "isAlias": false })
}

impl Dialect for Lightsail {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let scope = Scope {
            key_id: self.0.get("access_key_id"),
            secret: self.0.get("secret_access_key"),
            token: self.0.find("session_token"),
            region: "us-east-1",
            service: "lightsail",
        };
        sign(call, &scope, signing);
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let name = answer.json.text_if("/__type").and_then(|name| name.rsplit('#').next());
        let class = match name {
            Some("NotFoundException") => Class::NoSuchName,
            Some(
                "AccessDeniedException"
                | "UnauthenticatedException"
                | "UnrecognizedClientException"
                | "InvalidSignatureException"
                | "ExpiredTokenException",
            ) => Class::Denied,
            Some("ThrottlingException") => Class::RateLimited,
            Some("ServiceException") => Class::Unavailable,
            _ => refusal.class,
        };
        let refusal = Refusal::new(class, said(answer));
        Some(name.map_or(refusal.clone(), |name| refusal.code(name)))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(call("GetDomains", &page.map_or(json!({}), |page| json!({ "pageToken": page }))))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/domains")?, "/name", "/name")?;
        Ok(Page { items: zones, next: answer.json.text_if("/nextPageToken").map(str::to_owned) })
    }
}

impl Items for Lightsail {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        call("GetDomain", &json!({ "domainName": zone.id }))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for entry in answer.items("/domain/domainEntries")? {
            if is_type(entry.text("/type")?, key)
                && absolute(entry.text("/name")?).as_ref() == Some(&key.name)
                && entry.pointer("/isAlias") != Some(&Value::Bool(true))
            {
                let (id, value) = (entry.id("/id")?, presented(key, entry.text("/target")?));
                items.push(Item { id, value, whole: entry.clone(), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        call("CreateDomainEntry", &json!({ "domainName": zone.id, "domainEntry": entry(new) }))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut entry = entry(new);
        entry["id"] = json!(item.id);
        Some(call("UpdateDomainEntry", &json!({ "domainName": zone.id, "domainEntry": entry })))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        call("DeleteDomainEntry", &json!({ "domainName": zone.id, "domainEntry": item.whole }))
    }
}
