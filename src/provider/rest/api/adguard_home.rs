//! AdGuard Home, its DNS rewrites: <https://github.com/AdguardTeam/AdGuardHome/tree/master/openapi>.
//!
//! A rewrite is a name and an answer; there is no TTL, no type and no zone: the one in a record is only a suffix. Those
//! that are switched off are not looked at.

use crate::provider::registry::{ADDRESSES, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::text::{absolute, place};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};
use std::net::IpAddr;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "adguard-home",
        name: "AdGuard Home",
        shape: Shape::RrSet,
        types: ADDRESSES,
        attributes: &[],
        min_ttl: 0,
        can: Can::NAMED_ZONES,
        docs: "https://github.com/AdguardTeam/AdGuardHome/tree/master/openapi",
        fields: &[
            Field::secret("password", "the password of that user").also_in(&["ADGUARD_PASSWORD"]),
            Field::plain("server", "where the web interface is, such as http://192.0.2.1:3000")
                .also_in(&["ADGUARD_URL"]),
            Field::plain("username", "the user of the web interface").also_in(&["ADGUARD_USER"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://localhost/control",
    open: |account| Dialects::items(AdGuardHome(account)),
};

struct AdGuardHome(Account);

/// The rewrite as it was, with another answer.
fn rewrite(item: &Item, new: &New<'_>) -> Value {
    let mut whole = item.whole.clone();
    whole["answer"] = json!(new.value);
    whole
}

impl Dialect for AdGuardHome {
    fn place(&self) -> Option<String> {
        Some(place(self.0.find("server")?, "/control"))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("username"), self.0.get("password"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        None
    }

    fn read_zones(&self, _answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(Vec::new()))
    }
}

impl Items for AdGuardHome {
    fn list(&self, _zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get("/rewrite/list")
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for rewrite in answer.items("")? {
            // The answer may also be a name, or the word for "leave this type alone".
            let Ok(address) = rewrite.text("/answer")?.parse::<IpAddr>() else { continue };
            let family = if address.is_ipv4() { Family::V4 } else { Family::V6 };
            let off = rewrite.pointer("/enabled") == Some(&Value::Bool(false));
            if key.rtype.family() == Some(family)
                && absolute(rewrite.text("/domain")?).as_ref() == Some(&key.name)
                && !off
            {
                let whole = rewrite.clone();
                items.push(Item { value: address.to_string(), whole, ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, _zone: &Zone, new: &New<'_>) -> Call {
        Call::post("/rewrite/add", json!({ "domain": new.key.name.as_str(), "answer": new.value }))
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put("/rewrite/update", json!({ "target": item.whole, "update": rewrite(item, new) })))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::post("/rewrite/delete", item.whole.clone())
    }
}
