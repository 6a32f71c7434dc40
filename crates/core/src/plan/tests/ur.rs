//! The acceptance tests of the users' wishes that are a matter of planning, by their numbers.

use super::super::{Change, Foreign, Note, Refusal, Seen, plan_records};
use super::{OURS, after_all, contents, desired, key, record, spf, txt};
use crate::address::Observation;
use crate::desired::{Agreed, Derived, OnDrift, OwnerMark, Wish, WishError};
use crate::record::{Attributes, Record, RecordType};
use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

fn update(record: &Record, content: &str) -> Change {
    Change::Update {
        record: record.clone(),
        content: Some(content.to_owned()),
        attributes: Attributes::default(),
    }
}

fn left(record: &Record, why: Foreign) -> Note {
    Note::Left(Seen::from(record), why)
}

#[test]
fn ur_16_an_unknown_family_gives_no_step_and_the_other_goes_on() {
    let agreed = Agreed::new(
        Observation::Unknown("too few".to_owned()),
        Observation::Address("2001:db8::7".parse().expect("an address")),
    );
    let wish = |rtype| Wish::new(key(rtype), OwnerMark::plain(), vec![]).expect("a wish");
    assert_eq!(wish(RecordType::A).derive(&agreed), Derived::Unknown(crate::address::Family::V4));
    let Derived::Desired(aaaa) = wish(RecordType::Aaaa).derive(&agreed) else { panic!("IPv6 is known") };
    assert_eq!(aaaa.values, ["2001:db8::7"]);
    assert_eq!(plan_records(&[], &aaaa).expect("a plan").steps.len(), 1);
}

#[test]
fn ur_18_only_the_name_and_type_asked_for_are_touched() {
    let mut elsewhere = record("elsewhere", "192.0.2.1", OURS);
    elsewhere.key.name = crate::name::Name::parse("example.org").expect("a name");
    let neighbours = [
        txt("txt", "\"some text\"", OURS),
        Record { key: key(RecordType::Caa), ..record("caa", "0 issue \"ca.example\"", OURS) },
        Record { key: key(RecordType::Mx), ..record("mx", "10 mail.example.org", OURS) },
        elsewhere,
        record("a", "192.0.2.1", OURS),
    ];
    let plan = plan_records(&neighbours, &desired(&["192.0.2.7"])).expect("a plan");
    assert_eq!(plan.steps, [update(&neighbours[4], "192.0.2.7")]);
}

#[test]
fn ur_19_two_owners_share_a_name_and_each_changes_only_its_own() {
    let owner = |owner: &str, value: &str| {
        let mut desired = desired(&[value]);
        desired.owner = OwnerMark::of(owner).expect("an owner");
        desired
    };
    let mut records: Vec<Record> = vec![];
    for (round, (x, y)) in
        [("192.0.2.1", "192.0.2.101"), ("192.0.2.2", "192.0.2.101"), ("192.0.2.2", "192.0.2.102")]
            .into_iter()
            .enumerate()
    {
        for (who, value) in [("x", x), ("y", y)] {
            let plan = plan_records(&records, &owner(who, value)).expect("a plan");
            assert!(plan.steps.len() <= 1, "round {round}");
            records = after_all(&records, &plan);
        }
        let mut expected = [x, y];
        expected.sort_unstable();
        assert_eq!(contents(&records), expected, "round {round}");
        let comments: Vec<_> = records.iter().map(|record| record.attributes.comment.as_deref()).collect();
        assert_eq!(comments, [Some("dynflare:x"), Some("dynflare:y")]);
    }
}

#[test]
fn ur_20_a_comment_without_the_mark_is_refused() {
    let wish =
        Wish::new(key(RecordType::A), OwnerMark::of("home").expect("an owner"), vec![]).expect("a wish");
    let commented = |comment: &str| {
        let attributes = Attributes { comment: Some(comment.to_owned()), ..Attributes::default() };
        wish.clone().with_attributes(attributes, OnDrift::Leave)
    };
    for comment in
        ["", "my server", "dynflare", "dynflare:away", "dynflare:home-2", "dynflare:home dynflare:away"]
    {
        let error = commented(comment).expect_err(comment);
        assert_eq!(error, WishError::CommentLacksMark(OwnerMark::of("home").expect("an owner")));
        assert!(error.to_string().contains("`dynflare:home`"), "{error}");
    }
    assert!(commented("my server (dynflare:home)").is_ok());
}

