//! What is outside: lines with an address, operators that tell it or lie, providers with records, and what goes wrong.

use dynflare_core::address::Family;
use dynflare_core::condition::{Conditions, Leftover};
use dynflare_core::fault::Class;
use dynflare_core::machine::{Agreement, Ending, Line, Look, Report, Want};
use dynflare_core::memory::{Memory, Place};
use dynflare_core::plan::Refresh;
use dynflare_core::quorum::{Ballot, Opinion, Outcome, Rules, count};
use dynflare_core::random::Random;
use dynflare_core::schedule::{Budget, Moment};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// What an operator, or a witness, says when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    True,
    Silent,
    /// All liars of a line tell the same lie.
    Lies,
}

/// What a provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Fine,
    /// It fails, with this class.
    Fails(Class),
    /// It writes, and its answer is lost.
    Mute,
    /// It wants no request for so many seconds, and says so in each answer.
    Limits(u64),
    /// A guard of ours, or what is there, holds writes back.
    Held(Ending),
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) truth: u32,
    /// Every address it had since the round under way began.
    since_round: BTreeSet<u32>,
    /// Whether it has none at all; this machine itself knows that for certain.
    pub(crate) gone: bool,
    /// Whether it had one, and none, since the round under way began.
    been: [bool; 2],
    pub(crate) operators: [Voice; 5],
    pub(crate) witness: Voice,
}

/// What a provider holds for a record, and what our memory says.
#[derive(Clone, Debug, Default)]
struct Held {
    published: Option<Vec<IpAddr>>,
    found_right: Option<Vec<IpAddr>>,
    /// When it was written last, by the clock on the wall.
    written: Option<u64>,
    /// How often in a row it was certain that there is no address.
    looks: u32,
}

/// When a round ends, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct When {
    pub(crate) at: Moment,
    pub(crate) wall: u64,
    /// Its asking was ended.
    pub(crate) stopped: bool,
    /// Nothing goes wrong any more.
    pub(crate) healed: bool,
}

pub(crate) struct World {
    pub(crate) sides: BTreeMap<Line, Side>,
    pub(crate) moods: BTreeMap<String, Mood>,
    held: BTreeMap<Place, Held>,
    conditions: BTreeMap<Place, Conditions>,
    /// What is remembered of absences.
    memory: Memory,
    budgets: BTreeMap<String, Budget>,
    pub(crate) offline: bool,
    next_address: u32,
}

pub(crate) fn line(family: Family) -> Line {
    Line { family, uplink: None }
}

fn address(family: Family, number: u32) -> IpAddr {
    match family {
        Family::V4 => Ipv4Addr::from(0xcb00_7100 | (number & 0xff)).into(),
        Family::V6 => Ipv6Addr::from(0x2001_0db8 << 96 | u128::from(number)).into(),
    }
}

/// What liars and other networks tell.
const LIE: u32 = 255;

impl World {
    pub(crate) fn new(accounts: &[String]) -> Self {
        let side = || Side {
            truth: 1,
            since_round: [1].into(),
            gone: false,
            been: [true, false],
            operators: [Voice::True; 5],
            witness: Voice::True,
        };
        Self {
            sides: [Family::V4, Family::V6].map(|family| (line(family), side())).into(),
            moods: accounts.iter().map(|account| (account.clone(), Mood::Fine)).collect(),
            held: BTreeMap::new(),
            conditions: BTreeMap::new(),
            memory: Memory::default(),
            // As at Cloudflare: 1,200 requests in five minutes.
            budgets: accounts
                .iter()
                .map(|account| (account.clone(), Budget::new(1_200, Duration::from_secs(300))))
                .collect(),
            offline: false,
            next_address: 1,
        }
    }

    /// Another address on a line; never the one before.
    pub(crate) fn renumber(&mut self, line: &Line) {
        self.next_address = self.next_address % 200 + 1;
        let side = self.sides.get_mut(line).expect("a known line");
        side.truth = self.next_address;
        side.since_round.insert(side.truth);
    }

    /// What the user wants of these records beside right values.
    pub(crate) fn wish(&mut self, wants: &[Want], dice: &mut Random) {
        for want in wants {
            let hour = 3_600;
            let grace = [0, hour / 6, hour][usize::try_from(dice.below(3)).expect("small")];
            let refresh_after =
                [None, Some(hour), Some(7 * 24 * hour)][usize::try_from(dice.below(3)).expect("small")];
            let on_no_address = if dice.chance(1, 2) { Leftover::Keep } else { Leftover::Delete };
            let conditions = Conditions { on_no_address, grace, refresh_after, ..Conditions::default() };
            self.conditions.insert(want.place.clone(), conditions);
        }
    }

