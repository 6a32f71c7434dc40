//! Every limit at its edge.

use super::{Limits, Refusal, check};
use crate::memory::PastChange;
use crate::name::Name;
use crate::plan::Effect;
use crate::quorum;
use crate::record::{Key, RecordType};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

const NOW: u64 = 1_800_000_000;
const A: &str = "198.51.100.1";
const B: &str = "198.51.100.2";
const C: &str = "198.51.100.3";

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn effect(rtype: RecordType, removed: &[&str], added: &[&str]) -> Effect {
    let deletions = removed.len().saturating_sub(added.len());
    let key = Key { name: Name::parse("www.example.org").expect("a name"), rtype };
    Effect { key, added: strings(added), removed: strings(removed), deletions }
}

fn flip(from: &str, to: &str) -> Effect {
    effect(RecordType::A, &[from], &[to])
}

fn past(at: u64, from: &[&str], to: &[&str]) -> PastChange {
    PastChange { at, from: strings(from), to: strings(to) }
}

/// The defaults, with the documentation addresses allowed.
fn limits() -> Limits {
    let allow = ["198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"];
    Limits { allow: allow.iter().map(|block| block.parse().expect("a block")).collect(), ..Limits::default() }
}

#[test]
fn the_defaults_are_as_documented() {
    let Limits { deletions, changes_per_hour, flap_window, allow, deny } = Limits::default();
    assert_eq!((deletions, changes_per_hour, flap_window), (1, 10, 900));
    assert!(allow.is_empty() && deny.is_empty());
}

#[test]
fn an_ordinary_change_passes() {
    assert_eq!(check(&flip(A, B), &[], NOW, &limits()), Ok(()));
    assert_eq!(check(&effect(RecordType::A, &[], &[]), &[], NOW, &limits()), Ok(()));
}

#[test]
fn an_address_that_cannot_be_public_does_not_pass() {
    for (rtype, value) in
        [(RecordType::A, "10.0.0.1"), (RecordType::A, "104.18.0.0"), (RecordType::Aaaa, "fd00::1")]
    {
        let refusal = check(&effect(rtype, &[], &[value]), &[], NOW, &limits());
        let Err(Refusal::Address { address, why: quorum::Refusal::Special(_) }) = refusal else {
            panic!("{value}: {refusal:?}")
        };
        assert_eq!(address.to_string(), value);
    }
    assert!(check(&flip(A, B), &[], NOW, &Limits::default()).is_err(), "documentation, unless allowed");
}

#[test]
fn one_bad_address_among_good_ones_is_enough() {
    let effect = effect(RecordType::A, &[], &[A, B, "127.0.0.1"]);
    assert!(matches!(check(&effect, &[], NOW, &limits()), Err(Refusal::Address { .. })));
}

#[test]
fn a_denied_address_does_not_pass_even_where_it_is_allowed() {
    let block = "198.51.100.2/31".parse().expect("a block");
    let limits = Limits { deny: vec![block], ..limits() };
    let denied =
        Refusal::Address { address: B.parse().expect("an address"), why: quorum::Refusal::Denied(block) };
    assert_eq!(check(&flip(A, B), &[], NOW, &limits), Err(denied));
    assert_eq!(check(&effect(RecordType::A, &[], &[A]), &[], NOW, &limits), Ok(()));
}

#[test]
fn a_bad_address_may_go_and_may_stand_in_a_text() {
    assert_eq!(check(&flip("10.0.0.1", B), &[], NOW, &limits()), Ok(()));
    let text = effect(RecordType::Txt, &[], &["10.0.0.1"]);
    assert_eq!(check(&text, &[], NOW, &limits()), Ok(()));
}

#[test]
fn one_deletion_passes_and_two_do_not() {
    assert_eq!(check(&effect(RecordType::A, &[A], &[]), &[], NOW, &limits()), Ok(()));
    let two = effect(RecordType::A, &[A, B], &[]);
    assert_eq!(check(&two, &[], NOW, &limits()), Err(Refusal::Deletions { count: 2, limit: 1 }));
    assert_eq!(check(&two, &[], NOW, &Limits { deletions: 2, ..limits() }), Ok(()));
    let none = Limits { deletions: 0, ..limits() };
    let refusal = Err(Refusal::Deletions { count: 1, limit: 0 });
    assert_eq!(check(&effect(RecordType::A, &[A], &[]), &[], NOW, &none), refusal);
}

#[test]
fn replacing_a_whole_set_is_no_deletion() {
    let three = effect(RecordType::A, &[A, B, C], &["203.0.113.1", "203.0.113.2", "203.0.113.3"]);
    assert_eq!(check(&three, &[], NOW, &Limits { deletions: 0, ..limits() }), Ok(()));
}

#[test]
fn a_return_inside_the_window_is_refused_and_passes_when_it_is_over() {
    let recent = [past(NOW, &[A], &[B])];
    for age in [0, 1, 899] {
        let flapping = Refusal::Flapping { value: A.to_owned(), wait: 900 - age };
        assert_eq!(check(&flip(B, A), &recent, NOW + age, &limits()), Err(flapping), "{age}");
    }
    for age in [900, 901, 86_400] {
        assert_eq!(check(&flip(B, A), &recent, NOW + age, &limits()), Ok(()), "{age}");
    }
}

#[test]
fn going_on_to_a_third_address_is_no_flapping() {
    assert_eq!(check(&flip(B, C), &[past(NOW, &[A], &[B])], NOW + 1, &limits()), Ok(()));
}

#[test]
fn a_round_trip_over_a_third_address_is_flapping_too() {
    let recent = [past(NOW, &[A], &[B]), past(NOW + 60, &[B], &[C])];
    assert!(matches!(
        check(&flip(C, A), &recent, NOW + 120, &limits()),
        Err(Refusal::Flapping { wait: 780, .. })
    ));
}

