//! Rounds that something asked for beside the clock: gathered, and at a pace.

use super::said::Cause;
use super::timing::{BURST, LONGEST, QUIET, SUSTAINED};
use crate::schedule::{Debounce, Moment, Pace};

/// What asked, and when it will be heard.
#[derive(Debug)]
pub(super) struct Wake {
    /// The first reason that counts; of several the one that is worth most to know.
    cause: Option<Cause>,
    /// From when it may be heard, before pace.
    asked: Option<Moment>,
    interfaces: Debounce,
    pace: Pace,
}

impl Wake {
    pub(super) fn new() -> Self {
        Self {
            cause: None,
            asked: None,
            interfaces: Debounce::new(QUIET, LONGEST),
            pace: Pace::new(BURST, SUSTAINED),
        }
    }

    /// A round is asked for. Interfaces change in steps, so what they say waits for more.
    pub(super) fn ask(&mut self, cause: Cause, now: Moment) {
        if cause == Cause::Interfaces {
            self.interfaces.note(now);
        } else {
            self.asked.get_or_insert(now);
        }
        self.cause = self.cause.max(Some(cause));
    }

    /// When a round that was asked for can start.
    pub(super) fn due(&self) -> Option<Moment> {
        let first = [self.asked, self.interfaces.due()].into_iter().flatten().min()?;
        // Who asks in person is heard at once.
        Some(if self.cause == Some(Cause::Kick) { first } else { first.max(self.pace.ready()) })
    }

    /// The same, and why.
    pub(super) fn next(&self) -> Option<(Moment, Cause)> {
        self.due().zip(self.cause)
    }

    /// Whether a round that was asked for can start now.
    pub(super) fn is_due(&self, now: Moment) -> bool {
        self.due().is_some_and(|due| due <= now)
    }

    /// The round is started: everything that asked is heard.
    pub(super) fn take(&mut self, now: Moment) -> Option<Cause> {
        if !self.is_due(now) {
            return None;
        }
        // A round that somebody asked for in person counts too, where there is a token.
        let _paced = self.pace.take(now);
        self.heard();
        self.cause.take()
    }

    /// A round of everything starts for another reason: what was asked for is part of it.
    pub(super) fn heard(&mut self) {
        self.interfaces.clear();
        self.asked = None;
    }

    /// Nothing is asked for any more.
    pub(super) fn clear(&mut self) {
        self.heard();
        self.cause = None;
    }
}
