//! Gandi LiveDNS: <https://api.gandi.net/docs/livedns/>.
//!
//! A set that is not there is answered with 404, like a zone that is not there; writing to the latter tells them apart.

use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{presented, relative, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "gandi",
        name: "Gandi LiveDNS",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::ALL,
        docs: "https://api.gandi.net/docs/livedns/",
        fields: &[Field::secret(
            "token",
            "a personal access token with the permission to manage domain name technical configurations",
        )
        .also_in(&["GANDI_PERSONAL_ACCESS_TOKEN"])],
        env: &[],
        verified: Verified::Recorded("2020"),
    },
    base: "https://api.gandi.net/v5/livedns",
    open: |account| Dialects::sets(Gandi(account)),
};

/// How many zones a page holds.
const PAGE: usize = 100;

struct Gandi(Account);

fn path(zone: &Zone, key: &Key) -> String {
    format!("/domains/{}/records/{}/{}", zone.id, segment(relative(&key.name, zone, "@")), key.rtype)
}

impl Dialect for Gandi {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains").ask("per_page", PAGE).ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("")?;
        let zones = listed::zones(all, "/fqdn", "/fqdn")?;
        Ok(Page::numbered(zones, page, all.len(), PAGE))
    }
}

impl Sets for Gandi {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(path(zone, key))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        if answer.status == 404 {
            return Ok(Page::last(Vec::new()));
        }
        let ttl = answer.json.ttl("/rrset_ttl");
        let values = answer.items("/rrset_values")?.iter();
        let items =
            values.map(|value| Ok(Item { value: presented(key, value.text("")?), ttl, ..Item::default() }));
        Ok(Page::last(items.collect::<Result<_, Odd>>()?))
    }

    fn replace(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        let body = json!({ "rrset_ttl": step.ttl, "rrset_values": step.values });
        Call::put(path(zone, &step.expect.key), body)
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        Call::delete(path(zone, &step.expect.key))
    }
}
