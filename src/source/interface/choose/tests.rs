//! Choices among addresses as the kernel tells them. Documentation prefixes stand for public ones by `allow`.

use super::*;
use proptest::prelude::*;

const TEMPORARY: u32 = 0x1;
const OPTIMISTIC: u32 = 0x4;
const DUPLICATE: u32 = 0x8;
const DEPRECATED: u32 = 0x20;
const TENTATIVE: u32 = 0x40;
const STATIC: u32 = 0x80;
const FOREVER: u32 = u32::MAX;

fn filters() -> Filters {
    let blocks = ["2001:db8::/32", "203.0.113.0/24"].map(|block| block.parse().expect("a prefix"));
    Filters { allow: blocks.to_vec(), deny: Vec::new() }
}

fn judged(choice: &Choice, family: Family, addresses: &[(&str, u32, u32)]) -> Judged {
    choice.judge(&Snapshot::sample(addresses), family, &filters()).expect("an interface")
}

fn chosen(choice: &Choice, addresses: &[(&str, u32, u32)]) -> Option<String> {
    judged(choice, Family::V6, addresses).chosen.map(|held| held.address.to_string())
}

fn losses(judged: &Judged) -> Vec<(String, String)> {
    judged.lost.iter().map(|(held, loss)| (held.address.to_string(), loss.to_string())).collect()
}

fn pair(address: &str, why: &str) -> (String, String) {
    (address.to_owned(), why.to_owned())
}

#[test]
fn ur_14_the_stable_global_address_wins_and_each_other_is_told_why_not() {
    let judged = judged(
        &Choice::default(),
        Family::V6,
        &[
            ("fe80::50/64", STATIC, FOREVER),
            ("fd5e::50/64", 0, 1800),
            ("2001:db8:1:100::dead/64", DEPRECATED, 0),
            ("2001:db8:1:200::7e57/64", TEMPORARY, 280),
            ("2001:db8:1:200::1/64", TENTATIVE, 300),
            ("2001:db8:1:200::2/64", TENTATIVE | DUPLICATE, 300),
            ("2001:db8:1:200::3/64", OPTIMISTIC, 300),
            ("2001:db8:1:200::50/64", 0x100, 300),
            ("203.0.113.9/24", STATIC, FOREVER),
        ],
    );
    assert_eq!(judged.link, "lan0");
    assert_eq!(
        judged.chosen.map(|held| (held.address.to_string(), held.length)),
        Some(("2001:db8:1:200::50".into(), 64))
    );
    assert_eq!(
        losses(&judged),
        [
            pair("2001:db8:1:100::dead", "deprecated"),
            pair("2001:db8:1:200::1", "not yet known to be nobody else's (tentative)"),
            pair("2001:db8:1:200::2", "another machine on the link has it too (duplicate)"),
            pair("2001:db8:1:200::3", "not yet known to be nobody else's (tentative)"),
            pair("2001:db8:1:200::7e57", "temporary"),
            pair("fd5e::50", "unique local (RFC 4193) (fc00::/7)"),
            pair("fe80::50", "link-local (RFC 4291) (fe80::/10)"),
        ]
    );
}

#[test]
fn of_several_good_ones_the_one_preferred_longest_wins_and_then_the_lowest() {
    let choice = Choice::default();
    let three = [("2001:db8::3/64", 0, 600), ("2001:db8::2/64", 0, 900), ("2001:db8::1/128", 0, 900)];
    let found = judged(&choice, Family::V6, &three);
    assert_eq!(found.chosen.map(|held| held.address.to_string()), Some("2001:db8::1".to_owned()));
    assert_eq!(
        losses(&found),
        [
            pair("2001:db8::2", "as good as 2001:db8::1, which is lower"),
            pair("2001:db8::3", "preferred for 600 s, and 2001:db8::1 for 900 s"),
        ]
    );
    assert_eq!(
        chosen(&choice, &[three[0], ("2001:db8::9/64", STATIC, FOREVER)]).as_deref(),
        Some("2001:db8::9")
    );
}

#[test]
fn temporary_addresses_come_after_stable_ones_and_only_if_they_may() {
    let temporary = ("2001:db8::7e57/64", TEMPORARY, 9000);
    let stable = ("2001:db8::50/64", 0, 10);
    let allowing = Choice { temporary: Temporary::Allow, ..Choice::default() };
    assert_eq!(chosen(&Choice::default(), &[temporary]), None);
    assert_eq!(chosen(&allowing, &[temporary]).as_deref(), Some("2001:db8::7e57"));
    assert_eq!(chosen(&allowing, &[temporary, stable]).as_deref(), Some("2001:db8::50"));
    let judged = judged(&allowing, Family::V6, &[temporary, stable]);
    assert_eq!(losses(&judged), [pair("2001:db8::7e57", "comes after 2001:db8::50, which is stable")]);
}

