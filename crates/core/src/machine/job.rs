//! What the machine knows of one record: whether it is right, and when it is its turn again.

use super::said::{Ending, Look, Now};
use super::timing::{self, INCIDENT};
use crate::fault::{Again, Class};
use crate::random::Random;
use crate::schedule::{Backoff, Moment};
use core::time::Duration;

/// When it is a record's turn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// With every round.
    Usual,
    /// At this time, and with every round before it.
    Soon(Moment),
    /// At this time and not before, unless somebody asks: it fails for a reason that stays.
    Late(Moment),
    /// Not before the configuration has changed.
    Never,
}

/// What somebody was told of a record that is not right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Nothing,
    Failing,
    Refused,
}

/// What has to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Failing { times: u32, since: u64 },
    Refused,
    Recovered { since: u64 },
}

/// One record.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) turn: Turn,
    /// How often it failed in a row.
    pub(super) failures: u32,
    /// When that began, on both clocks.
    trouble: Option<Now>,
    known: Known,
    /// When its provider was read last and it was right; nothing that says otherwise has come since.
    settled: Option<Moment>,
    /// Whether the last round that touched it found it right or made it so; `None` before one did.
    pub(super) right: Option<bool>,
}

impl Job {
    pub(super) fn new() -> Self {
        Self {
            turn: Turn::Usual,
            failures: 0,
            trouble: None,
            known: Known::Nothing,
            settled: None,
            right: None,
        }
    }

    /// After a changed configuration: nothing is held back any more, and everything is read.
    pub(super) fn afresh(mut self) -> Self {
        self.turn = Turn::Usual;
        self.settled = None;
        self
    }

    /// How its provider is looked at in a round that is no more than usual.
    pub(super) fn look(&self, now: Moment, audit: Duration) -> Look {
        match self.settled {
            Some(settled) if now.since(settled) < audit => Look::IfChanged,
            Some(_) | None => Look::Always,
        }
    }

    /// It was cut off before anything was decided: nobody's failure, and its turn at once.
    pub(super) fn cut_off(&mut self, now: Now) {
        self.turn = Turn::Soon(now.at);
    }

    /// Takes note of how it ended, and says what somebody should be told.
    pub(super) fn ended(
        &mut self,
        ending: Ending,
        now: Now,
        failing_after: u32,
        random: &mut Random,
    ) -> Option<News> {
        match ending {
            Ending::Right | Ending::Changed => {
                self.settled = Some(now.at);
                self.is_right()
            }
            Ending::AsBefore => self.is_right(),
            Ending::Absent => {
                self.settled = None;
                self.is_right()
            }
            Ending::NotAgreed => {
                let wait = self.trouble(now, timing::UNDECIDED, random);
                self.turn = Turn::Soon(now.at + wait);
                self.tell_failing(now, failing_after)
            }
            Ending::Guarded | Ending::Refused => {
                let wait = self.trouble(now, timing::SLOW, random);
                self.turn = Turn::Late(now.at + wait);
                let told = self.known == Known::Refused;
                self.known = Known::Refused;
                (!told).then_some(News::Refused)
            }
            Ending::Failed(class, retry_after) => {
                self.failed(class, retry_after, (now, failing_after), random)
            }
        }
    }

    fn failed(
        &mut self,
        class: Class,
        retry_after: Option<Duration>,
        (now, failing_after): (Now, u32),
        random: &mut Random,
    ) -> Option<News> {
        match class.policy().again {
            Again::Later => {
                let wait = self.trouble(now, timing::TEMPORARY, random).max(retry_after.unwrap_or_default());
                self.turn = Turn::Soon(now.at + wait);
                self.tell_failing(now, failing_after)
            }
            Again::AfterChange => {
                let wait = self.trouble(now, timing::SLOW, random).max(retry_after.unwrap_or_default());
                self.turn = Turn::Late(now.at + wait);
                // It will not go away by itself, so there is nothing to wait for.
                self.tell(now)
            }
            Again::AfterHuman => {
                self.trouble(now, timing::SLOW, random);
                self.turn = Turn::Never;
                self.tell(now)
            }
        }
    }

    fn is_right(&mut self) -> Option<News> {
        self.turn = Turn::Usual;
        self.failures = 0;
        self.right = Some(true);
        let since = self.trouble.take();
        let known = core::mem::replace(&mut self.known, Known::Nothing);
        since.filter(|_| known != Known::Nothing).map(|since| News::Recovered { since: since.wall })
    }

    /// Counts a failure, and says how long to wait.
    fn trouble(&mut self, now: Now, backoff: Backoff, random: &mut Random) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.trouble.get_or_insert(now);
        self.settled = None;
        self.right = Some(false);
        backoff.after(self.failures, random.throw())
    }

    fn tell_failing(&mut self, now: Now, failing_after: u32) -> Option<News> {
        let lasted = self.trouble.map_or(Duration::ZERO, |since| now.at.since(since.at));
        if self.failures >= failing_after && lasted >= INCIDENT { self.tell(now) } else { None }
    }

    fn tell(&mut self, now: Now) -> Option<News> {
        if self.known != Known::Nothing {
            return None;
        }
        self.known = Known::Failing;
        let since = self.trouble.map_or(now.wall, |since| since.wall);
        Some(News::Failing { times: self.failures, since })
    }
}
