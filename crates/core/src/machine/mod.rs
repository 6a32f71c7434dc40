//! The machine of the daemon: what to do next, decided without a clock, a socket or a thread.
//!
//! [`Machine::on`] takes one [`Event`] with the time and gives the [`Action`]s that follow; [`Machine::due`] says when
//! to come back at the latest. There is no other timer anywhere, so none can be forgotten.
//!
//! ```text
//!            Loaded           ┌──── a wake, the schedule or a retry is due: Round ────┐
//!   Idle ◀─────────── Loading │                                                       ▼
//!    │ ▲                 ▲    │                                                     Round ──┐
//!    │ └─────────────────┼────┴───────────────── RoundEnded, or DropRound ──────────┘  ▲    │ a wake, a changed
//!    │ the configuration │                                                             └────┘ file: StopAsking
//!    └───── changed: Load┘
//!   any ── Stop ──▶ Stopping: StopAsking, DropRound after 2.5 s ──▶ Withdraw (on_stop), 2 s ──▶ End
//! ```
//!
//! Nothing here writes: a [`Action::Round`] asks for addresses, and only what a quorum agreed on is written by it.

mod job;
mod said;
mod timing;
mod view;
mod wake;

pub use said::{Action, Agreement, Cause, Ending, Event, Line, Look, Notice, Now, Report, Told, Want, Wants};
pub use timing::{Calendar, JITTER, OnStop, Regular, Timing};

use crate::fault::Class;
use crate::memory::Place;
use crate::random::Random;
use crate::schedule::{Debounce, Moment};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use job::{Job, Turn};
use view::Views;
use wake::Wake;

/// What the daemon is at.
#[derive(Debug)]
enum Phase {
    /// Before the first event.
    New,
    Idle,
    /// A round is under way.
    Round(Running),
    /// The configuration is being read.
    Loading,
    /// The process is to end: first the round's last writes, then what `on_stop` asks for.
    Stopping(Stopping),
    Ended,
}

/// A round under way.
#[derive(Debug)]
struct Running {
    records: Vec<usize>,
    cause: Cause,
    /// When it hangs.
    until: Moment,
    stopped_asking: bool,
}

/// The last steps.
#[derive(Clone, Copy, Debug)]
enum Stopping {
    Writes(Moment),
    Deletions(Moment),
}

/// The machine.
#[derive(Debug)]
pub struct Machine {
    wants: Wants,
    jobs: Vec<Job>,
    views: Views,
    /// Accounts whose provider asked us to wait, and until when.
    rests: BTreeMap<String, Moment>,
    phase: Phase,
    wake: Wake,
    regular: Option<Moment>,
    sentinel: Option<Moment>,
    file: Debounce,
    config_wrong: bool,
    /// When everything was right last, or the start.
    fine: Option<u64>,
    started: u64,
    random: Random,
}

impl Machine {
    /// A machine that has done nothing yet. Its first event, whichever, starts the first round.
    pub fn new(wants: Wants, now: Now, seed: u64) -> Self {
        let mut machine = Self {
            jobs: wants.records.iter().map(|_| Job::new()).collect(),
            wants,
            views: Views::default(),
            rests: BTreeMap::new(),
            phase: Phase::New,
            wake: Wake::new(),
            regular: None,
            sentinel: None,
            file: Debounce::new(timing::FILE_QUIET, timing::LONGEST),
            config_wrong: false,
            fine: None,
            started: now.wall,
            random: Random::new(seed),
        };
        machine.keep_views();
        machine
    }

    /// What follows from an event.
    pub fn on(&mut self, now: Now, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        if matches!(self.phase, Phase::New) {
            self.phase = Phase::Idle;
            self.wake.ask(Cause::Start, now.at);
            self.sentinel = self.wants.timing.sentinel.map(|every| now.at + every);
            self.plan_regular(now);
        }
        match event {
            Event::Tick => {}
            Event::Noticed(notice) => self.notice(notice, now),
            Event::Sighted(line, Some(address)) => {
                if self.views.is_news(&line, address, now.at, &mut self.random) {
                    self.wake.ask(Cause::Sentinel, now.at);
                }
            }
            Event::Sighted(_, None) => {}
            Event::RoundEnded(report) => self.round_ended(&report, now, &mut actions),
            Event::ConfigChanged => self.file.note(now.at),
            Event::Loaded(loaded) => self.loaded(loaded, now, &mut actions),
            Event::Withdrawn => {
                if matches!(self.phase, Phase::Stopping(Stopping::Deletions(_))) {
                    self.end(&mut actions);
                }
            }
            Event::Stop => self.stop(now, &mut actions),
        }
        self.advance(now, &mut actions);
        actions
    }

