//! Civo DNS: <https://www.civo.com/api/dns>.
//!
//! Nothing is paged or filtered. IPv6 addresses are not among the types it takes. That the least TTL is ten minutes is
//! how other clients have it.

use crate::provider::registry::{Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing, said};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "civo",
        name: "Civo",
        shape: Shape::RrSet,
        types: &[RecordType::A, RecordType::Txt],
        attributes: &[Attribute::Ttl],
        min_ttl: 600,
        can: Can::ALL,
        docs: "https://www.civo.com/api/dns",
        fields: &[Field::secret("api_key", "the API key of the account, shown under Security")
            .also_in(&["CIVO_TOKEN"])],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://api.civo.com/v2",
    open: |account| Dialects::items(Civo(account)),
};

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Relative("/name"), value: "/value", ttl: "/ttl" };

struct Civo(Account);

fn body(zone: &Zone, new: &New<'_>) -> Value {
    let name = relative(&new.key.name, zone, "@");
    json!({ "type": new.rtype(), "name": name, "value": new.bare(), "ttl": new.ttl })
}

impl Dialect for Civo {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("api_key"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let text = answer.json.text_if("/reason").map_or_else(|| said(answer), str::to_owned);
        let refusal = Refusal { said: text, ..refusal };
        Some(match answer.json.text_if("/code") {
            Some(code) => refusal.code(code),
            None => refusal,
        })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/dns"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("")?, "/id", "/name")?))
    }
}

impl Items for Civo {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/dns/{}/records", zone.id))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        Ok(Page::last(RECORD.items(answer.items("")?, zone, key)?))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/dns/{}/records", zone.id), body(zone, new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("/dns/{}/records/{}", zone.id, item.id), body(zone, new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/dns/{}/records/{}", zone.id, item.id))
    }
}
