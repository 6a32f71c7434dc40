//! What is outside: lines with an address, operators that tell it or lie, providers with records, and what goes wrong.

use dynflare_core::address::Family;
use dynflare_core::fault::Class;
use dynflare_core::machine::{Agreement, Ending, Line, Look, Report, Want};
use dynflare_core::memory::Place;
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
    pub(crate) operators: [Voice; 5],
    pub(crate) witness: Voice,
}

/// What a provider holds for a record, and what our memory says.
#[derive(Clone, Debug, Default)]
struct Held {
    published: Option<Vec<IpAddr>>,
    found_right: Option<Vec<IpAddr>>,
}

pub(crate) struct World {
    pub(crate) sides: BTreeMap<Line, Side>,
    pub(crate) moods: BTreeMap<String, Mood>,
    held: BTreeMap<Place, Held>,
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
        let side =
            || Side { truth: 1, since_round: [1].into(), operators: [Voice::True; 5], witness: Voice::True };
        Self {
            sides: [Family::V4, Family::V6].map(|family| (line(family), side())).into(),
            moods: accounts.iter().map(|account| (account.clone(), Mood::Fine)).collect(),
            held: BTreeMap::new(),
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
        let truth: Vec<IpAddr> =
            want.lines.iter().map(|line| address(line.family, self.sides[line].truth)).collect();
        self.held.get(&want.place).is_some_and(|held| held.published == Some(truth))
    }

    /// What a witness or a router says.
    pub(crate) fn witness(&self, line: &Line) -> Option<IpAddr> {
        let side = &self.sides[line];
        match side.witness {
            _ if self.offline => None,
            Voice::Silent => None,
            Voice::True => Some(address(line.family, side.truth)),
            Voice::Lies => Some(address(line.family, LIE)),
        }
    }

    /// A round begins.
    pub(crate) fn begin(&mut self) {
        for side in self.sides.values_mut() {
            side.since_round = [side.truth].into();
        }
    }

    /// What is agreed on over a line, by the real count of the quorum.
    fn agree(&self, line: &Line, dice: &mut Random) -> Option<IpAddr> {
        let side = &self.sides[line];
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
            Outcome::Agreed(Opinion::Address(agreed)) => Some(agreed),
            _ => None,
        }
    }

    /// Carries a round out, and asserts that nothing is written that nobody agreed on or that was never true.
    pub(crate) fn round(
        &mut self,
        records: &[(usize, Look)],
        wants: &[Want],
        (now, stopped): (Moment, bool),
        dice: &mut Random,
    ) -> Report {
        let lines: BTreeSet<&Line> = records.iter().flat_map(|(record, _)| &wants[*record].lines).collect();
        let mut agreed: BTreeMap<Line, IpAddr> = BTreeMap::new();
        for line in lines {
            let cut_off = stopped && dice.chance(1, 2);
            let found = if cut_off { None } else { self.agree(line, dice) };
            if let Some(found) = found {
                let true_ones = &self.sides[line].since_round;
                assert!(
                    true_ones.iter().any(|number| address(line.family, *number) == found),
                    "two of five liars have their way"
                );
                agreed.insert(line.clone(), found);
            }
        }
        let mut endings = Vec::new();
        for (record, look) in records {
            if !dice.chance(1, 5_000) {
                endings.push((*record, self.settle(&wants[*record], *look, &agreed, now)));
            }
        }
        let agreed = agreed.into_iter().map(|(line, found)| (line, Agreement::Address(found))).collect();
        Report { endings, agreed }
    }

    fn settle(&mut self, want: &Want, look: Look, agreed: &BTreeMap<Line, IpAddr>, now: Moment) -> Ending {
        let desired: Option<Vec<IpAddr>> = want.lines.iter().map(|line| agreed.get(line).copied()).collect();
        let held = self.held.entry(want.place.clone()).or_default();
        if look == Look::IfChanged && desired.is_some() && held.found_right == desired {
            return Ending::AsBefore;
        }
        let account = &want.place.account;
        let budget = self.budgets.get_mut(account).expect("a known account");
        // It is listed, and perhaps written.
        for _ in 0..2 {
            assert_eq!(budget.take(now), Ok(()), "the budget of {account} is kept");
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
                held.published = Some(desired);
                held.found_right = None;
                Ending::Failed(Class::Unconfirmed, None)
            }
            (Mood::Fine, Some(desired)) => {
                let was = held.published.replace(desired.clone());
                let as_desired = was.as_ref() == Some(&desired);
                held.found_right = Some(desired);
                if as_desired { Ending::Right } else { Ending::Changed }
            }
        }
    }
}
