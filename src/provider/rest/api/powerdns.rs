//! PowerDNS Authoritative Server: <https://doc.powerdns.com/authoritative/http-api/zone.html>.
//!
//! A server of the user's own, so the account says where it is. Comments of a set stay when none are sent; records that
//! are switched off do not, so they are sent back. As the filter for a name hides these (seen with 4.7), the whole zone
//! is read. Names and targets are absolute, with their last dot.

use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing, said};
use crate::provider::rest::listed;
use crate::provider::rest::text::{absolute, dotted, is_type, place, presented, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "powerdns",
        name: "PowerDNS",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 0,
        can: Can::ALL,
        docs: "https://doc.powerdns.com/authoritative/http-api/zone.html",
        fields: &[
            Field::secret("api_key", "the server's `api-key`").also_in(&["PDNS_API_KEY"]),
            Field::plain("server", "where the server's webserver is, such as http://127.0.0.1:8081")
                .also_in(&["PDNS_API_URL"]),
            Field::plain(
                "server_id",
                "the identifier of the server behind the API, `localhost` unless a proxy is in front",
            )
            .optional()
            .also_in(&["PDNS_SERVER_NAME"]),
        ],
        env: &[],
        verified: Verified::Servers("PowerDNS"),
    },
    base: "https://localhost:8081/api/v1",
    open: |account| Dialects::sets(PowerDns(account)),
};

struct PowerDns(Account);

impl PowerDns {
    fn zones_path(&self) -> String {
        let server = self.0.find("server_id").unwrap_or("localhost");
        format!("/servers/{}/zones", segment(server))
    }

    fn path(&self, zone: &Zone) -> String {
        format!("{}/{}", self.zones_path(), segment(&zone.id))
    }

    fn patch(&self, zone: &Zone, key: &Key, mut set: Value) -> Call {
        set["name"] = format!("{}.", key.name).into();
        set["type"] = key.rtype.as_str().into();
        Call::patch(self.path(zone), json!({ "rrsets": [set] }))
    }
}

/// The records of a set that are switched off.
fn disabled(there: &[Item]) -> Vec<Value> {
    there.first().and_then(|item| item.whole.as_array().cloned()).unwrap_or_default()
}

impl Dialect for PowerDns {
    fn place(&self) -> Option<String> {
        self.0.find("server").map(|server| place(server, "/api/v1"))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("x-api-key", self.0.get("api_key"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        // Servers before 4.3 say so with 422.
        let unknown = answer.status == 422 && said(answer).starts_with("Could not find domain");
        Some(if unknown { Refusal { class: Class::NoSuchZone, ..refusal } } else { refusal })
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get(self.zones_path()).ask("zone", format!("{name}.")))
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get(self.zones_path()))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("")?, "/id", "/name")?))
    }
}

impl Sets for PowerDns {
    fn get(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(self.path(zone))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("/rrsets")? {
            if !is_type(set.text("/type")?, key) || absolute(set.text("/name")?).as_ref() != Some(&key.name) {
                continue;
            }
            let is_off = |record: &&Value| record["disabled"].as_bool() == Some(true);
            let (off, on): (Vec<&Value>, Vec<&Value>) = set.items("/records")?.iter().partition(is_off);
            if on.is_empty() && !off.is_empty() {
                return Err(Odd("all records there are switched off, and would be lost".to_owned()));
            }
            let whole: Value = off.into_iter().cloned().collect();
            for record in on {
                let value = presented(key, record.text("/content")?);
                items.push(Item { value, ttl: set.ttl("/ttl"), whole: whole.clone(), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let on =
            step.values.iter().map(|value| json!({ "content": dotted(key.rtype, value), "disabled": false }));
        let records: Vec<Value> = on.chain(disabled(there)).collect();
        self.patch(zone, key, json!({ "changetype": "REPLACE", "ttl": step.ttl, "records": records }))
    }

    fn remove(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let off = disabled(there);
        let set = if off.is_empty() {
            json!({ "changetype": "DELETE" })
        } else {
            json!({ "changetype": "REPLACE", "ttl": step.expect.ttl, "records": off })
        };
        self.patch(zone, &step.expect.key, set)
    }
}
