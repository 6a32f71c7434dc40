//! DNS.LA: <https://www.dns.la/docs/ApiDoc>.
//!
//! Types are numbers, hosts are relative. A failure may have the status 200 and says so in `code`, which is like a
//! status. Names of zones have their last dot.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{from_relative, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "dnsla",
        name: "DNS.LA",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 600,
        can: Can::ALL,
        docs: "https://www.dns.la/docs/ApiDoc",
        fields: &[
            Field::secret("api_secret", "the API secret of the account").also_in(&["DNSLA_API_SECRET"]),
            Field::plain("api_id", "the API identifier of the account").also_in(&["DNSLA_API_ID"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://api.dns.la/api",
    open: |account| Dialects::items(DnsLa(account)),
};

/// How many zones or records a page holds.
const PAGE: usize = 100;

struct DnsLa(Account);

/// A type's number (RFC 1035 §3.2.2, RFC 3596 §2.1).
fn number(rtype: RecordType) -> u64 {
    match rtype {
        RecordType::A => 1,
        RecordType::Aaaa => 28,
        _ => 16,
    }
}

fn record(zone: &Zone, new: &New<'_>) -> Value {
    json!({
        "type": number(new.key.rtype), "host": relative(&new.key.name, zone, "@"), "data": new.bare(), "ttl": new.ttl,
    })
}

fn paged(call: Call, page: Option<&str>) -> Call {
    call.ask("pageIndex", page.unwrap_or("1")).ask("pageSize", PAGE)
}

/// The items of a list, which is `null` where there are none.
fn results(answer: &Answer) -> Result<&[Value], Odd> {
    match answer.json.pointer("/data/results") {
        Some(Value::Null) => Ok(&[]),
        _ => answer.items("/data/results"),
    }
}

impl Dialect for DnsLa {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("api_id"), self.0.get("api_secret"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        let code = answer.json.number("/code");
        let class = match code {
            Some(200) => return None,
            Some(401 | 403) => Class::Denied,
            Some(429) => Class::RateLimited,
            Some(500..=599) => Class::Unavailable,
            Some(_) => Class::Invalid,
            None => Class::Unexpected,
        };
        let refusal = Refusal::new(class, answer.json.text_if("/msg").unwrap_or_default());
        Some(code.map_or(refusal.clone(), |code| refusal.code(code.to_string())))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(paged(Call::get("/domainList"), page))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = results(answer)?;
        let zones = listed::zones(all, "/id", "/domain")?;
        Ok(Page::numbered(zones, page, all.len(), PAGE))
    }
}

impl Items for DnsLa {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        let call = Call::get("/recordList").ask("domainId", &zone.id).ask("type", number(key.rtype));
        paged(call, page)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let all = results(answer)?;
        let mut items = Vec::new();
        for record in all {
            if record.number("/type") == Some(number(key.rtype))
                && from_relative(record.text("/host")?, zone).as_ref() == Some(&key.name)
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/data")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::numbered(items, page, all.len(), PAGE))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let mut record = record(zone, new);
        record["domainId"] = json!(zone.id);
        Call::post("/record", record)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut record = record(zone, new);
        record["id"] = json!(item.id);
        Some(Call::put("/record", record))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete("/record").ask("id", &item.id)
    }
}
