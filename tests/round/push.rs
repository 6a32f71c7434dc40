//! Providers that show nothing: what goes in one call, what is sent again, what is taken back.

use crate::stage::{Account, Play, Says, key, outcomes};
use dynflare::provider::Answer;
use dynflare::provider::push::{
    About, Mark, PerCall, Push, PushLimits, Pushed, Pushing, Refused, Sent, Stands,
};
use dynflare::round::{Finished, Mode};
use dynflare_core::condition::{Conditions, Leftover};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::memory::Memory;
use dynflare_core::plan::Note;
use dynflare_core::record::{Key, RecordType};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const NOW: u64 = 1_000_000;

/// What the provider does with a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Does {
    #[default]
    Takes,
    Panics,
    Forgets,
    RefusesTheAccount,
}

/// A provider that keeps every call.
#[derive(Clone, Default)]
struct Scripted {
    per_call: PerCall,
    does: Does,
    settings: u8,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// The calls until now, each as its steps.
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn doing(&self, does: Does) -> Self {
        Self { does, ..self.clone() }
    }
}

impl Push for Scripted {
    fn limits(&self) -> PushLimits {
        PushLimits { cooldown: Duration::from_secs(60), refresh: None, names: 2, per_call: self.per_call }
    }

    fn mark(&self, salt: u64) -> Mark {
        [self.settings, salt.to_le_bytes()[0], 0]
    }

    fn push<'a>(&'a self, steps: &'a [Pushing]) -> Answer<'a, Vec<Result<Pushed, Refused>>> {
        let step = |step: &Pushing| {
            format!("{}={}+{}", step.key.rtype, step.values.join(","), step.beside.join(","))
        };
        let call = steps.iter().map(step).collect::<Vec<String>>().join(" ");
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        Box::pin(async move {
            match self.does {
                Does::Takes => steps.iter().map(|_| Ok(Pushed::Updated)).collect(),
                Does::Panics => panic!("planted in a push"),
                Does::Forgets => Vec::new(),
                Does::RefusesTheAccount => {
                    let refused = Refused {
                        fault: Box::new(Fault::new(Class::Denied, "refused")),
                        about: About::Account,
                        stands: Some(Stands::UntilChanged),
                        sent: Sent::Yes,
                    };
                    steps.iter().map(|_| Err(refused.clone())).collect()
                }
            }
        })
    }
}

fn both() -> [Key; 2] {
    [key("home.example.org", RecordType::A), key("home.example.org", RecordType::Aaaa)]
}

fn home() -> [Key; 1] {
    [key("home.example.org", RecordType::A)]
}

fn play(memory: Memory, now: u64) -> Play {
    Play { memory, now, ..Play::new(&Account::default()) }
}

async fn round(adapter: &Scripted, keys: &[Key], memory: Memory, now: u64) -> Finished {
    play(memory, now).pushes(keys, adapter.clone()).await
}

