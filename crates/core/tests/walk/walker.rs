//! One walk: the machine, the world around it, and what happens next.

mod healing;

use crate::laws::{Laws, PASSING, STAYING};
use crate::world::{Mood, Voice, When, World, line};
use dynflare_core::address::Family;
use dynflare_core::fault::Class;
use dynflare_core::machine::{
    Action, Calendar, Ending, Event, Line, Look, Machine, Notice, Now, OnStop, Regular, Timing, Want, Wants,
};
use dynflare_core::memory::Place;
use dynflare_core::name::Name;
use dynflare_core::random::Random;
use dynflare_core::record::{Key, RecordType};
use dynflare_core::schedule::Moment;
use std::collections::BTreeMap;
use std::time::Duration;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Hours between rounds, few faults a day: many days in little time.
    Calm,
    /// The intervals of the default configuration.
    Default,
    /// Something happens every few minutes.
    Wild,
}

/// What happens by itself.
#[derive(Debug)]
enum Happening {
    RoundEnds,
    Sighted(Line),
    Noticed(Notice),
    Loaded,
    Withdrawn,
    /// Something goes wrong, or somebody does something.
    Turn,
    /// Everything works again, and nobody says so.
    Mend,
    /// Everything works again, and nothing else goes wrong until all is right.
    Heal,
    /// By now everything must be right.
    Converged,
}

/// Once a day, a minute after midnight.
#[derive(Debug)]
struct Daily;

impl Calendar for Daily {
    fn next(&self, after: u64) -> Option<u64> {
        Some((after + 86_400 - 60) / 86_400 * 86_400 + 60).filter(|next| *next > after)
    }
}

/// A round under way.
struct Running {
    records: Vec<(usize, Look)>,
    /// Its asking was ended.
    stopped: bool,
    began: u64,
}

pub(crate) struct Walker {
    habit: Habit,
    machine: Machine,
    world: World,
    laws: Laws,
    dice: Random,
    at: u64,
    /// How far the clock on the wall is from the machine's, in seconds.
    wall: u64,
    agenda: BTreeMap<(u64, u64), Happening>,
    entries: u64,
    round: Option<Running>,
    /// When the walk ends: it is told to stop.
    stop: u64,
    /// Since when faults are over, while the world waits for the machine.
    healed: Option<u64>,
    ended: bool,
}

impl Walker {
    pub(crate) fn new(habit: Habit, seed: u64) -> Self {
        let mut dice = Random::new(seed);
        let wants = wants(habit, &mut dice);
        let start = 1_750_000_000;
        let accounts: Vec<String> = ACCOUNTS.map(str::to_owned).to_vec();
        let mut world = World::new(&accounts);
        world.wish(&wants.records, &mut dice);
        let now = Now { at: Moment::START, wall: start };
        Self {
            habit,
            machine: Machine::new(wants, now, seed),
            world,
            laws: Laws::default(),
            dice,
            at: 0,
            wall: start,
            agenda: BTreeMap::new(),
            entries: 0,
            round: None,
            stop: 0,
            healed: None,
            ended: false,
        }
    }

    pub(crate) fn walk(mut self, days: u64) {
        self.stop = days * DAY + self.dice.below(HOUR);
        self.plan(0, Happening::Turn);
        let mut stopped = false;
        while !self.ended {
            let due = self.machine.due().map_or(u64::MAX, Moment::millis);
            let next = self.agenda.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
            if !stopped && self.stop <= due.min(next) {
                stopped = true;
                self.at = self.at.max(self.stop);
                if self.dice.chance(1, 2) {
                    // In the middle of something.
                    self.on(Event::Noticed(Notice::Kick));
                    self.at += self.dice.below(200);
                    if self.dice.chance(1, 2) {
                        // What is being written takes long.
                        self.agenda.retain(|_, happening| !matches!(happening, Happening::RoundEnds));
                    }
                }
                self.laws.stop(Moment::from_millis(self.at));
                self.on(Event::Stop);
                continue;
            }
            assert!(due.min(next) < u64::MAX, "the walk stands still");
            if next <= due {
                let (_, happening) = self.agenda.pop_first().expect("there is one");
                self.at = self.at.max(next);
                self.happens(happening, stopped);
            } else {
                // Timers are a little late.
                self.at = self.at.max(due) + self.dice.below(3);
                self.on(Event::Tick);
            }
        }
    }

    fn plan(&mut self, after: u64, happening: Happening) {
        self.entries += 1;
        self.agenda.insert((self.at + after, self.entries), happening);
    }

    fn now(&self) -> Now {
        Now { at: Moment::from_millis(self.at), wall: self.wall + self.at / 1_000 }
    }

