//! What of an address must agree: all of it, or only its network.
//!
//! A name that combines a prefix with host ids needs the prefix alone. Honest sources that saw this machine under
//! different temporary addresses (RFC 8981) contradict each other about the address and agree about the network, so
//! the same ballots are counted for each part that somebody needs. The bound holds for each: an opinion that a quorum
//! of operators shares in part is shared, in that part, by an honest one.

use super::Opinion;
use crate::address::{Family, Prefix};

/// A part of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Every bit.
    Whole,
    /// The network, of this many leading bits; more than an address has are all it has.
    Network(u8),
}

impl Opinion {
    /// What is left of the opinion in that part: the first address of the network.
    #[must_use]
    pub fn part(self, part: Part) -> Self {
        match (self, part) {
            (Self::Address(address), Part::Network(length)) => {
                let length = length.min(Family::of(address).bits());
                let network = Prefix::covering(address, length).expect("not longer than an address");
                Self::Address(network.address())
            }
            (Self::Address(_), Part::Whole) | (Self::NoAddress, Part::Whole | Part::Network(_)) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quorum::{Ballot, Outcome, Rule, Rules, count, count_part};
    use alloc::vec::Vec;

    /// Two networks of two hosts each, and none at all.
    const SAID: [&str; 5] = ["2001:db8:1::a", "2001:db8:1::b", "2001:db8:2::a", "2001:db8:2::b", ""];

    fn opinion(text: &str) -> Opinion {
        text.parse().map_or(Opinion::NoAddress, Opinion::Address)
    }

    /// Every ballot list of up to `longest` operators with one voice each.
    fn every_input(longest: u32, mut look: impl FnMut(&[Ballot])) {
        for length in 0..=longest {
            for number in 0..SAID.len().pow(length) {
                let mut rest = number;
                let ballots: Vec<Ballot> = (0..length as usize)
                    .map(|operator| {
                        let said = opinion(SAID[rest % SAID.len()]);
                        rest /= SAID.len();
                        Ballot { source: operator, operator, opinion: said }
                    })
                    .collect();
                look(&ballots);
            }
        }
    }

    fn rules() -> impl Iterator<Item = Rules> {
        [1, 3, 5].into_iter().map(|panel| Rules::new(Some(panel), None, Rule::Majority).expect("rules"))
    }

    #[test]
    fn a_part_keeps_the_leading_bits_and_no_others() {
        let address = opinion("2001:db8:1:2ff:3::4");
        assert_eq!(address.part(Part::Whole), address);
        assert_eq!(address.part(Part::Network(64)), opinion("2001:db8:1:2ff::"));
        assert_eq!(address.part(Part::Network(56)), opinion("2001:db8:1:200::"));
        assert_eq!(address.part(Part::Network(200)), address);
        assert_eq!(opinion("192.0.2.77").part(Part::Network(24)), opinion("192.0.2.0"));
        assert_eq!(Opinion::NoAddress.part(Part::Network(64)), Opinion::NoAddress);
    }

    #[test]
    fn who_agrees_on_the_whole_agrees_on_every_part() {
        every_input(5, |ballots| {
            for rules in rules() {
                if let Outcome::Agreed(whole) = count(ballots, &rules) {
                    for length in [0, 32, 48, 64, 128] {
                        let part = Part::Network(length);
                        assert_eq!(count_part(ballots, part, &rules), Outcome::Agreed(whole.part(part)));
                    }
                }
            }
        });
    }

    #[test]
    fn who_agrees_on_a_network_agrees_on_every_shorter_one() {
        every_input(5, |ballots| {
            for rules in rules() {
                if let Outcome::Agreed(longer) = count_part(ballots, Part::Network(64), &rules) {
                    let shorter = Part::Network(32);
                    assert_eq!(count_part(ballots, shorter, &rules), Outcome::Agreed(longer.part(shorter)));
                }
            }
        });
    }

    #[test]
    fn a_network_that_is_agreed_on_was_named_by_a_quorum() {
        let part = Part::Network(64);
        every_input(5, |ballots| {
            for rules in rules() {
                if let Outcome::Agreed(network) = count_part(ballots, part, &rules) {
                    let behind = ballots.iter().filter(|ballot| ballot.opinion.part(part) == network).count();
                    assert!(behind >= rules.quorum(), "{ballots:?}");
                }
            }
        });
    }

    #[test]
    fn fewer_liars_than_the_quorum_never_move_a_network() {
        for rules in rules() {
            for liars in 0..=rules.panel() {
                let said = |operator| opinion(SAID[if operator < liars { 2 } else { operator % 2 }]);
                let ballots: Vec<Ballot> = (0..rules.panel())
                    .map(|operator| Ballot { source: operator, operator, opinion: said(operator) })
                    .collect();
                let lie = Outcome::Agreed(opinion("2001:db8:2::"));
                let fooled = count_part(&ballots, Part::Network(64), &rules) == lie;
                assert_eq!(fooled, liars >= rules.quorum());
            }
        }
    }
}
