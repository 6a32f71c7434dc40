//! When to tell a secondary that a zone has changed. Pure: the time comes from whoever asks.
//!
//! The first word goes out at once. What changes shortly after it is told together; who does not answer is told again
//! after longer and longer waits (RFC 1996 §3.6), and after the last of them only when the zone changes again.

use std::time::Duration;

/// The least time between two words about one zone that were both answered.
pub(super) const GAP: Duration = Duration::from_millis(250);
/// The first wait for an answer; each further one is twice as long, up to the longest.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);
/// How long a silent secondary waits for word of a further change, at least.
const NEWS: Duration = Duration::from_secs(1);
/// How often one serial number is told: for about eight minutes.
const TRIES: u32 = 14;

/// Where things stand with one secondary and one zone.
#[derive(Clone, Debug)]
pub(super) struct Course {
    serial: u32,
    /// What the secondary has answered to.
    heard: Option<u32>,
    /// What was told last, and when.
    told: Option<(u32, Duration)>,
    /// How often in a row that remained without an answer, the wait that is running included.
    tries: u32,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing before the zone changes.
    Rest,
    /// Tell it this serial number now.
    Tell(u32),
    /// Nothing before this time, or an answer.
    Wait(Duration),
}

impl Course {
    /// A secondary that knows nothing.
    pub(super) fn new(serial: u32) -> Self {
        Self { serial, heard: None, told: None, tries: 0 }
    }

    /// The zone has this serial number.
    pub(super) fn changed(&mut self, serial: u32) {
        self.serial = serial;
    }

    /// What is to be done at `now`.
    pub(super) fn step(&self, now: Duration) -> Step {
        if self.heard == Some(self.serial) {
            return Step::Rest;
        }
        let Some((told, at)) = self.told else { return Step::Tell(self.serial) };
        let wait = match self.tries {
            0 => GAP,
            tries => {
                let wait = FIRST.saturating_mul(1 << (tries - 1).min(16)).min(LONGEST);
                if told != self.serial {
                    wait.min(NEWS)
                } else if tries >= TRIES {
                    return Step::Rest;
                } else {
                    wait
                }
            }
        };
        if now >= at + wait { Step::Tell(self.serial) } else { Step::Wait(at + wait) }
    }

    /// It was told a serial number at `now`.
    pub(super) fn told(&mut self, serial: u32, now: Duration) {
        self.told = Some((serial, now));
        self.tries = self.tries.saturating_add(1);
    }

    /// It has answered, be it that it does not want to know: asking again would not change that.
    pub(super) fn answered(&mut self) {
        self.heard = self.told.map(|(serial, _)| serial);
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// The times at which it is told something until `end`, by a clock that jumps from step to step.
    fn run(course: &mut Course, mut now: Duration, end: Duration) -> Vec<u64> {
        let mut times = Vec::new();
        while now < end {
            match course.step(now) {
                Step::Rest => break,
                Step::Tell(serial) => {
                    times.push(u64::try_from(now.as_millis()).expect("short"));
                    course.told(serial, now);
                }
                Step::Wait(until) => now = until,
            }
        }
        times
    }

    #[test]
    fn the_first_word_goes_out_at_once_and_an_answer_ends_it() {
        let mut course = Course::new(7);
        assert_eq!(course.step(ms(0)), Step::Tell(7));
        course.told(7, ms(0));
        assert_eq!(course.step(ms(10)), Step::Wait(ms(500)));
        course.answered();
        assert_eq!(course.step(ms(20)), Step::Rest);
        course.changed(8);
        assert_eq!(course.step(ms(9000)), Step::Tell(8), "after a while a change is told at once");
    }

    #[test]
    fn changes_in_a_row_are_told_together() {
        let mut course = Course::new(0);
        let mut told = Vec::new();
        for now in 0..2000 {
            course.changed(u32::try_from(now).expect("small"));
            if let Step::Tell(serial) = course.step(ms(now)) {
                course.told(serial, ms(now));
                course.answered();
                told.push(serial);
            }
        }
        assert_eq!(told, [0, 250, 500, 750, 1000, 1250, 1500, 1750]);
        assert_eq!(course.step(ms(2000)), Step::Tell(1999), "and the last of them is told");
    }

    #[test]
    fn an_answer_that_comes_late_is_one_to_what_was_told_last() {
        let mut course = Course::new(1);
        course.told(1, ms(0));
        course.changed(2);
        course.answered();
        assert_eq!(course.step(ms(100)), Step::Wait(ms(250)), "the change after it is still to be told");
    }

    #[test]
    fn the_silent_are_told_again_after_longer_and_longer_waits_and_not_for_ever() {
        let mut course = Course::new(7);
        let times = run(&mut course, ms(0), ms(10_000_000));
        assert_eq!(times[..8], [0, 500, 1500, 3500, 7500, 15_500, 31_500, 63_500]);
        assert_eq!(times.len(), 14);
        assert!(times[13] > 420_000 && times[13] < 540_000, "{times:?}");
        assert_eq!(course.step(ms(10_000_000)), Step::Rest);
        course.changed(8);
        assert_eq!(course.step(ms(10_000_000)), Step::Tell(8));
    }

    #[test]
    fn the_silent_are_told_of_changes_once_a_second() {
        let mut course = Course::new(0);
        run(&mut course, ms(0), ms(31_500));
        let mut told = Vec::new();
        for now in 31_600..35_000 {
            course.changed(u32::try_from(now).expect("small"));
            if let Step::Tell(serial) = course.step(ms(now)) {
                course.told(serial, ms(now));
                told.push(now);
            }
        }
        assert_eq!(told.len(), 4, "{told:?}");
    }
}
