//! Taking back what is ours, over every start of up to four records: what is planned for a wish without values.

use super::super::{Change, plan_records, plan_rrset};
use super::laws::{mark, marked, starts, subsets, texts};
use super::{after, after_all, contents, desired, record, rrset};
use crate::desired::Mark;
use crate::record::{Record, RecordType};
use alloc::string::String;
use alloc::vec::Vec;

#[test]
fn it_is_never_refused_and_deletes_what_is_ours_and_nothing_else() {
    for start in starts() {
        let plan = plan_records(&start, &desired(&[])).expect("nothing that is wanted can be in doubt");
        assert!(plan.steps.iter().all(|step| matches!(step, Change::Delete { .. })), "{start:?} {plan:?}");
        let end = after_all(&start, &plan);
        let foreign: Vec<&Record> = start.iter().filter(|record| mark(record) != Mark::Ours).collect();
        assert_eq!(end.iter().collect::<Vec<_>>(), foreign, "{start:?} {plan:?}");
        let effect = plan.effect(&desired(&[]));
        assert!(effect.added.is_empty(), "{start:?}");
        assert_eq!(effect.deletions, effect.removed.len(), "{start:?}");
    }
}

#[test]
fn wherever_it_is_broken_off_the_next_plan_takes_the_rest() {
    for start in starts() {
        let plan = plan_records(&start, &desired(&[])).expect("never refused");
        let mut now = start.clone();
        for (taken, step) in plan.steps.iter().enumerate() {
            now = after(&now, step);
            let rest = plan_records(&now, &desired(&[])).expect("never refused");
            assert_eq!(rest.steps, plan.steps[taken + 1..], "{start:?}");
        }
        assert!(marked(&now, Mark::Ours).is_empty(), "{start:?}");
    }
}

#[test]
fn an_alias_at_the_name_does_not_stand_in_the_way() {
    let alias = Record { key: super::key(RecordType::Cname), ..record("c", "other.example.org", "") };
    let start = [alias.clone(), record("a", "192.0.2.1", super::OURS)];
    let plan = plan_records(&start, &desired(&[])).expect("never refused");
    assert_eq!(after_all(&start, &plan), [alias]);
}

#[test]
fn a_set_loses_what_memory_says_is_ours_and_keeps_every_foreign_value() {
    for observed in subsets() {
        for published in subsets() {
            let set = rrset(300, &texts(&observed.values));
            let plan = plan_rrset(&set, &desired(&[]), &published.values).expect("never refused");
            let left = plan.step.as_ref().map_or(&set.values, |step| &step.values);
            let foreign: Vec<&String> =
                set.values.iter().filter(|value| !published.values.contains(value)).collect();
            assert_eq!(left.iter().collect::<Vec<_>>(), foreign, "{set:?} {published:?}");
            assert!(plan.ours.is_empty(), "{set:?} {published:?}");
            assert_eq!(plan.step.is_some(), left.len() < set.values.len(), "{set:?} {published:?}");
            let second = plan_rrset(&rrset(300, &texts(left)), &desired(&[]), &published.values);
            assert_eq!(second.expect("never refused").step, None, "{set:?} {published:?}");
        }
    }
}

#[test]
fn both_shapes_leave_the_same_set() {
    for start in super::laws::common_starts() {
        let values = contents(&start);
        let published: Vec<String> =
            marked(&start, Mark::Ours).iter().map(|record| record.content.clone()).collect();
        let records = plan_records(&start, &desired(&[])).expect("never refused");
        let set = plan_rrset(&rrset(300, &texts(&values)), &desired(&[]), &published).expect("never refused");
        let left = set.step.map_or(values.clone(), |step| step.values);
        assert_eq!(contents(&after_all(&start, &records)), left, "{start:?}");
    }
}