    /// The line loses its address, or has it again.
    pub(crate) fn come_or_go(&mut self, line: &Line, gone: bool) {
        let side = self.sides.get_mut(line).expect("a known line");
        side.gone = gone;
        side.been[usize::from(gone)] = true;
    }

    /// How old the values of a record are, where they are to be written again; with how old they may be by then.
    pub(crate) fn age(&self, want: &Want, wall: u64) -> Option<(u64, u64)> {
        let after = self.conditions.get(&want.place)?.refresh_after?;
        let held = self.held.get(&want.place).filter(|held| held.published.is_some())?;
        Some((held.written.map_or(u64::MAX, |written| wall.saturating_sub(written)), after))
    }

    /// Somebody edits a record at its provider.
    pub(crate) fn drift(&mut self, place: &Place) {
        self.held.entry(place.clone()).or_default().published = None;
    }

    /// Everything works again.
    pub(crate) fn heal(&mut self) {
        self.offline = false;
        for side in self.sides.values_mut() {
            side.operators = [Voice::True; 5];
            side.witness = Voice::True;
        }
        self.moods.values_mut().for_each(|mood| *mood = Mood::Fine);
    }

    /// Whether a record holds the line's addresses.
    pub(crate) fn is_right(&self, want: &Want) -> bool {
        if want.lines.iter().any(|line| self.sides[line].gone) {
            let published = self.held.get(&want.place).is_some_and(|held| held.published.is_some());
            return self.conditions[&want.place].on_no_address == Leftover::Keep || !published;
        }
        let truth: Vec<IpAddr> =
            want.lines.iter().map(|line| address(line.family, self.sides[line].truth)).collect();
        self.held.get(&want.place).is_some_and(|held| held.published == Some(truth))
    }

    /// What a witness or a router says.
    pub(crate) fn witness(&self, line: &Line) -> Option<IpAddr> {
        let side = &self.sides[line];
        match side.witness {
            _ if self.offline || side.gone => None,
            Voice::Silent => None,
            Voice::True => Some(address(line.family, side.truth)),
            Voice::Lies => Some(address(line.family, LIE)),
        }
    }

    /// A round begins.
    pub(crate) fn begin(&mut self) {
        for side in self.sides.values_mut() {
            side.since_round = [side.truth].into();
            side.been = [!side.gone, side.gone];
        }
    }

    /// What is agreed on over a line, by the real count of the quorum.
    fn agree(&self, line: &Line, dice: &mut Random) -> Option<Agreement> {
        let side = &self.sides[line];
        // Who looked before a change saw what was before it.
        if if side.been == [true, true] { dice.chance(1, 2) } else { side.gone } {
            return Some(Agreement::NoAddress);
        }
        let old = side.since_round.iter().next().copied().unwrap_or(side.truth);
        let ballot = |(operator, voice): (usize, &Voice)| {
            // Whoever was asked before a change tells the address before it.
            let told = if dice.chance(1, 2) { old } else { side.truth };
            let told = match voice {
                Voice::True => told,
                Voice::Lies => LIE,
                Voice::Silent => return None,
            };
            Some(Ballot { operator, source: operator, opinion: Opinion::Address(address(line.family, told)) })
        };
        if self.offline {
            return None;
        }
        let ballots: Vec<Ballot> = side.operators.iter().enumerate().filter_map(ballot).collect();
        match count(&ballots, &Rules::default()) {
            Outcome::Agreed(Opinion::Address(agreed)) => Some(Agreement::Address(agreed)),
            _ => None,
        }
    }

    /// Carries a round out, and asserts that nothing is written that nobody agreed on or that was never true.
    pub(crate) fn round(
        &mut self,
        records: &[(usize, Look)],
        wants: &[Want],
        when: When,
        dice: &mut Random,
    ) -> Report {
        let lines: BTreeSet<&Line> = records.iter().flat_map(|(record, _)| &wants[*record].lines).collect();
        let mut agreed: BTreeMap<Line, Agreement> = BTreeMap::new();
        for line in lines {
            let cut_off = when.stopped && dice.chance(1, 2);
            let found = if cut_off { None } else { self.agree(line, dice) };
            if let Some(found) = found {
                let side = &self.sides[line];
                let is_true = match found {
                    Agreement::Address(found) => {
                        side.since_round.iter().any(|number| address(line.family, *number) == found)
                    }
                    Agreement::NoAddress => side.been[1],
                };
                assert!(is_true, "two of five liars have their way");
                agreed.insert(line.clone(), found);
            }
        }
        let mut endings = Vec::new();
        for (record, look) in records {
            if when.healed || !dice.chance(1, 5_000) {
                endings.push((*record, self.settle(&wants[*record], *look, &agreed, when)));
            }
        }
        Report { endings, agreed: agreed.into_iter().collect() }
    }

