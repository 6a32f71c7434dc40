//! IBM NS1 Connect: <https://developer.ibm.com/apis/catalog/ns1--ibm-ns1-connect-api/>.
//!
//! Its "record" is a set with answers. PUT makes one and POST changes one; an answer goes back with its metadata, and
//! filters stay since they are not sent. A 404 says which of zone and set is missing.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sets::heirs;
use crate::provider::rest::text::{bare, presented, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "ns1",
        name: "IBM NS1 Connect",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 1,
        can: Can::ALL,
        docs: "https://developer.ibm.com/apis/catalog/ns1--ibm-ns1-connect-api/",
        fields: &[Field::secret("api_key", "an API key that may view and manage zones")],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://api.nsone.net/v1",
    open: |account| Dialects::sets(Ns1(account)),
};

struct Ns1(Account);

fn path(zone: &Zone, key: &Key) -> String {
    format!("/zones/{}/{}/{}", zone.id, segment(key.name.as_str()), key.rtype)
}

impl Dialect for Ns1 {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("x-nsone-key", self.0.get("api_key"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = Call::get("/zones");
        Some(match page {
            Some(after) => call.ask("after", after),
            None => call,
        })
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("")?, "/zone", "/zone")?;
        Ok(Page { items: zones, next: answer.next_link("after") })
    }
}

impl Sets for Ns1 {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(path(zone, key))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        if answer.status == 404 && answer.json.text_if("/message") == Some("record not found") {
            return Ok(Page::last(Vec::new()));
        }
        let ttl = answer.json.ttl("/ttl");
        let answers = answer.items("/answers")?.iter().map(|one| {
            let value = presented(key, one.text("/answer/0")?);
            Ok(Item { id: String::new(), value, ttl, whole: one.clone() })
        });
        Ok(Page::last(answers.collect::<Result<_, Odd>>()?))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let answers = heirs(step, there).into_iter().map(|(value, heir)| {
            let mut answer = heir.map_or_else(|| json!({}), |item| item.whole.clone());
            answer["answer"] = json!([bare(key.rtype, value)]);
            answer
        });
        let answers: Vec<Value> = answers.collect();
        if there.is_empty() {
            let (name, rtype) = (key.name.as_str(), key.rtype.as_str());
            let body = json!({
                "zone": zone.id, "domain": name, "type": rtype, "ttl": step.ttl, "answers": answers,
            });
            return Call::put(path(zone, key), body);
        }
        let body = json!({ "ttl": step.ttl, "answers": answers });
        Call::post(path(zone, key), body)
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        Call::delete(path(zone, &step.expect.key))
    }
}
