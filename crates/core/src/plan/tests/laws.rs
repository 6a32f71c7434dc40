//! The laws, over every start of up to four records and every desired set, three values in all.

use super::super::{Change, Effect, Refresh, Refusal, plan_push, plan_records, plan_rrset};
use super::{OTHERS, OURS, after, after_all, contents, desired, record, rrset};
use crate::desired::{Desired, Mark, OnDrift};
use crate::record::{Attributes, Record};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

const VALUES: [&str; 3] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
const COMMENTS: [&str; 3] = ["", OURS, OTHERS];

/// Every multiset of up to four records; ids follow the order.
pub(super) fn starts() -> Vec<Vec<Record>> {
    fn grow(start: &[(&'static str, &'static str)], from: usize, starts: &mut Vec<Vec<Record>>) {
        let ids = (0..).map(|id: usize| format!("r{id}"));
        starts.push(
            start.iter().zip(ids).map(|((content, comment), id)| record(&id, content, comment)).collect(),
        );
        if start.len() == 4 {
            return;
        }
        for kind in from..9 {
            let mut longer = start.to_vec();
            longer.push((VALUES[kind / 3], COMMENTS[kind % 3]));
            grow(&longer, kind, starts);
        }
    }
    let mut starts = Vec::new();
    grow(&[], 0, &mut starts);
    assert_eq!(starts.len(), 715, "multisets of at most four out of nine kinds");
    starts
}

/// Every subset of the values, once with drift left and once with it corrected.
fn wishes() -> Vec<Desired> {
    let enforced = |wish: Desired| {
        let attributes = Attributes { ttl: Some(60), ..Attributes::default() };
        Desired { attributes, on_drift: OnDrift::Correct, ..wish }
    };
    subsets().into_iter().chain(subsets().into_iter().map(enforced)).collect()
}

pub(super) fn subsets() -> Vec<Desired> {
    (0..8_u8)
        .map(|bits| {
            let chosen: Vec<&str> = VALUES
                .iter()
                .enumerate()
                .filter(|(at, _)| bits & (1 << at) != 0)
                .map(|(_, value)| *value)
                .collect();
            desired(&chosen)
        })
        .collect()
}

pub(super) fn mark(record: &Record) -> Mark {
    desired(&[]).owner.found_in(record.attributes.comment.as_deref().unwrap_or_default())
}

pub(super) fn marked(records: &[Record], wanted: Mark) -> Vec<&Record> {
    records.iter().filter(|record| mark(record) == wanted).collect()
}

fn has(records: &[Record], value: &str) -> bool {
    records.iter().any(|record| record.content == value)
}

#[test]
fn a_plan_is_refused_exactly_when_several_could_be_ours_and_something_is_missing() {
    for start in starts() {
        for desired in wishes() {
            let missing = desired.values.iter().any(|value| !has(&start, value));
            let unmarked = marked(&start, Mark::None);
            let doubtful = marked(&start, Mark::Ours).is_empty() && unmarked.len() > 1 && missing;
            match plan_records(&start, &desired) {
                Ok(_) => assert!(!doubtful, "{start:?} {desired:?}"),
                Err(Refusal::NoneOurs(seen)) => {
                    assert!(doubtful, "{start:?} {desired:?}");
                    assert_eq!(seen.len(), unmarked.len());
                }
                Err(Refusal::Cname(_)) => panic!("there is no alias"),
            }
        }
    }
}

#[test]
fn a_plan_reaches_the_desired_set_and_leaves_nothing_of_ours_beside_it() {
    for start in starts() {
        for desired in wishes() {
            let Ok(plan) = plan_records(&start, &desired) else { continue };
            let end = after_all(&start, &plan);
            for value in &desired.values {
                assert!(has(&end, value), "{start:?} {desired:?} {plan:?}");
            }
            let mut ours: Vec<_> =
                marked(&end, Mark::Ours).iter().map(|record| record.content.clone()).collect();
            assert!(ours.iter().all(|value| desired.wants(value)), "{start:?} {desired:?} {plan:?}");
            let all = ours.len();
            ours.sort();
            ours.dedup();
            assert_eq!(ours.len(), all, "no two equal records of ours: {start:?} {desired:?} {plan:?}");
        }
    }
}

