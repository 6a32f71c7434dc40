//! Rounds about a part of the address: everybody sees this machine under another temporary address.

use crate::{Play, majority, ten};
use dynflare_core::quorum::{Opinion, Outcome, Part, Rules};

fn seen(network: u16, host: u16) -> Opinion {
    let address = format!("2001:db8:1:{network:x}::{host:x}");
    Opinion::Address(address.parse().expect("an address"))
}

#[test]
fn ur_15_three_that_name_one_network_are_all_that_is_asked_about_it() {
    let mut play = Play::about(&ten(), &[Part::Network(64)], Rules::default());
    for turn in 0..3 {
        assert_eq!(play.outcome(), None);
        play.answer(turn, seen(0x200, u16::try_from(turn).expect("small")));
    }
    assert_eq!(play.asked.len(), 3);
    let verdict = play.verdict();
    assert_eq!(verdict.networks, [(64, Outcome::Agreed(seen(0x200, 0)))]);
    assert_eq!(verdict.outcome, Outcome::Split, "the address itself is another matter");
    assert_eq!(verdict.agreeing_on(Part::Network(64)).count(), 3);
    assert_eq!(verdict.agreeing().count(), 0);
}

#[test]
fn a_round_about_both_goes_on_until_both_are_settled() {
    let both = [Part::Network(64), Part::Whole];
    let mut play = Play::about(&ten(), &both, Rules::default());
    for turn in 0..3 {
        play.answer(turn, seen(0x200, u16::try_from(turn).expect("small")));
    }
    assert_eq!(play.outcome(), None, "two of five may still name one of the three addresses");
    play.answer(3, seen(0x200, 3));
    assert_eq!(play.outcome(), Some(Outcome::Split));
    assert_eq!(play.verdict().outcome_of(Part::Network(64)), Outcome::Agreed(seen(0x200, 0)));

    let mut play = Play::about(&ten(), &both, Rules::default());
    (0..3).for_each(|turn| play.answer(turn, seen(0x200, 7)));
    assert_eq!(play.outcome(), Some(Outcome::Agreed(seen(0x200, 7))));
    assert_eq!(play.asked.len(), 3, "who agrees on the address agrees on its network");
}

#[test]
fn liars_about_the_network_are_outvoted_like_any_others() {
    let mut play = Play::about(&ten(), &[Part::Network(56)], majority(5));
    play.answer(0, seen(0xf00, 1));
    play.answer(1, seen(0x200, 1));
    play.answer(2, seen(0xf00, 2));
    play.answer(3, seen(0x2ff, 3));
    assert_eq!(play.outcome(), None);
    play.answer(4, seen(0x201, 4));
    assert_eq!(play.verdict().networks, [(56, Outcome::Agreed(seen(0x200, 0)))]);
}

#[test]
fn a_network_that_can_no_longer_be_agreed_on_ends_the_round() {
    let mut play = Play::about(&ten(), &[Part::Network(64)], majority(3));
    play.answer(0, seen(1, 1));
    play.answer(1, seen(2, 1));
    assert_eq!(play.outcome(), None);
    play.answer(2, seen(3, 1));
    assert_eq!(play.verdict().networks, [(64, Outcome::Split)]);
    assert_eq!(play.verdict().agreeing_on(Part::Network(64)).count(), 0);
}
