//! InterNetX AutoDNS (and the systems that are built on it), by its JSON API: <https://help.internetx.com/display/APIXMLEN/JSON+API+Basics>,
//! described at <https://github.com/InterNetX/domainrobot-api>.
//!
//! A zone is found with its name server, both stand in its path. One request takes records away and adds others at
//! once. Names are relative. The zone's main address is no record: where it is set, it is changed in the web interface.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing};
use crate::provider::rest::text::{absolute, bare, from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType, comparable};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "autodns",
        name: "InterNetX AutoDNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://help.internetx.com/display/APIXMLEN/JSON+API+Basics",
        fields: &[
            Field::secret("password", "the password of that user").also_in(&["AUTODNS_API_PASSWORD"]),
            Field::plain("username", "an API user who may change zones").also_in(&["AUTODNS_API_USER"]),
            Field::plain("context", "the number of the system, if not 4, which is the live system")
                .optional(),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api.autodns.com/v1",
    open: |account| Dialects::sets(AutoDns(account)),
};

/// How many zones a page holds.
const PAGE: usize = 100;

struct AutoDns(Account);

fn record(zone: &Zone, step: &Replace, value: &str) -> Value {
    let key = &step.expect.key;
    json!({
        "name": relative(&key.name, zone, ""), "type": key.rtype.as_str(), "value": bare(key.rtype, value),
        "ttl": step.ttl,
    })
}

/// The change from what is there to what is wanted; a record that stays as it is is in neither list.
fn change(zone: &Zone, step: &Replace, there: &[Item]) -> Call {
    let form = |value: &str| comparable(step.expect.key.rtype, value);
    let stays = |item: &Item, value: &str| form(&item.value) == form(value) && item.ttl == Some(step.ttl);
    let gone = there.iter().filter(|item| !step.values.iter().any(|value| stays(item, value)));
    let new = step.values.iter().filter(|value| !there.iter().any(|item| stays(item, value)));
    let body = json!({
        "resourceRecordsAdd": new.map(|value| record(zone, step, value)).collect::<Vec<_>>(),
        "resourceRecordsRem": gone.map(|item| item.whole.clone()).collect::<Vec<_>>(),
    });
    Call::patch(&*zone.id, body)
}

fn search(filters: &Value, skip: usize) -> Call {
    let body = json!({ "filters": filters, "view": { "offset": skip, "limit": PAGE } });
    Call::post("/zone/_search", body)
}

impl Dialect for AutoDns {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("username"), self.0.get("password"));
        call.header("x-domainrobot-context", self.0.find("context").unwrap_or("4"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let (code, words) = (answer.json.text_if("/status/code"), answer.json.text_if("/messages/0/text"));
        let words = words.or(answer.json.text_if("/status/text")).map(str::to_owned);
        let refusal = Refusal { said: words.unwrap_or(refusal.said.clone()), ..refusal };
        Some(code.map_or(refusal.clone(), |code| refusal.code(code)))
    }

    fn find(&self, name: &Name) -> Find {
        let filter = json!([{ "key": "name", "operator": "EQUAL", "value": name.as_str() }]);
        Find::ask(search(&filter, 0))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let skip = page.and_then(|page| page.parse().ok()).unwrap_or(0);
        Some(search(&json!([]), skip))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/data")?;
        let mut zones = Vec::new();
        for zone in all {
            let origin = zone.text("/origin")?;
            let id = format!("/zone/{origin}/{}", zone.text("/virtualNameServer")?);
            zones.extend(absolute(origin).map(|name| Zone { name, id }));
        }
        Ok(Page::skipped(zones, page, all.len(), PAGE))
    }
}

impl Sets for AutoDns {
    fn get(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(&*zone.id)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let whole =
            answer.items("/data")?.first().ok_or_else(|| Odd("there is no zone at `/data`".to_owned()))?;
        let main = whole.text_if("/main/address").filter(|address| !address.is_empty());
        let with_www = whole.pointer("/wwwInclude") == Some(&Value::Bool(true));
        let name = relative(&key.name, zone, "");
        if key.rtype == RecordType::A && main.is_some() && (name.is_empty() || (name == "www" && with_www)) {
            return Err(Odd(format!("{} has the zone's main address, which is no record", key.name)));
        }
        let ttl = whole.ttl("/soa/ttl");
        let mut items = Vec::new();
        for record in whole.pointer("/resourceRecords").and_then(Value::as_array).into_iter().flatten() {
            if is_type(record.text("/type")?, key)
                && from_relative(record.text_if("/name").unwrap_or_default(), zone).as_ref()
                    == Some(&key.name)
            {
                let value = presented(key, record.text("/value")?);
                let ttl = record.ttl("/ttl").filter(|ttl| *ttl > 0).or(ttl);
                items.push(Item { value, ttl, whole: record.clone(), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        change(zone, step, there)
    }

    fn remove(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        change(zone, step, there)
    }
}
