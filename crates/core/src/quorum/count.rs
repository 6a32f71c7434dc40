//! The count: pure, and blind to the order in which ballots came.

use super::{Ballot, Opinion, Outcome, Part, Rule, Rules};
use alloc::vec::Vec;
use core::cmp::Reverse;

/// Votes per opinion. An operator has one vote, however many of its sources spoke; where two of them contradict each
/// other it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Opinions and their votes, most votes first, then in the order of opinions.
    pub votes: Vec<(Opinion, usize)>,
    /// Operators whose sources contradict each other, ascending.
    pub abstaining: Vec<usize>,
    /// Ballots looked at.
    ballots: usize,
}

impl Tally {
    /// Counts.
    pub fn of(ballots: &[Ballot]) -> Self {
        let mut said: Vec<(usize, Opinion)> = ballots.iter().map(|b| (b.operator, b.opinion)).collect();
        said.sort_unstable();
        said.dedup();
        let mut votes: Vec<(Opinion, usize)> = Vec::new();
        let mut abstaining = Vec::new();
        for of_operator in said.chunk_by(|a, b| a.0 == b.0) {
            match of_operator {
                [(_, opinion)] => match votes.iter_mut().find(|(other, _)| other == opinion) {
                    Some((_, votes)) => *votes += 1,
                    None => votes.push((*opinion, 1)),
                },
                contradicting => abstaining.extend(contradicting.first().map(|(operator, _)| *operator)),
            }
        }
        votes.sort_unstable_by_key(|(opinion, votes)| (Reverse(*votes), *opinion));
        Self { votes, abstaining, ballots: ballots.len() }
    }

    /// Counts what the ballots say in that part: an operator whose sources agree in it has a vote there.
    pub fn of_part(ballots: &[Ballot], part: Part) -> Self {
        let ballots: Vec<Ballot> =
            ballots.iter().map(|ballot| Ballot { opinion: ballot.opinion.part(part), ..*ballot }).collect();
        Self::of(&ballots)
    }

    /// How many operators vote.
    pub fn voters(&self) -> usize {
        self.votes.iter().map(|(_, votes)| votes).sum()
    }

    /// The votes of the opinion with the most.
    pub fn lead(&self) -> usize {
        self.votes.first().map_or(0, |(_, votes)| *votes)
    }

    /// The votes of the opinion after that.
    pub fn second(&self) -> usize {
        self.votes.get(1).map_or(0, |(_, votes)| *votes)
    }

    /// What the votes come to.
    ///
    /// Where more operators vote than the panel has seats (everybody was asked), a majority is one of the voters as
    /// well: two opinions never have a quorum at the same time.
    pub fn outcome(&self, rules: &Rules) -> Outcome {
        let enough = match rules.rule() {
            Rule::Majority if self.voters() > rules.panel() => rules.quorum().max(self.voters() / 2 + 1),
            Rule::Majority => rules.quorum(),
            Rule::Plurality => rules.quorum().max(self.second() + 1),
        };
        match self.votes.as_slice() {
            [(opinion, votes), ..] if *votes >= enough => Outcome::Agreed(*opinion),
            [_, _, ..] => Outcome::Split,
            _ if self.ballots > 0 => Outcome::TooFew,
            _ => Outcome::Unknown,
        }
    }
}

/// What these ballots come to under these rules.
pub fn count(ballots: &[Ballot], rules: &Rules) -> Outcome {
    Tally::of(ballots).outcome(rules)
}

