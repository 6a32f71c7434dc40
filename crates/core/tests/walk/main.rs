//! The machine of the daemon on random walks through simulated years: faults of every kind, at any moment, and after
//! each step the laws.
//!
//! Everything follows from the seed that a failure names. `WALKS` in the environment sets how many walks there are.

mod laws;
mod walker;
mod world;

use walker::{Habit, Walker};

/// So many days each walk lasts.
const DAYS: u64 = 100;

fn walk(habit: Habit, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let walked = std::panic::catch_unwind(|| Walker::new(habit, seed).walk(DAYS));
        assert!(walked.is_ok(), "the walk of seed {seed} with {habit:?} breaks a law");
    }
}

#[test]
fn the_laws_hold_on_48_500_simulated_days() {
    walk(Habit::Calm, 0..485);
}

#[test]
fn the_laws_hold_on_another_48_500_simulated_days() {
    walk(Habit::Calm, 485..970);
}

#[test]
fn the_laws_hold_on_2_500_simulated_days_of_the_default_intervals() {
    walk(Habit::Default, 0..25);
}

#[test]
fn the_laws_hold_on_500_simulated_days_without_a_quiet_hour() {
    walk(Habit::Wild, 0..5);
}
