//! Which sources are asked last: those that keep failing, and those that were asked only a moment ago.
//!
//! A breaker never takes a source out of the pool and never lowers the bar: it changes the order in which seats are
//! offered, nothing else. A pool in which everybody has failed is asked like any other. Failures count only where
//! others answered in the same round: a machine that is offline opens no breaker.

use crate::address::Family;
use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

/// How many failures in a row open a breaker.
pub const PATIENCE: u32 = 3;

/// How long a breaker is open at first, in seconds; each further failure doubles it.
pub const FIRST_WAIT: u64 = 5 * 60;

/// How long a breaker is open at most, and how much of a `Retry-After` is heeded, in seconds.
pub const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// How long an operator that was asked is left alone where others can be asked, in seconds: the default interval.
pub const INTERVAL: u64 = 5 * 60;

/// When a seat is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// As drawn.
    #[default]
    Drawn,
    /// After those: its operator was asked less than an [`INTERVAL`] ago.
    Rested,
    /// Last: its breaker is open.
    Last,
}

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing speaks against asking.
    Closed,
    /// Passed over until then, in seconds since 1970.
    Open(u64),
    /// It has been open; the next answer decides.
    OnTrial,
}

impl State {
    /// The word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open(_) => "open",
            Self::OnTrial => "on trial",
        }
    }
}

/// What is remembered of one source over one family. Times are in seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// When it was asked last.
    pub asked: Option<u64>,
    /// When it answered last.
    pub answered: Option<u64>,
    /// How often in a row it has failed since.
    pub failures: u32,
    /// Until when it is not to be asked if that can be helped.
    pub until: Option<u64>,
    /// How often it has contradicted what was agreed on.
    pub dissents: u32,
}

/// What a source did when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It said what was agreed on, or nothing was agreed on.
    Answered,
    /// It said something else than was agreed on.
    Dissented,
    /// It failed, and others answered.
    Failed,
    /// It was asked, and the matter was decided before it answered.
    Unheard,
    /// It asked to be left alone for so many seconds (`Retry-After` of 429 or 503).
    AskedForRest(u64),
}

impl Track {
    /// Takes note.
    pub fn note(&mut self, deed: Deed, now: u64) {
        self.asked = Some(now);
        match deed {
            Deed::Answered | Deed::Dissented => {
                self.answered = Some(now);
                self.failures = 0;
                self.until = None;
                self.dissents = self.dissents.saturating_add(u32::from(deed == Deed::Dissented));
            }
            Deed::Unheard => {}
            Deed::Failed => self.fail(now, 0),
            Deed::AskedForRest(seconds) => self.fail(now, seconds.min(LONGEST_WAIT)),
        }
    }

    fn fail(&mut self, now: u64, rest: u64) {
        self.failures = self.failures.saturating_add(1);
        let wait = self
            .failures
            .checked_sub(PATIENCE)
            .map_or(0, |more| FIRST_WAIT.saturating_mul(1 << more.min(32)).min(LONGEST_WAIT));
        let wait = wait.max(rest);
        self.until = (wait > 0).then(|| now.saturating_add(wait));
    }

    /// How its breaker stands.
    pub fn state(&self, now: u64) -> State {
        match self.until {
            // A wait that could not have been imposed is from a clock that has been set back since.
            Some(until) if until > now && until - now <= LONGEST_WAIT => State::Open(until),
            Some(_) => State::OnTrial,
            None => State::Closed,
        }
    }

    /// When its seat is offered, as far as it alone is concerned.
    pub fn turn(&self, now: u64) -> Turn {
        match self.state(now) {
            State::Open(_) => Turn::Last,
            State::Closed | State::OnTrial if self.was_asked_lately(now) => Turn::Rested,
            State::Closed | State::OnTrial => Turn::Drawn,
        }
    }

    /// Whether it was asked less than an [`INTERVAL`] ago.
    fn was_asked_lately(&self, now: u64) -> bool {
        self.asked.is_some_and(|asked| now.abs_diff(asked) < INTERVAL)
    }
}

/// What is remembered of all sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracks(BTreeMap<(String, Family), Track>);

impl Tracks {
    /// What is remembered of a source.
    pub fn of(&self, source: &str, family: Family) -> Track {
        self.0.get(&(source.to_owned(), family)).copied().unwrap_or_default()
    }

    /// When the seats of these sources, each with its operator, are offered; in their order. An operator that was
    /// asked lately rests with all its sources.
    pub fn turns(&self, sources: &[(&str, &str)], family: Family, now: u64) -> Vec<Turn> {
        let track = |source: &str| self.of(source, family);
        let asked = sources.iter().filter(|(source, _)| track(source).was_asked_lately(now));
        let asked: BTreeSet<&str> = asked.map(|(_, operator)| *operator).collect();
        let turn = |(source, operator): &(&str, &str)| match track(source).turn(now) {
            Turn::Drawn if asked.contains(operator) => Turn::Rested,
            turn @ (Turn::Drawn | Turn::Rested | Turn::Last) => turn,
        };
        sources.iter().map(turn).collect()
    }

