//! What the planners' tests share: names, records, and a provider that does as it is told.

use super::{Change, RecordsPlan};
use crate::desired::{Desired, OnDrift, OwnerMark, Template};
use crate::name::Name;
use crate::record::{Attributes, Key, Record, RecordType, RrSet};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

mod attributes;
mod laws;
mod push;
mod refresh;
mod rrset;
mod ur;
mod withdraw;

const OURS: &str = "dynflare";
const OTHERS: &str = "dynflare:other";

fn key(rtype: RecordType) -> Key {
    Key { name: Name::parse("www.example.org").expect("a name"), rtype }
}

fn record(id: &str, content: &str, comment: &str) -> Record {
    let comment = (!comment.is_empty()).then(|| comment.to_owned());
    let attributes = Attributes { ttl: Some(300), proxied: Some(false), comment, tags: None };
    Record { id: id.to_owned(), key: key(RecordType::A), content: content.to_owned(), attributes }
}

fn txt(id: &str, content: &str, comment: &str) -> Record {
    Record { key: key(RecordType::Txt), ..record(id, content, comment) }
}

fn desired(values: &[&str]) -> Desired {
    Desired {
        key: key(RecordType::A),
        values: values.iter().map(ToString::to_string).collect(),
        attributes: Attributes::default(),
        on_drift: OnDrift::Leave,
        owner: OwnerMark::plain(),
        templates: vec![Template::address(crate::address::Family::V4)],
    }
}

fn spf(address: &str) -> Desired {
    Desired {
        key: key(RecordType::Txt),
        values: vec![format!("\"v=spf1 ip4:{address} -all\"")],
        templates: vec![Template::parse("v=spf1 ip4:{ipv4} -all").expect("a template")],
        ..desired(&[])
    }
}

fn rrset(ttl: u32, values: &[&str]) -> RrSet {
    RrSet {
        key: key(RecordType::A),
        ttl: (!values.is_empty()).then_some(ttl),
        values: values.iter().map(ToString::to_string).collect(),
    }
}

/// What the records are after one step; a new one gets an id nobody has.
fn after(records: &[Record], step: &Change) -> Vec<Record> {
    let mut records = records.to_vec();
    match step {
        Change::Update { record, content, attributes } => {
            let there = records.iter_mut().find(|there| there.id == record.id).expect("the record is there");
            assert_eq!(there, record, "a step names the record as it is");
            let Attributes { ttl, proxied, comment, tags } = attributes.clone();
            let old = there.attributes.clone();
            there.content = content.clone().unwrap_or_else(|| there.content.clone());
            there.attributes = Attributes {
                ttl: ttl.or(old.ttl),
                proxied: proxied.or(old.proxied),
                comment: comment.or(old.comment),
                tags: tags.or(old.tags),
            };
        }
        Change::Create { key, content, attributes } => records.push(Record {
            id: format!("new-{}", records.len()),
            key: key.clone(),
            content: content.clone(),
            attributes: attributes.clone(),
        }),
        Change::Delete { record } => {
            let before = records.len();
            records.retain(|there| there != record);
            assert_eq!(records.len() + 1, before, "a step names the record as it is");
        }
    }
    records
}

fn after_all(records: &[Record], plan: &RecordsPlan) -> Vec<Record> {
    plan.steps.iter().fold(records.to_vec(), |records, step| after(&records, step))
}

fn contents(records: &[Record]) -> Vec<String> {
    let mut contents: Vec<String> = records.iter().map(|record| record.content.clone()).collect();
    contents.sort();
    contents
}
