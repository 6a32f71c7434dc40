//! Settling at a provider that shows no records: memory says what it has, and its answers say when to stop.
//!
//! There is no listing here. What was sent and not clearly answered is sent again in a later round, since sending the
//! same twice is the same as sending it once. What was refused for good is not sent again before something has changed,
//! and nothing is sent sooner than the provider wants.

use super::apart;
use super::settle::{Planned, Settling};
use super::zone::Events;
use crate::net::date;
use crate::provider::push::{About, PerCall, Push, PushLimits, Pushed, Pushing, Refused, Sent, Stands};
use crate::report::event::{Outcome, Progress, Reading, RecordEvent, Steps};
use dynflare_core::address::Family;
use dynflare_core::desired::Desired;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::memory::{Known, Memory, Place, Request};
use dynflare_core::name::Name;
use dynflare_core::plan::{self, Effect, Note, PushStep, Reason, Refresh};
use dynflare_core::record::{Key, RecordType};
use dynflare_core::stop::{Standing, Stop, Subject};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// A step on its way.
struct Due {
    index: usize,
    planned: Planned,
    step: PushStep,
    /// The request before this one.
    earlier: Option<Request>,
}

impl Settling<'_> {
    fn push(&self) -> &dyn Push {
        self.shared.push(self.adapter)
    }

    /// Settles records whose values are known.
    pub(super) async fn settle_push(&self, desired: Vec<(usize, Desired)>) -> Events {
        self.lift();
        let mut events = Events::new();
        let mut due: Vec<Due> = Vec::new();
        for (index, desired) in desired {
            match self.due(index, &desired) {
                Ok(one) => due.push(one),
                Err(event) => events.push((index, *event)),
            }
        }
        if due.is_empty() {
            return events;
        }
        for one in &mut due {
            let place = self.place(&one.step.key);
            one.earlier = self.memory().sent(&place);
            self.memory().send(&place, self.shared.round.now);
        }
        self.shared.keep().await;
        let results = self.send(&due).await;
        for (one, result) in due.into_iter().zip(results) {
            events.push((one.index, self.pushed(one, result)));
        }
        self.shared.keep().await;
        events
    }

    /// The step that a record needs and that may be taken now; else what there is to say.
    fn due(&self, index: usize, desired: &Desired) -> Result<Due, Box<RecordEvent>> {
        let say = |outcome| Box::new(self.event(index, outcome));
        let Some(planned) = self.plan_push(index, desired) else {
            let mut event = say(Outcome::Unchanged(desired.values.clone()));
            event.reading = Reading::Earlier;
            return Err(event);
        };
        let Steps::Push(step) = planned.steps.clone() else { unreachable!("planned as a push") };
        self.guard(index, &planned).map_err(|refusal| say(Outcome::Guarded(refusal)))?;
        let failed = |fault| say(Outcome::Failed(fault, Progress::Nothing));
        if let Some(fault) = self.stopped(&step.key.name) {
            return Err(failed(fault));
        }
        if !self.shared.round.mode.writes() {
            let mut event = say(Outcome::Pending(planned.steps, planned.effect));
            event.notes = planned.notes;
            return Err(event);
        }
        match self.too_soon(&step.key) {
            Some(fault) => Err(failed(fault)),
            None => Ok(Due { index, planned, step, earlier: None }),
        }
    }

    /// The step from what memory says to what is desired.
    pub(super) fn plan_push(&self, index: usize, desired: &Desired) -> Option<Planned> {
        let memory = self.memory();
        let place = self.place(&desired.key);
        let refresh = if desired.values.is_empty() {
            Refresh::NotDue
        } else {
            self.shared.refresh(&self.shared.round.wanted[index], &memory)
        };
        let unclear = memory.sent(&place).is_some_and(|sent| sent.outcome == Known::No);
        let remembered = memory.published(&place);
        let step = plan::plan_push(desired, remembered, refresh)
            .or_else(|| unclear.then(|| plan::push_again(desired, remembered)))?;
        let replaces = other_family(&desired.key).filter(|(_, key)| {
            let asked_for = self.shared.round.wanted.iter().any(|wanted| wanted.wish.key() == key);
            let whole = self.push().limits().per_call == PerCall::WholeName;
            whole
                && step.reason == Reason::First
                && !asked_for
                && beside(&memory, &self.place(key)).is_empty()
        });
        Some(Planned {
            effect: Effect::of_push(&step),
            notes: replaces.map(|(family, _)| Note::Replaces(family)).into_iter().collect(),
            withdraws: step.values.is_empty(),
            ours: Vec::new(),
            fresh: Vec::new(),
            steps: Steps::Push(step),
        })
    }

    async fn send(&self, due: &[Due]) -> Vec<Result<Pushed, Refused>> {
        let steps: Vec<Pushing> = due
            .iter()
            .map(|one| Pushing {
                zone: self.shared.round.wanted[one.index].zone.clone(),
                key: one.step.key.clone(),
                values: one.step.values.clone(),
                beside: other_family(&one.step.key)
                    .map(|(_, key)| beside(&self.memory(), &self.place(&key)))
                    .unwrap_or_default(),
            })
            .collect();
        let (shared, adapter) = (Arc::clone(self.shared), self.adapter.to_owned());
        let work = async move { shared.push(&adapter).push(&steps).await };
        let told = apart::one(work).await.unwrap_or_else(|fault| {
            let fault = Fault { class: Class::Unconfirmed, ..fault };
            due.iter().map(|_| Err(Refused::once(fault.clone()))).collect()
        });
        let rest = || Err(Refused::untold("the adapter did not say what became of this step"));
        told.into_iter().chain(std::iter::repeat_with(rest)).take(due.len()).collect()
    }

    /// What became of a step.
    fn pushed(&self, due: Due, result: Result<Pushed, Refused>) -> RecordEvent {
        let Due { index, planned, step, earlier } = due;
        let (place, now) = (self.place(&step.key), self.shared.round.now);
        let mut event = match result {
            Ok(Pushed::Unchanged) if !step.is_refresh() => {
                self.memory().publish(&place, &step.values, now);
                self.event(index, Outcome::Unchanged(step.values))
            }
            Ok(Pushed::Updated | Pushed::Unchanged) => {
                let mut memory = self.memory();
                memory.publish(&place, &step.values, now);
                memory.record_change(&place, &planned.effect, now);
                self.event(index, Outcome::Changed(planned.steps, planned.effect))
            }
            Err(refused) => {
                self.not_taken(&place, &refused, earlier);
                let fault = self.note(index, &step.key.name, refused);
                if fault.class == Class::Unconfirmed {
                    let mut event = self.event(index, Outcome::Unconfirmed(fault));
                    event.reading = Reading::Earlier;
                    event
                } else {
                    self.event(index, Outcome::Failed(fault, Progress::Nothing))
                }
            }
        };
        event.notes = planned.notes;
        event
    }

    fn not_taken(&self, place: &Place, refused: &Refused, earlier: Option<Request>) {
        let mut memory = self.memory();
        match (refused.sent, refused.fault.class) {
            (Sent::No, _) => memory.unsent(place, earlier),
            // An answer that makes no sense, or none, says nothing of what was done.
            (Sent::Yes, Class::Unconfirmed | Class::Unexpected | Class::Unavailable) => {}
            (
                Sent::Yes,
                Class::Denied
                | Class::NoSuchZone
                | Class::NoSuchName
                | Class::Invalid
                | Class::RateLimited
                | Class::Barred,
            ) => memory.refused(place, earlier),
        }
    }

    /// Remembers how long a refusal stands, and gives it as a fault that says so.
    fn note(&self, index: usize, name: &Name, refused: Refused) -> Fault {
        let Refused { fault, about, stands, sent } = refused;
        let Some(stands) = stands else { return *fault };
        let subject =
            Subject { account: self.account.to_owned(), name: (about == About::Name).then(|| name.clone()) };
        let now = self.shared.round.now;
        let until = match stands {
            Stands::UntilChanged => None,
            Stands::For(wait) => Some(now.saturating_add(wait.as_secs())),
        };
        let hint = hint(&subject, until);
        if sent == Sent::Yes {
            let salt = self.shared.round.detecting.seed;
            let mark = self.mark(salt, subject.name.is_some().then_some(index));
            let (class, what, said) = (fault.class, fault.what.clone(), fault.said.clone());
            let said = said.map(|said| said.chars().filter(|c| !c.is_control()).take(LONGEST).collect());
            self.memory().stops.put(subject, Stop { class, what, said, since: now, until, salt, mark });
        }
        match (hint, &fault.hint) {
            (Some(hint), None) => (*fault).hint(hint),
            (Some(_) | None, _) => *fault,
        }
    }

    /// Why nothing may be sent for a name.
    fn stopped(&self, name: &Name) -> Option<Fault> {
        let now = self.shared.round.now;
        let memory = self.memory();
        let (subject, stop) = memory.stops.of(self.account, name, now)?;
        let (fault, since) = (stop.fault(), date::minute(stop.since));
        Some(match stop.stands(now)? {
            Standing::UntilChanged => {
                let what = format!("{} ({since}), and nothing was sent since", fault.what);
                let hint = hint(subject, None).unwrap_or_default();
                Fault { what, ..fault }.hint(hint)
            }
            Standing::For(left) => {
                let what = format!("{} ({since}), and nothing was sent since", fault.what);
                Fault { what, ..fault }.retry_after(Some(left))
            }
        })
    }

    /// Forgets the stops of this account whose settings, or whose record, have changed.
    fn lift(&self) {
        if !self.shared.round.mode.writes() {
            return;
        }
        let wanted = &self.shared.round.wanted;
        let at = |name: &Name| {
            let fits = |index: &usize| {
                wanted[*index].account == self.account && wanted[*index].wish.key().name == *name
            };
            (0..wanted.len()).find(fits)
        };
        let stands = |subject: &Subject, stop: &Stop| {
            if subject.account != self.account {
                return true;
            }
            match &subject.name {
                None => self.mark(stop.salt, None) == stop.mark,
                // One that is not in this round is judged when it is.
                Some(name) => at(name).is_none_or(|index| self.mark(stop.salt, Some(index)) == stop.mark),
            }
        };
        self.memory().stops.retain(stands);
    }

    /// The digest of the account's settings, and where it is about one name, of what its record says beside it.
    fn mark(&self, salt: u64, record: Option<usize>) -> [u8; 3] {
        let zone = record.and_then(|index| self.shared.round.wanted[index].zone.as_ref());
        let mixed = zone.map_or(salt, |zone| {
            // FNV-1a: the salt differs where the zone differs, and nothing more is asked of it.
            zone.as_str().bytes().fold(salt ^ 0xcbf2_9ce4_8422_2325, |hash, octet| {
                (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
            })
        });
        self.push().mark(mixed)
    }

    /// A push that would come sooner after the last one than the provider wants.
    fn too_soon(&self, key: &Key) -> Option<Fault> {
        let PushLimits { cooldown, per_call, .. } = self.push().limits();
        let memory = self.memory();
        let sent = |key: &Key| memory.sent(&self.place(key)).map(|sent| sent.at);
        let together = other_family(key).filter(|_| per_call != PerCall::OneFamily);
        let last = sent(key).max(together.and_then(|(_, other)| sent(&other)))?;
        // A time that lies in the future says nothing: the clock was set back.
        let age = Duration::from_secs(self.shared.round.now.checked_sub(last)?);
        let left = cooldown.checked_sub(age).filter(|left| !left.is_zero())?;
        let what = format!(
            "the last update was {} s ago, and there have to be {} s between two; nothing was sent",
            age.as_secs(),
            cooldown.as_secs()
        );
        Some(Fault::new(Class::RateLimited, what).retry_after(Some(left)))
    }
}

