//! Rounds by a script: panel, bench, hedge, early stop and deadline.

use crate::{A, B, C, Play, majority, ms, plurality, ten, voter};
use core::time::Duration;
use dynflare_core::quorum::{Candidate, Event, Groups, Outcome, Rules, Times, Vote};
use std::collections::BTreeSet;

#[test]
fn three_that_agree_are_all_that_is_asked() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    assert_eq!(play.asked.len(), 3);
    play.answer(0, A);
    play.answer(1, A);
    assert_eq!(play.outcome(), None);
    play.answer(2, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    assert_eq!((play.asked.len(), play.verdict().asked()), (3, 3));
    assert_eq!(play.verdict().agreeing().count(), 3);
    assert_eq!(play.verdict().dissenting().count(), 0);
}

#[test]
fn a_dissent_costs_one_more_question() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    play.answer(0, A);
    play.answer(1, B);
    assert_eq!(play.asked.len(), 4);
    play.answer(2, A);
    assert_eq!(play.asked.len(), 4);
    play.answer(3, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    assert_eq!(play.verdict().dissenting().map(|ballot| ballot.opinion).collect::<Vec<_>>(), [B]);
}

#[test]
fn a_failed_member_is_replaced_and_the_bar_stays() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    for turn in 0..7 {
        play.fail(turn);
        assert_eq!(play.asked.len(), 4 + turn.min(6));
    }
    assert_eq!(play.outcome(), None);
    play.answer(7, A);
    play.answer(8, A);
    play.fail(9);
    assert_eq!(play.outcome(), Some(Outcome::TooFew));
    assert_eq!(play.verdict().failed.len(), 8);
}

#[test]
fn nobody_left_to_ask_ends_the_round_before_the_deadline() {
    let mut play = Play::start(&[0, 1, 2].map(voter), &[], Rules::default(), 1);
    play.fail(0);
    assert_eq!(play.outcome(), Some(Outcome::Unknown));
    assert_eq!(play.dropped.len(), 2);
    assert_eq!(play.verdict().dropped.len(), 2);
}

#[test]
fn a_late_answer_costs_one_more_question_and_still_counts() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    play.answer(0, A);
    play.answer(1, A);
    assert_eq!(play.wake, Some(ms(1000)));
    play.sleep();
    assert_eq!(play.asked.len(), 4);
    assert_eq!(play.wake, Some(ms(2000)));
    play.sleep();
    assert_eq!(play.asked.len(), 5);
    play.sleep();
    assert_eq!(play.asked.len(), 5, "the panel is full");
    play.now = ms(3100);
    play.answer(2, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    assert_eq!(play.verdict().dropped.len(), 2);
    assert_eq!(play.dropped, [play.asked[3], play.asked[4]]);
}

#[test]
fn three_late_answers_fill_the_panel_and_no_more() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    play.sleep();
    assert_eq!((play.now, play.asked.len()), (ms(1000), 5));
    while play.now < ms(4999) && play.asked.len() == 5 {
        play.sleep();
    }
    assert_eq!((play.now, play.asked.len()), (ms(5000), 8), "three timed out and gave their seats back");
    assert_eq!(play.dropped.len(), 3);
}

#[test]
fn silence_ends_at_the_deadline() {
    let twenty: Vec<_> = (0..20).map(voter).collect();
    let mut play = Play::start(&twenty, &[], Rules::default(), 1);
    while play.verdict.is_none() {
        play.sleep();
    }
    assert_eq!((play.now, play.outcome()), (ms(12_000), Some(Outcome::Unknown)));
    assert_eq!(play.verdict().late.len(), play.asked.len());
    assert!(play.round.on(ms(12_001), Event::Tick).is_empty());
}

#[test]
fn the_deadline_decides_with_what_is_there() {
    let mut play = Play::start(&ten(), &[], plurality(5), 1);
    play.answer(0, A);
    play.answer(1, A);
    play.answer(2, B);
    while play.verdict.is_none() {
        play.sleep();
        let all_others_silent = play.asked.len();
        assert!(all_others_silent <= 10);
    }
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
}

