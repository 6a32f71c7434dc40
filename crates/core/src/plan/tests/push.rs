//! Pushing: compared with memory alone.

use super::super::{Effect, PushStep, Reason, Refresh, plan_push};
use super::{desired, key};
use crate::record::RecordType;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn step(values: &[&str], reason: Reason) -> PushStep {
    PushStep { key: key(RecordType::A), values: strings(values), reason }
}

#[test]
fn the_first_push_is_made_whatever_is_there() {
    let plan = plan_push(&desired(&["192.0.2.7"]), None, Refresh::NotDue);
    assert_eq!(plan, Some(step(&["192.0.2.7"], Reason::First)));
}

#[test]
fn the_same_again_is_not_pushed_until_a_refresh_is_due() {
    let before = strings(&["192.0.2.7"]);
    let wish = desired(&["192.0.2.7"]);
    assert_eq!(plan_push(&wish, Some(&before), Refresh::NotDue), None);
    let plan = plan_push(&wish, Some(&before), Refresh::Due).expect("a push");
    assert_eq!(plan, step(&["192.0.2.7"], Reason::Refresh(before)));
    assert!(Effect::of_push(&plan).is_empty());
}

#[test]
fn a_change_is_pushed_at_once() {
    let before = strings(&["192.0.2.1"]);
    for refresh in [Refresh::Due, Refresh::NotDue] {
        let plan = plan_push(&desired(&["192.0.2.7"]), Some(&before), refresh).expect("a push");
        assert_eq!(plan, step(&["192.0.2.7"], Reason::Changed(before.clone())));
        let effect = Effect::of_push(&plan);
        assert_eq!((effect.added, effect.removed), (strings(&["192.0.2.7"]), before.clone()));
    }
}

#[test]
fn order_and_repeats_are_no_change() {
    let before = strings(&["192.0.2.8", "192.0.2.7", "192.0.2.8"]);
    assert_eq!(plan_push(&desired(&["192.0.2.7", "192.0.2.8"]), Some(&before), Refresh::NotDue), None);
}

#[test]
fn only_what_was_pushed_is_taken_back() {
    assert_eq!(plan_push(&desired(&[]), None, Refresh::Due), None);
    assert_eq!(plan_push(&desired(&[]), Some(&[]), Refresh::Due), None);
    let before = strings(&["192.0.2.7"]);
    let plan = plan_push(&desired(&[]), Some(&before), Refresh::NotDue).expect("a push");
    assert_eq!(Effect::of_push(&plan).deletions, 1);
}

#[test]
fn ur_31_a_push_that_failed_is_made_again() {
    // Memory is told of confirmed pushes only, so after a failure it still holds the old address.
    let before = strings(&["192.0.2.1"]);
    let wish = desired(&["192.0.2.7"]);
    let first = plan_push(&wish, Some(&before), Refresh::NotDue);
    assert!(first.is_some());
    assert_eq!(plan_push(&wish, Some(&before), Refresh::NotDue), first);
}
