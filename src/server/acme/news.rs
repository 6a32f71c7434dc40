//! What happens to the certificate, for whoever logs it.

use super::span;
use std::fmt;
use std::time::Duration;

/// One thing that happened. `Display` is a sentence without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A certificate that was kept is in use.
    Kept {
        /// What it is for.
        names: String,
        /// How long it is still valid; nothing where it has ended.
        left: Option<Duration>,
    },
    /// There is none yet, and one is ordered.
    Awaited {
        /// For what.
        names: String,
    },
    /// A new one is in use.
    Issued {
        /// What it is for.
        names: String,
        /// How long it is valid.
        left: Duration,
    },
    /// An attempt failed.
    Failed {
        /// What the certificate would be for.
        names: String,
        /// Why: the end of a sentence.
        why: String,
        /// When the next one is.
        again: Duration,
        /// How long the certificate in use is still valid; nothing where it has ended, or there is none.
        left: Option<Duration>,
    },
    /// Something about the files it is kept in.
    Trouble(String),
}

impl News {
    /// Whether somebody should look at it.
    pub fn is_bad(&self) -> bool {
        match self {
            Self::Kept { left, .. } => left.is_none(),
            Self::Awaited { .. } | Self::Issued { .. } => false,
            Self::Failed { .. } | Self::Trouble(_) => true,
        }
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept { names, left: Some(left) } => {
                write!(f, "the certificate for {names} is valid for {}", span(*left))
            }
            Self::Kept { names, left: None } => {
                write!(f, "the certificate for {names} is no longer valid; a new one is ordered")
            }
            Self::Awaited { names } => write!(
                f,
                "no certificate for {names} yet: one is ordered, and until it is there TLS connections are refused"
            ),
            Self::Issued { names, left } => {
                write!(f, "new certificate for {names}, valid for {}", span(*left))
            }
            Self::Failed { names, why, again, left } => {
                write!(f, "cannot get a certificate for {names}: {why}; next attempt in {}; ", span(*again))?;
                match left {
                    Some(left) => write!(f, "the present one is valid for {}", span(*left)),
                    None => f.write_str("there is no valid one"),
                }
            }
            Self::Trouble(what) => f.write_str(what),
        }
    }
}
