//! What is remembered, and for how long.

use super::{Entry, KEPT, KEPT_FOR, Known, Memory, PastChange, Place, Request};
use crate::name::Name;
use crate::plan::Effect;
use crate::record::{Key, RecordType};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

const NOW: u64 = 1_800_000_000;

fn place(account: &str) -> Place {
    let key = Key { name: Name::parse("www.example.org").expect("a name"), rtype: RecordType::A };
    Place { account: account.to_owned(), key }
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn effect(from: &str, to: &str) -> Effect {
    Effect { key: place("").key, added: strings(&[to]), removed: strings(&[from]), deletions: 0 }
}

#[test]
fn nothing_is_known_of_a_new_place() {
    let memory = Memory::default();
    assert_eq!(memory.published(&place("home")), None);
    assert_eq!(memory.written(&place("home")), None);
    assert_eq!(memory.ours(&place("home")), strings(&[]));
    assert_eq!(memory.changes(&place("home")), []);
}

#[test]
fn what_is_published_is_ours_sorted_and_once() {
    let mut memory = Memory::default();
    memory.publish(&place("home"), &strings(&["192.0.2.2", "192.0.2.1", "192.0.2.2"]), NOW);
    assert_eq!(memory.published(&place("home")), Some(strings(&["192.0.2.1", "192.0.2.2"]).as_slice()));
    assert_eq!(memory.ours(&place("home")), strings(&["192.0.2.1", "192.0.2.2"]));
    assert_eq!(memory.written(&place("home")), Some(NOW));
}

#[test]
fn accounts_and_types_are_apart() {
    let mut memory = Memory::default();
    memory.publish(&place("home"), &strings(&["192.0.2.1"]), NOW);
    assert_eq!(memory.published(&place("away")), None);
    let aaaa = Place { key: Key { rtype: RecordType::Aaaa, ..place("home").key }, ..place("home") };
    assert_eq!(memory.published(&aaaa), None);
}

#[test]
fn an_intention_is_ours_but_not_published_until_it_is_confirmed() {
    let mut memory = Memory::default();
    memory.publish(&place("home"), &strings(&["192.0.2.1"]), NOW);
    memory.intend(&place("home"), &strings(&["192.0.2.2"]));
    memory.intend(&place("home"), &strings(&["192.0.2.3"]));
    assert_eq!(memory.published(&place("home")), Some(strings(&["192.0.2.1"]).as_slice()));
    assert_eq!(memory.ours(&place("home")), strings(&["192.0.2.1", "192.0.2.2", "192.0.2.3"]));
    memory.publish(&place("home"), &strings(&["192.0.2.3"]), NOW + 1);
    assert_eq!(memory.ours(&place("home")), strings(&["192.0.2.3"]));
}

#[test]
fn an_intention_alone_is_no_push_that_was_made() {
    let mut memory = Memory::default();
    memory.intend(&place("home"), &strings(&["192.0.2.2"]));
    assert_eq!(memory.published(&place("home")), None);
    assert_eq!(memory.ours(&place("home")), strings(&["192.0.2.2"]));
}

#[test]
fn an_abandoned_intention_is_not_ours() {
    let mut memory = Memory::default();
    memory.publish(&place("home"), &strings(&["192.0.2.1"]), NOW);
    let fresh = memory.intend(&place("home"), &strings(&["192.0.2.2"]));
    memory.abandon(&place("home"), &fresh);
    memory.abandon(&place("elsewhere"), &fresh);
    assert_eq!(memory.ours(&place("home")), strings(&["192.0.2.1"]));
}

#[test]
fn what_an_earlier_write_may_have_done_is_not_abandoned_with_a_later_one() {
    let mut memory = Memory::default();
    memory.intend(&place("home"), &strings(&["192.0.2.2"]));
    let fresh = memory.intend(&place("home"), &strings(&["192.0.2.2", "192.0.2.3"]));
    assert_eq!(fresh, strings(&["192.0.2.3"]));
    memory.abandon(&place("home"), &fresh);
    assert_eq!(memory.ours(&place("home")), strings(&["192.0.2.2"]));
}

#[test]
fn intentions_do_not_grow_without_bound() {
    let mut memory = Memory::default();
    for count in 0..100 {
        memory.intend(&place("home"), &[format!("192.0.2.{count}")]);
    }
    let ours = memory.ours(&place("home"));
    assert_eq!(ours.len(), KEPT);
    assert!(ours.contains(&"192.0.2.99".to_owned()));
}

#[test]
fn changes_are_kept_in_order_for_a_day_and_no_more_than_so_many() {
    let mut memory = Memory::default();
    for count in 0..50 {
        memory.record_change(
            &place("home"),
            &effect("192.0.2.1", &format!("198.51.100.{count}")),
            NOW + count,
        );
    }
    let changes = memory.changes(&place("home"));
    assert_eq!(changes.len(), KEPT);
    assert_eq!(
        changes[KEPT - 1],
        PastChange { at: NOW + 49, from: strings(&["192.0.2.1"]), to: strings(&["198.51.100.49"]) }
    );
    assert!(changes.is_sorted_by_key(|change| change.at));
}

#[test]
fn a_change_is_forgotten_after_exactly_a_day() {
    for (age, kept) in [(KEPT_FOR - 1, 1), (KEPT_FOR, 0)] {
        let mut memory = Memory::default();
        memory.record_change(&place("home"), &effect("192.0.2.1", "192.0.2.2"), NOW);
        memory.prune(NOW + age);
        assert_eq!(memory.changes(&place("home")).len(), kept, "{age}");
    }
}

#[test]
fn a_change_far_in_the_future_is_forgotten_too() {
    let mut memory = Memory::default();
    memory.record_change(&place("home"), &effect("192.0.2.1", "192.0.2.2"), NOW + KEPT_FOR);
    memory.record_change(&place("home"), &effect("192.0.2.2", "192.0.2.3"), NOW);
    assert_eq!(memory.changes(&place("home")).len(), 1);
}

#[test]
fn pruning_forgets_places_of_which_nothing_is_left() {
    let mut memory = Memory::default();
    memory.record_change(&place("old"), &effect("192.0.2.1", "192.0.2.2"), NOW);
    memory.publish(&place("published"), &strings(&[]), NOW);
    memory.prune(NOW + KEPT_FOR);
    assert_eq!(memory.entries().map(|(place, _)| place.account.as_str()).collect::<Vec<_>>(), ["published"]);
    memory.forget(&place("published"));
    assert_eq!(memory, Memory::default());
}

#[test]
fn what_is_restored_is_there() {
    let entry = Entry {
        published: strings(&["192.0.2.1"]),
        intended: vec![],
        written: Some(NOW),
        changes: vec![PastChange { at: NOW, from: vec![], to: strings(&["192.0.2.1"]) }],
        absence: None,
        sent: None,
    };
    let mut memory = Memory::default();
    memory.restore(place("home"), entry.clone());
    assert_eq!(memory.entries().collect::<Vec<_>>(), [(&place("home"), &entry)]);
    let mut made = Memory::default();
    let effect = Effect { added: strings(&["192.0.2.1"]), removed: vec![], ..effect("", "") };
    made.record_change(&place("home"), &effect, NOW);
    made.publish(&place("home"), &strings(&["192.0.2.1"]), NOW);
    assert_eq!(made, memory);
}

#[test]
fn an_absence_grows_from_look_to_look_and_ends_with_an_address() {
    let mut memory = Memory::default();
    assert_eq!(memory.note_absence(&place("home"), NOW, 600), 600);
    assert_eq!(memory.note_absence(&place("home"), NOW + 300, 600), 300);
    assert_eq!(memory.note_absence(&place("other"), NOW + 300, 600), 600, "each place on its own");
    assert_eq!(memory.note_absence(&place("home"), NOW + 600, 600), 0);
    assert_eq!(memory.note_absence(&place("home"), NOW + 900, 600), 0, "it stays long enough");
    memory.end_absence(&place("home"));
    assert_eq!(memory.note_absence(&place("home"), NOW + 901, 600), 600);
    memory.end_absence(&place("home"));
    memory.end_absence(&place("other"));
    memory.end_absence(&place("never seen"));
    memory.prune(NOW);
    assert_eq!(memory, Memory::default());
}

#[test]
fn what_is_not_known_of_a_request_stays_unknown_until_one_is_taken() {
    let mut memory = Memory::default();
    let at = place("pushed");
    let (yes, no) = (Known::Yes, Known::No);
    let request = |at, outcome| Some(Request { at, outcome });
    memory.send(&at, 10);
    assert_eq!(memory.sent(&at), request(10, no), "as after a crash, or without an answer");
    memory.send(&at, 20);
    memory.refused(&at, request(10, no));
    assert_eq!(memory.sent(&at), request(20, no), "the refusal says nothing of the request before it");
    memory.send(&at, 30);
    memory.unsent(&at, request(20, no));
    assert_eq!(memory.sent(&at), request(20, no));
    memory.publish(&at, &["192.0.2.1".to_owned()], 40);
    assert_eq!(memory.sent(&at), request(20, yes));
    memory.send(&at, 50);
    memory.refused(&at, request(20, yes));
    assert_eq!(memory.sent(&at), request(50, yes));
}
