//! OPNsense, the host overrides of its Unbound: <https://docs.opnsense.org/development/api/core/unbound.html>.
//!
//! A host override is a host and a domain, which are here the first label and the others. There is no zone: the one in
//! a record is only a suffix. Lists may show a type with its explanation behind it. Changes take effect when the
//! service is configured anew. Answers to writes have the status 200 and say in `result` what became of it.

use crate::provider::registry::{ADDRESSES, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::text::{absolute, is_type, place, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "opnsense",
        name: "OPNsense (Unbound)",
        shape: Shape::RrSet,
        types: ADDRESSES,
        attributes: &[],
        min_ttl: 0,
        can: Can::NAMED_ZONES,
        docs: "https://docs.opnsense.org/development/api/core/unbound.html",
        fields: &[
            Field::secret("api_key", "the key of a user who may edit host overrides")
                .also_in(&["OPNSENSE_KEY"]),
            Field::secret("api_secret", "the secret of that key"),
            Field::plain("server", "where the web interface is, such as https://192.0.2.1")
                .also_in(&["OPNSENSE_HOST"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://opnsense.localdomain/api/unbound",
    open: |account| Dialects::items(OpnSense(account)),
};

struct OpnSense(Account);

/// The host and the domain of a name.
fn halves(name: &Name) -> (&str, &str) {
    name.as_str().split_once('.').unwrap_or((name.as_str(), ""))
}

impl Dialect for OpnSense {
    fn place(&self) -> Option<String> {
        Some(place(self.0.find("server")?, "/api/unbound"))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("api_key"), self.0.get("api_secret"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        let class = match answer.json.text_if("/result").or(answer.json.text_if("/status")) {
            Some("saved" | "deleted" | "ok") | None => return None,
            Some("not found") => Class::NoSuchName,
            Some(_) => Class::Invalid,
        };
        let said = answer.json.pointer("/validations").map(ToString::to_string);
        Some(Refusal::new(class, said.unwrap_or_else(|| answer.text())))
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

    fn publish(&self, _zone: &Zone) -> Option<Call> {
        Some(Call::post("/service/reconfigure", json!({})))
    }
}

impl Items for OpnSense {
    fn list(&self, _zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get("/settings/searchHostOverride").ask("current", 1).ask("rowCount", -1)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for row in answer.items("/rows")? {
            let (host, domain) = (row.text("/hostname")?, row.text("/domain")?);
            let name = if host.is_empty() { domain.to_owned() } else { format!("{host}.{domain}") };
            let rtype = row.text("/rr")?.split_whitespace().next().unwrap_or_default();
            if is_type(rtype, key)
                && absolute(&name).as_ref() == Some(&key.name)
                && row.text_if("/enabled") != Some("0")
            {
                let (id, value) = (row.id("/uuid")?, presented(key, row.text("/server")?));
                items.push(Item { id, value, ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, _zone: &Zone, new: &New<'_>) -> Call {
        let (host, domain) = halves(&new.key.name);
        let row = json!({
            "enabled": "1", "hostname": host, "domain": domain, "rr": new.rtype(), "server": new.value,
        });
        Call::post("/settings/addHostOverride", json!({ "host": row }))
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let row = json!({ "host": { "server": new.value } });
        Some(Call::post(format!("/settings/setHostOverride/{}", item.id), row))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::post(format!("/settings/delHostOverride/{}", item.id), json!({}))
    }
}
