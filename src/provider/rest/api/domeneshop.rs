//! Domeneshop (Domainnameshop): <https://api.domeneshop.no/docs/>.
//!
//! A TTL is a multiple of a minute, up to a week. There are no pages. A change replaces the record and answers nothing.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing, said};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "domeneshop",
        name: "Domeneshop",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://api.domeneshop.no/docs/",
        fields: &[
            Field::secret("token", "the token of an API key").also_in(&["DOMENESHOP_API_TOKEN"]),
            Field::secret("secret", "the secret of that API key").also_in(&["DOMENESHOP_API_SECRET"]),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api.domeneshop.no/v0",
    open: |account| Dialects::items(Domeneshop(account)),
};

/// The step of TTLs and the longest, in seconds.
const STEP: u32 = 60;
const LONGEST: u32 = 604_800;

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Relative("/host"), value: "/data", ttl: "/ttl" };

struct Domeneshop(Account);

fn body(zone: &Zone, new: &New<'_>) -> Value {
    let ttl = new.ttl.min(LONGEST).div_ceil(STEP) * STEP;
    let name = relative(&new.key.name, zone, "@");
    json!({ "host": name, "ttl": ttl, "type": new.rtype(), "data": new.bare() })
}

impl Dialect for Domeneshop {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("token"), self.0.get("secret"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let text = answer.json.text_if("/help").map_or_else(|| said(answer), str::to_owned);
        let refusal = Refusal { said: text, ..refusal };
        Some(match answer.json.text_if("/code") {
            Some(code) => refusal.code(code),
            None => refusal,
        })
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get("/domains").ask("domain", name))
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("")?, "/id", "/domain")?))
    }
}

impl Items for Domeneshop {
    fn list(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/domains/{}/dns", zone.id))
            .ask("host", relative(&key.name, zone, "@"))
            .ask("type", key.rtype)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        Ok(Page::last(RECORD.items(answer.items("")?, zone, key)?))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/domains/{}/dns", zone.id), body(zone, new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("/domains/{}/dns/{}", zone.id, item.id), body(zone, new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/domains/{}/dns/{}", zone.id, item.id))
    }
}
