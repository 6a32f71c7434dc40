//! Plesk, by its REST API: <https://docs.plesk.com/en-US/obsidian/api-rpc/about-rest-api.79359/>; every server has the
//! description of its own at `/api/v2/`.
//!
//! Lists are those of a domain and have absolute names with their last dot. A change is written over the whole record.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::text::place;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "plesk",
        name: "Plesk",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://docs.plesk.com/en-US/obsidian/api-rpc/about-rest-api.79359/",
        fields: &[
            Field::secret("api_key", "a secret key, as `plesk bin secret_key --create` makes it"),
            Field::plain("server", "where Plesk is, such as https://192.0.2.1:8443")
                .also_in(&["PLESK_SERVER_BASE_URL"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://localhost:8443/api/v2",
    open: |account| Dialects::items(Plesk(account)),
};

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Absolute("/host"), value: "/value", ttl: "/ttl" };

struct Plesk(Account);

fn record(new: &New<'_>) -> Value {
    json!({
        "type": new.rtype(), "host": format!("{}.", new.key.name), "value": new.bare(), "opt": "", "ttl": new.ttl,
    })
}

impl Dialect for Plesk {
    fn place(&self) -> Option<String> {
        Some(place(self.0.find("server")?, "/api/v2"))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("x-api-key", self.0.get("api_key"));
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get("/domains").ask("name", name))
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("")?, "/name", "/name")?))
    }
}

impl Items for Plesk {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get("/dns/records").ask("domain", &zone.id)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        Ok(Page::last(RECORD.items(answer.items("")?, zone, key)?))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post("/dns/records", record(new)).ask("domain", &zone.id)
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut whole = record(new);
        whole["id"] = item.whole["id"].clone();
        Some(Call::put(format!("/dns/records/{}", item.id), whole))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/dns/records/{}", item.id))
    }
}
