//! Why an attempt failed, in words and in what follows from it.

use super::schedule::Cost;
use super::transport::Lost;
use instant_acme::{Error, Problem};

/// A failed attempt.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// A sentence's end, fit for users.
    pub(super) why: String,
    pub(super) kind: Kind,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A nonce was not taken (RFC 8555 §6.5), more often than the library repeats: nothing is wrong.
    Nonce,
    /// The authority does not know the account.
    Account,
    /// It did not answer, or not as itself, or is not done yet: the order can go on.
    Unheard,
    /// It says no, or the way to prove a name is barred: the order is over.
    Refused,
}

impl Kind {
    pub(super) fn cost(self) -> Cost {
        match self {
            Self::Nonce | Self::Unheard => Cost::Unheard,
            Self::Account | Self::Refused => Cost::Counted,
        }
    }
}

impl Fault {
    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self { why: why.into(), kind: Kind::Refused }
    }

    /// Of this machine's own doing, such as a full disk: the authority has counted nothing.
    pub(super) fn own(why: impl Into<String>) -> Self {
        Self { why: why.into(), kind: Kind::Unheard }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => Self::from(&problem),
            Error::Timeout(_) => Self::own("the certificate authority is not done yet"),
            Error::Other(other) => match other.downcast_ref::<Lost>() {
                Some(lost @ Lost::Status(429)) => {
                    Self::refused(format!("asking the certificate authority: {lost}"))
                }
                Some(lost) => Self::own(format!("asking the certificate authority: {lost}")),
                None => Self::refused(other.to_string()),
            },
            // What is no JSON, or lacks what the protocol demands, is no authority speaking.
            Error::Json(_) => Self::own("the directory's answer is not one of an ACME server"),
            other => Self::refused(other.to_string()),
        }
    }
}

impl From<&Problem> for Fault {
    fn from(problem: &Problem) -> Self {
        let kind =
            problem.r#type.as_deref().and_then(|kind| kind.strip_prefix("urn:ietf:params:acme:error:"));
        let follows = match kind {
            Some("badNonce") => Kind::Nonce,
            Some("accountDoesNotExist") => Kind::Account,
            Some("serverInternal") => Kind::Unheard,
            _ if problem.status.is_some_and(|status| status >= 500) => Kind::Unheard,
            _ => Kind::Refused,
        };
        Self { why: format!("the certificate authority said: {}", words(problem)), kind: follows }
    }
}

/// What a problem document says: its own text, and those of the names it is about.
pub(super) fn words(problem: &Problem) -> String {
    let mut words = problem.detail.clone().unwrap_or_else(|| "no reason".to_owned());
    for one in &problem.subproblems {
        words += "; ";
        words += &one.to_string();
    }
    if let Some(kind) = &problem.r#type {
        words = format!("{words} ({})", kind.rsplit(':').next().unwrap_or(kind));
    }
    // Somebody else's text: one line, and not a whole page of it.
    let shown: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if shown.chars().count() <= 600 { shown } else { shown.chars().take(600).chain("…".chars()).collect() }
}
