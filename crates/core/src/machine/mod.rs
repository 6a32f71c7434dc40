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
//!   any ── Stop ──▶ Stopping: StopAsking, DropRound after 1.5 s ─▶ Withdraw (on_stop), 1.5 s ─▶ End
//! ```
//!
//! Nothing here writes: a [`Action::Round`] asks for addresses, and only what a quorum agreed on is written by it.

mod changes;
mod job;
mod rounds;
mod said;
mod timing;
mod view;
mod wake;

pub use said::{Action, Agreement, Cause, Ending, Event, Line, Look, Notice, Now, Report, Told, Want, Wants};
pub use timing::{Calendar, JITTER, LATE, OnStop, Regular, Timing};

use crate::random::Random;
use crate::schedule::{Debounce, Moment};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use job::Job;
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
            Event::Noticed(notice) => self.notice(notice, now),
            Event::Sighted(line, Some(address)) => {
                if self.views.is_news(&line, address, now.at, &mut self.random) {
                    self.wake.ask(Cause::Sentinel, now.at);
                }
            }
            Event::Tick | Event::Sighted(_, None) => {}
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
        [self.wake.next(), self.regular.map(|at| (at, Cause::Schedule)), retry].into_iter().flatten().min()
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
                least.max(until.saturating_add(LATE.as_secs()))
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

    fn keep_views(&mut self) {
        let lines = self.wants.records.iter().flat_map(|want| want.lines.iter().cloned());
        self.views.keep(lines);
    }
}

#[cfg(test)]
mod tests;
