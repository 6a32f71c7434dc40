//! `GleSYS`: <https://github.com/glesys/API/wiki/Full-API-Documentation#domain>.
//!
//! Everything is a POST below `/domain`, answered with an envelope that has a status of its own. Names are relative;
//! records of older clients are seen with absolute ones.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{absolute, from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "glesys",
        name: "GleSYS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://github.com/glesys/API/wiki/Full-API-Documentation#domain",
        fields: &[
            Field::plain("api_user", "the number of the project, which begins with CL"),
            Field::secret("api_key", "an API key of the project with the rights for domain"),
        ],
        env: &[],
        verified: Verified::Recorded("2017"),
    },
    base: "https://api.glesys.com",
    open: |account| Dialects::items(Glesys(account)),
};

struct Glesys(Account);

fn ask(what: &str, body: Value) -> Call {
    Call::post(format!("/domain/{what}"), body).ask("format", "json")
}

impl Dialect for Glesys {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("api_user"), self.0.get("api_key"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        Some(match answer.json.text_if("/response/status/text") {
            Some(text) => Refusal { said: text.to_owned(), ..refusal },
            None => refusal,
        })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domain/list").ask("format", "json"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("/response/domains")?, "/domainname", "/domainname")?))
    }
}

impl Items for Glesys {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        ask("listrecords", json!({ "domainname": zone.id }))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/response/records")? {
            let host = record.text("/host")?;
            let is_whole = absolute(host).as_ref() == Some(&key.name);
            let is_here = is_whole || from_relative(host, zone).as_ref() == Some(&key.name);
            if is_here && is_type(record.text("/type")?, key) {
                let (id, value) = (record.id("/recordid")?, presented(key, record.text("/data")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), whole: host.into() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let host = relative(&new.key.name, zone, "@");
        let body = json!({ "domainname": zone.id, "host": host, "type": new.rtype(), "data": new.bare(), "ttl": new.ttl });
        ask("addrecord", body)
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body = json!({ "recordid": item.id, "host": item.whole, "type": new.rtype(), "data": new.bare(), "ttl": new.ttl });
        Some(ask("updaterecord", body))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        ask("deleterecord", json!({ "recordid": item.id }))
    }
}
