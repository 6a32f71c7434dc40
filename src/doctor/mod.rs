//! What is right and what is not, with what to do: the judgements behind `dynflare doctor`.
//!
//! One file per subject, each a pure function from facts to findings. Gathering the facts, and printing, is the
//! command's; here nothing is asked, read or changed. Text of others is cleaned before it becomes part of a finding.

pub mod clock;
pub mod configuration;
pub mod connection;
pub mod credential;
pub mod files;
pub mod ipv6;
pub mod quorum;
pub mod record;
pub mod resolver;
pub mod rivals;
pub mod sources;
pub mod trust;

use dynflare_core::fault::Fault;

use crate::report::clean::Cleaner;
use crate::report::words::fault_cause;

/// What to do about what may pass by itself.
const AGAIN: &str = "try again later; if it stays, look for a firewall or a proxy";

/// How a finding weighs, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing has to be done.
    Note,
    /// It works, and something should be done all the same.
    Warning,
    /// It does not work.
    Error,
}

impl Level {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a finding is about, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The configuration as a whole.
    Configuration,
    /// Its files, and where the state is kept.
    Files,
    /// What an account is spoken to with.
    Credential,
    /// A record and the zone it lies in.
    Record,
    /// Other clients at the same records.
    Rivals,
    /// The sources of addresses.
    Sources,
    /// How many of them may fail.
    Quorum,
    /// What is between this machine and the Internet.
    Connection,
    /// Which of this machine's IPv6 addresses is published.
    Ipv6,
    /// Plain DNS.
    Resolver,
    /// Whose certificates are believed.
    Trust,
    /// The time.
    Clock,
}

impl Subject {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Files => "files",
            Self::Credential => "credential",
            Self::Record => "record",
            Self::Rivals => "other-clients",
            Self::Sources => "sources",
            Self::Quorum => "quorum",
            Self::Connection => "connection",
            Self::Ipv6 => "ipv6",
            Self::Resolver => "plain-dns",
            Self::Trust => "tls-roots",
            Self::Clock => "clock",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it weighs.
    pub level: Level,
    /// What it is about.
    pub subject: Subject,
    /// How it is, in a sentence without a final period.
    pub what: String,
    /// What can be done, where something should be.
    pub hint: Option<String>,
}

impl Finding {
    /// A finding without anything to do.
    pub fn new(level: Level, subject: Subject, what: impl Into<String>) -> Self {
        Self { level, subject, what: what.into(), hint: None }
    }

    /// The same with what to do.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// That something failed: an error where waiting does not help, else a warning. `what` stands before the cause.
    pub fn of_fault(subject: Subject, what: &str, fault: &Fault, cleaner: &Cleaner) -> Self {
        let level = if fault.class.policy().is_temporary() { Level::Warning } else { Level::Error };
        let otherwise = || (level == Level::Warning).then(|| AGAIN.to_owned());
        let hint = fault.hint.as_ref().map(|hint| cleaner.whole(hint)).or_else(otherwise);
        Self { level, subject, what: format!("{what}: {}", fault_cause(fault, cleaner)), hint }
    }
}

/// The findings in the order of the page: by subject, and of one subject the worst first.
pub fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| (finding.subject, std::cmp::Reverse(finding.level)));
    findings
}

/// The worst of them.
pub fn worst(findings: &[Finding]) -> Level {
    findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok)
}
