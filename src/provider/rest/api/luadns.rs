//! `LuaDNS`: <https://www.luadns.com/api.html>.
//!
//! Names are absolute with a last dot, lists neither have pages by default nor filters, and a record is replaced whole.
//! The least TTL is from other clients.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "luadns",
        name: "LuaDNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::ALL,
        docs: "https://www.luadns.com/api.html",
        fields: &[
            Field::plain("email", "the account's e-mail address").also_in(&["LUADNS_API_USERNAME"]),
            Field::secret("token", "an API token; access to the API has to be enabled in the settings")
                .also_in(&["LUADNS_API_TOKEN"]),
        ],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://api.luadns.com/v1",
    open: |account| Dialects::items(LuaDns(account)),
};

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Absolute("/name"), value: "/content", ttl: "/ttl" };

struct LuaDns(Account);

fn body(new: &New<'_>) -> Value {
    let name = format!("{}.", new.key.name);
    json!({ "name": name, "type": new.rtype(), "content": new.bare(), "ttl": new.ttl })
}

impl Dialect for LuaDns {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("email"), self.0.get("token"));
        call.header("accept", "application/json");
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("")?, "/id", "/name")?))
    }
}

impl Items for LuaDns {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/zones/{}/records", zone.id))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        Ok(Page::last(RECORD.items(answer.items("")?, zone, key)?))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(format!("/zones/{}/records", zone.id), body(new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("/zones/{}/records/{}", zone.id, item.id), body(new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/zones/{}/records/{}", zone.id, item.id))
    }
}
