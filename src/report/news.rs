//! What somebody should be told, or look up later: changes, and incidents from their beginning to their end.
//!
//! A piece of news is a value. The daemon decides when there is one (once per incident); history keeps it, and the
//! notification targets render it. It holds no secrets: causes are cleaned before they get here.

use serde::{Deserialize, Serialize};

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
}
