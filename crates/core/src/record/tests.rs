//! Types and attributes.

use super::{Attributes, Key, RecordType, UnknownType};
use crate::address::Family;
use crate::name::Name;
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

#[test]
fn types_are_read_and_shown_by_their_mnemonics() {
    let mut shown: Vec<String> = RecordType::all().map(|rtype| rtype.to_string()).collect();
    for rtype in RecordType::all() {
        assert_eq!(rtype.as_str().parse(), Ok(rtype));
        assert_eq!(rtype.as_str().to_lowercase().parse(), Ok(rtype));
    }
    assert!(shown.is_sorted());
    shown.dedup();
    assert_eq!(shown.len(), RecordType::all().count());
    for text in ["", "AAAAA", "ANY", "NS", "SOA", "A ", "TYPE1"] {
        assert_eq!(text.parse::<RecordType>(), Err(UnknownType), "{text:?}");
    }
}

#[test]
fn numbers_are_those_of_the_registry() {
    let number = |rtype| match rtype {
        RecordType::A => 1,
        RecordType::Aaaa => 28,
        RecordType::Caa => 257,
        RecordType::Cname => 5,
        RecordType::Https => 65,
        RecordType::Mx => 15,
        RecordType::Srv => 33,
        RecordType::Svcb => 64,
        RecordType::Txt => 16,
    };
    for rtype in RecordType::all() {
        assert_eq!(rtype.code(), number(rtype), "{rtype}");
    }
}

#[test]
fn the_two_address_types_belong_to_the_two_families() {
    for family in Family::BOTH {
        assert_eq!(RecordType::from(family).family(), Some(family));
    }
    assert_eq!(RecordType::all().filter(|rtype| rtype.family().is_some()).count(), 2);
}

#[test]
fn a_key_is_shown_as_name_and_type() {
    let key = Key { name: Name::parse("www.example.org").expect("a name"), rtype: RecordType::Aaaa };
    assert_eq!(key.to_string(), "www.example.org AAAA");
}

fn there() -> Attributes {
    Attributes {
        ttl: Some(300),
        proxied: Some(false),
        comment: Some("web".to_owned()),
        tags: Some(vec!["a:1".to_owned(), "b:2".to_owned()]),
    }
}

#[test]
fn what_is_not_set_never_drifts() {
    assert!(Attributes::default().drift_from(&there()).is_empty());
    assert!(Attributes::default().drift_from(&Attributes::default()).is_empty());
    assert!(there().drift_from(&there()).is_empty());
}

#[test]
fn each_attribute_drifts_on_its_own() {
    let none = Attributes::default;
    for wanted in [
        Attributes { ttl: Some(60), ..none() },
        Attributes { proxied: Some(true), ..none() },
        Attributes { comment: Some("dynflare".to_owned()), ..none() },
        Attributes { tags: Some(vec!["a:1".to_owned()]), ..none() },
        Attributes { tags: Some(vec![]), ..none() },
        Attributes { ttl: Some(60), comment: Some("dynflare".to_owned()), ..none() },
    ] {
        assert_eq!(wanted.drift_from(&there()), wanted);
    }
}

#[test]
fn what_was_set_and_what_is_shown_as_nothing_are_the_same() {
    let wanted =
        Attributes { ttl: Some(60), proxied: Some(false), comment: Some(String::new()), tags: Some(vec![]) };
    assert!(wanted.drift_from(&Attributes::default()).is_empty());
}

#[test]
fn the_order_of_tags_does_not_count() {
    let wanted = Attributes { tags: Some(vec!["b:2".to_owned(), "a:1".to_owned()]), ..Attributes::default() };
    assert!(wanted.drift_from(&there()).is_empty());
}

#[test]
fn the_ttl_of_a_proxied_record_is_not_ours_to_set() {
    let proxied = Attributes { ttl: Some(1), proxied: Some(true), ..Attributes::default() };
    let ttl = Attributes { ttl: Some(60), ..Attributes::default() };
    assert!(ttl.drift_from(&proxied).is_empty());
    let both = Attributes { proxied: Some(true), ..ttl.clone() };
    assert_eq!(both.drift_from(&there()), Attributes { proxied: Some(true), ..Attributes::default() });
    let unproxied = Attributes { proxied: Some(false), ..ttl.clone() };
    assert_eq!(unproxied.drift_from(&proxied), unproxied);
}
