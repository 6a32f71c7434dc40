//! Reading records: a name and a type at a time, or the whole zone where that is fewer requests.

use super::errors::Failure;
use super::exchange::{Api, Pages};
use super::side_by_side::side_by_side;
use super::wire::WireRecord;
use crate::provider::{Scope, Zone};
use dynflare_core::record::{Key, Record, RecordType};
use std::collections::BTreeSet;

/// The page size of a whole zone. The API takes up to 5,000,000 (default 100); 5,000 is more than all plans but
/// Enterprise hold, so that mostly one page is all, and keeps an answer within a few megabytes.
/// <https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/list/>
const WHOLE_ZONE_PAGE: u64 = 5000;
/// The page size at one name and type, the API's default.
const KEY_PAGE: u64 = 100;
/// Up to how many keys are asked for one by one, side by side.
const FEW: usize = 2;

/// The records in `scope`, each once. In a whole zone's listing a CNAME at a name whose address is asked for comes
/// along, for it is in that address's way.
pub(super) async fn list(api: &Api, zone: &Zone, scope: Scope<'_>) -> Result<Vec<Record>, Failure> {
    match scope {
        Scope::All => whole_zone(api, zone).await,
        Scope::Keys(keys) => {
            let wanted: BTreeSet<&Key> = keys.iter().collect();
            if wanted.len() > FEW {
                let mut records = whole_zone(api, zone).await?;
                records.retain(|record| wanted.contains(&record.key) || is_in_the_way(&record.key, &wanted));
                return Ok(records);
            }
            let mut records = Vec::new();
            for found in side_by_side(wanted.into_iter().map(|key| at_key(api, zone, key))).await {
                records.extend(found?);
            }
            Ok(records)
        }
    }
}

fn is_in_the_way(key: &Key, wanted: &BTreeSet<&Key>) -> bool {
    let asked_for = |rtype| wanted.contains(&Key { name: key.name.clone(), rtype });
    key.rtype == RecordType::Cname && (asked_for(RecordType::A) || asked_for(RecordType::Aaaa))
}

async fn at_key(api: &Api, zone: &Zone, key: &Key) -> Result<Vec<Record>, Failure> {
    let path = format!("{}?name.exact={}&type={}&", path(zone), escape(key), key.rtype);
    let found = read(api, &Pages { path, size: KEY_PAGE, zone: Some(zone.name.as_str()) }).await?;
    Ok(found.into_iter().filter(|record| record.key == *key).collect())
}

async fn whole_zone(api: &Api, zone: &Zone) -> Result<Vec<Record>, Failure> {
    let path = format!("{}?", path(zone));
    read(api, &Pages { path, size: WHOLE_ZONE_PAGE, zone: Some(zone.name.as_str()) }).await
}

async fn read(api: &Api, pages: &Pages<'_>) -> Result<Vec<Record>, Failure> {
    let mut seen = BTreeSet::new();
    let records = api.list::<WireRecord>(pages).await?;
    Ok(records
        .into_iter()
        .filter(|record| seen.insert(record.id.clone()))
        .filter_map(WireRecord::into_record)
        .collect())
}

/// What at this name keeps a record of this type out, in words: "a CNAME record to www.example.net". Types that core
/// does not know count as well.
pub(super) async fn obstacle(api: &Api, zone: &Zone, key: &Key) -> Option<String> {
    let path = format!("{}?name.exact={}&", path(zone), escape(key));
    let pages = Pages { path, size: KEY_PAGE, zone: Some(zone.name.as_str()) };
    let (found, _) = api.first::<WireRecord>(&pages).await.ok()?;
    let excludes = |rtype: &str| match key.rtype {
        RecordType::Cname => matches!(rtype, "A" | "AAAA" | "CNAME" | "NS"),
        RecordType::A | RecordType::Aaaa => matches!(rtype, "CNAME" | "NS"),
        RecordType::Caa
        | RecordType::Https
        | RecordType::Mx
        | RecordType::Srv
        | RecordType::Svcb
        | RecordType::Txt => matches!(rtype, "CNAME" | "NS"),
    };
    let other = found.into_iter().find(|record| excludes(&record.rtype))?;
    let article = if other.rtype.starts_with('A') || other.rtype == "NS" { "an" } else { "a" };
    Some(match other.content {
        Some(content) => format!("{article} {} record to {content}", other.rtype),
        None => format!("{article} {} record", other.rtype),
    })
}

/// The path of a zone's records.
pub(super) fn path(zone: &Zone) -> String {
    format!("/zones/{}/dns_records", segment(&zone.id))
}

/// An identifier as one segment of a path; a wrong one given by the user must not lead elsewhere.
pub(super) fn segment(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

fn escape(key: &Key) -> String {
    form_urlencoded::byte_serialize(key.name.as_str().as_bytes()).collect()
}