#[tokio::test(start_paused = true)]
async fn ur_55_both_addresses_of_a_name_are_given_to_the_adapter_together_where_a_call_takes_both() {
    for (per_call, expected) in [
        (PerCall::BothFamilies, vec!["A=203.0.113.7+ AAAA=2001:db8::7+"]),
        (PerCall::WholeName, vec!["A=203.0.113.7+ AAAA=2001:db8::7+"]),
    ] {
        let adapter = Scripted { per_call, ..Scripted::default() };
        let finished = round(&adapter, &both(), Memory::default(), NOW).await;
        assert_eq!(outcomes(&finished), ["changed", "changed"]);
        assert_eq!(adapter.calls(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_nobody_knows_now_is_what_memory_says_and_never_a_guess() {
    let adapter = Scripted { per_call: PerCall::WholeName, ..Scripted::default() };
    let memory = round(&adapter, &both(), Memory::default(), NOW).await.memory;
    adapter.calls();
    let play = Play { v4: Says::Address("203.0.113.8"), v6: Says::Nothing, ..play(memory, NOW + 60) };
    let finished = play.pushes(&both(), adapter.clone()).await;
    assert_eq!(outcomes(&finished), ["changed", "not-agreed"]);
    assert_eq!(adapter.calls(), ["A=203.0.113.8+2001:db8::7"]);
}

#[tokio::test(start_paused = true)]
async fn that_an_unknown_address_of_the_other_family_goes_is_said() {
    let adapter = Scripted { per_call: PerCall::WholeName, ..Scripted::default() };
    let finished = round(&adapter, &home(), Memory::default(), NOW).await;
    assert!(matches!(finished.records[0].notes.as_slice(), [Note::Replaces(_)]));
    let adapter = Scripted::default();
    let finished = round(&adapter, &home(), Memory::default(), NOW).await;
    assert!(finished.records[0].notes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_panic_or_a_forgotten_step_is_unconfirmed_and_sent_again() {
    for does in [Does::Panics, Does::Forgets] {
        let adapter = Scripted::default();
        let finished = round(&adapter.doing(does), &home(), Memory::default(), NOW).await;
        assert_eq!(outcomes(&finished), ["unconfirmed"], "{does:?}");
        assert_eq!(adapter.calls().len(), 1, "not again in the same round");
        let held = round(&adapter, &home(), finished.memory, NOW + 59).await;
        assert_eq!((outcomes(&held), adapter.calls().len()), (vec!["failed"], 0), "too soon");
        let finished = round(&adapter, &home(), held.memory, NOW + 60).await;
        assert_eq!((outcomes(&finished), adapter.calls().len()), (vec!["changed"], 1));
        let finished = round(&adapter, &home(), finished.memory, NOW + 600).await;
        assert_eq!((outcomes(&finished), adapter.calls().len()), (vec!["unchanged"], 0));
    }
}

#[tokio::test(start_paused = true)]
async fn ur_54_a_refused_account_is_left_alone_until_its_settings_change() {
    let adapter = Scripted::default();
    let refused = round(&adapter.doing(Does::RefusesTheAccount), &both(), Memory::default(), NOW).await;
    assert_eq!(outcomes(&refused), ["failed", "failed"]);
    adapter.calls();
    let year = 365 * 24 * 60 * 60;
    let again = round(&adapter, &both(), refused.memory, NOW + year).await;
    assert_eq!((outcomes(&again), adapter.calls().len()), (vec!["failed", "failed"], 0));
    let changed = Scripted { settings: 1, ..adapter.clone() };
    let finished = round(&changed, &both(), again.memory, NOW + year + 1).await;
    assert_eq!(outcomes(&finished), ["changed", "changed"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_is_taken_back_at_the_end_and_what_was_not_is_left() {
    let adapter = Scripted::default();
    let memory = round(&adapter, &home(), Memory::default(), NOW).await.memory;
    adapter.calls();
    let conditions = Conditions { on_stop: Leftover::Delete, ..Conditions::default() };
    let withdraw = |memory, now| Play { mode: Mode::Withdraw, conditions, ..play(memory, now) };
    let gone = withdraw(memory, NOW + 60).pushes(&home(), adapter.clone()).await;
    assert_eq!((outcomes(&gone), adapter.calls()), (vec!["changed"], vec!["A=+".to_owned()]));
    let gone = withdraw(gone.memory, NOW + 120).pushes(&home(), adapter.clone()).await;
    assert_eq!((outcomes(&gone), adapter.calls().len()), (vec!["unchanged"], 0));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_flaps_or_is_special_is_held_back_here_as_everywhere() {
    let adapter = Scripted::default();
    let memory = round(&adapter, &home(), Memory::default(), NOW).await.memory;
    let other = Play { v4: Says::Address("203.0.113.8"), ..play(memory, NOW + 60) };
    let memory = other.pushes(&home(), adapter.clone()).await.memory;
    adapter.calls();
    let back = round(&adapter, &home(), memory, NOW + 120).await;
    assert_eq!((outcomes(&back), adapter.calls().len()), (vec!["guarded"], 0));
}