    /// What a record should hold: nothing where its address has certainly been gone for long enough.
    fn desire(
        &mut self,
        want: &Want,
        agreed: &BTreeMap<Line, Agreement>,
        wall: u64,
    ) -> Result<Option<Vec<IpAddr>>, Ending> {
        let known: Option<Vec<Agreement>> = want.lines.iter().map(|line| agreed.get(line).copied()).collect();
        let addresses = |known: Vec<Agreement>| {
            let address = |one: Agreement| match one {
                Agreement::Address(address) => Some(address),
                Agreement::NoAddress => None,
            };
            known.into_iter().map(address).collect::<Option<Vec<IpAddr>>>()
        };
        let held = self.held.entry(want.place.clone()).or_default();
        let conditions = self.conditions[&want.place];
        match known.map(addresses) {
            None => {
                held.looks = 0;
                self.memory.end_absence(&want.place);
                Ok(None)
            }
            Some(Some(addresses)) => {
                held.looks = 0;
                self.memory.end_absence(&want.place);
                Ok(Some(addresses))
            }
            Some(None) => match conditions.on_no_address {
                Leftover::Keep => Err(Ending::Absent),
                Leftover::Delete => {
                    held.looks += 1;
                    match self.memory.note_absence(&want.place, wall, conditions.grace) {
                        0 => Ok(Some(Vec::new())),
                        _ => Err(Ending::Absent),
                    }
                }
            },
        }
    }

    fn settle(
        &mut self,
        want: &Want,
        look: Look,
        agreed: &BTreeMap<Line, Agreement>,
        When { at, wall, .. }: When,
    ) -> Ending {
        let desired = match self.desire(want, agreed, wall) {
            Ok(desired) => desired,
            Err(absent) => return absent,
        };
        let conditions = self.conditions[&want.place];
        let held = self.held.entry(want.place.clone()).or_default();
        let refresh = Refresh::of(conditions.refresh_after, held.written, wall) == Refresh::Due;
        if look == Look::IfChanged && !refresh && desired.is_some() && held.found_right == desired {
            return Ending::AsBefore;
        }
        let account = &want.place.account;
        let budget = self.budgets.get_mut(account).expect("a known account");
        // It is listed, and perhaps written.
        for _ in 0..2 {
            assert_eq!(budget.take(at), Ok(()), "the budget of {account} is kept");
        }
        let mood = if self.offline { Mood::Fails(Class::Unavailable) } else { self.moods[account] };
        match (mood, desired) {
            (Mood::Fails(class), _) => Ending::Failed(class, None),
            (Mood::Limits(seconds), _) => {
                Ending::Failed(Class::RateLimited, Some(Duration::from_secs(seconds)))
            }
            (Mood::Fine | Mood::Mute | Mood::Held(_), None) => Ending::NotAgreed,
            (Mood::Held(ending), Some(_)) => ending,
            (Mood::Mute, Some(desired)) => {
                held.write(desired, conditions, wall);
                held.found_right = None;
                Ending::Failed(Class::Unconfirmed, None)
            }
            (Mood::Fine, Some(desired)) => {
                let there = held.published.clone().unwrap_or_default();
                if there == desired && (!refresh || desired.is_empty()) {
                    held.found_right = Some(desired);
                    return Ending::Right;
                }
                held.write(desired.clone(), conditions, wall);
                held.found_right = Some(desired);
                Ending::Changed
            }
        }
    }
}

impl Held {
    /// The provider has it from now on. Nothing goes that has not been seen to be gone for long enough.
    fn write(&mut self, desired: Vec<IpAddr>, conditions: Conditions, wall: u64) {
        if desired.is_empty() {
            assert_eq!(conditions.on_no_address, Leftover::Delete, "somebody asked for that");
            assert!(conditions.grace == 0 || self.looks >= 3, "gone after {} looks", self.looks);
            self.published = None;
        } else {
            self.published = Some(desired);
            self.written = Some(wall);
        }
    }
}
