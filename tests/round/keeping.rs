//! What is known of a set before and after it is written, should the machine stop in between.

use crate::stage::{Account, Play, Says, Write, key, outcomes};
use dynflare::round::{Keep, Kept};
use dynflare_core::memory::{Memory, Place};
use dynflare_core::record::RecordType;
use std::sync::{Arc, Mutex, PoisonError};

const HOME: &str = "home.example.org";

/// Keeps every state, with how often the account had been written to by then.
#[derive(Clone)]
struct Noting {
    account: Account,
    states: Arc<Mutex<Vec<(usize, Memory)>>>,
}

impl Noting {
    fn new(account: &Account) -> Self {
        Self { account: account.clone(), states: Arc::default() }
    }

    /// How often had been written, and what was ours by then.
    fn states(&self) -> Vec<(usize, Vec<String>)> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.iter().map(|(written, memory)| (*written, memory.ours(&place()))).collect()
    }
}

impl Keep for Noting {
    fn keep(&self, memory: Memory) -> Kept<'_> {
        let written = self.account.held().written;
        self.states.lock().unwrap_or_else(PoisonError::into_inner).push((written, memory));
        Box::pin(std::future::ready(()))
    }
}

fn place() -> Place {
    Place { account: "account".to_owned(), key: key(HOME, RecordType::A) }
}

fn play(account: &Account, noting: &Noting, (address, memory): (&'static str, Memory)) -> Play {
    let keeper = Some(Arc::new(noting.clone()) as Arc<dyn Keep>);
    Play { v4: Says::Address(address), memory, keeper, ..Play::new(account) }
}

#[tokio::test(start_paused = true)]
async fn what_will_be_ours_is_kept_before_a_set_is_written_and_what_is_ours_afterwards() {
    let (account, keys) = (Account::default(), [key(HOME, RecordType::A)]);
    let noting = Noting::new(&account);
    let first = play(&account, &noting, ("203.0.113.7", Memory::default())).sets(&keys).await;
    assert_eq!(outcomes(&first), ["changed"]);
    let second = play(&account, &noting, ("203.0.113.8", first.memory)).sets(&keys).await;
    assert_eq!(outcomes(&second), ["changed"]);
    let strings = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        noting.states(),
        [
            (0, strings(&["203.0.113.7"])),
            (1, strings(&["203.0.113.7"])),
            (1, strings(&["203.0.113.7", "203.0.113.8"])),
            (2, strings(&["203.0.113.8"])),
        ]
    );
    let states = noting.states().len();
    let third = play(&account, &noting, ("203.0.113.8", second.memory)).sets(&keys).await;
    assert_eq!(outcomes(&third), ["unchanged"]);
    assert_eq!(noting.states().len(), states, "a round that changes nothing keeps nothing");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_refused_leaves_nothing_of_its_own_behind() {
    let (account, keys) = (Account::default(), [key(HOME, RecordType::A)]);
    account.writing(HOME, &[Write::Denied]);
    let noting = Noting::new(&account);
    let mut memory = Memory::default();
    memory.intend(&place(), &["203.0.113.5".to_owned()]);
    let finished = play(&account, &noting, ("203.0.113.7", memory)).sets(&keys).await;
    assert_eq!(outcomes(&finished), ["failed"]);
    assert_eq!(finished.memory.ours(&place()), ["203.0.113.5"], "but what an earlier run may have done");
    assert_eq!(noting.states().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_stays_in_mind() {
    let (account, keys) = (Account::default(), [key(HOME, RecordType::A)]);
    account.writing(HOME, &[Write::Forgotten]);
    let noting = Noting::new(&account);
    let finished = play(&account, &noting, ("203.0.113.7", Memory::default())).sets(&keys).await;
    assert_eq!(outcomes(&finished), ["unconfirmed"]);
    assert_eq!(finished.memory.ours(&place()), ["203.0.113.7"]);
}

#[tokio::test(start_paused = true)]
async fn an_intention_that_came_to_nothing_is_forgotten_once_the_set_has_been_read() {
    let (account, keys) = (Account::default(), [key(HOME, RecordType::A)]);
    let noting = Noting::new(&account);
    let mut memory = play(&account, &noting, ("203.0.113.7", Memory::default())).sets(&keys).await.memory;
    memory.intend(&place(), &["203.0.113.8".to_owned()]);
    let finished = play(&account, &noting, ("203.0.113.7", memory)).sets(&keys).await;
    assert_eq!(outcomes(&finished), ["unchanged"]);
    assert_eq!(finished.memory.ours(&place()), ["203.0.113.7"]);
}

#[tokio::test(start_paused = true)]
async fn records_carry_their_marks_and_need_no_intention() {
    let (account, keys) = (Account::default(), [key(HOME, RecordType::A)]);
    let noting = Noting::new(&account);
    let finished = play(&account, &noting, ("203.0.113.7", Memory::default())).records(&keys).await;
    assert_eq!(outcomes(&finished), ["changed"]);
    let states = noting.states.lock().unwrap_or_else(PoisonError::into_inner);
    let [(1, memory)] = states.as_slice() else { panic!("one state, after the write") };
    assert_eq!(memory.changes(&place()).len(), 1, "the guard of the next run knows of the change");
}
