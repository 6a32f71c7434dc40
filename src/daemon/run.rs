//! The loop: waits for what happens, tells the machine, and does what it says.
//!
//! Nothing is decided here. A round, a confirmation, a sentinel's question and a reading of the configuration are each
//! a task of their own, so that the loop always turns.

use super::calendar::Schedule;
use super::clock::Clock;
use super::confirming;
use super::ledger::Ledger;
use super::parts::{Loading, Parts, Pulse};
use super::translate;
use super::trigger::{self, Cause as Reason, Sentinel, Trigger};
use crate::config::Settings;
use crate::confirm::{Confirming, Options};
use crate::keeper::Keeper;
use crate::provider::Budgets;
use crate::report::clean::Cleaner;
use crate::report::event::{Event as Said, RecordEvent};
use crate::report::news::{News, What};
use crate::report::status::{Confirmation, RoundStatus, Status, TriggerStatus};
use crate::report::words::counted;
use crate::round::{Finished, Interrupt, Interrupter, Keep, Mode, Round};
use crate::setup::{self, Ready};
use dynflare_core::machine::{Action, Cause, Event, Line, Look, Machine, Notice, Report, Told};
use dynflare_core::memory::{Memory, Place};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

/// A round under way.
struct Running {
    task: JoinHandle<Finished>,
    interrupter: Interrupter,
    /// The records, by their place, in the order of the round's.
    records: Vec<usize>,
    cause: Cause,
    began: Instant,
}

/// What the tasks beside the round come to.
enum Beside {
    Loaded(Box<Loading>),
    Sighted(Line, Option<IpAddr>),
    Confirming(Place, Confirmation),
    Withdrawn(Option<Box<Finished>>),
}

/// What woke the loop.
enum Woken {
    Happened(Event),
    Ended(Result<Finished, JoinError>),
    Beside(Beside),
    Watching,
    Beating,
}

/// The daemon at work.
pub(super) struct Daemon {
    pub(super) parts: Parts,
    pub(super) settings: Settings,
    pub(super) cleaner: Cleaner,
    ready: Ready,
    sentinel: Arc<Sentinel>,
    budgets: Budgets,
    machine: Machine,
    clock: Clock,
    ledger: Ledger,
    pub(super) memory: Memory,
    lifts: bool,
    running: Option<Running>,
    /// What became of records, until it is known when they are tried again.
    untold: Vec<(usize, RecordEvent)>,
    beside: JoinSet<()>,
    told: mpsc::UnboundedSender<Beside>,
    heard: mpsc::UnboundedReceiver<Beside>,
    snapshot: watch::Sender<Arc<Status>>,
}

impl Daemon {
    /// Gets ready; nothing is asked yet.
    pub(super) fn new(settings: Settings, mut parts: Parts) -> (Self, watch::Receiver<Arc<Status>>) {
        let budgets = Budgets::new();
        let ready = Ready::new(&settings, &budgets);
        let sentinel = Arc::new(sentinel(&settings, &ready));
        let clock = Clock::start(parts.wall);
        let now = clock.now();
        let machine = Machine::new(translate::wants(&settings, &ready.wanted), now, parts.seed);
        let mut ledger = Ledger::new(now.wall);
        ledger.turn_to(&ready.wanted, now.wall);
        ledger.interval = interval(&settings);
        let memory = std::mem::take(&mut parts.memory);
        let (told, heard) = mpsc::unbounded_channel();
        let status = ledger.status(&machine, now);
        let (snapshot, receiver) = watch::channel(status);
        let daemon = Self {
            parts,
            cleaner: Cleaner::new(settings.secrets()),
            settings,
            ready,
            sentinel,
            budgets,
            machine,
            clock,
            ledger,
            memory,
            lifts: false,
            running: None,
            untold: Vec::new(),
            beside: JoinSet::new(),
            told,
            heard,
            snapshot,
        };
        (daemon, receiver)
    }

    /// Runs until it is told to end.
    pub(super) async fn run(mut self) {
        let mut event = Event::Tick;
        let (version, records) = (env!("CARGO_PKG_VERSION"), counted(self.ready.wanted.len(), "record"));
        self.say(&Said::Notice(format!("dynflare {version} keeps {records} right until it is told to end")));
        loop {
            let ended = matches!(event, Event::RoundEnded(_));
            let actions = self.machine.on(self.clock.now(), event);
            self.say_untold();
            for action in actions {
                if action == Action::End {
                    self.save();
                    return;
                }
                self.perform(action);
            }
            self.publish();
            if ended {
                let status = self.snapshot.borrow().clone();
                (self.parts.pulse)(&Pulse::Ended(status));
            }
            event = self.next().await;
        }
    }

