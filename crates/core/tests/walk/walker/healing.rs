//! The end of all faults, and how soon everything is right after it.

use super::{DAY, HOUR, Happening, MINUTE, Walker};
use crate::world::line;
use dynflare_core::address::Family;
use dynflare_core::machine::{Ending, Event, LATE, Notice, Regular, Report};
use std::time::Duration;

/// A round that hangs is given up after this.
const ROUND_LIMIT: u64 = 15 * MINUTE;
/// The longest wait of a record's own, whatever it failed with.
const LONGEST_BACKOFF: u64 = HOUR;
/// The longest rest that a provider of these walks asks for.
const LONGEST_REST: u64 = 2 * HOUR;
/// A flood of notices, each of which may cut a round off, lasts for up to 200 times 3 s.
const FLOOD: u64 = 10 * MINUTE;
/// The rounds in which things come right take a minute each at most, and the pace of notices may keep one waiting for as
/// long.
const ROUNDS: u64 = 4 * MINUTE;

impl Walker {
    /// The first round after the end of all faults makes right what it is about, unless it had no reason to look at the
    /// provider, or an absence has to last.
    pub(super) fn one_round_is_enough(&self, report: &Report) {
        for (record, ending) in &report.endings {
            let want = &self.machine.wants().records[*record];
            let gone = want.lines.iter().any(|line| self.world.sides[line].gone);
            let right = gone || *ending == Ending::AsBefore || self.world.is_right(want);
            assert!(right && ending.is_right(), "{:?} is not right after a round: {ending:?}", want.place);
        }
    }

    /// Faults are over. What only a person can mend is mended, and then nobody helps any more.
    pub(super) fn heal(&mut self) {
        self.world.heal();
        self.healed = Some(self.at);
        let events_only = matches!(self.machine.wants().timing.regular, Regular::EventsOnly);
        // An address that has gone may stay so; where nobody looks again, it has to come back.
        if events_only || self.dice.chance(1, 2) {
            self.addresses_come_back();
        }
        if !self.laws.barred.is_empty() {
            self.on(Event::ConfigChanged);
        }
        if events_only {
            // Without regular rounds nobody sees what nobody tells.
            self.on(Event::Noticed(Notice::Kick));
        }
        self.waits();
    }

    pub(super) fn addresses_come_back(&mut self) {
        for line in [Family::V4, Family::V6].map(line) {
            self.world.come_or_go(&line, false);
        }
    }

    /// By when everything must be right, counted from now.
    ///
    /// One round is enough for a record ([`Self::one_round_is_enough`]), so this is how long it may take until that round
    /// comes. A round that was under way may hang. Then a record that failed has its turn after its back-off, or after the
    /// rest that its provider asked for. One that is believed to be right is looked at by the first regular round that
    /// comes when its audit is due: at the latest an interval, with its spread, after that. And ours goes from a name
    /// without an address after three looks, or four where a look counts for less than half of the grace.
    pub(super) fn waits(&mut self) {
        let timing = &self.machine.wants().timing;
        let millis = |span: Duration| u64::try_from(span.as_millis()).expect("short");
        let interval = match &timing.regular {
            Regular::Every(interval) => millis(*interval) / 10 * 11,
            Regular::Times(_) => DAY + millis(LATE) + 1_000,
            Regular::EventsOnly => 0,
        };
        let hangs = if self.machine.under_way().is_some() { ROUND_LIMIT } else { 0 };
        let own = LONGEST_BACKOFF.max(LONGEST_REST);
        let believed = if interval == 0 { 0 } else { millis(timing.audit) + interval };
        let gone = self.world.sides.values().any(|side| side.gone);
        // A grace of an hour, looked at more often, lasts for an hour and one look.
        let looks = if gone { (4 * interval).max(HOUR + 2 * interval) } else { 0 };
        self.plan(hangs + own.max(believed) + looks + FLOOD + ROUNDS, Happening::Converged);
    }

    pub(super) fn converged(&mut self) {
        let wall = self.now().wall;
        let timing = &self.machine.wants().timing;
        let interval = match &timing.regular {
            Regular::Every(interval) => Some(interval.as_secs() / 10 * 11),
            Regular::Times(_) => Some(DAY / 1_000 + LATE.as_secs() + 1),
            Regular::EventsOnly => None,
        };
        for want in &self.machine.wants().records {
            assert!(self.world.is_right(want), "{:?} is not right: {:?}", want.place, self.machine);
            if let (Some((age, after)), Some(interval)) = (self.world.age(want, wall), interval) {
                // The round in which they are written takes up to a minute.
                let gone = want.lines.iter().any(|line| self.world.sides[line].gone);
                let most = after + interval + 60;
                assert!(gone || age <= most, "{:?} was written {age} s ago, not {most}", want.place);
            }
        }
        self.healed = None;
        self.plan(1, Happening::Turn);
    }
}