#[test]
fn an_answer_after_its_time_is_ignored() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    play.now = ms(5000);
    play.on(Event::Tick);
    for turn in 0..3 {
        play.answer(turn, A);
    }
    assert_eq!(play.outcome(), None);
}

#[test]
fn nobody_is_heard_twice_nor_without_being_asked() {
    let mut play = Play::start(&ten(), &[], Rules::default(), 1);
    let stranger = (0..10).find(|candidate| !play.asked.contains(candidate)).expect("a bench");
    for _ in 0..5 {
        play.answer(0, A);
        play.on(Event::Answered { candidate: stranger, opinion: A });
        play.on(Event::Answered { candidate: 99, opinion: A });
    }
    assert_eq!(play.outcome(), None);
    assert_eq!(play.asked.len(), 3);
}

#[test]
fn ur_5_three_opinions_of_three_end_undecided() {
    let mut play = Play::start(&[0, 1, 2].map(voter), &[], majority(3), 1);
    play.answer(0, A);
    play.answer(1, B);
    play.answer(2, C);
    assert_eq!(play.outcome(), Some(Outcome::Split));
    assert_eq!(play.verdict().dissenting().count(), 3);
}

#[test]
fn ur_5_two_against_two_end_undecided_however_large_the_bench() {
    let mut play = Play::start(&ten(), &[], majority(4), 1);
    for (turn, opinion) in [A, A, B, B].into_iter().enumerate() {
        play.answer(turn, opinion);
    }
    assert_eq!(play.outcome(), Some(Outcome::Split));
    assert_eq!(play.asked.len(), 4);
}

#[test]
fn ur_5_one_liar_of_three_is_outvoted() {
    for liar in 0..3 {
        let mut play = Play::start(&[0, 1, 2].map(voter), &[], majority(3), 1);
        let mut turn = 0;
        while play.verdict.is_none() {
            let opinion = if play.asked[turn] == liar { B } else { A };
            play.answer(turn, opinion);
            turn += 1;
        }
        assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    }
}

#[test]
fn ur_6_two_sources_of_one_operator_never_sit_on_one_panel() {
    let candidates = [0, 0, 0, 1, 1, 2].map(voter);
    for seed in 0..200 {
        let mut play = Play::start(&candidates, &[], majority(3), seed);
        let mut turn = 0;
        while play.verdict.is_none() {
            let lies = candidates[play.asked[turn]].operator == 0;
            play.answer(turn, if lies { B } else { A });
            turn += 1;
        }
        assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
        let operators: BTreeSet<_> = play.verdict().ballots.iter().map(|ballot| ballot.operator).collect();
        assert_eq!(operators.len(), play.verdict().ballots.len());
    }
}

#[test]
fn ur_6_an_operator_that_was_heard_is_not_asked_again_at_another_source() {
    let candidates = [0, 0, 0, 1, 2].map(voter);
    for seed in 0..50 {
        let mut play = Play::start(&candidates, &[], majority(5), seed);
        assert_eq!(play.asked.len(), 3);
        play.answer(0, A);
        play.answer(1, B);
        play.answer(2, C);
        assert_eq!((play.asked.len(), play.outcome()), (3, Some(Outcome::Split)));
    }
}

#[test]
fn ur_7_two_sources_that_alternate_never_flip_the_outcome() {
    let candidates = [0, 1, 2, 3, 4].map(voter);
    for seed in 0..200 {
        let mut play = Play::start(&candidates, &[], majority(5), seed);
        let mut turn = 0;
        while play.verdict.is_none() {
            let flips = play.asked[turn] < 2 && seed % 2 == 0;
            play.answer(turn, if flips { B } else { A });
            turn += 1;
        }
        assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    }
}

#[test]
fn further_sources_of_an_operator_are_tried_when_the_bench_is_empty() {
    let candidates = [0, 0, 1, 1, 2].map(voter);
    let mut play = Play::start(&candidates, &[], majority(3), 1);
    assert_eq!(play.asked.iter().map(|c| candidates[*c].operator).collect::<BTreeSet<_>>().len(), 2);
    play.fail(0);
    play.fail(1);
    // With the third operator heard, only second sources of the first two can still complete a quorum.
    let turns = play.asked.len();
    for turn in 2..turns {
        play.answer(turn, A);
    }
    while play.verdict.is_none() {
        let last = play.asked.len() - 1;
        play.answer(last, A);
    }
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
}

