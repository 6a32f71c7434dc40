//! RcodeZero DNS: <https://my.rcodezero.at/api-doc>.
//!
//! A set is added, updated or deleted as a whole by one request; reading shows the sets of a whole zone, in pages.

use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "rcodezero",
        name: "RcodeZero DNS",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://my.rcodezero.at/api-doc",
        fields: &[Field::secret(
            "token",
            "an API token that may write, from Settings, API Settings (the ACME token is not enough)",
        )
        .also_in(&["RCODEZERO_API_TOKEN"])],
        env: &[],
        verified: Verified::Recorded("2019"),
    },
    base: "https://my.rcodezero.at/api/v1",
    open: |account| Dialects::sets(RcodeZero(account)),
};

/// How many sets or zones a page holds.
const PAGE: usize = 100;

struct RcodeZero(Account);

/// The page that follows, where the answer says that there is one.
fn next(answer: &Answer) -> Option<String> {
    let (page, last) = (answer.json.number("/current_page")?, answer.json.number("/last_page")?);
    (page < last).then(|| (page + 1).to_string())
}

fn change(zone: &Zone, step: &Replace, how: &str) -> Call {
    let records: Vec<Value> =
        step.values.iter().map(|value| json!({ "content": value, "disabled": false })).collect();
    let key = &step.expect.key;
    let set = json!({
        "name": format!("{}.", key.name), "type": key.rtype.as_str(), "ttl": step.ttl, "changetype": how,
        "records": records,
    });
    Call::patch(format!("/zones/{}/rrsets", zone.id), json!([set]))
}

impl Dialect for RcodeZero {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get(format!("/zones/{name}")))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones").ask("page_size", PAGE).ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let one = std::slice::from_ref(&answer.json);
        let all = if answer.json.text_if("/domain").is_some() { one } else { answer.items("/data")? };
        let zones = listed::zones(all, "/domain", "/domain")?;
        Ok(Page { items: zones, next: next(answer) })
    }
}

impl Sets for RcodeZero {
    fn get(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        Call::get(format!("/zones/{}/rrsets", zone.id))
            .ask("page_size", PAGE)
            .ask("page", page.unwrap_or("1"))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("/data")? {
            if !is_type(set.text("/type")?, key) || absolute(set.text("/name")?).as_ref() != Some(&key.name) {
                continue;
            }
            for record in set.items("/records")? {
                if record.pointer("/disabled") != Some(&Value::Bool(true)) {
                    let value = presented(key, record.text("/content")?);
                    items.push(Item { value, ttl: set.ttl("/ttl"), ..Item::default() });
                }
            }
        }
        Ok(Page { items, next: next(answer) })
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        change(zone, step, if there.is_empty() { "add" } else { "update" })
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        change(zone, step, "delete")
    }
}
