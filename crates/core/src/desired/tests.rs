//! Wishes and what becomes of them.

use super::{Agreed, Derived, Desired, Hosts, HostsError, OnDrift, OwnerMark, Template, Wish, WishError};
use crate::address::{Family, HostId, HostIdError, Observation};
use crate::name::Name;
use crate::quorum::Part;
use crate::record::{Attributes, Key, RecordType};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

fn key(rtype: RecordType) -> Key {
    Key { name: Name::parse("www.example.org").expect("a name"), rtype }
}

fn templates(texts: &[&str]) -> Vec<Template> {
    texts.iter().map(|text| Template::parse(text).expect("a template")).collect()
}

fn wish(rtype: RecordType, texts: &[&str]) -> Wish {
    Wish::new(key(rtype), OwnerMark::plain(), templates(texts)).expect("a wish")
}

fn known(text: &str) -> Observation {
    Observation::Address(text.parse().expect("an address"))
}

fn both() -> Agreed {
    Agreed::new(known("192.0.2.1"), known("2001:db8:0:1101::99"))
}

fn derived(wish: &Wish) -> Desired {
    match wish.derive(&both()) {
        Derived::Desired(desired) => desired,
        other => panic!("everything is known: {other:?}"),
    }
}

fn hosts(ids: &[&str], length: u8) -> Result<Hosts, HostsError> {
    Hosts::new(ids.iter().map(|id| id.parse().expect("a host id")).collect(), length)
}

#[test]
fn an_address_record_holds_the_address_unless_told_otherwise() {
    assert_eq!(derived(&wish(RecordType::A, &[])).values, ["192.0.2.1"]);
    assert_eq!(derived(&wish(RecordType::Aaaa, &[])).values, ["2001:db8:0:1101::99"]);
    assert_eq!(wish(RecordType::A, &[]).families(), [Family::V4]);
    assert_eq!(wish(RecordType::Aaaa, &[]).families(), [Family::V6]);
}

#[test]
fn every_other_type_needs_a_content() {
    for rtype in RecordType::all().filter(|rtype| rtype.family().is_none()) {
        assert_eq!(Wish::new(key(rtype), OwnerMark::plain(), vec![]), Err(WishError::NoContent(rtype)));
        assert!(Wish::new(key(rtype), OwnerMark::plain(), templates(&["x"])).is_ok());
    }
}

#[test]
fn the_content_of_an_address_record_has_to_become_its_address() {
    let tried =
        |rtype, texts: &[&str]| Wish::new(key(rtype), OwnerMark::plain(), templates(texts)).map(|_| ());
    assert_eq!(tried(RecordType::A, &["{ipv4}"]), Ok(()));
    assert_eq!(tried(RecordType::A, &["{ipv4}", "198.51.100.1"]), Ok(()));
    assert_eq!(tried(RecordType::A, &["{ipv4}", "{ipv6}"]), Err(WishError::NotAnAddress(1)));
    assert_eq!(tried(RecordType::A, &["www"]), Err(WishError::NotAnAddress(0)));
    assert_eq!(tried(RecordType::Aaaa, &["{ipv4}"]), Err(WishError::NotAnAddress(0)));
    assert_eq!(tried(RecordType::Aaaa, &["::ffff:{ipv4}"]), Ok(()));
}

#[test]
fn values_are_sorted_once_and_in_presentation_form() {
    let a = wish(RecordType::A, &["203.0.113.1", "{ipv4}", "192.0.2.1"]);
    assert_eq!(derived(&a).values, ["192.0.2.1", "203.0.113.1"]);
    let aaaa = wish(RecordType::Aaaa, &["2001:DB8:0:0::1", "2001:db8::1"]);
    assert_eq!(derived(&aaaa).values, ["2001:db8::1"]);
    let txt = wish(RecordType::Txt, &["v=spf1 ip4:{ipv4} -all", "\"v=spf1 ip4:{ipv4} -all\""]);
    assert_eq!(derived(&txt).values, ["\"v=spf1 ip4:192.0.2.1 -all\""]);
    let https = wish(RecordType::Https, &["1 . ipv4hint={ipv4}"]);
    assert_eq!(derived(&https).values, ["1 . ipv4hint=192.0.2.1"]);
}

