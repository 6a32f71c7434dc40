//! ArvanCloud CDN's DNS, API 4.0: <https://www.arvancloud.ir/api/cdn/4.0>.
//!
//! A record of addresses holds all of its name and type, each with a port, a weight and a country of its own: what
//! stays is sent back as it is, and so is the record's rest (`cloud`, the proxy). Texts are one record each and are left
//! to others. Only certain TTLs are taken: 120, 180, 300, 600, 900, 1800, 3600 and more.

use crate::provider::registry::{ADDRESSES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "arvancloud",
        name: "ArvanCloud",
        shape: Shape::RrSet,
        types: ADDRESSES,
        attributes: &[Attribute::Ttl],
        min_ttl: 120,
        can: Can::ALL,
        docs: "https://www.arvancloud.ir/api/cdn/4.0",
        fields: &[Field::secret(
            "api_key",
            "the key of a machine user with the role for DNS, with or without the word Apikey before it",
        )],
        env: &[],
        verified: Verified::Recorded("2024"),
    },
    base: "https://napi.arvancloud.ir/cdn/4.0",
    open: |account| Dialects::sets(ArvanCloud(account)),
};

/// How many zones and how many records a page holds.
const PAGE: usize = 100;

struct ArvanCloud(Account);

fn records(zone: &Zone) -> String {
    format!("/domains/{}/dns-records", zone.id)
}

/// The next page, by what the list tells of itself.
fn next(answer: &Answer) -> Option<String> {
    let (this, last) = (answer.json.number("/meta/current_page")?, answer.json.number("/meta/last_page")?);
    (this < last).then(|| (this + 1).to_string())
}

impl Dialect for ArvanCloud {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        let key = self.0.get("api_key").trim();
        let key = key.rsplit(' ').next().unwrap_or(key);
        call.header("authorization", format!("Apikey {key}"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains").ask("per_page", PAGE).ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let items = listed::zones(answer.items("/data")?, "/domain", "/domain")?;
        Ok(Page { items, next: next(answer) })
    }
}

impl Sets for ArvanCloud {
    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        Call::get(records(zone))
            .ask("type", key.rtype.as_str().to_ascii_lowercase())
            .ask("search", relative(&key.name, zone, "@"))
            .ask("per_page", PAGE)
            .ask("page", page.unwrap_or("1"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/data")? {
            if !is_type(record.text("/type")?, key)
                || from_relative(record.text("/name")?, zone).as_ref() != Some(&key.name)
            {
                continue;
            }
            for value in record.items("/value")? {
                let (id, value) = (record.id("/id")?, presented(key, value.text("/ip")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), whole: record.clone() });
            }
        }
        // One of them could not be told from the others when it is written.
        if items.iter().any(|item| item.id != items[0].id) {
            return Err(Odd("the name has several records of this type".to_owned()));
        }
        Ok(Page { items, next: next(answer) })
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let known =
            there.first().and_then(|item| item.whole["value"].as_array()).cloned().unwrap_or_default();
        let with = |value: &String| {
            let is_it =
                |known: &&Value| known.text_if("/ip").map(|ip| presented(key, ip)) == Some(value.clone());
            known.iter().find(is_it).cloned()
        };
        let mut values: Vec<Value> = Vec::new();
        for value in &step.values {
            // A new address takes the place of one that goes, with its port and weight.
            let gone = known.iter().find(|known| {
                let ip = known.text_if("/ip").map(|ip| presented(key, ip)).unwrap_or_default();
                !step.values.contains(&ip)
            });
            let entry = with(value).or_else(|| {
                let mut entry = gone?.clone();
                entry["ip"] = value.as_str().into();
                Some(entry)
            });
            values.push(entry.unwrap_or_else(|| json!({ "ip": value })));
        }
        let Some(item) = there.first() else {
            let body = json!({
                "type": key.rtype.as_str(), "name": relative(&key.name, zone, "@"), "value": values,
                "ttl": step.ttl,
            });
            return Call::post(records(zone), body);
        };
        let mut record = item.whole.clone();
        if let Value::Object(members) = &mut record {
            members.retain(|member, _| {
                !["id", "usage", "is_protected", "created_at", "updated_at"].contains(&member.as_str())
            });
        }
        record["value"] = values.into();
        record["ttl"] = step.ttl.into();
        Call::put(format!("{}/{}", records(zone), item.id), record)
    }

    fn remove(&self, zone: &Zone, _step: &Replace, there: &[Item]) -> Call {
        let id = there.first().map(|item| item.id.as_str()).unwrap_or_default();
        Call::delete(format!("{}/{id}", records(zone)))
    }
}
