//! Whole sets: what is carried over, adopted, refused, and the time to live.

use super::super::{DEFAULT_TTL, Foreign, Note, Refusal, Replace, RrSetPlan, Seen, plan_rrset};
use super::{desired, key, rrset, spf};
use crate::desired::{Desired, OnDrift};
use crate::record::{RecordType, RrSet};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn seen(value: &str) -> Seen {
    Seen { content: value.to_owned(), id: None }
}

fn plan(observed: &RrSet, desired: &Desired, published: &[&str]) -> RrSetPlan {
    plan_rrset(observed, desired, &strings(published)).expect("a plan")
}

#[test]
fn ur_22_other_values_of_the_set_are_kept() {
    let observed = rrset(300, &["192.0.2.1", "198.51.100.1", "203.0.113.1"]);
    let plan = plan(&observed, &desired(&["192.0.2.7"]), &["192.0.2.1"]);
    let values = strings(&["192.0.2.7", "198.51.100.1", "203.0.113.1"]);
    assert_eq!(plan.step, Some(Replace { expect: observed, values, ttl: 300 }));
    assert_eq!(plan.ours, ["192.0.2.7"]);
    assert_eq!(
        plan.notes,
        [
            Note::Left(seen("198.51.100.1"), Foreign::Unmarked),
            Note::Left(seen("203.0.113.1"), Foreign::Unmarked)
        ]
    );
}

#[test]
fn a_set_that_does_not_exist_is_made() {
    let plan = plan(&rrset(0, &[]), &desired(&["192.0.2.7"]), &[]);
    let values = strings(&["192.0.2.7"]);
    assert_eq!(plan.step, Some(Replace { expect: rrset(0, &[]), values, ttl: DEFAULT_TTL }));
    assert_eq!(plan.notes, []);
}

#[test]
fn a_single_value_is_adopted_and_said_so() {
    let plan = plan(&rrset(60, &["192.0.2.1"]), &desired(&["192.0.2.7"]), &[]);
    assert_eq!(plan.step.expect("a step").values, ["192.0.2.7"]);
    assert_eq!(plan.notes, [Note::Adopted(seen("192.0.2.1"))]);
    assert_eq!(plan.ours, ["192.0.2.7"]);
}

#[test]
fn several_values_and_none_of_them_published_is_refused() {
    let observed = rrset(60, &["192.0.2.2", "192.0.2.1"]);
    let refusal = plan_rrset(&observed, &desired(&["192.0.2.7"]), &strings(&["192.0.2.9"]));
    assert_eq!(refusal, Err(Refusal::NoneOurs([seen("192.0.2.1"), seen("192.0.2.2")].into())));
}

#[test]
fn a_value_that_does_not_fit_is_carried_over_without_a_word() {
    let mut observed = rrset(60, &["\"site-verification=abc\"", "\"v=spf1 ip4:192.0.2.1 -all\""]);
    observed.key = key(RecordType::Txt);
    let plan = plan(&observed, &spf("192.0.2.7"), &[]);
    let step = plan.step.expect("a step");
    assert_eq!(step.values, ["\"site-verification=abc\"", "\"v=spf1 ip4:192.0.2.7 -all\""]);
    assert_eq!(plan.notes, [Note::Adopted(seen("\"v=spf1 ip4:192.0.2.1 -all\""))]);
}

#[test]
fn another_spelling_is_no_change() {
    let mut observed = rrset(60, &["v=spf1 ip4:192.0.2.7 -all"]);
    observed.key = key(RecordType::Txt);
    assert_eq!(plan(&observed, &spf("192.0.2.7"), &[]).step, None);
    assert_eq!(plan(&observed, &spf("192.0.2.7"), &["\"v=spf1 ip4:192.0.2.7 -all\""]).step, None);
}

#[test]
fn nothing_wanted_removes_what_is_ours_and_no_more() {
    let nothing = desired(&[]);
    let observed = rrset(60, &["192.0.2.1", "198.51.100.1"]);
    let step = plan(&observed, &nothing, &["192.0.2.1"]).step.expect("a step");
    assert_eq!((step.values, step.ttl), (strings(&["198.51.100.1"]), 60));
    assert_eq!(
        plan(&rrset(60, &["192.0.2.1"]), &nothing, &["192.0.2.1"]).step.expect("a step").values,
        strings(&[])
    );
    assert_eq!(plan(&rrset(60, &["192.0.2.1"]), &nothing, &[]).step, None);
    assert_eq!(plan(&rrset(60, &[]), &nothing, &["192.0.2.1"]).step, None);
}

#[test]
fn the_ttl_stays_unless_it_is_enforced() {
    let mut wish = desired(&["192.0.2.7"]);
    wish.attributes.ttl = Some(60);
    let observed = rrset(3600, &["192.0.2.1"]);
    let kept = plan(&observed, &wish, &["192.0.2.1"]);
    assert_eq!(kept.step.expect("a step").ttl, 3600);
    assert!(matches!(kept.notes.as_slice(), [Note::Drift { .. }]), "{:?}", kept.notes);
    assert_eq!(plan(&rrset(0, &[]), &wish, &[]).step.expect("a step").ttl, 60);

    wish.on_drift = OnDrift::Correct;
    let corrected = plan(&observed, &wish, &["192.0.2.1"]);
    assert_eq!(corrected.step.expect("a step").ttl, 60);
    let only_ttl = plan(&rrset(3600, &["192.0.2.7"]), &wish, &["192.0.2.7"]).step.expect("a step");
    assert_eq!((only_ttl.values, only_ttl.ttl), (strings(&["192.0.2.7"]), 60));
    assert_eq!(plan(&rrset(60, &["192.0.2.7"]), &wish, &["192.0.2.7"]).step, None);
}

#[test]
fn an_unconfirmed_write_that_took_effect_is_not_foreign_later() {
    // Published .1, tried .7 without an answer, and the address moved on to .8: memory names both.
    let observed = rrset(300, &["192.0.2.7", "198.51.100.1"]);
    let plan = plan(&observed, &desired(&["192.0.2.8"]), &["192.0.2.1", "192.0.2.7"]);
    assert_eq!(plan.step.expect("a step").values, ["192.0.2.8", "198.51.100.1"]);
}

#[test]
fn the_effect_of_a_replacement_is_what_comes_and_what_goes() {
    let observed = rrset(300, &["192.0.2.1", "192.0.2.2", "198.51.100.1"]);
    let plan = plan(&observed, &desired(&["192.0.2.2", "192.0.2.7"]), &["192.0.2.1", "192.0.2.2"]);
    let effect = plan.effect().expect("a step");
    assert_eq!((effect.added, effect.removed), (strings(&["192.0.2.7"]), strings(&["192.0.2.1"])));
    assert_eq!(effect.deletions, 0);
}
