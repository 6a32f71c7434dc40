//! What is taken back when the address has gone for long or the program stops, and what is written again.

use crate::stage::{Account, Play, Says, Write, key, outcomes};
use dynflare::round::{Finished, Mode};
use dynflare_core::condition::{Conditions, Leftover};
use dynflare_core::memory::Memory;
use dynflare_core::record::{Key, RecordType, RrSet};

const NOW: u64 = 1_000_000;

fn home() -> [Key; 1] {
    [key("home.example.org", RecordType::A)]
}

fn deleting() -> Conditions {
    Conditions { on_no_address: Leftover::Delete, ..Conditions::default() }
}

/// One round without an address at `now`.
async fn without(account: &Account, memory: Memory, now: u64) -> Finished {
    Play { v4: Says::NoAddress, memory, now, conditions: deleting(), ..Play::new(account) }
        .records(&home())
        .await
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_gone_takes_its_record_along_after_the_grace_period() {
    let account = Account::default();
    account.record("home.example.org", "203.0.113.1");
    let mut memory = Memory::default();
    for at in [0, 200, 400] {
        let finished = without(&account, memory, NOW + at).await;
        assert_eq!(outcomes(&finished), ["grace"], "{at}");
        memory = finished.memory;
    }
    let finished = without(&account, memory, NOW + 600).await;
    assert_eq!(outcomes(&finished), ["changed"]);
    assert_eq!(account.contents("home.example.org"), Vec::<String>::new());
    let finished = without(&account, finished.memory, NOW + 900).await;
    assert_eq!(outcomes(&finished), ["unchanged"], "there is nothing, as asked for");
    let play =
        Play { conditions: deleting(), memory: finished.memory, now: NOW + 901, ..Play::new(&account) };
    let finished = play.records(&home()).await;
    assert_eq!(outcomes(&finished), ["changed"], "it comes back with the address");
    account.record("home.example.org", "203.0.113.1");
    let finished = without(&account, finished.memory, NOW + 902).await;
    assert_eq!(outcomes(&finished), ["grace"], "and the next absence begins anew");
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_where_nobody_asked_for_it_or_nobody_knows() {
    for (v4, conditions) in [
        (Says::NoAddress, Conditions::default()),
        (Says::NoRoute, Conditions { grace: 0, ..deleting() }),
        (Says::Nothing, Conditions { grace: 0, ..deleting() }),
    ] {
        let account = Account::default();
        account.record("home.example.org", "203.0.113.1");
        let finished = Play { v4, conditions, ..Play::new(&account) }.records(&home()).await;
        assert_eq!(outcomes(&finished), ["not-agreed"], "{v4:?}");
        assert_eq!(account.contents("home.example.org"), ["203.0.113.1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn not_knowing_in_between_begins_the_grace_period_anew() {
    let account = Account::default();
    account.record("home.example.org", "203.0.113.1");
    let mut memory = Memory::default();
    for at in [0, 300] {
        memory = without(&account, memory, NOW + at).await.memory;
    }
    let silent =
        Play { v4: Says::Nothing, memory, now: NOW + 400, conditions: deleting(), ..Play::new(&account) };
    let memory = silent.records(&home()).await.memory;
    let finished = without(&account, memory, NOW + 700).await;
    assert_eq!(outcomes(&finished), ["grace"]);
    assert_eq!(account.contents("home.example.org"), ["203.0.113.1"]);
}

#[tokio::test(start_paused = true)]
async fn a_plan_shows_what_would_go_and_leaves_no_trace() {
    let account = Account::default();
    account.record("home.example.org", "203.0.113.1");
    let mut memory = Memory::default();
    for at in [0, 300] {
        memory = without(&account, memory, NOW + at).await.memory;
    }
    let plan = |now| Play {
        v4: Says::NoAddress,
        mode: Mode::Plan,
        memory: memory.clone(),
        now,
        conditions: deleting(),
        ..Play::new(&account)
    };
    let finished = plan(NOW + 500).records(&home()).await;
    assert_eq!((outcomes(&finished), &finished.memory), (vec!["grace"], &memory));
    let finished = plan(NOW + 600).records(&home()).await;
    assert_eq!((outcomes(&finished), &finished.memory), (vec!["pending"], &memory));
    assert_eq!(account.contents("home.example.org"), ["203.0.113.1"]);
}

#[tokio::test(start_paused = true)]
async fn several_of_ours_at_one_name_are_more_than_the_wish_makes_and_stay() {
    let account = Account::default();
    account.record("home.example.org", "203.0.113.1");
    account.record("home.example.org", "203.0.113.2");
    let play = Play { conditions: Conditions { grace: 0, ..deleting() }, ..Play::new(&account) };
    let finished = Play { v4: Says::NoAddress, ..play }.records(&home()).await;
    assert_eq!(outcomes(&finished), ["guarded"]);
    assert_eq!(account.contents("home.example.org").len(), 2);
}

fn stopping(account: &Account) -> Play {
    let conditions = Conditions { on_stop: Leftover::Delete, ..Conditions::default() };
    Play { mode: Mode::Withdraw, v4: Says::Nothing, v6: Says::Nothing, conditions, ..Play::new(account) }
}

fn set(values: &[&str]) -> RrSet {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    RrSet { key: home()[0].clone(), ttl: Some(300), values }
}

#[tokio::test(start_paused = true)]
async fn ur_23_at_the_end_what_is_ours_goes_and_nobody_is_asked_for_an_address() {
    let account = Account::default();
    account.record("home.example.org", "203.0.113.1");
    account.record("home.example.org", "203.0.113.99");
    account.held().records[1].attributes.comment = Some("somebody's".to_owned());
    let finished = stopping(&account).records(&home()).await;
    assert_eq!(outcomes(&finished), ["changed"]);
    assert_eq!(account.contents("home.example.org"), ["203.0.113.99"]);
    assert_eq!(finished.detections.len(), 0);
    let finished = stopping(&account).records(&home()).await;
    assert_eq!(outcomes(&finished), ["unchanged"]);
}

#[tokio::test(start_paused = true)]
async fn ur_23_of_a_set_only_what_memory_says_is_ours_goes_and_memory_forgets_it() {
    let account = Account::default();
    let wrote = Play::new(&account).sets(&home()).await;
    account.held().sets.insert(home()[0].clone(), set(&["203.0.113.7", "203.0.113.99"]));
    let play = Play { memory: wrote.memory, ..stopping(&account) };
    let finished = play.sets(&home()).await;
    assert_eq!(outcomes(&finished), ["changed"]);
    assert_eq!(account.held().sets[&home()[0]].values, ["203.0.113.99"]);
    assert_eq!(finished.memory.ours(&Play::place(&home()[0])), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_taken_back_is_told_as_what_it_is() {
    let account = Account::default();
    account.record("home.example.org", "203.0.113.1");
    account.writing("example.org", &[Write::Denied]);
    assert_eq!(outcomes(&stopping(&account).records(&home()).await), ["failed"]);
    account.writing("example.org", &[Write::Panic]);
    assert_eq!(outcomes(&stopping(&account).records(&home()).await), ["unconfirmed"]);
}

#[tokio::test(start_paused = true)]
async fn a_right_set_is_written_again_when_its_time_has_come() {
    let account = Account::default();
    let play = |memory, now| Play {
        memory,
        now,
        conditions: Conditions { refresh_after: Some(3_600), ..Conditions::default() },
        ..Play::new(&account)
    };
    let mut memory = Memory::default();
    for (at, expected, written) in
        [(0, "changed", 1), (3_599, "unchanged", 1), (3_600, "changed", 2), (7_199, "unchanged", 2)]
    {
        let finished = play(memory, NOW + at).sets(&home()).await;
        assert_eq!((outcomes(&finished), account.held().written), (vec![expected], written), "{at}");
        memory = finished.memory;
    }
    account.writing("home.example.org", &[Write::Forgotten, Write::Done]);
    let finished = play(memory, NOW + 10_000).sets(&home()).await;
    assert_eq!((outcomes(&finished), account.held().written), (vec!["changed"], 4), "unclear, so once more");
    let finished = play(Memory::default(), NOW + 10_001).sets(&home()).await;
    assert_eq!(outcomes(&finished), ["changed"], "without memory nobody knows how old it is");
    assert_eq!(outcomes(&play(finished.memory, NOW + 10_002).sets(&home()).await), ["unchanged"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_unclear_and_done_is_not_written_again_as_a_refresh() {
    let account = Account::default();
    account.held().sets.insert(home()[0].clone(), set(&["203.0.113.1"]));
    account.writing("home.example.org", &[Write::DonePanic, Write::Done]);
    let conditions = Conditions { refresh_after: Some(3_600), ..Conditions::default() };
    let finished = Play { conditions, ..Play::new(&account) }.sets(&home()).await;
    assert_eq!((outcomes(&finished), account.held().written), (vec!["changed"], 1));
    assert_eq!(account.held().sets[&home()[0]].values, ["203.0.113.7"]);
}
