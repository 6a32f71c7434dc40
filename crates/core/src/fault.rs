//! Everything that can go wrong outside, in nine classes, and what follows from each.
//!
//! A fault is built where it is known (a source, a provider, the network), never printed there and never retried
//! there. [`Class::policy`] is the only place that decides what happens next.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

/// What kind of failure it was, as far as the next step depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The credentials were refused or may not do this.
    Denied,
    /// The zone does not exist there, or the credentials do not see it.
    NoSuchZone,
    /// The name does not exist there, and the provider cannot create it.
    NoSuchName,
    /// The request itself was refused as wrong: content, TTL, name, a clash with another record.
    Invalid,
    /// Too many requests for now.
    RateLimited,
    /// Blocked for abuse: nothing may be sent until a human acts.
    Barred,
    /// Not reachable, or broken for now: network, name resolution, TLS, 5xx, time-out before anything was sent.
    Unavailable,
    /// A write was sent and may or may not have taken effect.
    Unconfirmed,
    /// An answer that fits no rule, or a panic inside one adapter.
    Unexpected,
}

impl Class {
    /// All classes, in the order of the policy table.
    pub const ALL: [Self; 9] = [
        Self::Denied,
        Self::NoSuchZone,
        Self::NoSuchName,
        Self::Invalid,
        Self::RateLimited,
        Self::Barred,
        Self::Unavailable,
        Self::Unconfirmed,
        Self::Unexpected,
    ];

    /// The word for machine-readable output and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::NoSuchZone => "no-such-zone",
            Self::NoSuchName => "no-such-name",
            Self::Invalid => "invalid",
            Self::RateLimited => "rate-limited",
            Self::Barred => "barred",
            Self::Unavailable => "unavailable",
            Self::Unconfirmed => "unconfirmed",
            Self::Unexpected => "unexpected",
        }
    }

    /// The policy table.
    pub fn policy(self) -> Policy {
        use Again::{AfterChange, AfterHuman, Later};
        let (again, relist) = match self {
            Self::Denied | Self::NoSuchZone | Self::NoSuchName | Self::Invalid => (AfterChange, false),
            Self::Barred => (AfterHuman, false),
            Self::RateLimited | Self::Unavailable | Self::Unexpected => (Later, false),
            Self::Unconfirmed => (Later, true),
        };
        Policy { again, relist }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What follows from a fault of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// When it makes sense to try again.
    pub again: Again,
    /// Whether the records are listed again first, and the result judged by what is there.
    pub relist: bool,
}

impl Policy {
    /// Whether the same run may succeed later without anybody doing anything (exit code 75).
    pub fn is_temporary(self) -> bool {
        self.again == Again::Later
    }
}

/// When it makes sense to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Later, with back-off; not before `retry_after` where the other side gave one.
    Later,
    /// When the configuration, or what is at the provider, has changed.
    AfterChange,
    /// When a human has sorted it out with the provider.
    AfterHuman,
}

/// One failure, as its cause told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of failure it was.
    pub class: Class,
    /// What happened, in our words and lower case, without a final period: "the token was refused".
    pub what: String,
    /// The other side's own words, as received; the report cuts, cleans and quotes them.
    pub said: Option<String>,
    /// The status in the terms of its protocol: `HTTP 403, 9109`, `NOTAUTH (BADSIG)`.
    pub status: Option<String>,
    /// What the user can do, as an imperative sentence without a final period.
    pub hint: Option<String>,
    /// How long the other side asked us to wait.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// A fault of a class, with what happened.
    pub fn new(class: Class, what: impl Into<String>) -> Self {
        Self { class, what: what.into(), said: None, status: None, hint: None, retry_after: None }
    }

    /// Adds the other side's words.
    #[must_use]
    pub fn said(mut self, said: impl Into<String>) -> Self {
        self.said = Some(said.into());
        self
    }

    /// Adds the status in the terms of the protocol.
    #[must_use]
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = Some(status.into());
        self
    }

    /// Adds what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds how long to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match (&self.status, &self.said) {
            (Some(status), Some(said)) => write!(f, " ({status} {said:?})"),
            (Some(status), None) => write!(f, " ({status})"),
            (None, Some(said)) => write!(f, " ({said:?})"),
            (None, None) => Ok(()),
        }
    }
}

impl core::error::Error for Fault {}

#[cfg(test)]
mod tests;
