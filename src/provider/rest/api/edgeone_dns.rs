//! DNS records of Tencent EdgeOne sites that are its name servers' (2022-09-01):
//! <https://edgeone.ai/document/50454>.
//!
//! The same protocol as [`super::tencentcloud`]. Names are absolute. A change takes the whole record; what only the API
//! sets is left out of it.

use super::tencentcloud::{KEY, refusal, sign};
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "edgeone-dns",
        name: "Tencent EdgeOne DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://edgeone.ai/document/50454",
        fields: KEY,
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://teo.tencentcloudapi.com",
    open: |account| Dialects::items(EdgeOneDns(account)),
};

/// How many sites and how many records a page holds.
const SITES: usize = 100;
const RECORDS: usize = 1000;
/// What only the API sets on a record.
const OURS_NOT: [&str; 4] = ["ZoneId", "Status", "CreatedOn", "ModifiedOn"];

const RECORD: Layout = Layout {
    id: "/RecordId",
    rtype: "/Type",
    name: Naming::Absolute("/Name"),
    value: "/Content",
    ttl: "/TTL",
};

struct EdgeOneDns(Account);

fn action(name: &str, body: Value) -> Call {
    let mut call = Call::post("/", body);
    call.header("x-tc-action", name);
    call.header("x-tc-version", "2022-09-01");
    call
}

fn offset(page: Option<&str>) -> u64 {
    page.and_then(|page| page.parse().ok()).unwrap_or(0)
}

impl Dialect for EdgeOneDns {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        sign(&self.0, "teo", call, signing);
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let zone = ["InvalidParameter.ZoneNotFound", "ResourceNotFound.ZoneNotFound"];
        refusal(answer, &zone, &["ResourceNotFound"])
    }

    // Identifiers of sites are no names, and a filter by name matches parts of names, too.
    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(action("DescribeZones", json!({ "Offset": offset(page), "Limit": SITES })))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/Response/Zones")?;
        let zones = listed::zones(all, "/ZoneId", "/ZoneName")?;
        Ok(Page::skipped(zones, page, all.len(), SITES))
    }
}

impl Items for EdgeOneDns {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        let body = json!({
            "ZoneId": zone.id, "Offset": offset(page), "Limit": RECORDS,
            "Filters": [
                { "Name": "name", "Values": [key.name.as_str()] },
                { "Name": "type", "Values": [key.rtype.as_str()] },
            ],
        });
        action("DescribeDnsRecords", body)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let all = answer.items("/Response/DnsRecords")?;
        let items = RECORD.items(all, zone, key)?;
        Ok(Page::skipped(items, page, all.len(), RECORDS))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let body = json!({
            "ZoneId": zone.id, "Name": new.key.name.as_str(), "Type": new.rtype(), "Content": new.bare(),
            "TTL": new.ttl,
        });
        action("CreateDnsRecord", body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut record = item.whole.clone();
        if let Value::Object(members) = &mut record {
            members.retain(|member, value| !OURS_NOT.contains(&member.as_str()) && !value.is_null());
        }
        record["Content"] = new.bare().into();
        record["TTL"] = new.ttl.into();
        Some(action("ModifyDnsRecords", json!({ "ZoneId": zone.id, "DnsRecords": [record] })))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        action("DeleteDnsRecords", json!({ "ZoneId": zone.id, "RecordIds": [item.id] }))
    }
}
