//! Dynu's REST API, version 2: <https://www.dynu.com/Support/API>. The provider `dynu-dyndns` speaks its update protocol.
//!
//! The addresses of a zone's own name, and of everything below it that has no record, are settings of the zone and no
//! records; the update protocol is for them. Each type has a member of its own for its data. The answer's `statusCode`
//! says how it went.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing, said};
use crate::provider::rest::listed;
use crate::provider::rest::text::{absolute, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "dynu",
        name: "Dynu",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can { wildcard: false, apex: false, ..Can::ALL },
        docs: "https://www.dynu.com/Support/API",
        fields: &[Field::secret(
            "api_key",
            "the API key, from https://www.dynu.com/ControlPanel/APICredentials",
        )],
        env: &[],
        verified: Verified::Recorded("2025"),
    },
    base: "https://api.dynu.com/v2",
    open: |account| Dialects::items(Dynu(account)),
};

struct Dynu(Account);

/// The member that holds a type's data.
fn member(rtype: RecordType) -> &'static str {
    match rtype {
        RecordType::A => "ipv4Address",
        RecordType::Aaaa => "ipv6Address",
        RecordType::Txt => "textData",
        RecordType::Caa
        | RecordType::Cname
        | RecordType::Https
        | RecordType::Mx
        | RecordType::Srv
        | RecordType::Svcb => "content",
    }
}

fn record(zone: &Zone, new: &New<'_>, whole: &Value) -> Value {
    let mut record = json!({
        "nodeName": relative(&new.key.name, zone, ""), "recordType": new.rtype(), "ttl": new.ttl, "state": true,
    });
    record[member(new.key.rtype)] = new.bare().into();
    for kept in ["group", "location"] {
        if let Some(value) = whole.get(kept) {
            record[kept] = value.clone();
        }
    }
    record
}

impl Dialect for Dynu {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("api-key", self.0.get("api_key"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let code = answer.json.number("/statusCode");
        let class = match code {
            Some(200) if answer.status == 200 => return None,
            None | Some(200) => return Refusal::by_status(answer),
            Some(401 | 403) => Class::Denied,
            // "Argument Exception" is what it says of a name or number that is not the account's.
            Some(404 | 501) => Class::NoSuchName,
            Some(429) => Class::RateLimited,
            Some(400 | 502 | 505) => Class::Invalid,
            Some(500..) => Class::Unavailable,
            Some(_) => Class::Unexpected,
        };
        let exception = answer.json.text_if("/type").unwrap_or_default();
        Some(Refusal::new(class, format!("{exception}: {}", said(answer))))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/dns"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("/domains")?, "/id", "/name")?))
    }
}

impl Items for Dynu {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/dns/{}/record", zone.id))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/dnsRecords")? {
            let is_on = record["state"].as_bool() != Some(false);
            let is_here = absolute(record.text("/hostname")?).as_ref() == Some(&key.name);
            if is_on && is_here && is_type(record.text("/recordType")?, key) {
                let data = record.text(&format!("/{}", member(key.rtype)))?;
                let (id, value, whole) = (record.id("/id")?, presented(key, data), record.clone());
                items.push(Item { id, value, ttl: record.ttl("/ttl"), whole });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/dns/{}/record", zone.id), record(zone, new, &Value::Null))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::post(format!("/dns/{}/record/{}", zone.id, item.id), record(zone, new, &item.whole)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/dns/{}/record/{}", zone.id, item.id))
    }
}
