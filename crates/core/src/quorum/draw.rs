//! The pool and the draw: who could sit on a panel, and in which order seats are offered.

use super::Rules;
use crate::breaker::Turn;
use crate::random::Random;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

/// Whether a source's answers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// They do.
    Full,
    /// Its transport can be forged: it never votes and has no part in a quorum.
    Witness,
}

/// A set of correlated groups (one country, one hoster, one front): up to 64, each a bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Groups(u64);

impl Groups {
    /// In no group.
    pub const NONE: Self = Self(0);

    /// This set and the group of that number.
    ///
    /// # Panics
    /// Where the number is above 63.
    #[must_use]
    pub const fn with(self, group: usize) -> Self {
        assert!(group < 64, "at most 64 groups");
        Self(self.0 | 1 << group)
    }

    fn holds(self, group: usize) -> bool {
        group < 64 && self.0 & 1 << group != 0
    }
}

/// One source, as far as the draw needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The operator, as numbered by the caller.
    pub operator: usize,
    /// Whether it votes.
    pub vote: Vote,
    /// The groups it is in.
    pub groups: Groups,
}

/// Candidates, and how many of each group may sit on a panel together.
#[derive(Clone, Debug)]
pub struct Pool {
    candidates: Vec<Candidate>,
    limits: Vec<usize>,
    /// By place among the candidates; as drawn for those beyond its end.
    turns: Vec<Turn>,
}

/// Why a pool cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// Even if every source answered, the quorum could not be reached.
    TooFew {
        /// Operators that vote and fit on one panel.
        usable: usize,
        /// Operators that must agree.
        quorum: usize,
    },
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { usable, quorum } => {
                let operators = if *usable == 1 { "operator" } else { "operators" };
                write!(f, "{usable} usable {operators}, and the quorum is {quorum}")
            }
        }
    }
}

impl core::error::Error for PoolError {}

impl Pool {
    /// A pool that can reach the quorum. `limits` holds the most members of each group; a group beyond its end has
    /// no limit.
    ///
    /// Usable are the operators that vote and fit beside each other, seated in the order listed.
    pub fn new(candidates: Vec<Candidate>, limits: &[usize], rules: &Rules) -> Result<Self, PoolError> {
        let pool = Self { candidates, limits: limits.to_vec(), turns: Vec::new() };
        let mut seats = Seats::new(&pool);
        let mut operators = BTreeSet::new();
        for (index, candidate) in pool.voting() {
            if !operators.contains(&candidate.operator) && seats.fit(&pool, index) {
                operators.insert(candidate.operator);
                seats.take(&pool, index);
            }
        }
        if operators.len() < rules.quorum() {
            return Err(PoolError::TooFew { usable: operators.len(), quorum: rules.quorum() });
        }
        Ok(pool)
    }

    /// The same pool, where some candidates' seats are offered after the others', in the order of their turns. Nobody
    /// leaves the pool by that.
    #[must_use]
    pub fn with_turns(mut self, turns: Vec<Turn>) -> Self {
        self.turns = turns;
        self
    }

    fn turn(&self, index: usize) -> Turn {
        self.turns.get(index).copied().unwrap_or_default()
    }

    /// The candidates, in the order given.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    fn voting(&self) -> impl Iterator<Item = (usize, &Candidate)> {
        self.candidates.iter().enumerate().filter(|(_, candidate)| candidate.vote == Vote::Full)
    }

    /// The order in which seats are offered: operators shuffled by the seed, the first source of each, then the
    /// second of each, and so on; within that by turns. A panel of one is a chain of fall-backs and keeps the order
    /// given.
    pub(super) fn order(&self, rules: &Rules, seed: u64) -> Vec<usize> {
        if rules.panel() == 1 {
            return self.voting().map(|(index, _)| index).collect();
        }
        let mut operators: Vec<usize> = Vec::new();
        let mut ranked: Vec<(usize, usize, usize)> = Vec::new();
        for (index, candidate) in self.voting() {
            let rank = ranked.iter().filter(|(_, operator, _)| *operator == candidate.operator).count();
            if rank == 0 {
                operators.push(candidate.operator);
            }
            ranked.push((rank, candidate.operator, index));
        }
        shuffle(&mut operators, seed);
        let place = |operator| operators.iter().position(|other| *other == operator);
        ranked.sort_by_cached_key(|(rank, operator, index)| (self.turn(*index), *rank, place(*operator)));
        ranked.into_iter().map(|(_, _, index)| index).collect()
    }
}

