//! Writing right values again: only what is ours, and nothing else with it.

use super::super::{Note, Refresh, Replace, RrSetPlan, Seen, plan_rrset};
use super::laws::{subsets, texts};
use super::{desired, rrset};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

fn refreshed(there: &[&str], wanted: &[&str], published: &[String]) -> Option<RrSetPlan> {
    let (set, wish) = (rrset(300, there), desired(wanted));
    Some(plan_rrset(&set, &wish, published).ok()?.refreshed(&set, &wish, Refresh::Due))
}

#[test]
fn it_is_due_when_the_last_write_is_old_enough_or_not_known() {
    let due = |written, now| Refresh::of(Some(3_600), written, now);
    assert_eq!(due(Some(1_000), 4_599), Refresh::NotDue);
    assert_eq!(due(Some(1_000), 4_600), Refresh::Due);
    assert_eq!(due(None, 4_600), Refresh::Due);
    assert_eq!(due(Some(9_000), 4_600), Refresh::Due, "a clock that was set back");
    assert_eq!(Refresh::of(None, Some(0), u64::MAX), Refresh::NotDue);
}

#[test]
fn a_due_refresh_writes_the_set_as_it_is_and_only_where_nothing_else_is_to_be_done() {
    for observed in subsets() {
        for published in subsets() {
            for wanted in subsets() {
                let (there, wish) = (texts(&observed.values), texts(&wanted.values));
                let set = rrset(300, &there);
                let Ok(plain) = plan_rrset(&set, &wanted, &published.values) else { continue };
                let again = refreshed(&there, &wish, &published.values).expect("it was not refused before");
                if plain.step.is_some() {
                    assert_eq!(again, plain);
                    continue;
                }
                let Some(step) = &again.step else { continue };
                assert!(step.is_refresh(), "{set:?} {step:?}");
                assert_eq!(step.values, set.values);
                assert!(
                    !again.ours.is_empty() && again.ours.iter().all(|value| wanted.values.contains(value))
                );
                let effect = again.effect().expect("there is a step");
                assert!(effect.is_empty(), "{effect:?}");
            }
        }
    }
}

#[test]
fn a_single_right_value_of_unknown_origin_becomes_ours_and_several_do_not() {
    let plan = refreshed(&["192.0.2.1"], &["192.0.2.1"], &[]).expect("a plan");
    assert_eq!(plan.ours, ["192.0.2.1"]);
    let adopted = Note::Adopted(Seen { content: "192.0.2.1".to_owned(), id: None });
    assert!(plan.notes.contains(&adopted));
    let several = refreshed(&["192.0.2.1", "192.0.2.2"], &["192.0.2.1"], &[]).expect("a plan");
    assert_eq!((several.step, several.ours), (None, Vec::new()));
}

#[test]
fn a_step_that_changes_anything_is_no_refresh() {
    let set = rrset(300, &["192.0.2.1"]);
    let same = Replace { expect: set.clone(), values: set.values.clone(), ttl: 300 };
    assert!(same.is_refresh());
    assert!(!Replace { ttl: 60, ..same.clone() }.is_refresh());
    assert!(!Replace { values: Vec::new(), ..same }.is_refresh());
}