#[test]
fn an_unknown_family_yields_nothing_and_goes_before_an_absent_one() {
    let unknown = || Observation::Unknown("too few".to_owned());
    let spf = wish(RecordType::Txt, &["ip4:{ipv4}", "ip6:{ipv6}"]);
    let derive = |v4, v6| spf.derive(&Agreed::new(v4, v6));
    assert_eq!(derive(unknown(), known("2001:db8::1")), Derived::Unknown(Family::V4));
    assert_eq!(derive(known("192.0.2.1"), unknown()), Derived::Unknown(Family::V6));
    assert_eq!(derive(Observation::NoAddress, unknown()), Derived::Unknown(Family::V6));
    assert_eq!(derive(Observation::NoAddress, known("2001:db8::1")), Derived::Absent(Family::V4));
    assert_eq!(derive(known("192.0.2.1"), Observation::NoAddress), Derived::Absent(Family::V6));
}

#[test]
fn a_content_without_addresses_needs_none() {
    let unknown = || Observation::Unknown("too few".to_owned());
    let fixed = wish(RecordType::Txt, &["hello"]);
    let Derived::Desired(desired) = fixed.derive(&Agreed::new(unknown(), unknown())) else { panic!("fixed") };
    assert_eq!(desired.values, ["\"hello\""]);
}

#[test]
fn an_address_in_the_wrong_place_is_not_known() {
    let turned = Agreed::new(known("2001:db8::1"), known("192.0.2.1"));
    for family in Family::BOTH {
        assert!(matches!(turned.of(family), Observation::Unknown(_)));
    }
    assert_eq!(wish(RecordType::A, &[]).derive(&turned), Derived::Unknown(Family::V4));
}

#[test]
fn ur_15_hosts_follow_the_prefix() {
    let wish = wish(RecordType::Aaaa, &[])
        .with_hosts(
            hosts(&["::3:0:0:0:1234", "mac(00:00:5e:00:53:01)", "::3:0:0:0:1234"], 56).expect("hosts"),
        )
        .expect("a wish");
    let at = |address: &str| match wish.derive(&Agreed::new(Observation::NoAddress, known(address))) {
        Derived::Desired(desired) => desired.values,
        other => panic!("IPv6 is known: {other:?}"),
    };
    let mac = "2001:db8:0:1100:200:5eff:fe00:5301";
    assert_eq!(at("2001:db8:0:1101::99"), [mac, "2001:db8:0:1103::1234"]);
    assert_eq!(at("2001:db8:0:2201::7"), ["2001:db8:0:2200:200:5eff:fe00:5301", "2001:db8:0:2203::1234"]);
}

#[test]
fn hosts_stand_in_for_the_address_in_any_content() {
    let spf = wish(RecordType::Txt, &["v=spf1 ip6:{ipv6} ip4:{ipv4} -all"])
        .with_hosts(hosts(&["::1"], 64).expect("hosts"))
        .expect("a wish");
    assert_eq!(derived(&spf).values, ["\"v=spf1 ip6:2001:db8:0:1101::1 ip4:192.0.2.1 -all\""]);
}

#[test]
fn without_an_ipv6_address_there_are_no_hosts() {
    let wish = wish(RecordType::Aaaa, &[]).with_hosts(hosts(&["::1"], 64).expect("hosts")).expect("a wish");
    let v4 = known("192.0.2.1");
    assert_eq!(wish.derive(&Agreed::new(v4.clone(), Observation::NoAddress)), Derived::Absent(Family::V6));
    let unknown = Observation::Unknown("too few".to_owned());
    assert_eq!(wish.derive(&Agreed::new(v4, unknown)), Derived::Unknown(Family::V6));
}

#[test]
fn hosts_that_nothing_uses_are_refused() {
    let hosts = hosts(&["::1"], 64).expect("hosts");
    assert_eq!(wish(RecordType::A, &[]).with_hosts(hosts.clone()), Err(WishError::HostsUnused));
    assert_eq!(wish(RecordType::Aaaa, &["2001:db8::1"]).with_hosts(hosts), Err(WishError::HostsUnused));
}

#[test]
fn hosts_have_to_go_under_their_prefix() {
    assert_eq!(hosts(&[], 64), Err(HostsError::NoHost));
    assert_eq!(hosts(&["::1"], 0), Err(HostsError::Length(0)));
    assert_eq!(hosts(&["::1"], 128), Err(HostsError::Length(128)));
    assert!(hosts(&["::1"], 1).is_ok() && hosts(&["::1"], 127).is_ok());
    let wide: HostId = "::1:0:0:0:1".parse().expect("a host id");
    assert!(hosts(&["::1", "::1:0:0:0:1"], 63).is_ok());
    assert_eq!(hosts(&["::1", "::1:0:0:0:1"], 64), Err(HostsError::Host(wide, HostIdError::Overlap)));
    assert!(hosts(&["mac(00:00:5e:00:53:01)"], 64).is_ok());
    let error = hosts(&["mac(00:00:5e:00:53:01)"], 96).expect_err("no room for 64 bits");
    assert_eq!(error.to_string(), "host id ::200:5eff:fe00:5301: the host id has bits set inside the prefix");
}