    /// When to come back at the latest; `None` where only an event can change anything.
    pub fn due(&self) -> Option<Moment> {
        match &self.phase {
            Phase::New => Some(Moment::START),
            Phase::Idle => {
                let retries = self.jobs.iter().enumerate().filter_map(|(record, _)| self.turn(record));
                let others = [self.regular, self.sentinel, self.wake.due(), self.file.due()];
                others.into_iter().flatten().chain(retries).min()
            }
            Phase::Round(round) if round.stopped_asking => Some(round.until),
            Phase::Round(round) => {
                [Some(round.until), self.wake.due(), self.file.due()].into_iter().flatten().min()
            }
            // Whoever reads the configuration has its own limits, and always answers.
            Phase::Loading | Phase::Ended => None,
            Phase::Stopping(Stopping::Writes(until) | Stopping::Deletions(until)) => Some(*until),
        }
    }

    /// When the next round is that is planned by now, and why.
    pub fn next_round(&self) -> Option<(Moment, Cause)> {
        let retries = (0..self.jobs.len()).filter_map(|record| self.turn(record));
        let retry = retries.min().map(|at| (at, Cause::Retry));
        [self.regular.map(|at| (at, Cause::Schedule)), retry].into_iter().flatten().min()
    }

    /// When a record is tried again before the usual time; `None` where it goes with the others.
    pub fn next_try(&self, record: usize) -> Option<Moment> {
        self.turn(record)
    }

    /// How often a record failed in a row.
    pub fn failures(&self, record: usize) -> u32 {
        self.jobs.get(record).map_or(0, |job| job.failures)
    }

    /// Whether the record was right when it was looked at last; `None` before that.
    pub fn is_right(&self, record: usize) -> Option<bool> {
        self.jobs.get(record)?.right
    }

    /// When everything was right last, in seconds since 1970-01-01 UTC.
    pub fn fine(&self) -> Option<u64> {
        self.fine
    }

    /// Until when the daemon counts as healthy without another round in which everything is right, in seconds since
    /// 1970-01-01 UTC.
    pub fn healthy_until(&self) -> u64 {
        let since = self.fine.unwrap_or(self.started);
        let least = since.saturating_add(timing::HEALTHY_AT_LEAST.as_secs());
        match &self.wants.timing.regular {
            Regular::Every(interval) => {
                let spans = interval.as_secs().saturating_mul(u64::from(timing::HEALTHY_INTERVALS));
                least.max(since.saturating_add(spans))
            }
            Regular::Times(calendar) => {
                let mut until = since;
                for _ in 0..timing::HEALTHY_INTERVALS {
                    until = calendar.next(until).unwrap_or(u64::MAX);
                }
                least.max(until)
            }
            Regular::EventsOnly if self.jobs.iter().all(|job| job.right != Some(false)) => u64::MAX,
            Regular::EventsOnly => least,
        }
    }

    /// Why the round under way was started; `None` between rounds.
    pub fn under_way(&self) -> Option<Cause> {
        match &self.phase {
            Phase::Round(round) => Some(round.cause),
            Phase::New | Phase::Idle | Phase::Loading | Phase::Stopping(_) | Phase::Ended => None,
        }
    }

    /// What is wanted.
    pub fn wants(&self) -> &Wants {
        &self.wants
    }

    fn notice(&mut self, notice: Notice, now: Now) {
        let cause = match notice {
            Notice::Interfaces => Cause::Interfaces,
            Notice::Router(Some(told)) => {
                if !self.views.router_says(told, now.at, &mut self.random) {
                    return;
                }
                Cause::Router
            }
            Notice::Router(None) => Cause::Router,
            Notice::Resumed => Cause::Resumed,
            Notice::ClockSet => {
                // What a calendar says was said by the other clock.
                self.plan_regular(now);
                Cause::ClockSet
            }
            Notice::Kick => Cause::Kick,
        };
        self.wake.ask(cause, now.at);
    }