    fn on(&mut self, event: Event) {
        if let Event::Noticed(Notice::Interfaces | Notice::Resumed | Notice::ClockSet | Notice::Kick) = event
        {
            self.laws.noticed(Moment::from_millis(self.at));
        }
        let actions = self.machine.on(self.now(), event);
        self.laws.step(&self.machine, &actions, Moment::from_millis(self.at));
        for action in actions {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Round { records, .. } => {
                self.world.begin();
                self.round = Some(Running { records, stopped: false, began: self.at });
                // One in a few thousand never comes back.
                if self.healed.is_some() || !self.dice.chance(1, 3_000) {
                    let lasts =
                        100 + self.dice.below(if self.dice.clone().chance(1, 20) { 60_000 } else { 3_000 });
                    self.plan(lasts, Happening::RoundEnds);
                }
            }
            Action::StopAsking => {
                if let Some(round) = &mut self.round {
                    round.stopped = true;
                }
            }
            Action::DropRound => {
                self.round = None;
                self.agenda.retain(|_, happening| !matches!(happening, Happening::RoundEnds));
            }
            Action::Ask(line) => {
                let after = 20 + self.dice.below(3_000);
                self.plan(after, Happening::Sighted(line));
            }
            Action::Load => self.plan(5, Happening::Loaded),
            Action::Withdraw => {
                let after = self.dice.below(4_000);
                self.plan(after, Happening::Withdrawn);
            }
            Action::Tell(_) => {}
            Action::End => self.ended = true,
        }
    }

    fn happens(&mut self, happening: Happening, stopped: bool) {
        match happening {
            Happening::RoundEnds => self.round_ends(),
            Happening::Sighted(line) => {
                let told = self.world.witness(&line);
                self.on(Event::Sighted(line, told));
            }
            Happening::Noticed(notice) => self.on(Event::Noticed(notice)),
            Happening::Loaded => self.loaded(),
            Happening::Withdrawn => self.on(Event::Withdrawn),
            Happening::Turn if stopped => {}
            Happening::Turn => self.turn(),
            Happening::Mend => self.world.heal(),
            Happening::Heal => self.heal(),
            Happening::Converged => self.converged(),
        }
    }

    fn round_ends(&mut self) {
        let Some(Running { records, stopped, began }) = self.round.take() else { return };
        let wants = &self.machine.wants().records;
        let Now { at, wall } = self.now();
        let healed = self.healed.is_some_and(|healed| healed <= began);
        let when = When { at, wall, stopped, healed: self.healed.is_some() };
        let report = self.world.round(&records, wants, when, &mut self.dice);
        self.laws.report(&report, wants, (at, stopped));
        if healed && !stopped {
            self.one_round_is_enough(&report);
        }
        self.on(Event::RoundEnded(report));
    }

    fn loaded(&mut self) {
        if self.healed.is_none() && self.dice.chance(1, 3) {
            self.on(Event::Loaded(Err("it cannot be read".to_owned())));
            return;
        }
        let wants = wants(self.habit, &mut self.dice);
        self.laws.reloaded(&wants.records);
        if self.healed.is_some() && matches!(wants.timing.regular, Regular::EventsOnly) {
            self.addresses_come_back();
        }
        self.world.wish(&wants.records, &mut self.dice);
        self.on(Event::Loaded(Ok(Box::new(wants))));
        if self.healed.is_some() {
            // Everything counts from here.
            self.agenda.retain(|_, happening| !matches!(happening, Happening::Converged));
            self.waits();
        }
    }

    /// Something goes wrong, or somebody does something.
    fn turn(&mut self) {
        let pause = match self.habit {
            Habit::Calm => 8 * HOUR,
            Habit::Default => 2 * HOUR,
            Habit::Wild => 4 * MINUTE,
        };
        if self.dice.chance(1, if self.habit == Habit::Wild { 200 } else { 8 }) {
            let after = self.dice.below(pause);
            self.plan(after, Happening::Heal);
            return;
        }
        let after = 1 + self.dice.below(2 * pause);
        self.plan(after, Happening::Turn);
        if self.habit == Habit::Calm {
            let after = self.dice.below(20 * MINUTE);
            self.plan(after, Happening::Mend);
        }
        let family = if self.dice.chance(1, 2) { Family::V4 } else { Family::V6 };
        let at = line(family);
        match self.dice.below(18) {
            0 | 1 => {
                self.world.renumber(&at);
                self.told_of_change(&at);
            }
            2 => self.sources(&at),
            3 => self.world.sides.get_mut(&at).expect("a line").witness = self.voice(),
            4 => self.world.offline = true,
            5 => {
                self.world.offline = false;
                self.on(Event::Noticed(Notice::Interfaces));
            }
            6 | 7 => self.provider(),
            8 => {
                // Asleep: the machine's clock stands still.
                self.wall += self.dice.below(12 * 3_600);
                self.on(Event::Noticed(Notice::Resumed));
            }
            9 => {
                let years = 10 * 365 * 86_400;
                self.wall = if self.dice.chance(1, 2) {
                    self.wall + self.dice.below(years)
                } else {
                    self.wall.saturating_sub(self.dice.below(years))
                };
                self.on(Event::Noticed(Notice::ClockSet));
            }
            10 => self.on(Event::ConfigChanged),
            11 => self.flood(Notice::Kick, 5),
            12 => self.flood(Notice::Interfaces, 200),
            13 => {
                let told = self.world.witness(&at);
                self.flood(Notice::Router(told), 50);
            }
            14 => self.flood(Notice::Router(None), 50),
            15 | 16 => {
                let gone = self.world.sides[&at].gone;
                self.world.come_or_go(&at, !gone);
                self.told_of_change(&at);
            }
            _ => {
                let record = self.dice.below(self.machine.wants().records.len() as u64);
                let place =
                    self.machine.wants().records[usize::try_from(record).expect("small")].place.clone();
                self.world.drift(&place);
            }
        }
    }