#[test]
fn ur_21_of_three_stale_records_two_owned_one_is_updated_one_deleted_one_left() {
    let observed = [
        record("1", "192.0.2.1", OURS),
        record("2", "192.0.2.2", ""),
        record("3", "192.0.2.3", "old dynflare record"),
    ];
    let plan = plan_records(&observed, &desired(&["192.0.2.7"])).expect("a plan");
    assert_eq!(
        plan.steps,
        [update(&observed[0], "192.0.2.7"), Change::Delete { record: observed[2].clone() }]
    );
    assert_eq!(plan.notes, [left(&observed[1], Foreign::Unmarked)]);
    assert_eq!(plan.effect(&desired(&["192.0.2.7"])).deletions, 1);
}

#[test]
fn ur_25_an_update_is_only_the_content() {
    let mut there = record("1", "192.0.2.1", "dynflare, by the door");
    there.attributes.proxied = Some(true);
    there.attributes.ttl = Some(1);
    there.attributes.tags = Some(vec!["site:home".to_owned()]);
    let mut desired = desired(&["192.0.2.7"]);
    desired.attributes = Attributes { ttl: Some(60), proxied: Some(false), ..Attributes::default() };
    let plan = plan_records(core::slice::from_ref(&there), &desired).expect("a plan");
    assert_eq!(plan.steps, [update(&there, "192.0.2.7")]);
    let wanted = Attributes { ttl: Some(60), proxied: Some(false), ..Attributes::default() };
    let drift = Note::Drift { record: Seen::from(&there), wanted, there: there.attributes };
    assert_eq!(plan.notes, [drift]);
}

#[test]
fn ur_26_a_proxied_record_with_the_same_address_is_never_written() {
    let mut there = record("1", "192.0.2.7", OURS);
    there.attributes.proxied = Some(true);
    there.attributes.ttl = Some(1);
    for on_drift in [OnDrift::Leave, OnDrift::Correct] {
        let mut desired = desired(&["192.0.2.7"]);
        desired.attributes = Attributes { ttl: Some(120), proxied: Some(true), ..Attributes::default() };
        desired.on_drift = on_drift;
        let mut records = vec![there.clone()];
        for _ in 0..100 {
            let plan = plan_records(&records, &desired).expect("a plan");
            assert_eq!(plan.steps, []);
            assert_eq!(plan.notes, [Note::Satisfied("192.0.2.7".to_owned())]);
            records = after_all(&records, &plan);
        }
    }
}

#[test]
fn ur_29_a_record_that_turns_out_to_exist_is_no_second_one() {
    // The creation was refused as a repeat (81057, 81058): what is listed again decides.
    for comment in ["", OURS, "dynflare:other"] {
        let listed = [record("1", "192.0.2.7", comment)];
        assert_eq!(plan_records(&listed, &desired(&["192.0.2.7"])).expect("a plan").steps, [], "{comment:?}");
    }
}

#[test]
fn ur_30_an_alias_at_the_name_is_refused_by_name() {
    let alias = Record { key: key(RecordType::Cname), ..record("c", "other.example.com", "") };
    let observed = [alias.clone(), record("1", "192.0.2.1", OURS)];
    assert_eq!(plan_records(&observed, &desired(&["192.0.2.7"])), Err(Refusal::Cname(Seen::from(&alias))));
    // Removing what is ours is possible beside it, and a text may stand there at some providers.
    assert_eq!(plan_records(&observed, &desired(&[])).expect("a plan").steps.len(), 1);
    assert_eq!(plan_records(&[alias], &spf("192.0.2.7")).expect("a plan").steps.len(), 1);
    let mut elsewhere = record("c", "other.example.com", "");
    elsewhere.key = key(RecordType::Cname);
    elsewhere.key.name = crate::name::Name::parse("example.org").expect("a name");
    assert!(plan_records(&[elsewhere], &desired(&["192.0.2.7"])).is_ok());
}