/// How much of a provider's words is kept, in characters.
const LONGEST: usize = 200;

/// What ends a stop.
fn hint(subject: &Subject, until: Option<u64>) -> Option<String> {
    match (until, &subject.name) {
        (Some(_), _) => None,
        (None, None) => Some(
            "correct the settings of this account: nothing more is sent with them before they change; \
             if it was put right at the provider, say `dynflare update --retry-stopped`, or reload the daemon"
                .to_owned(),
        ),
        (None, Some(_)) => Some(
            "correct the record, or the account's settings: nothing more is sent for this name before they change; \
             if it was put right at the provider, say `dynflare update --retry-stopped`, or reload the daemon"
                .to_owned(),
        ),
    }
}

/// The same name in the other family.
fn other_family(key: &Key) -> Option<(Family, Key)> {
    let other = match key.rtype.family()? {
        Family::V4 => Family::V6,
        Family::V6 => Family::V4,
    };
    Some((other, Key { name: key.name.clone(), rtype: RecordType::from(other) }))
}

/// What memory says a place holds; nothing where it does not know.
fn beside(memory: &Memory, place: &Place) -> Vec<String> {
    memory.published(place).map(<[String]>::to_vec).unwrap_or_default()
}

impl super::Shared {
    pub(super) fn limits(&self, adapter: &str) -> Option<PushLimits> {
        self.pushes(adapter).then(|| self.push(adapter).limits())
    }

    /// Whether what is right is to be written again: as the user says, else as the provider wants.
    pub(super) fn refresh(&self, wanted: &super::Wanted, memory: &Memory) -> Refresh {
        let by_provider = self.limits(&wanted.adapter()).and_then(|limits| limits.refresh);
        let after = wanted.conditions.refresh_after.or(by_provider.map(|after| after.as_secs()));
        Refresh::of(after, memory.written(&wanted.place()), self.round.now)
    }

    /// The memory of the round.
    pub(super) fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