#[test]
fn a_panel_of_one_is_a_chain_of_fall_backs() {
    let mut play = Play::start(&[7, 7, 3].map(voter), &[], majority(1), 99);
    assert_eq!(play.asked, [0]);
    play.fail(0);
    assert_eq!(play.asked, [0, 1]);
    while play.asked.len() == 2 {
        play.sleep();
    }
    assert_eq!(play.now, ms(5000));
    play.answer(2, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    assert_eq!((play.verdict().failed.as_slice(), play.verdict().late.as_slice()), (&[0][..], &[1][..]));
}

#[test]
fn a_group_never_has_more_seats_than_its_limit_and_gives_them_back() {
    let grouped = |operator| Candidate { groups: Groups::NONE.with(0), ..voter(operator) };
    let candidates = [grouped(0), grouped(1), grouped(2), grouped(3), voter(4), voter(5)];
    for seed in 0..200 {
        let mut play = Play::start(&candidates, &[1], majority(3), seed);
        let mut turn = 0;
        let mut heard_of_group = 0;
        while play.verdict.is_none() {
            let in_group = play.asked[turn] < 4;
            // The first three of the group fail: each hands its seat to the next.
            let failed = play.asked[..turn].iter().filter(|c| **c < 4).count();
            if in_group && failed < 3 {
                play.fail(turn);
            } else {
                heard_of_group += usize::from(in_group);
                let opinion = [A, B][turn % 2];
                play.answer(turn, opinion);
            }
            turn += 1;
        }
        assert!(heard_of_group <= 1);
    }
}

#[test]
fn a_failed_member_makes_room_for_another_of_its_group() {
    let grouped = |operator| Candidate { groups: Groups::NONE.with(0), ..voter(operator) };
    for seed in 0..50 {
        let mut play = Play::start(&[grouped(0), grouped(1), grouped(2), voter(3)], &[1], majority(3), seed);
        for asked in [2, 3] {
            assert_eq!(play.asked.len(), asked);
            let latest = play.asked.iter().rposition(|candidate| *candidate < 3).expect("one of the group");
            play.fail(latest);
        }
        assert_eq!(play.asked.len(), 4);
    }
}

#[test]
fn witnesses_are_never_asked() {
    let witness = |operator| Candidate { vote: Vote::Witness, ..voter(operator) };
    let candidates = [witness(0), voter(1), witness(2), voter(3), voter(4)];
    for seed in 0..50 {
        let mut play = Play::start(&candidates, &[], majority(3), seed);
        play.on(Event::Answered { candidate: 0, opinion: B });
        play.fail(0);
        assert!(play.asked.iter().all(|candidate| ![0, 2].contains(candidate)));
    }
}

#[test]
fn a_plurality_asks_the_whole_panel_and_stops_when_the_rest_cannot_matter() {
    let mut play = Play::start(&ten(), &[], plurality(5), 1);
    assert_eq!(play.asked.len(), 5);
    play.answer(0, A);
    play.answer(1, A);
    assert_eq!(play.outcome(), None);
    play.answer(2, A);
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
}

#[test]
fn a_plurality_needs_no_majority_and_a_tie_aborts() {
    let mut play = Play::start(&ten(), &[], plurality(4), 1);
    for (turn, opinion) in [A, B, C, A].into_iter().enumerate() {
        play.answer(turn, opinion);
    }
    assert_eq!(play.outcome(), Some(Outcome::Agreed(A)));
    let mut play = Play::start(&ten(), &[], plurality(2), 1);
    play.answer(0, A);
    play.answer(1, B);
    assert_eq!(play.outcome(), Some(Outcome::Split));
}

#[test]
fn a_hedge_of_zero_asks_the_whole_panel_at_once() {
    let rules = Rules::default().timed(Times { hedge: Duration::ZERO, ..Times::default() }).expect("rules");
    let mut play = Play::start(&ten(), &[], rules, 1);
    assert_eq!(play.asked.len(), 5);
    play.answer(0, A);
    play.answer(1, A);
    play.answer(2, A);
    assert_eq!(play.verdict().dropped.len(), 2);
}
