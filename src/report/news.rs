//! What somebody should be told, or look up later: changes, and incidents from their beginning to their end.
//!
//! A piece of news is a value. The daemon decides when there is one (once per incident); history keeps it, and the
//! notification targets render it. It holds no secrets: causes are cleaned before they get here.

use super::clean::Cleaner;
use super::event::{Outcome, RecordEvent};
use super::heard::{Heard, Told};
use super::words;
use dynflare_core::address::Family;
use dynflare_core::quorum::Opinion;
use serde::{Deserialize, Serialize};
use std::fmt;

#[cfg(test)]
mod tests;

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// When, in seconds since 1970-01-01 UTC.
    pub at: u64,
    /// The record it is about; `None` where it is about the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Subject>,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// Who said what when it was decided, where that matters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ballots: Vec<Said>,
}

impl News {
    /// That a record was changed, with who said what; `None` for every other outcome. `at` is in seconds since
    /// 1970-01-01 UTC.
    pub fn of_change(event: &RecordEvent, at: u64, cleaner: &Cleaner) -> Option<Self> {
        let Outcome::Changed(_, effect) = &event.outcome else { return None };
        // Values that were written again so that they do not expire are no news.
        if effect.removed.is_empty() && effect.added.is_empty() {
            return None;
        }
        let clean = |values: &[String]| values.iter().map(|value| cleaner.whole(value)).collect();
        Some(Self {
            at,
            record: Some(Subject::of(event)),
            what: What::Changed { from: clean(&effect.removed), to: clean(&effect.added) },
            ballots: event.detections.iter().flat_map(|heard| Said::all(heard, cleaner)).collect(),
        })
    }

    /// The news in one line, without the time it is of.
    pub fn sentence(&self) -> String {
        match &self.record {
            Some(record) => format!("{record}: {}", self.what.sentence(self.at)),
            None => self.what.sentence(self.at),
        }
    }
}

/// A record, as news call it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// The account, as the configuration calls it.
    pub account: String,
    /// The name, absolute and without a final dot.
    pub name: String,
    /// The type: `A`, `AAAA`, `TXT` and so on.
    #[serde(rename = "type")]
    pub rtype: String,
}

impl Subject {
    /// The record that an event is about.
    pub fn of(event: &RecordEvent) -> Self {
        Self {
            account: event.account.clone(),
            name: event.key.name.as_str().to_owned(),
            rtype: event.key.rtype.as_str().to_owned(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.name, self.rtype, self.account)
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum What {
    /// The record's values were changed, and the provider said so.
    Changed {
        /// The values that went.
        from: Vec<String>,
        /// The values that came.
        to: Vec<String>,
    },
    /// The record has failed as often as an incident needs.
    Failing {
        /// How often in a row.
        times: u32,
        /// Since when, in seconds since 1970-01-01 UTC.
        since: u64,
        /// Why, in one line.
        cause: String,
    },
    /// A guard, or what is there, forbids what would be needed; somebody has to look.
    Refused {
        /// Why, in one line.
        cause: String,
    },
    /// What was failing or refused is right again.
    Recovered {
        /// Since when it was not, in seconds since 1970-01-01 UTC.
        since: u64,
    },
    /// A changed configuration cannot be used; the old one goes on.
    Config {
        /// Why, in one line.
        cause: String,
    },
    /// A configuration that could not be used is right again.
    ConfigRight,
}

impl What {
    /// What happened in one line, seen from `at` (seconds since 1970-01-01 UTC); the record is not named.
    pub fn sentence(&self, at: u64) -> String {
        let lasted = |since: &u64| words::lasting(at.saturating_sub(*since));
        match self {
            Self::Changed { from, to } => match (from.as_slice(), to.as_slice()) {
                ([], []) => "corrected".to_owned(),
                ([], to) => format!("created {}", words::and(to)),
                (from, []) => format!("removed {}", words::and(from)),
                (from, to) => format!("{} -> {}", words::and(from), words::and(to)),
            },
            Self::Failing { times, since, cause } => {
                format!(
                    "failing for {} ({} in a row): {cause}",
                    lasted(since),
                    words::counted(*times as usize, "time")
                )
            }
            Self::Refused { cause } => format!("refused: {cause}"),
            Self::Recovered { since } => format!("right again after {}", lasted(since)),
            Self::Config { cause } => {
                format!("the changed configuration cannot be used, the old one goes on: {cause}")
            }
            Self::ConfigRight => "the configuration can be used again".to_owned(),
        }
    }

    /// The word of its kind, as in the configuration of notifications and in history.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Changed { .. } => Kind::Changed,
            Self::Failing { .. } => Kind::Failing,
            Self::Refused { .. } => Kind::Refused,
            Self::Recovered { .. } => Kind::Recovered,
            Self::Config { .. } | Self::ConfigRight => Kind::Config,
        }
    }
}

/// The kinds of news that somebody can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A record was changed.
    Changed,
    /// A record fails.
    Failing,
    /// A record is right again.
    Recovered,
    /// Somebody has to look.
    Refused,
    /// The configuration became wrong, or right again.
    Config,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Changed, Self::Failing, Self::Recovered, Self::Refused, Self::Config];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Failing => "failing",
            Self::Recovered => "recovered",
            Self::Refused => "refused",
            Self::Config => "config",
        }
    }
}

/// What one source said, as news keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The source.
    pub source: String,
    /// Who runs it.
    pub operator: String,
    /// The family asked about: 4 or 6.
    pub family: u8,
    /// An address, `none`, or a failure in one line.
    pub said: String,
    /// How long it took, in milliseconds; earlier versions did not keep that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
}

impl Said {
    /// What everybody said who was asked and answered.
    pub fn all(heard: &Heard, cleaner: &Cleaner) -> Vec<Self> {
        let family = match heard.family() {
            Family::V4 => 4,
            Family::V6 => 6,
        };
        let said = |told: &Told<'_>| match told {
            Told::Says(Opinion::Address(address)) => Some(address.to_string()),
            Told::Says(Opinion::NoAddress) => Some("none".to_owned()),
            Told::Failed(fault) => Some(words::fault_cause(fault, cleaner)),
            Told::NotNeeded => None,
        };
        let one = |(source, told, took): (&crate::source::Source, Told<'_>, Option<u128>)| {
            Some(Self {
                source: cleaner.remote(&source.id),
                operator: cleaner.remote(&source.operator),
                family,
                said: said(&told)?,
                took_ms: took.and_then(|took| u64::try_from(took).ok()),
            })
        };
        heard.told().into_iter().filter_map(one).collect()
    }
}
