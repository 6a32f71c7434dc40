//! Baidu AI Cloud DNS: <https://cloud.baidu.com/doc/DNS/s/El4s7lssr>.
//!
//! Zones are called by their names, names are relative. A change takes the whole record but for its line (a group of
//! clients), which it keeps. A token in the query makes a request that is sent twice count once.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sign::{bce, nonce};
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "baiducloud",
        name: "Baidu AI Cloud DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::ALL,
        docs: "https://cloud.baidu.com/doc/DNS/s/El4s7lssr",
        fields: &[
            Field::plain(
                "access_key_id",
                "the access key (AK) of a user with the policy DNSFullControlAccess",
            ),
            Field::secret("secret_access_key", "the secret key (SK) of that access key"),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://dns.baidubce.com",
    open: |account| Dialects::items(BaiduCloud(account)),
};

/// How many zones and how many records a page holds.
const PAGE: usize = 1000;

struct BaiduCloud(Account);

fn records(zone: &Zone) -> String {
    format!("/v1/dns/zone/{}/record", zone.id)
}

fn write(method: Method, path: String, body: Value) -> Call {
    let call = Call::new(method, path).ask("clientToken", nonce());
    if body.is_null() { call } else { call.body(Body::Json(body)) }
}

fn paged(call: Call, page: Option<&str>) -> Call {
    let call = call.ask("maxKeys", PAGE);
    match page {
        Some(page) => call.ask("marker", page),
        None => call,
    }
}

fn next(answer: &Answer) -> Option<String> {
    let is_cut = answer.json.get("isTruncated") == Some(&Value::Bool(true));
    answer.json.text_if("/nextMarker").filter(|_| is_cut).map(str::to_owned)
}

impl Dialect for BaiduCloud {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        bce::sign(call, signing, (self.0.get("access_key_id"), self.0.get("secret_access_key")));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let Some(code) = answer.json.text_if("/code") else { return Some(refusal) };
        let class = match code {
            "SignatureDoesNotMatch"
            | "InvalidAccessKeyId"
            | "AccessDenied"
            | "RequestExpired"
            | "InvalidHTTPAuthHeader" => Class::Denied,
            "NoSuchZone" | "ZoneNotExist" => Class::NoSuchZone,
            _ => refusal.class,
        };
        Some(Refusal { class, ..refusal }.code(code))
    }

    // How it says that a zone is not the account's is not documented, so the list tells.
    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(paged(Call::get("/v1/dns/zone"), page))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let items = listed::zones(answer.items("/zones")?, "/name", "/name")?;
        Ok(Page { items, next: next(answer) })
    }
}

impl Items for BaiduCloud {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        paged(Call::get(records(zone)).ask("rr", relative(&key.name, zone, "@")), page)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/records")? {
            if is_type(record.text("/type")?, key)
                && from_relative(record.text("/rr")?, zone).as_ref() == Some(&key.name)
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/value")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), whole: record["description"].clone() });
            }
        }
        Ok(Page { items, next: next(answer) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let rr = relative(&new.key.name, zone, "@");
        let body = json!({ "rr": rr, "type": new.rtype(), "value": new.bare(), "ttl": new.ttl });
        write(Method::POST, records(zone), body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let rr = relative(&new.key.name, zone, "@");
        let mut body = json!({ "rr": rr, "type": new.rtype(), "value": new.bare(), "ttl": new.ttl });
        if !item.whole.is_null() {
            body["description"] = item.whole.clone();
        }
        Some(write(Method::PUT, format!("{}/{}", records(zone), item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        write(Method::DELETE, format!("{}/{}", records(zone), item.id), Value::Null)
    }
}
