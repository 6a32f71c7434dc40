//! Infoblox NIOS, by its WAPI: <https://docs.infoblox.com/space/niosrestapi>, the answers by exchanges recorded in 2018.
//!
//! Each type of record is a kind of object with members of its own; an object's reference is its path. Objects are
//! found by their whole name in one view.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing, said};
use crate::provider::rest::text::{absolute, place, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "infoblox",
        name: "Infoblox NIOS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 1,
        can: Can::ALL,
        docs: "https://docs.infoblox.com/space/niosrestapi",
        fields: &[
            Field::secret("password", "the password of that user"),
            Field::plain("server", "where the grid master is, such as https://192.0.2.1")
                .also_in(&["INFOBLOX_HOST"]),
            Field::plain("username", "a user who may write records and use the API"),
            Field::plain("version", "the version of the API, if not 2.10")
                .optional()
                .also_in(&["INFOBLOX_WAPI_VERSION"]),
            Field::plain("view", "the DNS view, if not `default`").optional().also_in(&["INFOBLOX_DNS_VIEW"]),
        ],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://infoblox.localdomain/wapi/v2.10",
    open: |account| Dialects::items(Infoblox(account)),
};

/// How many objects a page holds.
const PAGE: u64 = 500;

struct Infoblox(Account);

/// The path of a kind of records, and the member that holds their data.
fn kind(key: &Key) -> (&'static str, &'static str) {
    match key.rtype {
        RecordType::A => ("/record:a", "ipv4addr"),
        RecordType::Aaaa => ("/record:aaaa", "ipv6addr"),
        _ => ("/record:txt", "text"),
    }
}

impl Infoblox {
    fn view(&self) -> &str {
        self.0.find("view").unwrap_or("default")
    }
}

impl Dialect for Infoblox {
    fn place(&self) -> Option<String> {
        let version = self.0.find("version").unwrap_or("2.10");
        Some(place(self.0.find("server")?, &format!("/wapi/v{version}")))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("username"), self.0.get("password"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let text = answer.json.text_if("/text").map_or_else(|| said(answer), str::to_owned);
        let code = answer.json.text_if("/code");
        // A reference that is no longer one is answered with 404, a wish that breaks a rule with 400.
        let class = if code == Some("Client.Ibap.Proto") { Class::Invalid } else { refusal.class };
        let refusal = Refusal::new(class, text);
        Some(code.map_or(refusal.clone(), |code| refusal.code(code)))
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get("/zone_auth").ask("fqdn", name).ask("view", self.view()))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = Call::get("/zone_auth")
            .ask("view", self.view())
            .ask("_paging", 1)
            .ask("_return_as_object", 1)
            .ask("_max_results", PAGE);
        Some(match page {
            Some(page) => call.ask("_page_id", page),
            None => call,
        })
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = if answer.json.is_array() { answer.items("")? } else { answer.items("/result")? };
        let mut zones = Vec::new();
        for zone in all {
            // Reverse zones are shown as networks.
            let id = zone.text("/fqdn")?.to_owned();
            zones.extend(absolute(&id).map(|name| Zone { name, id }));
        }
        Ok(Page { items: zones, next: answer.json.text_if("/next_page_id").map(str::to_owned) })
    }
}

impl Items for Infoblox {
    fn list(&self, _zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        let (path, member) = kind(key);
        Call::get(path)
            .ask("name", &key.name)
            .ask("view", self.view())
            .ask("_return_fields", format!("{member},ttl,use_ttl,disable"))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("")? {
            if record.pointer("/disable") == Some(&Value::Bool(true)) {
                continue;
            }
            let value = presented(key, record.text(&format!("/{}", kind(key).1))?);
            let own = record.pointer("/use_ttl") == Some(&Value::Bool(true));
            let ttl = record.ttl("/ttl").filter(|_| own);
            items.push(Item { id: record.text("/_ref")?.to_owned(), value, ttl, ..Item::default() });
        }
        Ok(Page::last(items))
    }

    fn create(&self, _zone: &Zone, new: &New<'_>) -> Call {
        let (path, member) = kind(new.key);
        let record = json!({
            "name": new.key.name.as_str(), "view": self.view(), member: new.value, "ttl": new.ttl, "use_ttl": true,
        });
        Call::post(path, record)
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let record = json!({ kind(new.key).1: new.value, "ttl": new.ttl, "use_ttl": true });
        Some(Call::put(format!("/{}", item.id), record))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/{}", item.id))
    }
}