#[test]
fn the_newest_change_that_took_the_value_away_counts() {
    let recent = [past(NOW, &[A], &[B]), past(NOW + 1000, &[B], &[A]), past(NOW + 2000, &[A], &[B])];
    let refusal = Err(Refusal::Flapping { value: A.to_owned(), wait: 800 });
    assert_eq!(check(&flip(B, A), &recent, NOW + 2100, &limits()), refusal);
}

#[test]
fn repeating_our_own_change_after_somebody_undid_it_is_no_flapping() {
    assert_eq!(check(&flip(A, B), &[past(NOW, &[A], &[B])], NOW + 1, &limits()), Ok(()));
}

#[test]
fn a_value_that_only_comes_back_is_never_held_up() {
    // Deleted since there was no address, and the address is back: waiting would keep the name dark.
    let recent = [past(NOW, &[A], &[])];
    assert_eq!(check(&effect(RecordType::A, &[], &[A]), &recent, NOW + 1, &limits()), Ok(()));
}

#[test]
fn flapping_can_be_switched_off() {
    let limits = Limits { flap_window: 0, ..limits() };
    assert_eq!(check(&flip(B, A), &[past(NOW, &[A], &[B])], NOW, &limits), Ok(()));
}

#[test]
fn ur_7_two_sources_that_alternate_make_one_write_at_most() {
    let mut recent: Vec<PastChange> = vec![];
    let mut there = A;
    for cycle in 0..10 {
        let now = NOW + cycle * 60;
        let said = if cycle % 2 == 0 { B } else { A };
        if said != there && check(&flip(there, said), &recent, now, &limits()).is_ok() {
            recent.push(past(now, &[there], &[said]));
            there = said;
        }
    }
    assert_eq!(recent.len(), 1);
}

#[test]
fn the_tenth_change_in_an_hour_passes_and_the_eleventh_does_not() {
    let made = |count: u64| (0..count).map(|at| past(NOW + at, &[A], &[B])).collect::<Vec<_>>();
    assert_eq!(check(&flip(B, C), &made(9), NOW + 100, &limits()), Ok(()));
    let refusal = Err(Refusal::Rate { limit: 10, wait: 3500 });
    assert_eq!(check(&flip(B, C), &made(10), NOW + 100, &limits()), refusal);
    assert_eq!(
        check(&flip(B, C), &made(10), NOW + 3599, &limits()),
        Err(Refusal::Rate { limit: 10, wait: 1 })
    );
    assert_eq!(check(&flip(B, C), &made(10), NOW + 3600, &limits()), Ok(()));
}

#[test]
fn with_more_changes_than_the_limit_enough_of_them_have_to_age() {
    let recent: Vec<_> = (0..12).map(|at| past(NOW + at * 10, &[A], &[B])).collect();
    let now = NOW + 200;
    let Err(Refusal::Rate { wait, .. }) = check(&flip(B, C), &recent, now, &limits()) else {
        panic!("refused")
    };
    assert!(check(&flip(B, C), &recent, now + wait - 1, &limits()).is_err());
    assert_eq!(check(&flip(B, C), &recent, now + wait, &limits()), Ok(()));
}

#[test]
fn a_limit_of_none_lets_nothing_through() {
    let none = Limits { changes_per_hour: 0, ..limits() };
    assert_eq!(check(&flip(A, B), &[], NOW, &none), Err(Refusal::Rate { limit: 0, wait: 3600 }));
}

#[test]
fn a_clock_that_was_set_back_does_not_hold_up_for_ever() {
    let year = 365 * 86_400;
    let ahead: Vec<_> = (0..20).map(|at| past(NOW + year + at, &[B], &[A])).collect();
    assert_eq!(check(&flip(A, B), &ahead, NOW, &limits()), Ok(()));
    let step = [past(NOW + 5, &[B], &[A])];
    assert!(matches!(check(&flip(A, B), &step, NOW, &limits()), Err(Refusal::Flapping { wait: 895, .. })));
    assert_eq!(check(&flip(A, B), &[past(0, &[B], &[A])], NOW, &limits()), Ok(()));
    assert_eq!(check(&flip(A, B), &[past(u64::MAX, &[B], &[A])], 0, &limits()), Ok(()));
}

#[test]
fn what_needs_a_human_is_told_before_what_passes_with_time() {
    let recent: Vec<_> = (0..10).map(|at| past(NOW + at, &["10.0.0.1"], &[B])).collect();
    let bad = effect(RecordType::A, &[A, B, C], &["10.0.0.1"]);
    assert!(matches!(check(&bad, &recent, NOW + 10, &limits()), Err(Refusal::Address { .. })));
    let many = effect(RecordType::A, &[A, B], &[]);
    assert!(matches!(check(&many, &recent, NOW + 10, &limits()), Err(Refusal::Deletions { .. })));
}

#[test]
fn taking_everything_back_may_remove_as_many_values_as_the_wish_makes() {
    let all = effect(RecordType::A, &[A, B], &[]);
    assert!(matches!(check(&all, &[], NOW, &limits().withdrawing(1)), Err(Refusal::Deletions { .. })));
    assert_eq!(check(&all, &[], NOW, &limits().withdrawing(2)), Ok(()));
    let none = Limits { deletions: 0, ..limits() };
    let single = effect(RecordType::A, &[A], &[]);
    let refusal = Err(Refusal::Deletions { count: 1, limit: 0 });
    assert_eq!(check(&single, &[], NOW, &none.withdrawing(1)), refusal, "none at all means none at all");
}