    /// Does what is due.
    fn advance(&mut self, now: Now, actions: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Round(round) if round.until <= now.at => {
                actions.push(Action::DropRound);
                let hung = Ending::Failed(Class::Unexpected, None);
                let endings = round.records.iter().map(|record| (*record, hung)).collect();
                self.round_ended(&Report { endings, agreed: Vec::new() }, now, actions);
                self.advance(now, actions);
            }
            Phase::Round(round) => {
                let file = self.file.due().is_some_and(|due| due <= now.at);
                if !round.stopped_asking && (file || self.wake.is_due(now.at)) {
                    round.stopped_asking = true;
                    actions.push(Action::StopAsking);
                }
            }
            Phase::Idle => self.idle(now, actions),
            Phase::Stopping(Stopping::Writes(until)) if *until <= now.at => {
                actions.push(Action::DropRound);
                self.take_back(now, actions);
            }
            Phase::Stopping(Stopping::Deletions(until)) if *until <= now.at => self.end(actions),
            Phase::New | Phase::Loading | Phase::Stopping(_) | Phase::Ended => {}
        }
    }

    fn idle(&mut self, now: Now, actions: &mut Vec<Action>) {
        if self.file.take(now.at) {
            self.phase = Phase::Loading;
            actions.push(Action::Load);
            return;
        }
        let regular = self.regular.is_some_and(|due| due <= now.at);
        let cause = match self.wake.take(now.at) {
            Some(cause) => Some(cause),
            None if regular => {
                self.wake.clear();
                Some(Cause::Schedule)
            }
            None => None,
        };
        let records = match cause {
            Some(cause) => self.all(cause, now.at),
            None => self.overdue(now.at),
        };
        if cause.is_some() {
            self.plan_regular(now);
        }
        if !records.is_empty() {
            let cause = cause.unwrap_or(Cause::Retry);
            self.phase = Phase::Round(Running {
                records: records.iter().map(|(record, _)| *record).collect(),
                cause,
                until: now.at + timing::ROUND_LIMIT,
                stopped_asking: false,
            });
            self.plan_sentinel(now);
            actions.push(Action::Round { records, cause });
        } else if self.sentinel.is_some_and(|due| due <= now.at) {
            self.plan_sentinel(now);
            actions.extend(self.views.0.keys().cloned().map(Action::Ask));
        }
    }

    /// The records of a round of everything.
    fn all(&self, cause: Cause, now: Moment) -> Vec<(usize, Look)> {
        let turn = |record: &usize| match self.jobs[*record].turn {
            Turn::Usual => true,
            Turn::Soon(_) => !self.rests(*record, now),
            Turn::Late(at) => !self.rests(*record, now) && (at <= now || cause == Cause::Kick),
            Turn::Never => false,
        };
        let audit = self.wants.timing.audit;
        let look = |record: usize| match cause {
            Cause::Schedule | Cause::Sentinel => self.jobs[record].look(now, audit),
            // Somebody has a reason to think that something is not right.
            Cause::Start
            | Cause::Retry
            | Cause::Interfaces
            | Cause::Router
            | Cause::Resumed
            | Cause::ClockSet
            | Cause::Reload
            | Cause::Kick => Look::Always,
        };
        (0..self.jobs.len()).filter(turn).map(|record| (record, look(record))).collect()
    }

    /// The records whose own time has come.
    fn overdue(&self, now: Moment) -> Vec<(usize, Look)> {
        let due = |record: &usize| self.turn(*record).is_some_and(|at| at <= now);
        (0..self.jobs.len()).filter(due).map(|record| (record, Look::Always)).collect()
    }

    /// A record's own time, with the rest that its provider asked for.
    fn turn(&self, record: usize) -> Option<Moment> {
        let at = match self.jobs.get(record)?.turn {
            Turn::Usual | Turn::Never => return None,
            Turn::Soon(at) | Turn::Late(at) => at,
        };
        let rest = self.rests.get(&self.wants.records[record].place.account);
        Some(rest.map_or(at, |until| at.max(*until)))
    }

    fn rests(&self, record: usize, now: Moment) -> bool {
        let account = &self.wants.records[record].place.account;
        self.rests.get(account).is_some_and(|until| now < *until)
    }

    fn plan_regular(&mut self, now: Now) {
        self.regular = match &self.wants.timing.regular {
            Regular::Every(interval) => Some(now.at + JITTER.spread(*interval, self.random.throw())),
            Regular::Times(calendar) => calendar
                .next(now.wall)
                .map(|wall| now.at + core::time::Duration::from_secs(wall.saturating_sub(now.wall).max(1))),
            Regular::EventsOnly => None,
        };
    }

    fn plan_sentinel(&mut self, now: Now) {
        self.sentinel = self.wants.timing.sentinel.map(|every| now.at + every);
    }

    fn round_ended(&mut self, report: &Report, now: Now, actions: &mut Vec<Action>) {
        if let Phase::Stopping(Stopping::Writes(_)) = self.phase {
            self.take_back(now, actions);
            return;
        }
        let Phase::Round(round) = &self.phase else { return };
        let (records, stopped) = (round.records.clone(), round.stopped_asking);
        self.phase = Phase::Idle;
        for (line, agreement) in &report.agreed {
            self.views.agreed(line, *agreement);
        }
        self.rests.retain(|_, until| now.at < *until);
        for record in records {
            let told = report.endings.iter().find(|(ended, _)| *ended == record);
            // What a report forgets was not done.
            let ending = told.map_or(Ending::Failed(Class::Unexpected, None), |(_, ending)| *ending);
            if let Ending::Failed(_, Some(wait)) = ending {
                let account = self.wants.records[record].place.account.clone();
                let until = self.rests.entry(account).or_insert(now.at);
                *until = (*until).max(now.at + wait);
            }
            let job = &mut self.jobs[record];
            if stopped && ending == Ending::NotAgreed {
                job.cut_off(now);
                continue;
            }
            let news = job.ended(ending, now, self.wants.timing.failing_after, &mut self.random);
            actions.extend(news.map(|news| Action::Tell(told_of(record, news))));
        }
        if self.jobs.iter().all(|job| job.right == Some(true)) {
            self.fine = Some(now.wall);
        }
    }

    fn loaded(&mut self, loaded: Result<Box<Wants>, String>, now: Now, actions: &mut Vec<Action>) {
        if !matches!(self.phase, Phase::Loading) {
            return;
        }
        self.phase = Phase::Idle;
        match loaded {
            Err(why) => {
                if !core::mem::replace(&mut self.config_wrong, true) {
                    actions.push(Action::Tell(Told::ConfigWrong(why)));
                }
            }
            Ok(wants) => {
                if core::mem::take(&mut self.config_wrong) {
                    actions.push(Action::Tell(Told::ConfigRight));
                }
                let before = core::mem::replace(&mut self.wants, *wants);
                let places = before.records.into_iter().map(|want| want.place);
                let mut known: BTreeMap<Place, Job> = places.zip(core::mem::take(&mut self.jobs)).collect();
                let carried = |want: &Want| known.remove(&want.place).map_or_else(Job::new, Job::afresh);
                self.jobs = self.wants.records.iter().map(carried).collect();
                self.keep_views();
                self.plan_regular(now);
                self.plan_sentinel(now);
                self.wake.ask(Cause::Reload, now.at);
            }
        }
    }

    fn keep_views(&mut self) {
        let lines = self.wants.records.iter().flat_map(|want| want.lines.iter().cloned());
        self.views.keep(lines);
    }

    fn stop(&mut self, now: Now, actions: &mut Vec<Action>) {
        match self.phase {
            Phase::Round(_) => {
                self.phase = Phase::Stopping(Stopping::Writes(now.at + timing::LAST_WRITES));
                actions.push(Action::StopAsking);
            }
            Phase::New | Phase::Idle | Phase::Loading => self.take_back(now, actions),
            Phase::Stopping(_) | Phase::Ended => {}
        }
    }

    fn take_back(&mut self, now: Now, actions: &mut Vec<Action>) {
        match self.wants.timing.on_stop {
            OnStop::Keep => self.end(actions),
            OnStop::Delete => {
                self.phase = Phase::Stopping(Stopping::Deletions(now.at + timing::LAST_DELETIONS));
                actions.push(Action::Withdraw);
            }
        }
    }

    fn end(&mut self, actions: &mut Vec<Action>) {
        self.phase = Phase::Ended;
        actions.push(Action::End);
    }
}

fn told_of(record: usize, news: job::News) -> Told {
    match news {
        job::News::Failing { times, since } => Told::Failing { record, times, since },
        job::News::Refused => Told::Refused { record },
        job::News::Recovered { since } => Told::Recovered { record, since },
    }
}
