//! What must be true after each step.

use dynflare_core::fault::{Again, Class};
use dynflare_core::machine::{Action, Cause, Ending, Look, Machine, Regular, Report, Told, Want};
use dynflare_core::memory::Place;
use dynflare_core::schedule::Moment;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// A burst of rounds that notices may start, and how often one more.
const BURST: usize = 6;
const SUSTAINED: Duration = Duration::from_secs(10);

/// The shortest wait after something that will not go away by itself.
const SLOW: Duration = Duration::from_secs(150);
/// The shortest wait after anything else.
const QUICK: Duration = Duration::from_millis(500);

/// What is remembered for the laws.
#[derive(Default)]
pub(crate) struct Laws {
    /// When rounds began that notices started.
    noticed: VecDeque<Moment>,
    /// Until when accounts are not to be asked.
    rests: BTreeMap<String, Moment>,
    /// When a record failed last, and how long it is left alone at least.
    failed: BTreeMap<Place, (Moment, Duration)>,
    /// Records whose account needs a human.
    pub(crate) barred: BTreeSet<Place>,
    /// Of whom somebody was told.
    told: BTreeSet<Place>,
    config_wrong: bool,
    /// When each line was last asked about by the sentinel.
    asked: BTreeMap<dynflare_core::machine::Line, Moment>,
    /// Since when a round is owed to somebody who noticed something.
    owed: Option<Moment>,
    /// A round is under way.
    pub(crate) round: bool,
    /// When the last round began for no other reason than the schedule.
    scheduled: Option<Moment>,
    stopping: Option<Moment>,
    ended: bool,
    idle_wakes: u32,
    steps: u64,
}

impl Laws {
    /// A configuration was read and is good.
    pub(crate) fn reloaded(&mut self, wants: &[Want]) {
        self.failed.clear();
        self.scheduled = None;
        self.barred.clear();
        self.told.retain(|place| wants.iter().any(|want| want.place == *place));
    }

    /// Something was noticed that must be followed by a round.
    pub(crate) fn noticed(&mut self, now: Moment) {
        self.owed.get_or_insert(now);
    }

    pub(crate) fn stop(&mut self, now: Moment) {
        self.stopping.get_or_insert(now);
    }

    /// A round came to its end.
    pub(crate) fn report(&mut self, report: &Report, wants: &[Want], (now, stopped): (Moment, bool)) {
        self.round = false;
        if self.stopping.is_some() {
            return;
        }
        for (record, ending) in &report.endings {
            let place = &wants[*record].place;
            self.failed.remove(place);
            let left_alone = match ending {
                Ending::Right | Ending::AsBefore | Ending::Changed | Ending::Absent => continue,
                Ending::NotAgreed if stopped => continue,
                Ending::NotAgreed => QUICK,
                Ending::Guarded | Ending::Refused => SLOW,
                Ending::Failed(class, wait) => {
                    if let Some(wait) = wait {
                        let until = self.rests.entry(place.account.clone()).or_default();
                        *until = (*until).max(now + *wait);
                    }
                    match class.policy().again {
                        Again::Later => QUICK,
                        Again::AfterChange => SLOW,
                        Again::AfterHuman => {
                            self.barred.insert(place.clone());
                            continue;
                        }
                    }
                }
            };
            self.failed.insert(place.clone(), (now, left_alone));
        }
    }

    /// One step: what the machine wants done.
    pub(crate) fn step(&mut self, machine: &Machine, actions: &[Action], now: Moment) {
        self.steps += 1;
        let mut told = 0;
        for action in actions {
            assert!(!self.ended, "nothing after the end: {action:?}");
            match action {
                Action::Round { records, cause } => self.begins(machine, records, *cause, now),
                Action::StopAsking => assert!(self.round, "there is a round whose asking can end"),
                Action::DropRound => {
                    assert!(self.round, "there is a round to give up");
                    self.round = false;
                }
                Action::Ask(line) => {
                    let every = machine.wants().timing.sentinel.expect("a sentinel is wanted");
                    if let Some(before) = self.asked.insert(line.clone(), now) {
                        assert!(
                            now.since(before) >= every.min(Duration::from_secs(10)),
                            "the sentinel hurries"
                        );
                    }
                }
                Action::Load => {
                    assert!(!self.round && self.stopping.is_none(), "not in the middle of something");
                }
                Action::Withdraw => assert!(self.stopping.is_some() && !self.round, "only at the end"),
                Action::End => {
                    let since = self.stopping.expect("somebody told it to end");
                    assert!(now.since(since) <= Duration::from_secs(5), "it takes its time to end");
                    self.ended = true;
                }
                Action::Tell(what) => {
                    told += 1;
                    self.tells(machine, what);
                }
            }
        }
        assert!(told <= machine.wants().records.len() + 1, "one thing is told of each");
        self.timers(machine, actions, now);
        if machine.under_way().is_none() && self.stopping.is_none() {
            self.nothing_is_forgotten(machine);
            self.everybody_is_heard(machine, now);
        }
    }

