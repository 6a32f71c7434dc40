//! Linode (Akamai) DNS Manager: <https://techdocs.akamai.com/linode-api/reference/get-domain-records>.
//!
//! A TTL is one of a few; 0 is the zone's own. Zones are filtered for by the header `X-Filter`; records are not, since
//! nothing says that they can be.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "linode",
        name: "Linode (Akamai)",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::ALL,
        docs: "https://techdocs.akamai.com/linode-api/reference/get-domain-records",
        fields: &[Field::secret("token", "a personal access token with Domains: Read/Write")
            .also_in(&["LINODE_CLI_TOKEN"])],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://api.linode.com/v4",
    open: |account| Dialects::items(Linode(account)),
};

/// How many items a page holds, at most.
const PAGE: usize = 500;

/// The TTLs there are, in seconds.
const TTLS: [u32; 13] =
    [0, 300, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 604_800, 1_209_600, 2_419_200];

struct Linode(Account);

/// The shortest TTL there is that is no shorter than this one.
fn ttl(wanted: u32) -> u32 {
    TTLS.into_iter().find(|ttl| *ttl >= wanted).unwrap_or(TTLS[TTLS.len() - 1])
}

fn next(answer: &Answer) -> Option<String> {
    let (page, pages) = (answer.json.number("/page")?, answer.json.number("/pages")?);
    (page < pages).then(|| (page + 1).to_string())
}

fn body(zone: &Zone, new: &New<'_>) -> Value {
    json!({ "name": relative(&new.key.name, zone, ""), "target": new.bare(), "ttl_sec": ttl(new.ttl) })
}

impl Dialect for Linode {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
    }

    fn find(&self, name: &Name) -> Find {
        let mut call = Call::get("/domains");
        call.header("x-filter", json!({ "domain": name.as_str() }).to_string());
        Find::ask(call)
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains").ask("page_size", PAGE).ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/data")?, "/id", "/domain")?;
        Ok(Page { items: zones, next: next(answer) })
    }
}

impl Items for Linode {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        let call = Call::get(format!("/domains/{}/records", zone.id));
        call.ask("page_size", PAGE).ask("page", page.unwrap_or("1"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/data")? {
            if is_type(record.text("/type")?, key)
                && from_relative(record.text_if("/name").unwrap_or_default(), zone).as_ref()
                    == Some(&key.name)
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/target")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl_sec"), ..Item::default() });
            }
        }
        Ok(Page { items, next: next(answer) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let mut body = body(zone, new);
        body["type"] = new.rtype().into();
        Call::post(format!("/domains/{}/records", zone.id), body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::put(format!("/domains/{}/records/{}", zone.id, item.id), body(zone, new)))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/domains/{}/records/{}", zone.id, item.id))
    }
}

#[cfg(test)]
mod tests {
    use super::ttl;

    #[test]
    fn a_ttl_is_lifted_to_one_that_there_is() {
        for (wanted, there) in [(0, 0), (1, 300), (300, 300), (301, 3600), (u32::MAX, 2_419_200)] {
            assert_eq!(ttl(wanted), there);
        }
    }
}