/// How many members of each limited group sit on the panel.
#[derive(Clone, Debug)]
pub(super) struct Seats(Vec<usize>);

impl Seats {
    pub(super) fn new(pool: &Pool) -> Self {
        Self(alloc::vec![0; pool.limits.len()])
    }

    /// Whether one more member of this candidate's groups may sit down.
    pub(super) fn fit(&self, pool: &Pool, index: usize) -> bool {
        let groups = pool.candidates[index].groups;
        let mut counts = self.0.iter().zip(&pool.limits).enumerate();
        !counts.any(|(group, (taken, most))| taken >= most && groups.holds(group))
    }

    pub(super) fn take(&mut self, pool: &Pool, index: usize) {
        self.of(pool, index).for_each(|taken| *taken += 1);
    }

    pub(super) fn release(&mut self, pool: &Pool, index: usize) {
        self.of(pool, index).for_each(|taken| *taken -= 1);
    }

    fn of(&mut self, pool: &Pool, index: usize) -> impl Iterator<Item = &mut usize> {
        let groups = pool.candidates[index].groups;
        self.0.iter_mut().enumerate().filter(move |(group, _)| groups.holds(*group)).map(|(_, taken)| taken)
    }
}

/// Fisher and Yates.
fn shuffle(items: &mut [usize], seed: u64) {
    let mut dice = Random::new(seed);
    for last in (1..items.len()).rev() {
        let picked = dice.below(last as u64 + 1);
        items.swap(last, usize::try_from(picked).expect("invariant: below the length of a slice"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Family;
    use crate::breaker::{Deed, INTERVAL, Tracks};
    use crate::quorum::Rule;
    use alloc::collections::BTreeMap;
    use alloc::string::ToString;
    use alloc::vec;

    fn voter(operator: usize) -> Candidate {
        Candidate { operator, vote: Vote::Full, groups: Groups::NONE }
    }

    #[test]
    fn every_operator_is_drawn_first_about_as_often() {
        let pool = Pool::new((0..10).map(voter).collect(), &[], &Rules::default()).expect("a pool");
        let mut first = [0_u32; 10];
        for seed in 0..10_000 {
            first[pool.order(&Rules::default(), seed)[0]] += 1;
        }
        assert!(first.iter().all(|times| (850..1150).contains(times)), "{first:?}");
    }

    #[test]
    fn a_seed_gives_the_same_draw_again() {
        let pool = Pool::new((0..10).map(voter).collect(), &[], &Rules::default()).expect("a pool");
        assert_eq!(pool.order(&Rules::default(), 7), pool.order(&Rules::default(), 7));
        assert_ne!(pool.order(&Rules::default(), 7), pool.order(&Rules::default(), 8));
    }

    #[test]
    fn second_sources_of_an_operator_come_after_every_other_operator() {
        let pool =
            Pool::new([0, 0, 0, 1, 1, 2, 3].map(voter).to_vec(), &[], &Rules::default()).expect("a pool");
        for seed in 0..100 {
            let order = pool.order(&Rules::default(), seed);
            let mut firsts = order[..4].to_vec();
            firsts.sort_unstable();
            assert_eq!(firsts, [0, 3, 5, 6]);
            assert_eq!(order[6], 2);
        }
    }

    #[test]
    fn turns_change_the_order_and_never_who_is_in_it() {
        let turns = [Turn::Last, Turn::Drawn, Turn::Rested];
        let candidates: Vec<Candidate> = [0, 0, 1, 2, 3].map(voter).to_vec();
        for number in 0..243_usize {
            let turns: Vec<Turn> =
                [1, 3, 9, 27, 81].iter().map(|divisor| turns[number / divisor % 3]).collect();
            for seed in 0..8 {
                let pool = Pool::new(candidates.clone(), &[], &Rules::default()).expect("a pool");
                let order = pool.with_turns(turns.clone()).order(&Rules::default(), seed);
                assert!(order.is_sorted_by_key(|index| turns[*index]), "{turns:?}");
                let mut everybody = order;
                everybody.sort_unstable();
                assert_eq!(everybody, [0, 1, 2, 3, 4]);
            }
        }
    }

    #[test]
    fn steady_state_asks_each_operator_at_most_once_in_an_interval() {
        const SOURCES: [(&str, &str); 12] = [
            ("a1", "a"),
            ("a2", "a"),
            ("b1", "b"),
            ("b2", "b"),
            ("c1", "c"),
            ("c2", "c"),
            ("d1", "d"),
            ("d2", "d"),
            ("e1", "e"),
            ("e2", "e"),
            ("f1", "f"),
            ("f2", "f"),
        ];
        let rules = Rules::new(Some(3), None, Rule::Majority).expect("rules");
        let mut tracks = Tracks::default();
        let mut asked: BTreeMap<&str, u64> = BTreeMap::new();
        // Twice as often as the interval, among twice as many operators as sit on a panel.
        for round in 0..200 {
            let now = 1_000_000 + round * INTERVAL / 2;
            let candidates = (0..SOURCES.len()).map(|source| voter(source / 2)).collect();
            let pool = Pool::new(candidates, &[], &rules).expect("a pool");
            let order = pool.with_turns(tracks.turns(&SOURCES, Family::V4, now)).order(&rules, round);
            for (source, operator) in order[..3].iter().map(|index| SOURCES[*index]) {
                let before = asked.insert(operator, now);
                assert!(before.is_none_or(|before| now - before >= INTERVAL), "{operator} in round {round}");
                tracks.note(source, Family::V4, Deed::Answered, now);
            }
        }
        assert_eq!(asked.len(), 6);
    }

    #[test]
    fn a_pool_whose_breakers_are_all_open_is_drawn_from_as_ever() {
        let pool = || Pool::new((0..10).map(voter).collect(), &[], &Rules::default()).expect("a pool");
        let open = pool().with_turns(vec![Turn::Last; 10]);
        assert!(
            (0..50).all(|seed| open.order(&Rules::default(), seed) == pool().order(&Rules::default(), seed))
        );
    }

    #[test]
    fn a_panel_of_one_keeps_the_order_given() {
        let rules = Rules::new(Some(1), None, Rule::Majority).expect("rules");
        let pool = Pool::new([4, 4, 2, 9].map(voter).to_vec(), &[], &rules).expect("a pool");
        assert!((0..50).all(|seed| pool.order(&rules, seed) == [0, 1, 2, 3]));
    }

    #[test]
    fn a_pool_below_the_quorum_is_refused_with_both_numbers() {
        let two_operators = vec![voter(0), voter(0), voter(1)];
        let refused = Pool::new(two_operators, &[], &Rules::default()).expect_err("refused");
        assert_eq!(refused, PoolError::TooFew { usable: 2, quorum: 3 });
        assert_eq!(refused.to_string(), "2 usable operators, and the quorum is 3");
    }

    #[test]
    fn witnesses_and_members_of_a_full_group_are_not_usable() {
        let witness = Candidate { vote: Vote::Witness, ..voter(2) };
        assert!(Pool::new(vec![voter(0), voter(1), witness], &[], &Rules::default()).is_err());
        let grouped = |operator| Candidate { groups: Groups::NONE.with(0), ..voter(operator) };
        let pool = || vec![grouped(0), grouped(1), grouped(2), voter(3)];
        assert!(Pool::new(pool(), &[1], &Rules::default()).is_err());
        assert!(Pool::new(pool(), &[2], &Rules::default()).is_ok());
    }
}