    fn begins(&mut self, machine: &Machine, records: &[(usize, Look)], cause: Cause, now: Moment) {
        assert!(!self.round, "one round at a time");
        assert!(self.stopping.is_none(), "no round after the end was asked for");
        assert!(!records.is_empty() && records.is_sorted_by(|a, b| a.0 < b.0), "{records:?}");
        self.round = true;
        self.owed = None;
        let wants = &machine.wants().records;
        for (record, look) in records {
            let place = &wants[*record].place;
            let rest = self.rests.get(&place.account).copied().unwrap_or_default();
            assert!(now >= rest, "ur 48: {cause:?} asks {place:?} {:?} before its time", now.until(rest));
            assert!(!self.barred.contains(place), "{cause:?}: {place:?} waits for a human");
            if let Some((failed, alone)) = self.failed.get(place) {
                let hurried = match cause {
                    Cause::Kick | Cause::Reload => false,
                    Cause::Retry => now.since(*failed) < *alone,
                    _ => *alone == SLOW && now.since(*failed) < SLOW,
                };
                assert!(!hurried, "{cause:?} hurries {place:?} after {:?}", now.since(*failed));
                assert_eq!(*look, Look::Always, "what failed is looked at");
            }
        }
        if let (Cause::Schedule, Regular::Every(interval)) = (cause, &machine.wants().timing.regular) {
            let early = self.scheduled.replace(now).is_some_and(|before| now.since(before) < *interval / 2);
            assert!(!early, "the schedule hurries");
        }
        if !matches!(cause, Cause::Kick | Cause::Retry | Cause::Schedule) {
            self.noticed.push_back(now);
            if self.noticed.len() > 60 {
                self.noticed.pop_front();
            }
            for (place, before) in self.noticed.iter().rev().enumerate() {
                let paid = u32::try_from((place + 1).saturating_sub(BURST)).expect("small");
                assert!(
                    now.since(*before) >= SUSTAINED * paid,
                    "{} rounds in {:?}",
                    place + 1,
                    now.since(*before)
                );
            }
        }
    }

    fn tells(&mut self, machine: &Machine, what: &Told) {
        let place = |record: &usize| machine.wants().records[*record].place.clone();
        match what {
            Told::Failing { record, .. } => {
                assert!(self.told.insert(place(record)), "an incident is told once");
            }
            Told::Refused { record } => drop(self.told.insert(place(record))),
            Told::Recovered { record, .. } => {
                assert!(self.told.remove(&place(record)), "what was not told is not over");
            }
            Told::ConfigWrong(_) => assert!(!std::mem::replace(&mut self.config_wrong, true)),
            Told::ConfigRight => assert!(std::mem::replace(&mut self.config_wrong, false)),
        }
    }

    /// One due time, which lies ahead; nothing piles up.
    fn timers(&mut self, machine: &Machine, actions: &[Action], now: Moment) {
        match machine.due() {
            Some(due) if due <= now => {
                self.idle_wakes += 1;
                assert!(
                    self.idle_wakes < 4,
                    "due at {due:?}, again and again, and it is {now:?}: {actions:?}"
                );
            }
            Some(_) => self.idle_wakes = 0,
            None => assert!(!self.round, "a round that may hang has a limit"),
        }
        if self.ended {
            assert_eq!(machine.due(), None, "nothing is due after the end");
        }
        if self.steps.is_multiple_of(4_096) {
            let size = format!("{machine:?}").len();
            let most = 2_000 + 1_000 * machine.wants().records.len();
            assert!(size <= most, "the machine grows: {size}: {machine:?}");
        }
    }

    /// Who noticed something is followed by a round, where there is a record that may be asked about.
    fn everybody_is_heard(&self, machine: &Machine, now: Moment) {
        let Some(owed) = self.owed else { return };
        let may_be_asked = |(record, want): (usize, &Want)| {
            let rest = self.rests.get(&want.place.account).copied().unwrap_or_default();
            machine.is_right(record) == Some(true) && rest <= owed
        };
        // A round that hangs, and the pace of what came before.
        let late = now.since(owed) > Duration::from_secs(900 + 100);
        let heard = !late || !machine.wants().records.iter().enumerate().any(may_be_asked);
        assert!(heard, "what was noticed at {owed:?} was not heard by {now:?}");
    }

    /// Every record is right as far as is known, waits for a human, or has its time.
    fn nothing_is_forgotten(&self, machine: &Machine) {
        for (record, want) in machine.wants().records.iter().enumerate() {
            let held = self.barred.contains(&want.place);
            let right = machine.is_right(record) == Some(true);
            let next = machine.next_round().map(|(_, cause)| cause);
            let asked_for = next.is_some_and(|cause| !matches!(cause, Cause::Schedule | Cause::Retry));
            let planned = machine.next_try(record).is_some() || asked_for || machine.due().is_none();
            assert!(right || held || planned, "{:?} is forgotten: {machine:?}", want.place);
        }
    }
}

/// The classes a provider can fail with for a while.
pub(crate) const PASSING: [Class; 3] = [Class::Unavailable, Class::Unexpected, Class::RateLimited];
/// Those that stay until somebody does something.
pub(crate) const STAYING: [Class; 4] = [Class::Denied, Class::NoSuchZone, Class::NoSuchName, Class::Invalid];
