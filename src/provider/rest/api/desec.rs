//! deSEC: <https://desec.readthedocs.io/en/latest/dns/rrsets.html>.
//!
//! The least TTL is 3600 unless deSEC has allowed less; what `update.dedyn.io` wrote has 60, which may stay but not be
//! sent, so that a TTL is sent only where it changes. A set is filtered for, since the path of one at the zone's own
//! name is special and a list tells a missing set from a missing zone.

use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{from_relative, is_type, presented, relative, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "desec",
        name: "deSEC",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 3600,
        can: Can::ALL,
        docs: "https://desec.readthedocs.io/en/latest/dns/rrsets.html",
        fields: &[Field::secret("token", "an API token, made under Token Management")],
        env: &[],
        verified: Verified::Recorded("2025"),
    },
    base: "https://desec.io/api/v1",
    open: |account| Dialects::sets(Desec(account)),
};

/// The longest TTL in seconds.
const LONGEST: u32 = 86_400;

struct Desec(Account);

fn path(zone: &Zone, key: &Key) -> String {
    let name = segment(relative(&key.name, zone, "@"));
    format!("/domains/{}/rrsets/{name}/{}/", zone.id, key.rtype)
}

impl Dialect for Desec {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("authorization", format!("Token {}", self.0.get("token")));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains/").ask("cursor", page.unwrap_or_default()))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("")?, "/name", "/name")?;
        Ok(Page { items: zones, next: answer.next_link("cursor") })
    }
}

impl Sets for Desec {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/domains/{}/rrsets/", zone.id))
            .ask("subname", relative(&key.name, zone, ""))
            .ask("type", key.rtype)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("")? {
            if !is_type(set.text("/type")?, key)
                || from_relative(set.text("/subname")?, zone).as_ref() != Some(&key.name)
            {
                continue;
            }
            for value in set.items("/records")? {
                let value = presented(key, value.text("")?);
                items.push(Item { value, ttl: set.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let ttl = step.ttl.min(LONGEST);
        if there.is_empty() {
            let name = relative(&key.name, zone, "");
            let body =
                json!({ "subname": name, "type": key.rtype.as_str(), "ttl": ttl, "records": step.values });
            return Call::post(format!("/domains/{}/rrsets/", zone.id), body);
        }
        let mut body = json!({ "records": step.values });
        if there.iter().any(|item| item.ttl != Some(ttl)) {
            body["ttl"] = ttl.into();
        }
        Call::patch(path(zone, key), body)
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        Call::patch(path(zone, &step.expect.key), json!({ "records": [] }))
    }
}
