//! cPanel, by UAPI: <https://api.docs.cpanel.net/openapi/cpanel/operation/dns-parse_zone/>,
//! <https://api.docs.cpanel.net/openapi/cpanel/operation/dns-mass_edit_zone/>.
//!
//! The list is the zone's file line by line, in base64. One request adds and removes lines; it holds the serial that
//! was read, so that a zone somebody else changed meanwhile is refused. A failure has the status 200 and says so in
//! `status`.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing};
use crate::provider::rest::text::{absolute, bare, from_relative, is_type, place, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use domain::utils::base64;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, comparable};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "cpanel",
        name: "cPanel",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://api.docs.cpanel.net/openapi/cpanel/operation/dns-mass_edit_zone/",
        fields: &[
            Field::secret("token", "an API token, from cPanel, Security, Manage API Tokens")
                .also_in(&["CPANEL_TOKEN"]),
            Field::plain("server", "where cPanel is, such as https://192.0.2.1:2083")
                .also_in(&["CPANEL_BASE_URL"]),
            Field::plain("username", "the cPanel user").also_in(&["CPANEL_USERNAME"]),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://localhost:2083/execute",
    open: |account| Dialects::sets(CPanel { account, serials: Mutex::default() }),
};

struct CPanel {
    account: Account,
    /// The serials of the zones as they were read last; a stale one is refused.
    serials: Mutex<BTreeMap<String, String>>,
}

/// What is in base64.
fn decoded(text: &str) -> Result<String, Odd> {
    let octets: Result<Vec<u8>, _> = base64::decode(text);
    let text = octets.ok().and_then(|octets| String::from_utf8(octets).ok());
    text.ok_or_else(|| Odd("a line is not in base64".to_owned()))
}

/// A name of the zone's file.
fn name_of(text: &str, zone: &Zone) -> Option<Name> {
    if text.ends_with('.') { absolute(text) } else { from_relative(text, zone) }
}

impl CPanel {
    fn edit(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let form = |value: &str| comparable(key.rtype, value);
        let stays = |item: &Item, value: &str| form(&item.value) == form(value) && item.ttl == Some(step.ttl);
        let serials = self.serials.lock().unwrap_or_else(PoisonError::into_inner);
        let serial = serials.get(&zone.id).cloned().unwrap_or_default();
        let mut pairs = vec![("zone".to_owned(), zone.id.clone()), ("serial".to_owned(), serial)];
        for value in step.values.iter().filter(|value| !there.iter().any(|item| stays(item, value))) {
            let line = json!({
                "dname": format!("{}.", key.name), "ttl": step.ttl, "record_type": key.rtype.as_str(),
                "data": [bare(key.rtype, value)],
            });
            pairs.push(("add".to_owned(), line.to_string()));
        }
        for item in there.iter().filter(|item| !step.values.iter().any(|value| stays(item, value))) {
            pairs.push(("remove".to_owned(), item.id.clone()));
        }
        Call::new(Method::POST, "/DNS/mass_edit_zone").body(Body::Form(pairs))
    }
}

impl Dialect for CPanel {
    fn place(&self) -> Option<String> {
        Some(place(self.account.find("server")?, "/execute"))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        let (user, token) = (self.account.get("username"), self.account.get("token"));
        call.header("authorization", format!("cpanel {user}:{token}"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        let said = answer.json.text_if("/errors/0").unwrap_or_default();
        match answer.json.number("/status") {
            Some(1) => None,
            Some(_) if said.contains("do not control") => Some(Refusal::new(Class::NoSuchZone, said)),
            Some(_) => Some(Refusal::new(Class::Invalid, said)),
            None => Some(Refusal::new(Class::Unexpected, said)),
        }
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/DomainInfo/list_domains"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let main = answer.json.text_if("/data/main_domain").map(str::to_owned);
        let mut names: Vec<String> = main.into_iter().collect();
        for list in ["/data/addon_domains", "/data/parked_domains"] {
            for name in answer.json.pointer(list).and_then(Value::as_array).into_iter().flatten() {
                names.push(name.text("")?.to_owned());
            }
        }
        let zones = names.into_iter().filter_map(|id| absolute(&id).map(|name| Zone { name, id }));
        Ok(Page::last(zones.collect()))
    }
}

impl Sets for CPanel {
    fn get(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get("/DNS/parse_zone").ask("zone", &zone.id)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for line in answer.items("/data")? {
            if line.text_if("/type") != Some("record") {
                continue;
            }
            let data: Vec<String> = line
                .items("/data_b64")?
                .iter()
                .map(|part| decoded(part.text("")?))
                .collect::<Result<_, _>>()?;
            let rtype = line.text("/record_type")?;
            if rtype == "SOA" {
                let serial = data.get(2).ok_or_else(|| Odd("the SOA record has no serial".to_owned()))?;
                let mut serials = self.serials.lock().unwrap_or_else(PoisonError::into_inner);
                serials.insert(zone.id.clone(), serial.clone());
            }
            if is_type(rtype, key)
                && name_of(&decoded(line.text("/dname_b64")?)?, zone).as_ref() == Some(&key.name)
            {
                let value = presented(key, &data.concat());
                items.push(Item {
                    id: line.id("/line_index")?,
                    value,
                    ttl: line.ttl("/ttl"),
                    ..Item::default()
                });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        self.edit(zone, step, there)
    }

    fn remove(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        self.edit(zone, step, there)
    }
}