#[test]
fn a_second_plan_is_empty() {
    for start in starts() {
        for desired in wishes() {
            let Ok(plan) = plan_records(&start, &desired) else { continue };
            let second = plan_records(&after_all(&start, &plan), &desired).expect("a plan led here");
            assert_eq!(second.steps, [], "{start:?} {desired:?} {plan:?}");
        }
    }
}

#[test]
fn foreign_records_are_never_touched_and_an_adopted_one_is_never_deleted() {
    for start in starts() {
        for desired in wishes() {
            let Ok(plan) = plan_records(&start, &desired) else { continue };
            let single = marked(&start, Mark::None).len() == 1 && !desired.values.is_empty();
            let first = single && marked(&start, Mark::Ours).is_empty();
            // It holds what it should, and what is ours goes: it will be the only one, so its attributes count.
            let last = single && marked(&after_all(&start, &plan), Mark::Ours).is_empty();
            for step in &plan.steps {
                match step {
                    Change::Update { record, content, .. } => {
                        let adopted = mark(record) == Mark::None && (first || (last && content.is_none()));
                        assert!(mark(record) == Mark::Ours || adopted, "{start:?} {desired:?} {step:?}");
                    }
                    Change::Delete { record } => {
                        assert_eq!(mark(record), Mark::Ours, "{start:?} {desired:?} {step:?}");
                    }
                    Change::Create { attributes, .. } => {
                        let comment = attributes.comment.as_deref().expect("a new record has a comment");
                        assert_eq!(desired.owner.found_in(comment), Mark::Ours);
                    }
                }
            }
        }
    }
}

#[test]
fn no_prefix_of_a_plan_takes_a_good_value_away_or_leaves_the_name_dark() {
    for start in starts() {
        for desired in wishes() {
            let Ok(plan) = plan_records(&start, &desired) else { continue };
            let mut now = start.clone();
            for step in &plan.steps {
                let next = after(&now, step);
                for value in desired.values.iter().filter(|value| has(&now, value)) {
                    assert!(has(&next, value), "{start:?} {desired:?} {step:?}");
                }
                assert!(desired.values.is_empty() || !next.is_empty(), "{start:?} {desired:?} {step:?}");
                now = next;
            }
        }
    }
}

#[test]
fn no_step_is_superfluous() {
    for start in starts() {
        for desired in wishes() {
            let Ok(plan) = plan_records(&start, &desired) else { continue };
            let missing = desired.values.iter().filter(|value| !has(&start, value)).count();
            let mut kept = Vec::new();
            let mut spare = 0;
            for record in marked(&start, Mark::Ours) {
                if desired.wants(&record.content) && !kept.contains(&&record.content) {
                    kept.push(&record.content);
                } else {
                    spare += 1;
                }
            }
            let writes = plan.steps.iter().filter(|step| match step {
                Change::Update { content, .. } => content.is_some(),
                Change::Create { .. } | Change::Delete { .. } => true,
            });
            assert_eq!(writes.count(), missing.max(spare), "{start:?} {desired:?} {plan:?}");
        }
    }
}

#[test]
fn the_order_of_what_was_observed_does_not_matter() {
    for start in starts() {
        for desired in subsets() {
            let plan = plan_records(&start, &desired);
            permute(&mut start.clone(), 0, &mut |permuted| {
                assert_eq!(plan_records(permuted, &desired), plan, "{start:?} {desired:?}");
            });
        }
    }
}

fn permute(records: &mut [Record], from: usize, check: &mut impl FnMut(&[Record])) {
    if from == records.len() {
        return check(records);
    }
    for other in from..records.len() {
        records.swap(from, other);
        permute(records, from + 1, check);
        records.swap(from, other);
    }
}

#[test]
fn the_effect_is_the_difference_that_the_steps_make() {
    for start in starts() {
        for desired in wishes() {
            let Ok(plan) = plan_records(&start, &desired) else { continue };
            let end = after_all(&start, &plan);
            let Effect { added, removed, deletions, .. } = plan.effect(&desired);
            assert!(added.iter().all(|value| !has(&start, value) && has(&end, value)), "{start:?} {plan:?}");
            let gone: Vec<String> = contents(&start).into_iter().filter(|value| !has(&end, value)).collect();
            assert!(gone.iter().all(|value| removed.contains(value)), "{start:?} {desired:?} {plan:?}");
            let deletes = plan.steps.iter().filter(|step| matches!(step, Change::Delete { .. })).count();
            assert!(deletions <= deletes, "{start:?} {desired:?} {plan:?}");
        }
    }
}

