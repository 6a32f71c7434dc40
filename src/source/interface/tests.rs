//! What users write, and what becomes of what the kernel says.

use super::*;
use crate::source::Filters;

fn choice(text: &str) -> Choice {
    Interface::parse(text).expect("an interface").choice
}

fn says(text: &str) -> String {
    Interface::parse(text).expect_err("refused").to_string()
}

#[test]
fn name_and_options_are_read() {
    assert_eq!(choice(""), Choice::default());
    assert_eq!(choice(":wlp2s0.7").name.as_deref(), Some("wlp2s0.7"));
    let prefixes = vec!["2001:db8::/32".parse().expect("a prefix")];
    let expected =
        Choice { name: Some("eth0".to_owned()), prefixes, temporary: Temporary::Allow, ..Choice::default() };
    assert_eq!(choice(":eth0?prefix=2001:db8::/32&temporary=allow"), expected);
    assert_eq!(choice("?prefix=2001:db8::/32&temporary=allow"), Choice { name: None, ..expected });
    assert_eq!(choice("?all"), Choice { take: Take::All, ..Choice::default() });
}

#[test]
fn what_cannot_be_read_is_refused_with_the_way_to_write_it() {
    let name = "interface needs a name such as interface:eth0, or none at all for that of the default route";
    for text in [":", ":a name", ":sixteen-letters-x", ":?prefix=2001:db8::/32"] {
        assert_eq!(says(text), name, "{text}");
    }
    assert_eq!(says("?prefix=2001:db8::1/32"), "`2001:db8::1/32` is not a prefix such as 2001:db8::/32");
    assert_eq!(says("?temporary=yes"), "temporary is allow or skip, not `yes`");
    assert_eq!(says("?mac=1"), "interface takes the options all, prefix and temporary, not `mac=1`");
    assert_eq!(says("?"), "interface takes the options all, prefix and temporary, not ``");
}

#[test]
fn every_address_gets_its_line() {
    let choice = Choice::default();
    let filters = Filters { allow: vec!["2001:db8::/32".parse().expect("a prefix")], deny: Vec::new() };
    let snapshot = Snapshot::sample(&[("2001:db8::50/64", 0, 300), ("fe80::1/64", 0x80, u32::MAX)]);
    let judged = choice.judge(&snapshot, Family::V6, &filters).expect("an interface");
    assert_eq!(
        notes(&judged),
        [
            "lan0: 2001:db8::50/64 taken (preferred for 300 s)",
            "lan0: fe80::1 passed over: link-local (RFC 4291) (fe80::/10)"
        ]
    );
}

#[test]
fn all_addresses_that_would_do_are_taken_the_best_first_and_the_others_are_told_why_not() {
    let filters = Filters { allow: vec!["2001:db8::/32".parse().expect("a prefix")], deny: Vec::new() };
    let addresses = [
        ("2001:db8::50/64", 0, 300),
        ("2001:db8:1::50/64", 0, 600),
        ("2001:db8::7e57/64", 1, 300),
        ("fd5e::1/64", 0x80, u32::MAX),
    ];
    let judged =
        choice("?all").judge(&Snapshot::sample(&addresses), Family::V6, &filters).expect("an interface");
    assert_eq!(
        notes(&judged),
        [
            "lan0: 2001:db8:1::50/64 taken (preferred for 600 s)",
            "lan0: 2001:db8::50/64 taken beside it (preferred for 300 s)",
            "lan0: 2001:db8::7e57 passed over: temporary",
            "lan0: fd5e::1 passed over: unique local (RFC 4193) (fc00::/7)",
        ]
    );
}

#[test]
fn ur_8_a_machine_behind_translation_says_so_and_says_nothing_of_no_address() {
    let choice = Choice::default();
    let snapshot = Snapshot::sample(&[("192.168.77.50/24", 0x80, u32::MAX)]);
    let judged = choice.judge(&snapshot, Family::V4, &Filters::default()).expect("an interface");
    assert!(!judged.is_certainly_none());
    let fault = unusable(&judged, Family::V4);
    assert_eq!(
        fault.what,
        "lan0 has no IPv4 address to publish: 192.168.77.50: private use (RFC 1918) (192.168.0.0/16)"
    );
    let hint = "behind a router that translates addresses, ask the router or somebody outside";
    assert_eq!(fault.hint.as_deref(), Some(hint));
}
