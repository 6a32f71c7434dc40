//! UniFi Network from version 8.3 on, its local DNS records, by the API that its own web interface uses.
//!
//! Ubiquiti documents the key and not these paths (<https://help.ui.com/hc/en-us/articles/30076656117655>); they are known
//! from programs that use them. There are no zones: the one in a record is only a suffix. A TTL of 0 is the console's
//! own choice. Records that are switched off are not looked at.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::text::{absolute, is_type, place, presented, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "unifi",
        name: "UniFi Network",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 1,
        can: Can { wildcard: false, ..Can::NAMED_ZONES },
        docs: "https://help.ui.com/hc/en-us/articles/30076656117655",
        fields: &[
            Field::secret("api_key", "an API key of the console, from Settings, Control Plane, Integrations"),
            Field::plain("server", "where the console is, such as https://192.0.2.1")
                .also_in(&["UNIFI_HOST"]),
            Field::plain("site", "the site, if not `default`").optional(),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://unifi/proxy/network",
    open: |account| Dialects::items(UniFi(account)),
};

struct UniFi(Account);

impl UniFi {
    fn records(&self) -> String {
        format!("/v2/api/site/{}/static-dns", segment(self.0.find("site").unwrap_or("default")))
    }
}

impl Dialect for UniFi {
    fn place(&self) -> Option<String> {
        Some(place(self.0.find("server")?, "/proxy/network"))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("x-api-key", self.0.get("api_key"));
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

impl Items for UniFi {
    fn list(&self, _zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(self.records())
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("")? {
            let off = record.pointer("/enabled") == Some(&Value::Bool(false));
            if is_type(record.text("/record_type")?, key)
                && absolute(record.text("/key")?).as_ref() == Some(&key.name)
                && !off
            {
                let (id, value) = (record.id("/_id")?, presented(key, record.text("/value")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), whole: record.clone() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, _zone: &Zone, new: &New<'_>) -> Call {
        let record = json!({
            "enabled": true, "key": new.key.name.as_str(), "record_type": new.rtype(), "value": new.bare(),
            "ttl": new.ttl,
        });
        Call::post(self.records(), record)
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut record = item.whole.clone();
        record["value"] = json!(new.bare());
        record["ttl"] = json!(new.ttl);
        Some(Call::put(format!("{}/{}", self.records(), item.id), record))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("{}/{}", self.records(), item.id))
    }
}
