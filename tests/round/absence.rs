//! Families that are late, or not there at all.

use crate::stage::{Account, Play, Says, key, outcomes};
use dynflare::round::{Mode, Need};
use dynflare_core::memory::Memory;
use dynflare_core::record::{Key, RecordType};

fn both() -> [Key; 2] {
    [key("home.example.org", RecordType::A), key("home.example.org", RecordType::Aaaa)]
}

async fn pair(v4: Says, v6: Says) -> Vec<&'static str> {
    let play = Play::new(&Account::default());
    outcomes(&Play { v4, v6, need: Need::IfPresent, ..play }.records(&both()).await)
}

const V4: Says = Says::Address("203.0.113.7");
const V6: Says = Says::Address("2001:db8::7");

#[tokio::test(start_paused = true)]
async fn of_a_pair_the_family_that_the_machine_does_not_have_is_passed_over() {
    assert_eq!(pair(V4, V6).await, ["changed", "changed"]);
    assert_eq!(pair(V4, Says::NoRoute).await, ["changed", "absent"]);
    assert_eq!(pair(Says::NoRoute, V6).await, ["absent", "changed"]);
    assert_eq!(pair(V4, Says::NoAddress).await, ["changed", "absent"], "a file that names only IPv4");
    assert_eq!(pair(V4, Says::Nothing).await, ["changed", "not-agreed"], "silence is not absence");
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_any_family_is_offline_and_not_as_desired() {
    for (v4, v6) in
        [(Says::NoRoute, Says::NoRoute), (Says::NoAddress, Says::NoAddress), (Says::NoRoute, Says::NoAddress)]
    {
        assert_eq!(pair(v4, v6).await, ["not-agreed", "not-agreed"], "{v4:?} {v6:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_family_that_was_asked_for_by_itself_is_not_passed_over() {
    for v6 in [Says::NoRoute, Says::NoAddress, Says::Nothing] {
        let play = Play { v6, ..Play::new(&Account::default()) };
        assert_eq!(outcomes(&play.records(&both()[1..]).await), ["not-agreed"], "{v6:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn ur_16_a_silent_family_does_not_keep_the_other_from_being_written() {
    let account = Account::default();
    let play = Play { v6: Says::Nothing, ..Play::new(&account) };
    assert_eq!(outcomes(&play.records(&both()).await), ["changed", "not-agreed"]);
    assert_eq!(account.contents("home.example.org"), ["203.0.113.7"]);
}

#[tokio::test(start_paused = true)]
async fn every_address_that_a_machine_has_becomes_a_value_and_one_that_goes_is_removed() {
    let account = Account::default();
    let both_v4 = Says::Both("203.0.113.7", "203.0.113.9");
    let play = Play { v4: both_v4, v6: Says::Nothing, ..Play::new(&account) };
    let finished = play.records(&both()[..1]).await;
    assert_eq!(account.contents("home.example.org"), ["203.0.113.7", "203.0.113.9"]);
    let play = Play { v4: both_v4, memory: finished.memory, ..Play::new(&account) };
    let finished = play.records(&both()[..1]).await;
    assert_eq!(outcomes(&finished), ["unchanged"]);
    let play = Play { memory: finished.memory, ..Play::new(&account) };
    play.records(&both()[..1]).await;
    assert_eq!(account.contents("home.example.org"), ["203.0.113.7"]);
}

#[tokio::test(start_paused = true)]
async fn planning_writes_nothing_and_remembers_nothing() {
    let account = Account::default();
    account.record("home.example.org", "203.0.113.1");
    let plan = || Play { mode: Mode::Plan, ..Play::new(&account) };
    let finished = plan().records(&both()).await;
    assert_eq!(outcomes(&finished), ["pending", "pending"]);
    assert_eq!(finished.memory, Memory::default());
    let finished = plan().sets(&both()).await;
    assert_eq!(outcomes(&finished), ["pending", "pending"]);
    assert_eq!(finished.memory, Memory::default());
    assert_eq!(account.held().written, 0);
}
