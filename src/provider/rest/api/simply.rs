//! Simply.com: <https://www.simply.com/en/docs/api/>. The provider `simply-dyndns` speaks its update
//! protocol.
//!
//! The list shows the whole zone; names are relative. A zone is a "product", called by its name.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "simply",
        name: "Simply.com",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 120,
        can: Can::NAMED_ZONES,
        docs: "https://www.simply.com/en/docs/api/",
        fields: &[
            Field::plain("account", "the name of the account, which begins with S or UE")
                .also_in(&["SIMPLY_ACCOUNT_NAME"]),
            Field::secret("api_key", "the API key, from the account's page in the control panel"),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://api.simply.com/2",
    open: |account| Dialects::items(Simply(account)),
};

struct Simply(Account);

fn path(zone: &Zone) -> String {
    format!("/my/products/{}/dns/records/", zone.id)
}

fn record(zone: &Zone, new: &New<'_>) -> Value {
    let name = relative(&new.key.name, zone, "@");
    json!({ "name": name, "type": new.rtype(), "data": new.bare(), "ttl": new.ttl })
}

impl Dialect for Simply {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("account"), self.0.get("api_key"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        None
    }

    fn read_zones(&self, _answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Err(Odd("zones are not asked for".to_owned()))
    }
}

impl Items for Simply {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(path(zone))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/records")? {
            let is_here = from_relative(record.text("/name")?, zone).as_ref() == Some(&key.name);
            if is_here && is_type(record.text("/type")?, key) {
                let (id, value) = (record.id("/record_id")?, presented(key, record.text("/data")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        Call::post(path(zone), record(zone, new))
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("{}{}/", path(zone), item.id), record(zone, new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("{}{}/", path(zone), item.id))
    }
}
