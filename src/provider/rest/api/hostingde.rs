//! hosting.de: <https://www.hosting.de/api/?json#dns>.
//!
//! Everything is a POST with the key in its body, and answered with 200. A change names the records to add and to
//! remove and takes the zone's settings with it, as they are; for some seconds after it the zone takes no other.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Part, Refusal, Signing, Wholes};
use crate::provider::rest::listed;
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, comparable};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "hostingde",
        name: "hosting.de",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://www.hosting.de/api/?json#dns",
        fields: &[Field::secret("api_key", "an API key that may edit DNS zones, from the profile's page")],
        env: &[],
        verified: Verified::Recorded("2019"),
    },
    base: "https://secure.hosting.de/api/dns/v1/json",
    open: |account| Dialects::wholes(HostingDe(account)),
};

/// How many items a page holds.
const PAGE: usize = 100;

struct HostingDe(Account);

fn configs(filter: &Value, page: &str) -> Call {
    let page: u64 = page.parse().unwrap_or(1);
    Call::post("/zoneConfigsFind", json!({ "filter": filter, "limit": PAGE, "page": page }))
}

/// The page that follows, in an answer that has `totalPages`.
fn next(answer: &Answer) -> Option<String> {
    let (page, pages) = (answer.json.number("/response/page")?, answer.json.number("/response/totalPages")?);
    (page < pages).then(|| (page + 1).to_string())
}

impl Dialect for HostingDe {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        if let Body::Json(body) = &mut call.body {
            body["authToken"] = self.0.get("api_key").into();
        }
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        // A change that is under way is `pending`.
        if matches!(answer.json.text_if("/status"), Some("success" | "pending")) {
            return None;
        }
        let text = answer.json.text_if("/errors/0/text").unwrap_or_default();
        let lower = text.to_ascii_lowercase();
        let code = answer.json.number("/errors/0/code");
        let class = match code {
            None => Class::Unexpected,
            // The zone is blocked by the change before.
            Some(10_205) => Class::Unavailable,
            Some(_)
                if ["authent", "authoriz", "permission", "authtoken"]
                    .iter()
                    .any(|word| lower.contains(word)) =>
            {
                Class::Denied
            }
            Some(_) => Class::Invalid,
        };
        let refusal = Refusal::new(class, text);
        Some(match code {
            Some(code) => refusal.code(code.to_string()),
            None => refusal,
        })
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(configs(&json!({ "field": "ZoneName", "value": name.as_str() }), "1"))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(configs(&Value::Null, page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/response/data")?, "/id", "/name")?;
        Ok(Page { items: zones, next: next(answer) })
    }
}

impl Wholes for HostingDe {
    /// First the settings of the zone, then the pages of its records.
    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        let Some(page) = page else {
            return configs(&json!({ "field": "ZoneName", "value": zone.name.as_str() }), "1");
        };
        let number: u64 = page.parse().unwrap_or(1);
        let wanted = json!([
            { "field": "ZoneConfigId", "value": zone.id },
            { "field": "RecordType", "value": key.rtype.as_str() },
            { "field": "RecordName", "value": key.name.as_str() },
        ]);
        let filter = json!({ "subFilterConnective": "AND", "subFilter": wanted });
        Call::post("/recordsFind", json!({ "filter": filter, "limit": PAGE, "page": number }))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Part>, Odd> {
        let data = answer.items("/response/data")?;
        if page.is_none() {
            let config = data.iter().find(|config| config.text_if("/id") == Some(&zone.id));
            let config = config.ok_or_else(|| Odd("the zone's settings are not shown".to_owned()))?;
            return Ok(Page { items: vec![Part::Rest(config.clone())], next: Some("1".to_owned()) });
        }
        let mut items = Vec::new();
        for record in data {
            if is_type(record.text("/type")?, key)
                && absolute(record.text("/name")?).as_ref() == Some(&key.name)
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/content")?));
                items.push(Part::Item(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() }));
            }
        }
        Ok(Page { items, next: next(answer) })
    }

    fn write(&self, _zone: &Zone, step: &Replace, there: &[Item], rest: &[Value]) -> Call {
        let key = &step.expect.key;
        let same = |item: &Item, value: &str| {
            comparable(key.rtype, &item.value) == comparable(key.rtype, value) && item.ttl == Some(step.ttl)
        };
        let added = step.values.iter().filter(|value| !there.iter().any(|item| same(item, value)));
        let gone = there.iter().filter(|item| !step.values.iter().any(|value| same(item, value)));
        let record = |value: &String| json!({ "name": key.name.as_str(), "type": key.rtype.as_str(), "content": value, "ttl": step.ttl });
        let body = json!({
            "zoneConfig": rest.first(),
            "recordsToAdd": added.map(record).collect::<Vec<_>>(),
            "recordsToDelete": gone.map(|item| json!({ "id": item.id })).collect::<Vec<_>>(),
        });
        Call::post("/zoneUpdate", body)
    }
}
