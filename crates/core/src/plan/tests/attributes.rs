//! Attributes: unset, set, enforced; and the comment that has to carry the mark.

use super::super::{Change, Note, Seen, plan_records};
use super::{OURS, after_all, desired, record};
use crate::desired::{Desired, Mark, OnDrift};
use crate::record::{Attributes, Record};
use alloc::borrow::ToOwned;
use alloc::vec;

fn enforced(values: &[&str], attributes: Attributes) -> Desired {
    Desired { attributes, on_drift: OnDrift::Correct, ..desired(values) }
}

fn only_update(observed: &[Record], desired: &Desired) -> (Option<alloc::string::String>, Attributes) {
    let plan = plan_records(observed, desired).expect("a plan");
    match plan.steps.as_slice() {
        [Change::Update { content, attributes, .. }] => (content.clone(), attributes.clone()),
        steps => panic!("not one update: {steps:?}"),
    }
}

#[test]
fn what_is_set_goes_into_a_new_record_with_the_mark() {
    let mut wish = desired(&["192.0.2.7"]);
    wish.attributes = Attributes { ttl: Some(60), proxied: Some(true), ..Attributes::default() };
    let expected = Attributes { comment: Some(OURS.to_owned()), ..wish.attributes.clone() };
    let plan = plan_records(&[], &wish).expect("a plan");
    let [Change::Create { attributes, .. }] = plan.steps.as_slice() else { panic!("{plan:?}") };
    assert_eq!(*attributes, expected);
}

#[test]
fn a_comment_that_is_set_goes_into_a_new_record_as_it_is() {
    let mut wish = desired(&["192.0.2.7"]);
    wish.attributes.comment = Some("web (dynflare)".to_owned());
    let plan = plan_records(&[], &wish).expect("a plan");
    let [Change::Create { attributes, .. }] = plan.steps.as_slice() else { panic!("{plan:?}") };
    assert_eq!(attributes.comment.as_deref(), Some("web (dynflare)"));
}

#[test]
fn enforcing_sends_exactly_what_drifted() {
    let wish =
        enforced(&["192.0.2.7"], Attributes { ttl: Some(60), proxied: Some(false), ..Attributes::default() });
    let drifted = Attributes { ttl: Some(60), ..Attributes::default() };
    assert_eq!(only_update(&[record("1", "192.0.2.7", OURS)], &wish), (None, drifted.clone()));
    let moved = only_update(&[record("1", "192.0.2.1", OURS)], &wish);
    assert_eq!(moved, (Some("192.0.2.7".to_owned()), drifted));
}

#[test]
fn enforcing_is_final_and_reaches_an_adopted_record_too() {
    let wish =
        enforced(&["192.0.2.7"], Attributes { proxied: Some(true), ttl: Some(60), ..Attributes::default() });
    for comment in ["", "web server", OURS] {
        let observed = [record("1", "192.0.2.7", comment)];
        let plan = plan_records(&observed, &wish).expect("a plan");
        assert_eq!(plan.steps.len(), 1, "{comment:?}");
        let adopted = plan.notes.contains(&Note::Adopted(Seen::from(&observed[0])));
        assert_eq!(adopted, comment != OURS, "{comment:?}");
        let end = after_all(&observed, &plan);
        assert_eq!(end[0].attributes.proxied, Some(true));
        assert_eq!(plan_records(&end, &wish).expect("a plan").steps, [], "{comment:?}");
    }
}

#[test]
fn enforcing_leaves_foreign_records_alone() {
    let wish = enforced(&["192.0.2.7"], Attributes { ttl: Some(60), ..Attributes::default() });
    let observed = [record("1", "192.0.2.7", "dynflare:other"), record("2", "192.0.2.8", "dynflare:other")];
    assert_eq!(plan_records(&observed, &wish).expect("a plan").steps, []);
}

#[test]
fn an_enforced_comment_keeps_the_mark() {
    let wish = enforced(
        &["192.0.2.7"],
        Attributes { comment: Some("web (dynflare)".to_owned()), ..Attributes::default() },
    );
    let observed = [record("1", "192.0.2.7", OURS)];
    let end = after_all(&observed, &plan_records(&observed, &wish).expect("a plan"));
    assert_eq!(end[0].attributes.comment.as_deref(), Some("web (dynflare)"));
    assert_eq!(wish.owner.found_in("web (dynflare)"), Mark::Ours);
}

#[test]
fn drift_that_is_not_enforced_is_mentioned_and_not_sent() {
    let mut wish = desired(&["192.0.2.7"]);
    wish.attributes.tags = Some(vec!["site:home".to_owned()]);
    let observed = record("1", "192.0.2.7", OURS);
    let plan = plan_records(core::slice::from_ref(&observed), &wish).expect("a plan");
    assert_eq!(plan.steps, []);
    let drift = Note::Drift {
        record: Seen::from(&observed),
        wanted: wish.attributes.clone(),
        there: observed.attributes.clone(),
    };
    assert!(plan.notes.contains(&drift), "{plan:?}");
}

#[test]
fn a_record_adopted_into_a_set_is_marked_so_that_it_stays_ours() {
    let wish = desired(&["192.0.2.7", "192.0.2.8"]);
    for (content, sent) in [("192.0.2.1", Some("192.0.2.7".to_owned())), ("192.0.2.8", None)] {
        let observed = [record("1", content, "")];
        let plan = plan_records(&observed, &wish).expect("a plan");
        let mark = Attributes { comment: Some(OURS.to_owned()), ..Attributes::default() };
        let update = Change::Update { record: observed[0].clone(), content: sent, attributes: mark };
        assert_eq!(plan.steps[0], update);
        assert_eq!(plan.steps.len(), 2);
        assert!(plan.notes.contains(&Note::Adopted(Seen::from(&observed[0]))));
        // The address moves: both records follow.
        let end = after_all(&observed, &plan);
        let moved = plan_records(&end, &desired(&["192.0.2.17", "192.0.2.18"])).expect("a plan");
        assert!(moved.steps.iter().all(|step| matches!(step, Change::Update { .. })), "{moved:?}");
        assert_eq!(moved.steps.len(), 2);
    }
}

#[test]
fn somebodys_comment_is_kept_and_the_consequence_is_mentioned() {
    let observed = [record("1", "192.0.2.1", "web server")];
    let plan = plan_records(&observed, &desired(&["192.0.2.7", "192.0.2.8"])).expect("a plan");
    assert!(plan.notes.contains(&Note::Unmarked(Seen::from(&observed[0]))), "{plan:?}");
    let end = after_all(&observed, &plan);
    assert_eq!(end[0].attributes.comment.as_deref(), Some("web server"));
}

#[test]
fn an_enforced_comment_marks_what_is_adopted_into_a_set() {
    let wish = enforced(
        &["192.0.2.7", "192.0.2.8"],
        Attributes { comment: Some("ours: dynflare".to_owned()), ..Attributes::default() },
    );
    let observed = [record("1", "192.0.2.7", "web server")];
    let plan = plan_records(&observed, &wish).expect("a plan");
    assert!(!plan.notes.contains(&Note::Unmarked(Seen::from(&observed[0]))), "{plan:?}");
    assert_eq!(after_all(&observed, &plan)[0].attributes.comment.as_deref(), Some("ours: dynflare"));
}
