//! Plan, guard, apply, and judge by what is there: for the records of one zone whose addresses are known.
//!
//! A write that may or may not have happened is listed again and judged by what is there. What is still missing is
//! tried once more; after that it is left to a later round.

use super::apart;
use super::zone::Events;
use super::{Round, Shared, Wanted};
use crate::provider::{Adapter, Scope, Zone};
use crate::report::event::{Outcome, Progress, RecordEvent, Steps};
use dynflare_core::address::Family;
use dynflare_core::desired::Desired;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::guard::{self, Limits};
use dynflare_core::memory::{Memory, Place};
use dynflare_core::plan::{self, Change, Effect, Note, Refresh, Refusal, Replace};
use dynflare_core::record::{Key, Record, RrSet};
use dynflare_core::uplink::Ways;
use std::collections::BTreeMap;
use std::convert::identity;
use std::sync::{Arc, MutexGuard};

/// How often a record's steps are tried in one round, where it is not clear whether they were taken.
const TRIES: usize = 2;

/// The zone at hand.
pub(super) struct Settling<'a> {
    pub(super) shared: &'a Arc<Shared>,
    /// The account, as memory calls it.
    pub(super) account: &'a str,
    /// The key of its adapter.
    pub(super) adapter: &'a str,
    /// `None` where the provider knows only names.
    pub(super) zone: Option<&'a Zone>,
}

/// What a zone holds at the names and types asked for.
pub(super) enum Listing {
    Records(Result<Vec<Record>, Fault>),
    RrSets(BTreeMap<Key, Result<RrSet, Fault>>),
    /// It shows nothing; memory has to do.
    Nothing,
}

/// A record on its way.
struct Todo {
    index: usize,
    desired: Desired,
    /// The steps of the last try, and the fault that left them open.
    tried: Option<(Planned, Fault)>,
}

/// The steps for one record, and what belongs to them.
#[derive(Clone)]
pub(super) struct Planned {
    pub(super) steps: Steps,
    pub(super) effect: Effect,
    pub(super) notes: Vec<Note>,
    pub(super) ours: Vec<String>,
    /// What of `ours` no earlier write had in mind.
    pub(super) fresh: Vec<String>,
    /// Whether all of ours is to go.
    pub(super) withdraws: bool,
}

impl Planned {
    fn refreshes(&self) -> bool {
        self.steps.replace().is_some_and(Replace::is_refresh)
    }
}

/// What a plan says.
enum Verdict {
    Satisfied(Vec<Note>, Vec<String>),
    Steps(Planned),
    Refused(Refusal),
    Unread(Fault),
}