    /// Waits for the next event.
    async fn next(&mut self) -> Event {
        loop {
            while self.beside.try_join_next().is_some() {}
            let due = self.machine.due().map(|due| self.clock.instant(due));
            let woken = tokio::select! {
                biased;
                () = self.parts.service.beat() => Woken::Beating,
                trigger = self.parts.triggers.recv() => Woken::Happened(self.triggered(trigger.as_ref())),
                Some(beside) = self.heard.recv() => Woken::Beside(beside),
                ended = ended(&mut self.running) => Woken::Ended(ended),
                () = changed(&mut self.parts.watching) => Woken::Watching,
                () = at(due) => Woken::Happened(Event::Tick),
            };
            match woken {
                Woken::Happened(event) => return event,
                Woken::Ended(ended) => return Event::RoundEnded(self.round_ended(ended)),
                Woken::Beside(Beside::Loaded(loading)) => return self.loaded(*loading),
                Woken::Beside(Beside::Sighted(line, address)) => return Event::Sighted(line, address),
                Woken::Beside(Beside::Withdrawn(finished)) => {
                    self.withdrawn(finished);
                    return Event::Withdrawn;
                }
                Woken::Beside(Beside::Confirming(place, confirmation)) => {
                    self.ledger.confirmed(&place, confirmation);
                    self.publish();
                }
                Woken::Beating => self.parts.service.alive(),
                Woken::Watching => {
                    self.note_watching();
                    self.publish();
                }
            }
        }
    }

    fn triggered(&mut self, trigger: Option<&Trigger>) -> Event {
        let now = self.clock.now().wall;
        if let Some(name) = trigger.and_then(Trigger::name) {
            let status = self.trigger_status(name.as_str());
            (status.fired, status.last) = (status.fired + 1, Some(now));
        }
        match trigger {
            Some(Trigger::Interfaces) => Event::Noticed(Notice::Interfaces),
            Some(Trigger::Router(address)) => Event::Noticed(Notice::Router(*address)),
            Some(Trigger::Resumed) => Event::Noticed(Notice::Resumed),
            Some(Trigger::ClockSet) => Event::Noticed(Notice::ClockSet),
            Some(Trigger::Kick) => Event::Noticed(Notice::Kick),
            Some(Trigger::Reload(reason)) => {
                // Files may change by themselves.
                self.lifts |= *reason == Reason::Asked;
                Event::ConfigChanged
            }
            // Nobody is left who could tell it to end.
            Some(Trigger::Stop) | None => {
                self.parts.service.stopping();
                self.say(&Said::Notice("ending".to_owned()));
                Event::Stop
            }
        }
    }

    fn trigger_status(&mut self, name: &'static str) -> &mut TriggerStatus {
        let new = || TriggerStatus { name: name.to_owned(), watching: true, ..TriggerStatus::default() };
        self.ledger.triggers.entry(name).or_insert_with(new)
    }

    fn note_watching(&mut self) {
        let states = self.parts.watching.borrow_and_update().clone();
        for (name, state) in states {
            let shown = self.trigger_status(name.as_str());
            shown.watching = state.is_ok();
            shown.why = state.err();
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Round { records, cause } => self.start(records, cause),
            Action::StopAsking => {
                if let Some(running) = &self.running {
                    running.interrupter.interrupt();
                }
            }
            Action::DropRound => {
                if let Some(running) = self.running.take() {
                    running.task.abort();
                }
            }
            Action::Ask(line) => self.ask(line),
            Action::Load => self.load(),
            Action::Withdraw => self.withdraw(),
            Action::Tell(told) => self.tell(&told),
            Action::End => {}
        }
    }

    fn start(&mut self, records: Vec<(usize, Look)>, cause: Cause) {
        let wanted = records.iter().map(|(record, look)| {
            let mut wanted = self.ready.wanted[*record].clone();
            wanted.settled = match look {
                Look::IfChanged => self.ledger.settled(*record),
                Look::Always => None,
            };
            wanted
        });
        let wanted = wanted.collect();
        if std::mem::take(&mut self.lifts) {
            self.memory.stops.lift_lasting();
        }
        let mut round = self.ready.round(&self.settings, wanted, self.memory.clone(), Mode::Apply);
        (self.parts.pulse)(&Pulse::Began);
        let (interrupter, interrupt) = Interrupt::new();
        round.interrupt = interrupt;
        round.keeper = self.keeper();
        let task = tokio::spawn(self.parts.hands.round(round, cause));
        let records = records.into_iter().map(|(record, _)| record).collect();
        self.running = Some(Running { task, interrupter, records, cause, began: Instant::now() });
    }