/// What these ballots come to in one part of the address.
pub fn count_part(ballots: &[Ballot], part: Part, rules: &Rules) -> Outcome {
    Tally::of_part(ballots, part).outcome(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quorum::Opinion::{Address, NoAddress};
    use alloc::collections::BTreeSet;
    use alloc::vec;
    use core::net::{IpAddr, Ipv4Addr};

    const A: Opinion = Address(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)));
    const B: Opinion = Address(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 2)));
    const C: Opinion = NoAddress;

    fn ballots(said: &[(usize, Opinion)]) -> Vec<Ballot> {
        let ballot = |(source, &(operator, opinion))| Ballot { source, operator, opinion };
        said.iter().enumerate().map(ballot).collect()
    }

    fn majority(panel: usize) -> Rules {
        Rules::new(Some(panel), None, Rule::Majority).expect("rules")
    }

    fn plurality(panel: usize) -> Rules {
        Rules::new(Some(panel), None, Rule::Plurality).expect("rules")
    }

    /// Every list of up to `longest` ballots among four operators and three opinions.
    fn every_input(longest: u32, mut look: impl FnMut(&[Ballot])) {
        let choices: Vec<(usize, Opinion)> =
            (0..4).flat_map(|operator| [A, B, C].map(|opinion| (operator, opinion))).collect();
        for length in 0..=longest {
            for number in 0..choices.len().pow(length) {
                let mut rest = number;
                let said: Vec<_> = (0..length)
                    .map(|_| {
                        let choice = choices[rest % choices.len()];
                        rest /= choices.len();
                        choice
                    })
                    .collect();
                look(&ballots(&said));
            }
        }
    }

    fn distinct(ballots: &[Ballot], opinion: Opinion) -> usize {
        let operators: BTreeSet<_> =
            ballots.iter().filter(|b| b.opinion == opinion).map(|b| b.operator).collect();
        operators.len()
    }

    #[test]
    fn the_order_of_ballots_is_irrelevant() {
        let rules = [majority(3), majority(5), plurality(3)];
        every_input(4, |ballots| {
            let tally = Tally::of(ballots);
            let mut turned = ballots.to_vec();
            for _ in 0..ballots.len() {
                turned.rotate_left(1);
                assert_eq!(Tally::of(&turned), tally);
                let mut swapped = turned.clone();
                swapped.reverse();
                for rules in &rules {
                    assert_eq!(count(&swapped, rules), tally.outcome(rules));
                }
            }
        });
    }

    #[test]
    fn what_is_agreed_was_said_by_a_quorum_of_distinct_operators() {
        let rules = [majority(1), majority(2), majority(3), majority(5), plurality(1), plurality(4)];
        every_input(4, |ballots| {
            for rules in &rules {
                if let Outcome::Agreed(opinion) = count(ballots, rules) {
                    assert!(distinct(ballots, opinion) >= rules.quorum(), "{ballots:?}");
                }
            }
        });
    }

    #[test]
    fn under_a_majority_two_opinions_never_both_have_a_quorum() {
        every_input(4, |ballots| {
            for panel in [1, 2, 3, 4, 5] {
                let rules = majority(panel);
                if let Outcome::Agreed(opinion) = count(ballots, &rules) {
                    let tally = Tally::of(ballots);
                    assert!(2 * tally.lead() > tally.voters(), "{ballots:?}");
                    assert_eq!(tally.votes[0].0, opinion);
                }
            }
        });
    }

    #[test]
    fn repeating_oneself_changes_nothing() {
        every_input(3, |ballots| {
            let mut twice = ballots.to_vec();
            twice.extend_from_slice(ballots);
            assert_eq!(Tally::of(&twice).votes, Tally::of(ballots).votes);
        });
    }

    #[test]
    fn taking_an_answer_away_never_makes_another_opinion_agreed() {
        every_input(4, |ballots| {
            for panel in [2, 3, 5] {
                let rules = majority(panel);
                let before = count(ballots, &rules);
                for gone in 0..ballots.len() {
                    let mut fewer = ballots.to_vec();
                    let lost = fewer.remove(gone);
                    let contradicted = fewer.iter().any(|b| b.operator == lost.operator);
                    if let (Outcome::Agreed(now), false, true) =
                        (count(&fewer, &rules), contradicted, ballots.len() <= panel)
                    {
                        assert_eq!(before, Outcome::Agreed(now), "{ballots:?} without {gone}");
                    }
                }
            }
        });
    }

    #[test]
    fn fewer_liars_than_the_quorum_never_fool() {
        for panel in [1, 3, 5, 7, 9] {
            let rules = majority(panel);
            for voters in 0..=panel {
                for liars in 0..=voters {
                    let said: Vec<_> = (0..voters).map(|o| (o, if o < liars { B } else { A })).collect();
                    let fooled = count(&ballots(&said), &rules) == Outcome::Agreed(B);
                    assert_eq!(fooled, liars > panel.div_ceil(2) - 1, "{liars} of {voters}, panel {panel}");
                }
            }
        }
    }

    #[test]
    fn ur_5_one_liar_of_three_is_outvoted_and_splits_agree_on_nothing() {
        assert_eq!(count(&ballots(&[(0, B), (1, A), (2, A)]), &majority(3)), Outcome::Agreed(A));
        assert_eq!(count(&ballots(&[(0, A), (1, B), (2, C)]), &majority(3)), Outcome::Split);
        assert_eq!(count(&ballots(&[(0, A), (1, A), (2, B), (3, B)]), &majority(5)), Outcome::Split);
        assert_eq!(count(&ballots(&[(0, A), (1, A), (2, B), (3, B)]), &plurality(5)), Outcome::Split);
    }

    #[test]
    fn ur_6_two_sources_of_one_operator_have_one_vote() {
        let said = ballots(&[(0, B), (0, B), (1, A), (2, A)]);
        assert_eq!(count(&said, &majority(3)), Outcome::Agreed(A));
        assert_eq!(count(&said[..3], &plurality(3)), Outcome::Split);
    }

    #[test]
    fn an_operator_that_contradicts_itself_abstains() {
        let tally = Tally::of(&ballots(&[(0, A), (0, B), (1, A)]));
        assert_eq!(tally.votes, vec![(A, 1)]);
        assert_eq!(tally.abstaining, vec![0]);
        assert_eq!(count(&ballots(&[(0, A), (0, B)]), &majority(1)), Outcome::TooFew);
    }

    #[test]
    fn nobody_is_unknown_and_one_of_three_is_too_few() {
        assert_eq!(count(&[], &majority(5)), Outcome::Unknown);
        assert_eq!(count(&ballots(&[(0, A)]), &majority(5)), Outcome::TooFew);
        assert_eq!(count(&ballots(&[(0, A)]), &plurality(5)), Outcome::Agreed(A));
    }

    #[test]
    fn when_everybody_was_asked_a_quorum_of_the_panel_is_not_enough() {
        let said: Vec<_> = (0..9).map(|o| (o, if o < 4 { B } else { A })).collect();
        assert_eq!(count(&ballots(&said), &majority(5)), Outcome::Agreed(A));
        let tied: Vec<_> = (0..8).map(|o| (o, if o < 4 { B } else { A })).collect();
        assert_eq!(count(&ballots(&tied), &majority(5)), Outcome::Split);
    }
}