/// Starts that every shape can express: each value at most once, and ours or unmarked.
pub(super) fn common_starts() -> Vec<Vec<Record>> {
    let plain = |start: &Vec<Record>| {
        let mut values = contents(start);
        values.dedup();
        values.len() == start.len() && marked(start, Mark::Others).is_empty()
    };
    starts().into_iter().filter(plain).collect()
}

pub(super) fn texts(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

#[test]
fn records_and_rrsets_reach_the_same_set_from_the_same_start() {
    for start in common_starts() {
        let values = contents(&start);
        let published: Vec<String> =
            marked(&start, Mark::Ours).iter().map(|record| record.content.clone()).collect();
        for desired in wishes() {
            let by_records = plan_records(&start, &desired);
            let by_rrset = plan_rrset(&rrset(300, &texts(&values)), &desired, &published);
            match (by_records, by_rrset) {
                (Ok(records), Ok(set)) => {
                    let reached = set.step.map_or(values.clone(), |step| step.values);
                    assert_eq!(contents(&after_all(&start, &records)), reached, "{start:?} {desired:?}");
                }
                (Err(Refusal::NoneOurs(some)), Err(Refusal::NoneOurs(others))) => {
                    assert_eq!(some.len(), others.len());
                }
                (some, other) => panic!("{start:?} {desired:?}: {some:?} against {other:?}"),
            }
        }
    }
}

#[test]
fn a_push_reaches_the_set_of_the_other_shapes_where_nothing_is_foreign() {
    for start in common_starts() {
        if !marked(&start, Mark::None).is_empty() {
            continue;
        }
        let before = contents(&start);
        for desired in wishes() {
            let push = plan_push(&desired, Some(&before), Refresh::NotDue);
            let pushed = push.map_or(before.clone(), |step| step.values);
            let records = plan_records(&start, &desired).expect("nothing is in doubt");
            assert_eq!(contents(&after_all(&start, &records)), pushed, "{start:?} {desired:?}");
        }
    }
}

#[test]
fn an_rrset_plan_reaches_the_desired_set_keeps_foreign_values_and_is_final() {
    let subsets = subsets();
    for observed in &subsets {
        for published in &subsets {
            for desired in &subsets {
                let set = rrset(300, &texts(&observed.values));
                let Ok(plan) = plan_rrset(&set, desired, &published.values) else { continue };
                let end = plan.step.as_ref().map_or(set.values.clone(), |step| step.values.clone());
                assert!(desired.values.iter().all(|value| end.contains(value)));
                let owned: Vec<&String> =
                    set.values.iter().filter(|value| published.values.contains(value)).collect();
                let foreign = set.values.iter().filter(|value| !owned.contains(value));
                let lost: Vec<&String> = foreign.filter(|value| !end.contains(value)).collect();
                let adopts = owned.is_empty() && set.values.len() == 1 && !desired.values.is_empty();
                assert!(lost.is_empty() || adopts, "{set:?} {published:?} {desired:?} {plan:?}");
                assert!(owned.iter().all(|value| desired.values.contains(value) || !end.contains(value)));

                let second =
                    plan_rrset(&rrset(300, &texts(&end)), desired, &plan.ours).expect("a plan led here");
                assert_eq!(second.step, None, "{set:?} {published:?} {desired:?} {plan:?}");
                assert_eq!(second.ours, plan.ours, "{set:?} {published:?} {desired:?} {plan:?}");
            }
        }
    }
}

#[test]
fn an_rrset_plan_does_not_depend_on_order() {
    let set = rrset(300, &["192.0.2.1", "192.0.2.2", "192.0.2.9"]);
    let turned = rrset(300, &["192.0.2.9", "192.0.2.2", "192.0.2.1"]);
    let wish = desired(&["192.0.2.3"]);
    for published in
        [vec![], vec!["192.0.2.2".to_string()], vec!["192.0.2.1".to_string(), "192.0.2.9".to_string()]]
    {
        let (some, other) = (plan_rrset(&set, &wish, &published), plan_rrset(&turned, &wish, &published));
        match (some, other) {
            (Ok(some), Ok(other)) => {
                assert_eq!(some.step.map(|step| step.values), other.step.map(|step| step.values));
                assert_eq!((some.notes, some.ours), (other.notes, other.ours));
            }
            (some, other) => assert_eq!(some, other),
        }
    }
}