    fn round_ended(&mut self, ended: Result<Finished, JoinError>) -> Report {
        let Some(running) = self.running.take() else { return Report::default() };
        let now = self.clock.now().wall;
        // A round that broke off reports nothing, and the machine knows what that means.
        let Ok(finished) = ended else {
            // What it had in mind to write is known from what was kept.
            self.memory =
                self.parts.keeper.as_ref().and_then(Keeper::last).unwrap_or_else(|| self.memory.clone());
            return Report::default();
        };
        self.memory = finished.memory;
        self.save_changes();
        let mut report = Report::default();
        for heard in &finished.detections {
            self.ledger.heard(heard, now, &self.cleaner);
            report.agreed.extend(translate::agreement(heard));
        }
        for opened in &finished.opened {
            let text = crate::report::tracks::opened(opened, &self.cleaner);
            self.say(&Said::Notice(text));
        }
        for (record, event) in running.records.iter().zip(finished.records) {
            report.endings.push((*record, translate::ending(&event)));
            if self.ledger.note(*record, &event, now, &self.cleaner) {
                if let Some(news) = News::of_change(&event, now, &self.cleaner) {
                    self.spread(&news);
                    self.confirm(&event);
                }
                self.untold.push((*record, event));
            }
        }
        let fine = report.endings.iter().all(|(_, ending)| ending.is_right());
        let took_ms = u64::try_from(running.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let cause = running.cause.as_str().to_owned();
        self.ledger.counters.rounds += 1;
        self.ledger.counters.add_round(took_ms);
        self.ledger.counters.rounds_failed += u64::from(!fine);
        self.ledger.round = Some(RoundStatus { at: now, took_ms, cause, fine });
        report
    }

    fn load(&mut self) {
        self.parts.service.reloading();
        let (load, told) = (Arc::clone(&self.parts.load), self.told.clone());
        let loading = self.parts.hands.load(load);
        self.beside.spawn(async move {
            let _ended = told.send(Beside::Loaded(Box::new(loading.await)));
        });
    }

    fn loaded(&mut self, loading: Loading) -> Event {
        self.parts.service.ready();
        match loading {
            Err(why) => {
                self.ledger.config_mistake = Some(why.clone());
                Event::Loaded(Err(why))
            }
            Ok((settings, notices)) => {
                self.ledger.config_mistake = None;
                self.cleaner = Cleaner::new(settings.secrets());
                (self.parts.turn_to)(&settings);
                for notice in notices {
                    self.say(&Said::Notice(notice));
                }
                self.ready = Ready::new(&settings, &self.budgets);
                self.sentinel = Arc::new(sentinel(&settings, &self.ready));
                self.settings = settings;
                let now = self.clock.now().wall;
                self.ledger.turn_to(&self.ready.wanted, now);
                self.ledger.interval = interval(&self.settings);
                self.say(&Said::Notice("the configuration was read again".to_owned()));
                Event::Loaded(Ok(Box::new(translate::wants(&self.settings, &self.ready.wanted))))
            }
        }
    }

    fn ask(&mut self, line: Line) {
        let asking = self.parts.hands.ask(Arc::clone(&self.sentinel), line.clone());
        let told = self.told.clone();
        self.beside.spawn(async move {
            let _ended = told.send(Beside::Sighted(line, asking.await));
        });
    }

    fn withdraw(&mut self) {
        let wanted = self.ready.wanted.clone();
        let round = self.ready.round(&self.settings, wanted, self.memory.clone(), Mode::Apply).at_stop();
        let keeper = self.keeper();
        let task = round.map(|round| self.parts.hands.withdraw(Round { keeper, ..round }));
        let told = self.told.clone();
        self.beside.spawn(async move {
            let finished = match task {
                Some(task) => Some(Box::new(task.await)),
                None => None,
            };
            let _ended = told.send(Beside::Withdrawn(finished));
        });
    }

    fn withdrawn(&mut self, finished: Option<Box<Finished>>) {
        let Some(finished) = finished else { return };
        self.memory = finished.memory;
        let now = self.clock.now().wall;
        for event in finished.records {
            if let Some(news) = News::of_change(&event, now, &self.cleaner) {
                self.spread(&news);
            }
            self.say_record(event);
        }
    }

    fn confirm(&mut self, event: &RecordEvent) {
        let Some((place, question)) = confirming::question(&self.settings, event) else { return };
        match question {
            Err(confirmation) => self.ledger.confirmed(&place, confirmation),
            Ok(question) => {
                let options = Options {
                    deadline: self.settings.confirm_deadline.value,
                    ..self.parts.confirming.clone()
                };
                let confirming = Confirming::new(self.ready.network().clone(), options);
                let told = self.told.clone();
                self.beside.spawn(async move {
                    let so_far = |confirmation: &Confirmation| {
                        let _ended = told.send(Beside::Confirming(place.clone(), confirmation.clone()));
                    };
                    let confirmation = confirming.confirm(question, so_far).await;
                    let _ended = told.send(Beside::Confirming(place.clone(), confirmation));
                });
            }
        }
    }

    /// Tells what the machine says is to be told.
    fn tell(&mut self, told: &Told) {
        let at = self.clock.now().wall;
        let (record, what) = match told {
            Told::Failing { record, times, since } => {
                let cause = self.ledger.cause(*record);
                (Some(*record), What::Failing { times: *times, since: *since, cause })
            }
            Told::Refused { record } => (Some(*record), What::Refused { cause: self.ledger.cause(*record) }),
            Told::Recovered { record, since } => (Some(*record), What::Recovered { since: *since }),
            Told::ConfigWrong(why) => (None, What::Config { cause: why.clone() }),
            Told::ConfigRight => (None, What::ConfigRight),
        };
        let record = record.map(|record| self.ledger.subject(record));
        let news = News { at, record, what, ballots: Vec::new() };
        self.say(&Said::News(Box::new(news.clone())));
        self.spread(&news);
    }

    fn say(&self, event: &Said) {
        (self.parts.say)(event, &self.cleaner);
    }

    fn say_untold(&mut self) {
        let now = self.clock.now();
        for (record, mut event) in std::mem::take(&mut self.untold) {
            let next = self.machine.next_try(record);
            event.next_try = next.map(|moment| now.at.until(moment).as_secs().max(1));
            self.say_record(event);
        }
    }

    fn say_record(&self, event: RecordEvent) {
        self.say(&Said::Record(Box::new(event)));
    }

    fn spread(&mut self, news: &News) {
        (self.parts.spread)(news, &self.cleaner);
    }

    fn keeper(&self) -> Option<Arc<dyn Keep>> {
        self.parts.keeper.clone().map(|keeper| Arc::new(keeper) as Arc<dyn Keep>)
    }

    /// Keeps what a later process needs to know, if that is more than was kept.
    fn save_changes(&mut self) {
        let news = self.parts.keeper.as_ref().is_some_and(|keeper| !keeper.decides_as(&self.memory));
        if news {
            self.save();
        }
    }

    fn save(&mut self) {
        if let Some(warning) = self.parts.keeper.as_ref().and_then(|keeper| keeper.finish(&self.memory)) {
            self.say(&Said::Notice(warning.to_string()));
        }
    }

    /// Gives the snapshot to whoever shows it.
    fn publish(&mut self) {
        self.ledger.counters.notifications = (self.parts.notified)();
        self.ledger.counters.requests = self.budgets.sent();
        let status = self.ledger.status(&self.machine, self.clock.now());
        self.parts.service.turned(&status);
        self.snapshot.send_replace(status);
    }
}

/// Waits for the end of the round, for ever where there is none.
async fn ended(running: &mut Option<Running>) -> Result<Finished, JoinError> {
    match running {
        Some(running) => (&mut running.task).await,
        None => std::future::pending().await,
    }
}

/// Waits until a trigger begins to watch or stops; for ever once nobody tells.
async fn changed(watching: &mut watch::Receiver<super::trigger::States>) {
    if watching.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The usual time between rounds, in seconds.
fn interval(settings: &Settings) -> Option<u64> {
    match settings.schedule.value {
        Schedule::Every(interval) => Some(interval.as_secs()),
        Schedule::Times(_) | Schedule::EventsOnly => None,
    }
}

/// Who is asked between rounds.
fn sentinel(settings: &Settings, ready: &Ready) -> Sentinel {
    let mut detecting = setup::detecting(settings, ready.network(), &Memory::default());
    detecting.sources = trigger::sentinel::sources(&settings.pool, settings.privacy.value).into();
    Sentinel::new(&detecting)
}
