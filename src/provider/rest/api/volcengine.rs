//! Volcengine TrafficRoute DNS (2018-08-01): <https://www.volcengine.com/docs/6758/155086>.
//!
//! One path for everything; the action stands in the query. Zones have numbers, records texts as identifiers. The
//! shortest TTL is 600 in the free edition and less in paid ones. Records belong to a line (a group of clients), which a
//! change keeps; a new one belongs to the default line.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::sign::volc;
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "volcengine",
        name: "Volcengine TrafficRoute DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 600,
        can: Can::ALL,
        docs: "https://www.volcengine.com/docs/6758/155086",
        fields: &[
            Field::plain("access_key", "the access key ID of a user with the policy TrafficRouteFullAccess")
                .also_in(&["VOLC_ACCESSKEY"]),
            Field::secret("secret_key", "the secret access key of that user").also_in(&["VOLC_SECRETKEY"]),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://open.volcengineapi.com",
    open: |account| Dialects::items(Volcengine(account)),
};

/// How many zones and how many records a page holds.
const PAGE: usize = 500;

const RECORD: Layout =
    Layout { id: "/RecordID", rtype: "/Type", name: Naming::Relative("/Host"), value: "/Value", ttl: "/TTL" };

struct Volcengine(Account);

fn action(method: Method, name: &str) -> Call {
    Call::new(method, "/").ask("Action", name).ask("Version", "2018-08-01")
}

/// A zone's number, which is its identifier.
fn number(zone: &Zone) -> Value {
    zone.id.parse::<u64>().map_or(Value::Null, Value::from)
}

impl Dialect for Volcengine {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        volc::sign(
            call,
            signing,
            (self.0.get("access_key"), self.0.get("secret_key")),
            ("cn-north-1", "DNS"),
        );
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let Some(code) = answer.json.text_if("/ResponseMetadata/Error/Code") else {
            return Refusal::by_status(answer);
        };
        let by_status = Refusal::by_status(answer).map_or(Class::Invalid, |refusal| refusal.class);
        let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
        let class = if has(&["Signature", "AccessKey", "AccessDenied", "Credential", "SecurityToken"]) {
            Class::Denied
        } else if has(&["FlowLimit", "Throttl", "TooManyRequests"]) {
            Class::RateLimited
        } else if has(&["InternalError", "ServiceUnavailable", "InternalServiceError"]) {
            Class::Unavailable
        } else {
            by_status
        };
        let said = answer.json.text_if("/ResponseMetadata/Error/Message").unwrap_or_default();
        Some(Refusal::new(class, said).code(code))
    }

    fn find(&self, name: &Name) -> Find {
        if name.as_str().contains("xn--") {
            return Find::List;
        }
        Find::ask(action(Method::GET, "ListZones").ask("Key", name).ask("SearchMode", "exact"))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = action(Method::GET, "ListZones").ask("PageSize", PAGE);
        Some(call.ask("PageNumber", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        if !answer.json.get("ResponseMetadata").is_some_and(Value::is_object) {
            return Err(Odd("there is no `ResponseMetadata`".to_owned()));
        }
        // Where nothing fits, there is no list.
        let all = answer.items("/Result/Zones").unwrap_or_default();
        let zones = listed::zones(all, "/ZID", "/ZoneName")?;
        Ok(Page::numbered(zones, page, all.len(), PAGE))
    }
}

impl Items for Volcengine {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        action(Method::GET, "ListRecords")
            .ask("ZID", &zone.id)
            .ask("Host", relative(&key.name, zone, "@"))
            .ask("Type", key.rtype)
            .ask("SearchMode", "exact")
            .ask("PageSize", PAGE)
            .ask("PageNumber", page.unwrap_or("1"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        if !answer.json.get("Result").is_some_and(Value::is_object) {
            return Err(Odd("there is no `Result`".to_owned()));
        }
        let all = answer.items("/Result/Records").unwrap_or_default();
        let items = RECORD.items(all, zone, key)?;
        Ok(Page::numbered(items, page, all.len(), PAGE))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let body = json!({
            "ZID": number(zone), "Host": relative(&new.key.name, zone, "@"), "Type": new.rtype(),
            "Value": new.bare(), "TTL": new.ttl, "Line": "default",
        });
        action(Method::POST, "CreateRecord").body(Body::Json(body))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut body = json!({
            "RecordID": item.id, "Host": relative(&new.key.name, zone, "@"), "Type": new.rtype(),
            "Value": new.bare(), "TTL": new.ttl,
        });
        for member in ["Line", "Weight", "Remark"] {
            if let Some(value) = item.whole.get(member).filter(|value| !value.is_null()) {
                body[member] = value.clone();
            }
        }
        Some(action(Method::POST, "UpdateRecord").body(Body::Json(body)))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        action(Method::POST, "DeleteRecord").body(Body::Json(json!({ "RecordID": item.id })))
    }
}