#[test]
fn a_prefix_narrows_the_choice_in_its_own_family_only() {
    let prefixes = vec!["2001:db8:2::/48".parse().expect("a prefix")];
    let choice = Choice { prefixes, ..Choice::default() };
    let two = [
        ("2001:db8:1::50/64", STATIC, FOREVER),
        ("2001:db8:2::50/64", 0, 300),
        ("203.0.113.9/24", STATIC, FOREVER),
    ];
    assert_eq!(chosen(&choice, &two).as_deref(), Some("2001:db8:2::50"));
    assert!(judged(&choice, Family::V4, &two).chosen.is_some());
    assert_eq!(
        losses(&judged(&choice, Family::V6, &two)),
        [pair("2001:db8:1::50", "not in the prefix asked for")]
    );
}

#[test]
fn the_first_ipv4_address_of_a_network_goes_before_its_further_ones() {
    let two = [("203.0.113.7/24", STATIC | 0x1, FOREVER), ("203.0.113.9/24", STATIC, FOREVER)];
    let judged = judged(&Choice::default(), Family::V4, &two);
    assert_eq!(judged.chosen.map(|held| held.address.to_string()), Some("203.0.113.9".to_owned()));
}

#[test]
fn none_is_certain_only_where_nothing_could_become_one() {
    let certain = |family, addresses: &[_]| judged(&Choice::default(), family, addresses).is_certainly_none();
    let link_local = ("fe80::50/64", STATIC, FOREVER);
    assert!(certain(Family::V6, &[]));
    assert!(certain(Family::V6, &[link_local, ("fd5e::50/64", 0, 1800)]));
    for passing in [TENTATIVE, DUPLICATE, DEPRECATED, TEMPORARY] {
        assert!(!certain(Family::V6, &[link_local, ("2001:db8::50/64", passing, 300)]), "{passing:#x}");
    }
    assert!(!certain(Family::V6, &[("2001:db8::50/64", 0, 300)]));
    assert!(
        !certain(Family::V4, &[("192.168.77.50/24", STATIC, FOREVER)]),
        "it may stand behind translation"
    );
    assert!(certain(Family::V4, &[("169.254.7.7/16", STATIC, FOREVER)]));
}

#[test]
fn an_interface_that_is_not_there_or_down_is_no_answer() {
    let snapshot = Snapshot::sample(&[("2001:db8::50/64", STATIC, FOREVER)]);
    let named = |name: &str| Choice { name: Some(name.to_owned()), ..Choice::default() };
    let judge = |choice: &Choice, snapshot: &Snapshot| choice.judge(snapshot, Family::V6, &filters());
    let there = vec!["lan0".to_owned(), "off0".to_owned()];
    assert_eq!(judge(&named("wan7"), &snapshot), Err(NoInterface::NotThere("wan7".to_owned(), there)));
    assert_eq!(judge(&named("off0"), &snapshot), Err(NoInterface::Down("off0".to_owned())));
    let stranded = snapshot.stranded();
    assert_eq!(judge(&Choice::default(), &stranded), Err(NoInterface::NoDefaultRoute(Family::V6)));
    assert!(judge(&named("lan0"), &stranded).is_ok());
}

fn any_held() -> impl Strategy<Value = (String, u32, u32)> {
    let network = prop::sample::select(vec!["2001:db8:1::", "2001:db8:2::", "fd5e::", "fe80::"]);
    let flags = prop::sample::select(vec![0, 0, STATIC, TEMPORARY, DEPRECATED, TENTATIVE, DUPLICATE]);
    (network, 1_u16..40, flags, prop::sample::select(vec![0, 60, 600, FOREVER]))
        .prop_map(|(network, host, flags, preferred)| (format!("{network}{host:x}/64"), flags, preferred))
}

proptest! {
    /// Whatever is there, in whatever order: each address is either the one or told why not, and a good one that
    /// comes or goes does not move the choice between two others.
    #[test]
    fn the_choice_does_not_depend_on_the_order_and_leaves_nobody_out(
        held in prop::collection::vec(any_held(), 0..8),
        turn in 0_usize..8,
    ) {
        let texts: Vec<(&str, u32, u32)> = held.iter().map(|(a, f, p)| (a.as_str(), *f, *p)).collect();
        let mut turned = texts.clone();
        turned.rotate_left(if texts.is_empty() { 0 } else { turn % texts.len() });
        let one = judged(&Choice::default(), Family::V6, &texts);
        let other = judged(&Choice::default(), Family::V6, &turned);
        prop_assert_eq!(one.chosen.map(|held| held.address), other.chosen.map(|held| held.address));
        prop_assert_eq!(one.lost.len() + usize::from(one.chosen.is_some()), texts.len());
        if let Some(chosen) = one.chosen {
            prop_assert!(!chosen.flags.is_temporary() && !chosen.flags.is_deprecated() && !chosen.flags.is_tentative());
            let documentation: Prefix = "2001:db8::/32".parse().expect("a prefix");
            prop_assert!(documentation.contains(chosen.address));
        }
    }
}