    /// Takes note of what a source did.
    pub fn note(&mut self, source: &str, family: Family, deed: Deed, now: u64) {
        self.0.entry((source.to_owned(), family)).or_default().note(deed, now);
    }

    /// Everything, sorted, for keeping.
    pub fn all(&self) -> impl Iterator<Item = (&str, Family, &Track)> {
        self.0.iter().map(|((source, family), track)| (source.as_str(), *family, track))
    }

    /// Puts back what was kept.
    pub fn restore(&mut self, source: String, family: Family, track: Track) {
        self.0.insert((source, family), track);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(deeds: &[(Deed, u64)]) -> Track {
        let mut track = Track::default();
        for (deed, at) in deeds {
            track.note(*deed, *at);
        }
        track
    }

    #[test]
    fn the_third_failure_in_a_row_opens_the_breaker_and_an_answer_closes_it() {
        let two = after(&[(Deed::Failed, 0), (Deed::Failed, 1_000)]);
        assert_eq!(two.state(1_000), State::Closed);
        let three = after(&[(Deed::Failed, 0), (Deed::Failed, 1_000), (Deed::Failed, 2_000)]);
        assert_eq!((three.state(2_000), three.turn(2_000)), (State::Open(2_300), Turn::Last));
        assert_eq!((three.state(2_300), three.turn(2_300)), (State::OnTrial, Turn::Drawn));
        let mut answered = three;
        answered.note(Deed::Answered, 2_400);
        assert_eq!((answered.state(2_400), answered.failures), (State::Closed, 0));
    }

    #[test]
    fn the_wait_grows_and_never_beyond_a_day() {
        let mut track = Track::default();
        let mut last = 0;
        for failure in 1..200 {
            track.note(Deed::Failed, 0);
            let wait = track.until.unwrap_or(0);
            assert!(wait >= last && wait <= LONGEST_WAIT, "{failure}: {wait}");
            last = wait;
        }
        assert_eq!(last, LONGEST_WAIT);
    }

    #[test]
    fn who_asks_for_rest_gets_it_at_once_up_to_a_day() {
        assert_eq!(after(&[(Deed::AskedForRest(600), 100)]).state(100), State::Open(700));
        assert_eq!(after(&[(Deed::AskedForRest(u64::MAX), 0)]).state(0), State::Open(LONGEST_WAIT));
        assert_eq!(after(&[(Deed::AskedForRest(0), 0)]).state(0), State::Closed);
    }

    #[test]
    fn who_was_asked_rests_for_an_interval() {
        let track = after(&[(Deed::Answered, 1_000)]);
        assert_eq!(track.turn(1_000 + INTERVAL - 1), Turn::Rested);
        assert_eq!(track.turn(1_000 + INTERVAL), Turn::Drawn);
        assert_eq!(track.turn(0), Turn::Drawn, "a clock that was set back");
    }

    #[test]
    fn an_operator_rests_with_all_its_sources_and_one_that_was_not_heard_out_has_been_asked() {
        let sources = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c")];
        let mut tracks = Tracks::default();
        tracks.note("a1", Family::V4, Deed::Answered, 1_000);
        tracks.note("b2", Family::V4, Deed::AskedForRest(600), 1_000);
        tracks.note("c1", Family::V4, Deed::Unheard, 1_000);
        let turns = |family, now| tracks.turns(&sources, family, now);
        assert_eq!(
            turns(Family::V4, 1_001),
            [Turn::Rested, Turn::Rested, Turn::Rested, Turn::Last, Turn::Rested]
        );
        let later = 1_000 + INTERVAL;
        assert_eq!(
            turns(Family::V4, later),
            [Turn::Drawn, Turn::Drawn, Turn::Drawn, Turn::Last, Turn::Drawn]
        );
        assert_eq!(turns(Family::V6, 1_001), [Turn::Drawn; 5]);
    }

    #[test]
    fn a_clock_set_back_opens_no_breaker_for_longer_than_a_day() {
        let track = after(&[(Deed::AskedForRest(600), 10_000_000)]);
        assert_eq!(track.state(100), State::OnTrial);
    }

    #[test]
    fn dissent_is_counted_and_is_no_failure() {
        let track = after(&[(Deed::Dissented, 1), (Deed::Answered, 2), (Deed::Dissented, 3)]);
        assert_eq!((track.dissents, track.failures, track.answered), (2, 0, Some(3)));
    }
}