impl Settling<'_> {
    pub(super) fn place(&self, key: &Key) -> Place {
        Place { account: self.account.to_owned(), key: key.clone() }
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.shared.memory()
    }

    /// An event about a record of this zone.
    pub(super) fn event(&self, index: usize, outcome: Outcome) -> RecordEvent {
        self.shared.event(index, self.zone, outcome)
    }

    /// Lists what the records' names and types hold.
    pub(super) async fn list(&self, indices: &[usize]) -> Listing {
        let key = |index: &usize| self.shared.round.wanted[*index].wish.key().clone();
        self.list_keys(indices.iter().map(key).collect()).await
    }

    async fn list_keys(&self, mut keys: Vec<Key>) -> Listing {
        keys.sort();
        keys.dedup();
        match self.shared.adapter(self.adapter) {
            Adapter::Records(_) => {
                let (shared, account, zone) = self.owned();
                let work = async move { shared.records(&account).list(&zone, Scope::Keys(&keys)).await };
                Listing::Records(apart::one(work).await.and_then(identity))
            }
            Adapter::RrSets(_) => {
                let pieces = keys.into_iter().map(|key| {
                    let (shared, account, zone) = self.owned();
                    let asked = key.clone();
                    (key, async move { shared.rrsets(&account).get(&zone, &asked).await })
                });
                let sets = apart::each(pieces).await.into_iter();
                Listing::RrSets(sets.map(|(key, set)| (key, set.and_then(identity))).collect())
            }
            Adapter::Push(_) => Listing::Nothing,
        }
    }

    fn owned(&self) -> (Arc<Shared>, String, Zone) {
        let zone = self.zone.expect("invariant: records and sets lie in a zone");
        (Arc::clone(self.shared), self.adapter.to_owned(), zone.clone())
    }

    /// Settles records whose values are known.
    pub(super) async fn settle(&self, listing: &Listing, desired: Vec<(usize, Desired)>) -> Events {
        if matches!(listing, Listing::Nothing) {
            return self.settle_push(desired).await;
        }
        let todo = desired.into_iter().map(|(index, desired)| Todo { index, desired, tried: None }).collect();
        let mut events = Events::new();
        let mut open = self.once(listing, todo, &mut events).await;
        for left in (0..TRIES).rev() {
            if open.is_empty() {
                break;
            }
            let listing = self.list_keys(open.iter().map(|todo| todo.desired.key.clone()).collect()).await;
            if left > 0 {
                open = self.once(&listing, open, &mut events).await;
            } else {
                self.judge(&listing, std::mem::take(&mut open), &mut events);
            }
        }
        events
    }

    /// Plans, guards and applies once. What is not clear afterwards comes back.
    async fn once(&self, listing: &Listing, todo: Vec<Todo>, events: &mut Events) -> Vec<Todo> {
        let mut planned: Vec<(Todo, Planned)> = Vec::new();
        for todo in todo {
            let index = todo.index;
            match self.plan(listing, &todo) {
                Verdict::Steps(steps) => match self.guard(index, &steps) {
                    Ok(()) if self.shared.round.mode.writes() => planned.push((todo, steps)),
                    Ok(()) => {
                        let mut event = self.event(index, Outcome::Pending(steps.steps, steps.effect));
                        event.notes = steps.notes;
                        events.push((index, event));
                    }
                    Err(refusal) => events.push((index, self.event(index, Outcome::Guarded(refusal)))),
                },
                verdict @ (Verdict::Satisfied(..) | Verdict::Refused(_) | Verdict::Unread(_)) => {
                    events.push((index, self.without_steps(todo, verdict)));
                }
            }
        }
        self.intend(&mut planned).await;
        let results = self.apply(&planned).await;
        let any_done = results.iter().any(|result| matches!(result, Applied::Done));
        let mut open = Vec::new();
        for ((mut todo, planned), result) in planned.into_iter().zip(results) {
            match result {
                Applied::Done => events.push((todo.index, self.changed(&todo, planned))),
                Applied::Failed(fault, _) if fault.class.policy().relist => {
                    todo.tried = Some((planned, fault));
                    open.push(todo);
                }
                Applied::Failed(fault, progress) => {
                    self.memory().abandon(&self.place(&todo.desired.key), &planned.fresh);
                    // What is left to do is not what was planned first: an earlier try did its part.
                    let progress = match &todo.tried {
                        Some((before, _)) if before.steps != planned.steps => Progress::Partly,
                        Some(_) | None => progress,
                    };
                    events.push((todo.index, self.event(todo.index, Outcome::Failed(fault, progress))));
                }
            }
        }
        if any_done {
            self.shared.keep().await;
        }
        open
    }

    /// Keeps in mind, before anything is written, what will be ours where comments cannot say so.
    async fn intend(&self, planned: &mut [(Todo, Planned)]) {
        let mut any = false;
        for (todo, planned) in planned.iter_mut().filter(|(_, planned)| !planned.ours.is_empty()) {
            planned.fresh = self.memory().intend(&self.place(&todo.desired.key), &planned.ours);
            any = true;
        }
        if any {
            self.shared.keep().await;
        }
    }

    /// Judges by what is there what could not be told from the answers.
    fn judge(&self, listing: &Listing, open: Vec<Todo>, events: &mut Events) {
        for todo in open {
            let index = todo.index;
            let event = match (self.plan(listing, &todo), &todo.tried) {
                (Verdict::Steps(_), Some((_, fault))) => {
                    self.event(index, Outcome::Unconfirmed(fault.clone()))
                }
                (verdict, _) => self.without_steps(todo, verdict),
            };
            events.push((index, event));
        }
    }

    fn without_steps(&self, mut todo: Todo, verdict: Verdict) -> RecordEvent {
        let index = todo.index;
        match (verdict, todo.tried.take()) {
            // The last try did it after all.
            (Verdict::Satisfied(..), Some((planned, _))) => self.changed(&todo, planned),
            (Verdict::Satisfied(notes, ours), None) => {
                self.found(&todo.desired.key, &ours);
                let mut event = self.event(index, Outcome::Unchanged(todo.desired.values));
                event.notes = notes;
                event
            }
            (Verdict::Refused(refusal), _) => self.event(index, Outcome::Refused(refusal)),
            (Verdict::Unread(_), Some((_, fault))) => self.event(index, Outcome::Unconfirmed(fault)),
            (Verdict::Unread(fault), None) => self.event(index, Outcome::Failed(fault, Progress::Nothing)),
            (Verdict::Steps(_), _) => unreachable!("the caller takes steps or holds them back"),
        }
    }

    /// What becomes of a record that certainly has no address, and whose user wants what is ours deleted then: the
    /// event while the grace period lasts, or the wish that there be nothing.
    pub(super) fn absent(
        &self,
        listing: &Listing,
        index: usize,
        family: Family,
    ) -> Result<Desired, Box<RecordEvent>> {
        let Wanted { wish, conditions, .. } = &self.shared.round.wanted[index];
        let left = self.note_absence(wish.key(), conditions.grace);
        let todo = Todo { index, desired: wish.nothing(), tried: None };
        match self.plan(listing, &todo) {
            Verdict::Steps(_) if left > 0 => Err(Box::new(self.event(index, Outcome::Grace(family, left)))),
            Verdict::Steps(_) | Verdict::Satisfied(..) | Verdict::Refused(_) | Verdict::Unread(_) => {
                Ok(todo.desired)
            }
        }
    }

    /// How many seconds more there has to be no address. Showing steps leaves no trace.
    fn note_absence(&self, key: &Key, grace: u64) -> u64 {
        let (place, now) = (self.place(key), self.shared.round.now);
        let mut memory = self.memory();
        if self.shared.round.mode.writes() {
            memory.note_absence(&place, now, grace)
        } else {
            memory.clone().note_absence(&place, now, grace)
        }
    }

    fn plan(&self, listing: &Listing, todo: &Todo) -> Verdict {
        let desired = &todo.desired;
        match listing {
            Listing::Records(Err(fault)) => Verdict::Unread(fault.clone()),
            Listing::Records(Ok(records)) => match plan::plan_records(records, desired) {
                Err(refusal) => Verdict::Refused(refusal),
                Ok(plan) if plan.steps.is_empty() => Verdict::Satisfied(plan.notes, Vec::new()),
                Ok(plan) => Verdict::Steps(Planned {
                    effect: plan.effect(desired),
                    steps: Steps::Records(plan.steps),
                    notes: plan.notes,
                    ours: Vec::new(),
                    withdraws: desired.values.is_empty(),
                    fresh: Vec::new(),
                }),
            },
            Listing::RrSets(sets) => match sets.get(&desired.key) {
                None => Verdict::Unread(Fault::new(Class::Unexpected, "the set was not read")),
                Some(Err(fault)) => Verdict::Unread(fault.clone()),
                Some(Ok(set)) => self.plan_rrset(set, todo),
            },
            Listing::Nothing => match self.plan_push(todo.index, desired) {
                Some(planned) => Verdict::Steps(planned),
                None => Verdict::Satisfied(Vec::new(), desired.values.clone()),
            },
        }
    }

    fn plan_rrset(&self, set: &RrSet, todo: &Todo) -> Verdict {
        let memory = self.memory();
        let desired = &todo.desired;
        let ours = memory.ours(&self.place(&desired.key));
        let refresh = match &todo.tried {
            // What was just written, if it was, is fresh.
            Some((planned, _)) if !planned.refreshes() => Refresh::NotDue,
            Some(_) | None => self.shared.refresh(&self.shared.round.wanted[todo.index], &memory),
        };
        let plan = plan::plan_rrset(set, desired, &ours);
        match plan.map(|plan| plan.refreshed(set, desired, refresh)) {
            Err(refusal) => Verdict::Refused(refusal),
            Ok(plan) => match (plan.effect(), plan.step) {
                (Some(effect), Some(step)) => Verdict::Steps(Planned {
                    effect,
                    steps: Steps::RrSet(step),
                    notes: plan.notes,
                    ours: plan.ours,
                    withdraws: desired.values.is_empty(),
                    fresh: Vec::new(),
                }),
                _ => Verdict::Satisfied(plan.notes, plan.ours),
            },
        }
    }

    pub(super) fn guard(&self, index: usize, planned: &Planned) -> Result<(), guard::Refusal> {
        let memory = self.memory();
        let recent = memory.changes(&self.place(&planned.effect.key));
        let Round { wanted, limits, now, .. } = &self.shared.round;
        // To and fro between uplinks is what a list of them is for, and their hold-down is what slows it.
        let in_turn = matches!(&wanted[index].ways, Ways::InTurn(names) if names.len() > 1);
        let flap_window = if in_turn { 0 } else { limits.flap_window };
        let limits = Limits { flap_window, ..limits.clone() };
        let limits = if planned.withdraws { limits.withdrawing(wanted[index].values()) } else { limits };
        guard::check(&planned.effect, recent, *now, &limits)
    }

    async fn apply(&self, planned: &[(Todo, Planned)]) -> Vec<Applied> {
        match self.shared.adapter(self.adapter) {
            Adapter::Records(_) => {
                let changes: Vec<&[Change]> =
                    planned.iter().map(|(_, planned)| planned.steps.changes()).collect();
                let flat = changes.concat();
                if flat.is_empty() {
                    return Vec::new();
                }
                let (shared, account, zone) = self.owned();
                let work = async move { shared.records(&account).apply(&zone, &flat).await };
                let (told, rest) = match apart::one(work).await {
                    Ok(told) => (told, untold()),
                    Err(fault) => (Vec::new(), unconfirmed(fault)),
                };
                let mut results = told.into_iter().chain(std::iter::repeat_with(|| Err(rest.clone())));
                changes.iter().map(|changes| Applied::of(results.by_ref().take(changes.len()))).collect()
            }
            Adapter::RrSets(_) => {
                if let Some(results) = self.apply_together(planned).await {
                    return results;
                }
                let pieces = planned.iter().enumerate().map(|(position, (_, planned))| {
                    let step: Option<Replace> = planned.steps.replace().cloned();
                    let (shared, account, zone) = self.owned();
                    let work = async move {
                        match &step {
                            Some(step) => shared.rrsets(&account).replace(&zone, step).await,
                            None => Ok(()),
                        }
                    };
                    (position, work)
                });
                let mut results = apart::each(pieces).await;
                results.sort_by_key(|(position, _)| *position);
                let result = |result: Result<_, Fault>| result.map_err(unconfirmed).and_then(identity);
                results.into_iter().map(|(_, one)| Applied::of(std::iter::once(result(one)))).collect()
            }
            Adapter::Push(_) => unreachable!("pushed, not applied"),
        }
    }

    /// Takes all steps in one call, where the provider has such a call.
    async fn apply_together(&self, planned: &[(Todo, Planned)]) -> Option<Vec<Applied>> {
        let steps: Vec<Replace> =
            planned.iter().filter_map(|(_, planned)| planned.steps.replace().cloned()).collect();
        if steps.is_empty() {
            return None;
        }
        let (shared, account, zone) = self.owned();
        let work = async move {
            match shared.rrsets(&account).replace_all(&zone, &steps) {
                Some(told) => Some(told.await),
                None => None,
            }
        };
        let (told, rest) = match apart::one(work).await {
            Ok(told) => (told?, untold()),
            Err(fault) => (Vec::new(), unconfirmed(fault)),
        };
        let results = told.into_iter().chain(std::iter::repeat_with(|| Err(rest.clone())));
        Some(results.take(planned.len()).map(|result| Applied::of(std::iter::once(result))).collect())
    }

    fn changed(&self, todo: &Todo, planned: Planned) -> RecordEvent {
        let key = &todo.desired.key;
        self.wrote(key, &planned.ours);
        self.memory().record_change(&self.place(key), &planned.effect, self.shared.round.now);
        let mut event = self.event(todo.index, Outcome::Changed(planned.steps, planned.effect));
        event.notes = planned.notes;
        event
    }

    /// Remembers which values of a set are ours after it was read, where comments cannot say so.
    fn found(&self, key: &Key, ours: &[String]) {
        let mut sorted = ours.to_vec();
        sorted.sort();
        sorted.dedup();
        let place = self.place(key);
        // What was only intended is settled, too, now that the set has been read.
        let known = {
            let memory = self.memory();
            memory.published(&place) == Some(sorted.as_slice()) && memory.ours(&place) == sorted
        };
        if !known {
            self.wrote(key, ours);
        }
    }

    /// Remembers which values of a set are ours after it was written.
    fn wrote(&self, key: &Key, ours: &[String]) {
        let place = self.place(key);
        let mut memory = self.memory();
        let nothing = ours.is_empty() && memory.ours(&place).is_empty();
        if !nothing && self.shared.round.mode.writes() {
            memory.publish(&place, ours, self.shared.round.now);
        }
    }
}

/// What the steps of one record came to.
enum Applied {
    Done,
    Failed(Fault, Progress),
}

impl Applied {
    /// A fault to be judged by listing goes before one that is final.
    fn of(results: impl Iterator<Item = Result<(), Fault>>) -> Self {
        let (done, faults): (Vec<_>, Vec<_>) = results.partition(Result::is_ok);
        let progress = if done.is_empty() { Progress::Nothing } else { Progress::Partly };
        let faults = faults.into_iter().filter_map(Result::err);
        match faults.min_by_key(|fault| !fault.class.policy().relist) {
            Some(fault) => Self::Failed(fault, progress),
            None => Self::Done,
        }
    }
}

/// A panic while something was written: whether it was is not known, so what is there decides.
fn unconfirmed(fault: Fault) -> Fault {
    Fault { class: Class::Unconfirmed, ..fault }
}

/// The fault of a step that its adapter forgot.
fn untold() -> Fault {
    Fault::new(Class::Unconfirmed, "the adapter did not say what became of this step")
}
