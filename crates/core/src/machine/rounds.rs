//! Rounds: when one is due, which records it is about, and what follows from how it ended.

use super::job::{News, Turn};
use super::said::{Action, Cause, Ending, Look, Notice, Now, Report, Told};
use super::timing::{self, JITTER, LATE, Regular};
use super::{Machine, Phase, Running, Stopping};
use crate::fault::Class;
use crate::schedule::{Jitter, Moment};
use alloc::vec::Vec;
use core::time::Duration;

impl Machine {
    /// Something was noticed: perhaps a reason for a round.
    pub(super) fn notice(&mut self, notice: Notice, now: Now) {
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
    pub(super) fn advance(&mut self, now: Now, actions: &mut Vec<Action>) {
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
                self.take_back(now.at + timing::LAST_DELETIONS, actions);
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
            self.postpone(now.at);
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
            Turn::Usual | Turn::Soon(_) => !self.rests(*record, now),
            Turn::Late(at) => !self.rests(*record, now) && (at <= now || cause == Cause::Kick),
            Turn::Never => false,
        };
        let audit = self.wants.timing.audit;
        let look = |record: usize| match cause {
            Cause::Schedule => self.jobs[record].look(now, audit),
            // Somebody has a reason to think that something is not right.
            Cause::Start
            | Cause::Retry
            | Cause::Sentinel
            | Cause::Interfaces
            | Cause::Router
            | Cause::Resumed
            | Cause::ClockSet
            | Cause::Reload
            | Cause::Kick => Look::Always,
        };
        (0..self.jobs.len()).filter(turn).map(|record| (record, look(record))).collect()
    }

    /// Records that a round of everything passes over, because their provider wants no request, have their turn when it
    /// does.
    fn postpone(&mut self, now: Moment) {
        for record in 0..self.jobs.len() {
            if self.jobs[record].turn == Turn::Usual && self.rests(record, now) {
                self.jobs[record].turn = Turn::Soon(now);
            }
        }
    }

    /// The records whose own time has come.
    fn overdue(&self, now: Moment) -> Vec<(usize, Look)> {
        let due = |record: &usize| self.turn(*record).is_some_and(|at| at <= now);
        (0..self.jobs.len()).filter(due).map(|record| (record, Look::Always)).collect()
    }

    /// A record's own time, with the rest that its provider asked for.
    pub(super) fn turn(&self, record: usize) -> Option<Moment> {
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

    pub(super) fn plan_regular(&mut self, now: Now) {
        self.regular = match &self.wants.timing.regular {
            Regular::Every(interval) => Some(now.at + JITTER.spread(*interval, self.random.throw())),
            Regular::Times(calendar) => {
                let late = Jitter::late(LATE, self.random.throw());
                let wait = |wall: u64| Duration::from_secs(wall.saturating_sub(now.wall).max(1));
                calendar.next(now.wall).map(|wall| now.at + wait(wall) + late)
            }
            Regular::EventsOnly => None,
        };
    }

    pub(super) fn plan_sentinel(&mut self, now: Now) {
        self.sentinel = self.wants.timing.sentinel.map(|every| now.at + every);
    }

    pub(super) fn round_ended(&mut self, report: &Report, now: Now, actions: &mut Vec<Action>) {
        if let Phase::Stopping(Stopping::Writes(_)) = self.phase {
            self.take_back(now.at + timing::LAST_DELETIONS, actions);
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
}

fn told_of(record: usize, news: News) -> Told {
    match news {
        News::Failing { times, since } => Told::Failing { record, times, since },
        News::Refused => Told::Refused { record },
        News::Recovered { since } => Told::Recovered { record, since },
    }
}