#[test]
fn ur_31c_a_record_that_no_longer_exists_is_created() {
    // The update was refused since the id is gone (81044): listed again, there is nothing, so there is one to make.
    let plan = plan_records(&[], &desired(&["192.0.2.7"])).expect("a plan");
    let attributes = Attributes { comment: Some(OURS.to_owned()), ..Attributes::default() };
    assert_eq!(
        plan.steps,
        [Change::Create { key: key(RecordType::A), content: "192.0.2.7".to_owned(), attributes }]
    );
}

#[test]
fn ur_32_a_record_edited_by_hand_is_put_right() {
    let edited = record("1", "198.51.100.9", OURS);
    let plan = plan_records(core::slice::from_ref(&edited), &desired(&["192.0.2.7"])).expect("a plan");
    assert_eq!(plan.steps, [update(&edited, "192.0.2.7")]);
}

#[test]
fn a_single_unmarked_record_is_adopted_and_said_so() {
    let there = record("1", "192.0.2.1", "web server");
    let plan = plan_records(core::slice::from_ref(&there), &desired(&["192.0.2.7"])).expect("a plan");
    assert_eq!(plan.steps, [update(&there, "192.0.2.7")]);
    assert_eq!(plan.notes, [Note::Adopted(Seen::from(&there))]);
}

#[test]
fn a_single_unmarked_record_beside_another_owners_is_still_the_only_one() {
    let observed = [record("1", "192.0.2.1", ""), record("2", "192.0.2.2", "dynflare:other")];
    let plan = plan_records(&observed, &desired(&["192.0.2.7"])).expect("a plan");
    assert_eq!(plan.steps, [update(&observed[0], "192.0.2.7")]);
    assert_eq!(
        plan.notes,
        [Note::Adopted(Seen::from(&observed[0])), left(&observed[1], Foreign::OtherOwner)]
    );
}

#[test]
fn an_unmarked_record_that_nothing_needs_is_left_and_mentioned() {
    let observed = [record("1", "192.0.2.1", ""), record("2", "192.0.2.7", "dynflare:other")];
    let plan = plan_records(&observed, &desired(&["192.0.2.7"])).expect("a plan");
    assert_eq!(plan.steps, []);
    assert_eq!(plan.notes, [Note::Satisfied("192.0.2.7".to_owned()), left(&observed[0], Foreign::Unmarked)]);
}

#[test]
fn several_unmarked_records_are_fine_as_long_as_nothing_is_missing() {
    let observed = [record("1", "192.0.2.1", ""), record("2", "192.0.2.2", "")];
    assert_eq!(plan_records(&observed, &desired(&["192.0.2.2"])).expect("a plan").steps, []);
    let seen = observed.iter().map(Seen::from).collect();
    assert_eq!(plan_records(&observed, &desired(&["192.0.2.7"])), Err(Refusal::NoneOurs(seen)));
}

#[test]
fn a_text_beside_ours_that_does_not_fit_the_template_does_not_count() {
    let observed = [
        txt("1", "\"site-verification=abc\"", ""),
        txt("2", "v=spf1 ip4:192.0.2.1 -all", ""),
        txt("3", "\"v=spf1 include:example.com -all\"", ""),
    ];
    let plan = plan_records(&observed, &spf("192.0.2.7")).expect("a plan");
    assert_eq!(plan.steps, [update(&observed[1], "\"v=spf1 ip4:192.0.2.7 -all\"")]);
    assert_eq!(plan.notes, [Note::Adopted(Seen::from(&observed[1]))]);
    // Alone, they are not adopted either.
    let alone = plan_records(&observed[..1], &spf("192.0.2.7")).expect("a plan");
    assert!(matches!(alone.steps.as_slice(), [Change::Create { .. }]), "{alone:?}");
    assert_eq!(alone.notes, []);
}

#[test]
fn a_text_is_the_same_with_and_without_quotes() {
    for content in
        ["v=spf1 ip4:192.0.2.7 -all", "\"v=spf1 ip4:192.0.2.7 -all\"", "\"v=spf1 ip4:\" \"192.0.2.7 -all\""]
    {
        let there = txt("1", content, OURS);
        assert_eq!(plan_records(&[there], &spf("192.0.2.7")).expect("a plan").steps, [], "{content}");
    }
}
