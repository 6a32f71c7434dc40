//! Njalla: <https://njal.la/api/>.
//!
//! JSON-RPC with a token; codes of errors are those of HTTP. Names are relative. Only certain TTLs are taken (60, 300,
//! 900, 3600, 10800, 21600 and 86400 in its web interface). Records of its own type `Dynamic` are none of ours.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "njalla",
        name: "Njalla",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://njal.la/api/",
        fields: &[Field::secret("token", "an API token, made in the account's settings")
            .also_in(&["NJALLA_API_TOKEN"])],
        env: &[],
        verified: Verified::Recorded("2020"),
    },
    base: "https://njal.la/api/1",
    open: |account| Dialects::items(Njalla(account)),
};

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Relative("/name"), value: "/content", ttl: "/ttl" };

struct Njalla(Account);

fn method(name: &str, params: &Value) -> Call {
    Call::post("/", json!({ "jsonrpc": "2.0", "id": "1", "method": name, "params": params }))
}

impl Dialect for Njalla {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("authorization", format!("Njalla {}", self.0.get("token")));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if answer.json.get("result").is_some() {
            return None;
        }
        let error = ["/error", "/Error"].iter().find_map(|at| answer.json.pointer(at));
        let Some(code) = error.and_then(|error| error.number("/code")) else {
            let strange = || Refusal::new(Class::Unexpected, answer.text());
            return Some(Refusal::by_status(answer).unwrap_or_else(strange));
        };
        let class = match code {
            401 | 403 => Class::Denied,
            404 => Class::NoSuchName,
            429 => Class::RateLimited,
            400..500 => Class::Invalid,
            500..600 => Class::Unavailable,
            _ => Class::Unexpected,
        };
        let said = error.and_then(|error| error.text_if("/message")).unwrap_or_default();
        Some(Refusal::new(class, said).code(code.to_string()))
    }

    // How it says that a zone is not the account's is not documented, so the list tells.
    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(method("list-domains", &json!({})))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("/result/domains")?, "/name", "/name")?))
    }
}

impl Items for Njalla {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        method("list-records", &json!({ "domain": zone.id }))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        Ok(Page::last(RECORD.items(answer.items("/result/records")?, zone, key)?))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "@");
        let params = json!({
            "domain": zone.id, "name": name, "type": new.rtype(), "content": new.bare(), "ttl": new.ttl,
        });
        method("add-record", &params)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut params = item.whole.clone();
        params["domain"] = zone.id.as_str().into();
        params["content"] = new.bare().into();
        params["ttl"] = new.ttl.into();
        Some(method("edit-record", &params))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        method("remove-record", &json!({ "domain": zone.id, "id": item.whole["id"] }))
    }
}