#[test]
fn nothing_wanted_is_an_empty_set_that_knows_what_is_ours() {
    let nothing = wish(RecordType::A, &[]).nothing();
    assert_eq!(nothing.values, Vec::<alloc::string::String>::new());
    assert!(nothing.fits("192.0.2.9") && !nothing.wants("192.0.2.9"));
}

#[test]
fn a_new_record_gets_the_comment_that_was_set_or_the_mark() {
    let owner = OwnerMark::of("home").expect("an owner");
    let wish = Wish::new(key(RecordType::A), owner, vec![]).expect("a wish");
    assert_eq!(derived(&wish).new_comment(), "dynflare:home");
    let comment = Some("web dynflare:home".to_owned());
    let attributes = Attributes { ttl: Some(60), comment, ..Attributes::default() };
    let wish = wish.with_attributes(attributes.clone(), OnDrift::Correct).expect("it carries the mark");
    let desired = derived(&wish);
    assert_eq!((desired.attributes_of_new(), desired.on_drift), (attributes, OnDrift::Correct));
}

#[test]
fn a_value_is_wanted_however_it_is_written() {
    let desired = derived(&wish(RecordType::Aaaa, &[]));
    assert!(desired.wants("2001:DB8:0:1101:0:0:0:99") && !desired.wants("2001:db8:0:1101::9"));
    let txt = derived(&wish(RecordType::Txt, &["a b"]));
    assert!(
        txt.wants("a b") && txt.wants("\"a b\"") && txt.wants("\"a\" \" b\"") && !txt.wants("\"a\" \"b\"")
    );
}

#[test]
fn errors_name_what_is_missing() {
    assert_eq!(WishError::NoContent(RecordType::Txt).to_string(), "a record of type TXT needs a content");
    assert_eq!(
        WishError::CommentLacksMark(OwnerMark::plain()).to_string(),
        "the comment must contain `dynflare`, or the record would not be recognised as owned"
    );
}

#[test]
fn ur_15_host_ids_need_the_network_alone_and_the_address_itself_may_be_unknown() {
    let prefix = hosts(&["::3:0:0:0:1234"], 56).expect("fits");
    let with = wish(RecordType::Aaaa, &[]).with_hosts(prefix).expect("uses IPv6");
    assert_eq!(with.needs(), [(Family::V6, Part::Network(56))]);
    assert_eq!(wish(RecordType::Aaaa, &[]).needs(), [(Family::V6, Part::Whole)]);
    let split = || Observation::Unknown("split".to_owned());
    let agreed = Agreed::new(split(), split()).with_network(56, known("2001:db8:0:1100::"));
    match with.derive(&agreed) {
        Derived::Desired(desired) => assert_eq!(desired.values, ["2001:db8:0:1103::1234"]),
        other => panic!("the network is known: {other:?}"),
    }
    assert_eq!(wish(RecordType::Aaaa, &[]).derive(&agreed), Derived::Unknown(Family::V6));
    let other_length = Agreed::new(split(), split()).with_network(64, known("2001:db8:0:1101::"));
    assert_eq!(with.derive(&other_length), Derived::Unknown(Family::V6));
    let none = Agreed::new(split(), known("2001:db8:0:1101::99")).with_network(56, Observation::NoAddress);
    assert_eq!(with.derive(&none), Derived::Absent(Family::V6));
}

#[test]
fn over_all_ways_the_values_are_one_set_and_an_unknown_way_decides_for_it() {
    let by = |text: &str| Agreed::new(known(text), Observation::NoAddress);
    let silent = Agreed::new(Observation::Unknown("split".to_owned()), Observation::NoAddress);
    let absent = Agreed::new(Observation::NoAddress, Observation::NoAddress);
    let wish = wish(RecordType::A, &[]);
    let values = |known: &[Agreed]| match wish.derive_all(known) {
        Derived::Desired(desired) => Ok(desired.values),
        other => Err(Box::new(other)),
    };
    assert_eq!(values(&[by("192.0.2.9"), by("192.0.2.1")]), Ok(vec!["192.0.2.1".into(), "192.0.2.9".into()]));
    assert_eq!(values(&[by("192.0.2.9"), by("192.0.2.9")]), Ok(vec!["192.0.2.9".into()]));
    assert_eq!(values(&[by("192.0.2.9"), absent.clone()]), Ok(vec!["192.0.2.9".into()]));
    assert_eq!(values(&[absent.clone(), absent]), Err(Box::new(Derived::Absent(Family::V4))));
    assert_eq!(values(&[by("192.0.2.9"), silent]), Err(Box::new(Derived::Unknown(Family::V4))));
}
