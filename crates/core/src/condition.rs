//! What a user may ask for beside right values: that ours goes when its address has gone or the program stops, and
//! that right values are written again before they expire.
//!
//! An [`Absence`] is how long a name has certainly been without an address. It is counted by observations, not by the
//! clock alone, so that a machine that was asleep, off, or without the time of day does not take one look for a long one.

/// What becomes of values that are ours and point nowhere any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leftover {
    /// They stay.
    #[default]
    Keep,
    /// They are deleted; what is not ours stays.
    Delete,
}

/// How long an absence has to last before ours is deleted, in seconds, unless the user says otherwise: long enough for
/// a router to start again and for an interface to be configured anew.
pub const DEFAULT_GRACE: u64 = 10 * 60;

/// What the user asked for about one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// What happens when a deterministic source says that there is no address.
    pub on_no_address: Leftover,
    /// For how long it has to say so first, in seconds.
    pub grace: u64,
    /// What happens when the program stops for good.
    pub on_stop: Leftover,
    /// After how many seconds values are written again although they are right; `None` is never.
    pub refresh_after: Option<u64>,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            on_no_address: Leftover::Keep,
            grace: DEFAULT_GRACE,
            on_stop: Leftover::Keep,
            refresh_after: None,
        }
    }
}

/// For how long it has been certain that there is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// When it was last seen, in seconds since 1970-01-01 UTC.
    pub seen: u64,
    /// For how many seconds it counts as having lasted until then.
    pub lasted: u64,
}

impl Absence {
    /// It is seen for the first time.
    pub fn begin(now: u64) -> Self {
        Self { seen: now, lasted: 0 }
    }

    /// It is seen again. The time since then counts for no more than half of `grace`: between two looks nobody knew,
    /// and the clock may have been set. So three looks in a row are the least that can make an absence long enough.
    /// One that is long enough stays as it is.
    #[must_use]
    pub fn again(self, now: u64, grace: u64) -> Self {
        if self.left(grace) == 0 {
            return self;
        }
        let passed = now.saturating_sub(self.seen).min(grace.div_ceil(2));
        Self { seen: now, lasted: self.lasted.saturating_add(passed) }
    }

    /// How many seconds are missing from `grace`.
    pub fn left(&self, grace: u64) -> u64 {
        grace.saturating_sub(self.lasted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(times: &[u64], grace: u64) -> Absence {
        let (first, rest) = times.split_first().expect("one look at least");
        rest.iter().fold(Absence::begin(*first), |absence, now| absence.again(*now, grace))
    }

    #[test]
    fn looks_close_together_count_for_the_time_between_them() {
        assert_eq!(looks(&[100], 600).left(600), 600);
        assert_eq!(looks(&[100, 160, 220], 600).left(600), 480);
        assert_eq!(looks(&[0, 150, 300, 450, 600], 600).left(600), 0);
    }

    #[test]
    fn one_long_gap_or_a_jump_of_the_clock_is_not_enough() {
        let year = 365 * 24 * 60 * 60;
        assert_eq!(looks(&[0, year], 600).left(600), 300);
        assert_eq!(looks(&[0, year, year + 1], 600).left(600), 299);
        assert_eq!(looks(&[0, 3_600, 7_200], 600).left(600), 0, "an hourly crontab needs three runs");
        assert_eq!(looks(&[year, 0], 600).left(600), 600, "a clock that was set back");
        assert_eq!(looks(&[year, 0, 60], 600).left(600), 540);
    }

    #[test]
    fn without_grace_the_first_look_is_enough_and_a_long_absence_stays_as_it_is() {
        assert_eq!(Absence::begin(5).left(0), 0);
        let long = looks(&[0, 300, 600], 600);
        assert_eq!(long.again(10_000, 600), long);
    }
}