    fn told_of_change(&mut self, at: &Line) {
        let events_only = matches!(self.machine.wants().timing.regular, Regular::EventsOnly);
        match self.dice.below(if events_only { 2 } else { 4 }) {
            0 => self.on(Event::Noticed(Notice::Interfaces)),
            1 => self.on(Event::Noticed(Notice::Router(None))),
            2 => {
                let told = self.world.witness(at);
                self.on(Event::Sighted(at.clone(), told));
            }
            _ => {}
        }
    }

    fn voice(&mut self) -> Voice {
        [Voice::True, Voice::Silent, Voice::Lies][usize::try_from(self.dice.below(3)).expect("small")]
    }

    /// Operators fall silent or lie; never more than two lie.
    fn sources(&mut self, at: &Line) {
        let mut voices = [Voice::True; 5];
        for voice in &mut voices {
            *voice = self.voice();
        }
        for liar in voices.iter_mut().filter(|voice| **voice == Voice::Lies).skip(2) {
            *liar = Voice::True;
        }
        self.world.sides.get_mut(at).expect("a line").operators = voices;
    }

    fn provider(&mut self) {
        let pick = |dice: &mut Random, of: &[Class]| {
            of[usize::try_from(dice.below(of.len() as u64)).expect("small")]
        };
        let mood = match self.dice.below(8) {
            0 | 1 => Mood::Fails(pick(&mut self.dice, &PASSING)),
            2 => Mood::Fails(pick(&mut self.dice, &STAYING)),
            3 => Mood::Fails(Class::Barred),
            4 => Mood::Mute,
            5 => Mood::Limits(1 + self.dice.below(7_200)),
            6 => Mood::Held(if self.dice.chance(1, 2) { Ending::Guarded } else { Ending::Refused }),
            _ => Mood::Fine,
        };
        let account = ACCOUNTS[usize::try_from(self.dice.below(ACCOUNTS.len() as u64)).expect("small")];
        self.world.moods.insert(account.to_owned(), mood);
    }

    /// So many notices in quick succession, over seconds or minutes.
    fn flood(&mut self, notice: Notice, most: u64) {
        let gap = if self.dice.chance(1, 2) { 300 } else { 3_000 };
        let mut after = 0;
        for _ in 0..=self.dice.below(most) {
            after += self.dice.below(gap);
            self.plan(after, Happening::Noticed(notice));
        }
    }
}

const ACCOUNTS: [&str; 3] = ["one", "two", "three"];

/// What somebody could configure.
fn wants(habit: Habit, dice: &mut Random) -> Wants {
    let v4 = || line(Family::V4);
    let v6 = || line(Family::V6);
    let records = (0..=dice.below(5)).map(|number| {
        let name = Name::parse(&format!("host{number}.example.org")).expect("a name");
        let account = ACCOUNTS[usize::try_from(number).expect("small") % ACCOUNTS.len()];
        let (rtype, lines) = match dice.below(3) {
            0 => (RecordType::A, [v4()].into()),
            1 => (RecordType::Aaaa, [v6()].into()),
            _ => (RecordType::Txt, [v4(), v6()].into()),
        };
        Want { place: Place { account: account.to_owned(), key: Key { name, rtype } }, lines }
    });
    let records = records.collect();
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    let (regular, sentinel) = match (habit, dice.below(6)) {
        (Habit::Default | Habit::Wild, _) => {
            (Regular::Every(Duration::from_secs(300)), Some(Duration::from_secs(30)))
        }
        (Habit::Calm, 0) => (Regular::EventsOnly, None),
        (Habit::Calm, 1) => (Regular::Times(Box::new(Daily)), Some(hours(2))),
        (Habit::Calm, 2) => (Regular::Every(hours(1)), None),
        (Habit::Calm, _) => (Regular::Every(hours(3)), Some(hours(1))),
    };
    let timing = Timing {
        regular,
        audit: hours(1),
        sentinel,
        failing_after: 1 + u32::try_from(dice.below(4)).expect("small"),
        on_stop: if dice.chance(1, 2) { OnStop::Keep } else { OnStop::Delete },
    };
    Wants { records, timing }
}
