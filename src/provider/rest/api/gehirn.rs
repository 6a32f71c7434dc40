//! Gehirn DNS: <https://support.gehirn.jp/apidocs/dns/>, the answers by exchanges recorded in 2018.
//!
//! A zone has versions, and the records of the current one can be changed at once. A record there is the whole set of
//! a name and type, with an identifier; the members of its values depend on the type.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::text::{absolute, bare, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "gehirn",
        name: "Gehirn DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 30,
        can: Can::ALL,
        docs: "https://support.gehirn.jp/apidocs/dns/",
        fields: &[
            Field::secret("token_secret", "the secret of the API token").also_in(&["GEHIRN_TOKEN_SECRET"]),
            Field::plain("token_id", "the identifier of an API token that may write DNS")
                .also_in(&["GEHIRN_TOKEN_ID"]),
        ],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://api.gis.gehirn.jp/dns/v1",
    open: |account| Dialects::sets(Gehirn(account)),
};

struct Gehirn(Account);

fn member(rtype: RecordType) -> &'static str {
    if rtype == RecordType::Txt { "data" } else { "address" }
}

fn set(step: &Replace, there: &[Item]) -> Value {
    let key = &step.expect.key;
    let values = step.values.iter().map(|value| json!({ member(key.rtype): bare(key.rtype, value) }));
    let id = there.first().map(|item| item.id.as_str());
    let mut set = json!({
        "type": key.rtype.as_str(), "name": format!("{}.", key.name), "enable_alias": false, "ttl": step.ttl,
        "records": values.collect::<Vec<_>>(),
    });
    if let Some(id) = id {
        set["id"] = json!(id);
    }
    set
}

fn at(zone: &Zone, there: &[Item]) -> String {
    let id = there.first().map(|item| item.id.as_str()).unwrap_or_default();
    format!("{}/records/{id}", zone.id)
}

impl Dialect for Gehirn {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("token_id"), self.0.get("token_secret"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let mut zones = Vec::new();
        for zone in answer.items("")? {
            let id = format!("/zones/{}/versions/{}", zone.id("/id")?, zone.id("/current_version_id")?);
            zones.extend(absolute(zone.text("/name")?).map(|name| Zone { name, id }));
        }
        Ok(Page::last(zones))
    }
}

impl Sets for Gehirn {
    fn get(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("{}/records", zone.id))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("")? {
            if !is_type(set.text("/type")?, key) || absolute(set.text("/name")?).as_ref() != Some(&key.name) {
                continue;
            }
            if set.pointer("/enable_alias") == Some(&Value::Bool(true)) {
                return Err(Odd(format!("{} is an alias, not a set of addresses", key.name)));
            }
            let id = set.id("/id")?;
            for record in set.items("/records")? {
                let value = presented(key, record.text(&format!("/{}", member(key.rtype)))?);
                items.push(Item { id: id.clone(), value, ttl: set.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        if there.is_empty() {
            return Call::post(format!("{}/records", zone.id), set(step, there));
        }
        Call::put(at(zone, there), set(step, there))
    }

    fn remove(&self, zone: &Zone, _step: &Replace, there: &[Item]) -> Call {
        Call::delete(at(zone, there))
    }
}
