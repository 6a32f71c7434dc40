//! What can go wrong between this machine and a server, with enough to say it well, and the class each becomes.

use super::date;
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use std::time::Duration;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// A configured CA file cannot be read or holds no certificate.
    #[error("cannot use the CA file {path}: {reason}")]
    CaFile {
        /// As configured.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The name did not resolve.
    #[error("cannot resolve {name}: {reason}")]
    Resolve {
        /// The name.
        name: String,
        /// The resolver's words.
        reason: String,
    },
    /// The name resolved, but to nothing of the forced family.
    #[error("{name} has no {} address", family.map_or("usable", Family::as_str))]
    NoAddress {
        /// The name.
        name: String,
        /// The forced family.
        family: Option<Family>,
    },
    /// The machine has no way there: no route, or no address of the family. See [`NetError::lacks_family`].
    #[error("this machine has no {}way to {to}", family.map_or(String::new(), |family| format!("{family} ")))]
    NoRoute {
        /// Host and port.
        to: String,
        /// The forced family.
        family: Option<Family>,
    },
    /// No socket can be bound as the way out says; nothing was sent by any other way.
    #[error("cannot go out by {way}: {reason}")]
    Unbound {
        /// The way.
        way: String,
        /// The system's words.
        reason: String,
        /// What could be done.
        hint: Option<&'static str>,
    },
    /// Nobody listens there, or a firewall says so.
    #[error("{to} refused the connection")]
    Refused {
        /// Host and port.
        to: String,
    },
    /// Any other failure to connect.
    #[error("cannot connect to {to}: {reason}")]
    Connect {
        /// Host and port.
        to: String,
        /// The system's words.
        reason: String,
    },
    /// The server's certificate is not good enough.
    #[error("the certificate of {name} {flaw}")]
    Certificate {
        /// Whose certificate it should be.
        name: String,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The TLS handshake failed for another reason.
    #[error("cannot set up TLS with {to}: {reason}")]
    Tls {
        /// Host and port.
        to: String,
        /// The TLS library's words.
        reason: String,
    },
    /// The deadline of the whole exchange passed.
    #[error("{to} {phase} within {} s", after.as_secs_f64())]
    TimedOut {
        /// Host and port.
        to: String,
        /// How far it had come.
        phase: Phase,
        /// The deadline.
        after: Duration,
    },
    /// The body is larger than the caller allows.
    #[error("the answer of {to} is larger than {limit} bytes")]
    TooLarge {
        /// Host and port.
        to: String,
        /// The cap in bytes.
        limit: usize,
    },
    /// The connection ended after the request may have been sent and before the answer was complete.
    #[error("{to} cut the connection before its answer was complete")]
    Cut {
        /// Host and port.
        to: String,
    },
    /// The request cannot be put into HTTP.
    #[error("the request to {to} cannot be written: {reason}")]
    Unfit {
        /// Host and port.
        to: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What came back is not HTTP.
    #[error("{to} does not speak HTTP as expected: {reason}")]
    Protocol {
        /// Host and port.
        to: String,
        /// The HTTP library's words.
        reason: String,
    },
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Signed by nobody this machine trusts.
    #[error("was issued by nobody this machine trusts")]
    UnknownIssuer,
    /// For other names.
    #[error("is for {}", if presented.is_empty() { "another name".to_owned() } else { presented.join(", ") })]
    WrongName {
        /// The names it is for, at most four.
        presented: Vec<String>,
    },
    /// Past its end.
    #[error("expired on {}; this machine's clock says {}", date::minute(*end), date::minute(*now))]
    Expired {
        /// Its end, in seconds since 1970.
        end: u64,
        /// The machine's clock, in seconds since 1970.
        now: u64,
    },
    /// Before its beginning, which mostly means that the clock is wrong.
    #[error("is not valid before {}; this machine's clock says {}", date::minute(*begin), date::minute(*now))]
    NotYetValid {
        /// Its beginning, in seconds since 1970.
        begin: u64,
        /// The machine's clock, in seconds since 1970.
        now: u64,
    },
    /// Anything else, in the TLS library's words.
    #[error("is not acceptable: {0}")]
    Other(String),
}

/// How far an exchange had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Phase {
    /// Resolving, or connecting over TCP.
    #[error("could not be reached")]
    Connect,
    /// In the TLS handshake.
    #[error("did not finish the TLS handshake")]
    Secure,
    /// The request may have been sent.
    #[error("did not answer")]
    Exchange,
}

/// What a request would do at the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing; it can be repeated.
    Read,
    /// A change; if it may have been sent, it may have happened.
    Write,
}

impl NetError {
    /// Whether the request may have reached the server.
    pub fn may_have_been_sent(&self) -> bool {
        match self {
            Self::TimedOut { phase, .. } => *phase == Phase::Exchange,
            Self::TooLarge { .. } | Self::Cut { .. } | Self::Protocol { .. } => true,
            Self::CaFile { .. }
            | Self::Resolve { .. }
            | Self::NoAddress { .. }
            | Self::NoRoute { .. }
            | Self::Unbound { .. }
            | Self::Refused { .. }
            | Self::Connect { .. }
            | Self::Certificate { .. }
            | Self::Tls { .. }
            | Self::Unfit { .. } => false,
        }
    }

    /// The forced family, where this machine has no way out over it: "this machine has no IPv6".
    pub fn lacks_family(&self) -> Option<Family> {
        match self {
            Self::NoRoute { family, .. } => *family,
            Self::Unbound { .. }
            | Self::CaFile { .. }
            | Self::Resolve { .. }
            | Self::NoAddress { .. }
            | Self::Refused { .. }
            | Self::Connect { .. }
            | Self::Certificate { .. }
            | Self::Tls { .. }
            | Self::TimedOut { .. }
            | Self::TooLarge { .. }
            | Self::Cut { .. }
            | Self::Unfit { .. }
            | Self::Protocol { .. } => None,
        }
    }

    /// The fault this is. A write that may have been sent is [`Class::Unconfirmed`].
    pub fn fault(self, effect: Effect) -> Fault {
        let class = if effect == Effect::Write && self.may_have_been_sent() {
            Class::Unconfirmed
        } else {
            self.class()
        };
        let fault = Fault::new(class, self.to_string());
        match self.hint() {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::CaFile { .. } | Self::Unfit { .. } => Class::Invalid,
            Self::Resolve { .. }
            | Self::NoAddress { .. }
            | Self::NoRoute { .. }
            | Self::Unbound { .. }
            | Self::Refused { .. }
            | Self::Connect { .. }
            | Self::Certificate { .. }
            | Self::Tls { .. }
            | Self::TimedOut { .. }
            | Self::Cut { .. } => Class::Unavailable,
            Self::TooLarge { .. } | Self::Protocol { .. } => Class::Unexpected,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::CaFile { .. } => {
                Some("correct `ca_file` or SSL_CERT_FILE: a PEM file with at least one certificate")
            }
            Self::Resolve { .. } => {
                Some("check the name, and this machine's name servers (/etc/resolv.conf)")
            }
            Self::Unbound { hint, .. } => *hint,
            Self::Certificate { flaw, .. } => match flaw {
                Flaw::UnknownIssuer => Some(
                    "if you trust its issuer, add the issuer's certificate with `ca_file` or SSL_CERT_FILE; \
                     otherwise somebody on the way may be intercepting TLS",
                ),
                Flaw::WrongName { .. } => {
                    Some("check the URL, and that the name resolves to the right server")
                }
                Flaw::Expired { .. } | Flaw::NotYetValid { .. } => {
                    Some("check this machine's clock and its time synchronisation")
                }
                Flaw::Other(_) => None,
            },
            Self::NoAddress { .. }
            | Self::NoRoute { .. }
            | Self::Refused { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::TimedOut { .. }
            | Self::TooLarge { .. }
            | Self::Cut { .. }
            | Self::Unfit { .. }
            | Self::Protocol { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to() -> String {
        "api.example.com:443".to_owned()
    }

    #[test]
    fn a_write_that_may_have_been_sent_is_unconfirmed_and_no_other() {
        let timed_out = |phase| NetError::TimedOut { to: to(), phase, after: Duration::from_secs(10) };
        for (error, read, write) in [
            (NetError::Refused { to: to() }, Class::Unavailable, Class::Unavailable),
            (timed_out(Phase::Connect), Class::Unavailable, Class::Unavailable),
            (timed_out(Phase::Secure), Class::Unavailable, Class::Unavailable),
            (timed_out(Phase::Exchange), Class::Unavailable, Class::Unconfirmed),
            (NetError::Cut { to: to() }, Class::Unavailable, Class::Unconfirmed),
            (NetError::TooLarge { to: to(), limit: 1 }, Class::Unexpected, Class::Unconfirmed),
        ] {
            assert_eq!(error.clone().fault(Effect::Read).class, read, "{error}");
            assert_eq!(error.clone().fault(Effect::Write).class, write, "{error}");
        }
    }

    #[test]
    fn messages_name_the_server_and_what_happened() {
        let timed_out = |phase| NetError::TimedOut { to: to(), phase, after: Duration::from_millis(2500) };
        let no_route = |family| NetError::NoRoute { to: to(), family };
        for (error, expected) in [
            (timed_out(Phase::Connect), "api.example.com:443 could not be reached within 2.5 s"),
            (timed_out(Phase::Secure), "api.example.com:443 did not finish the TLS handshake within 2.5 s"),
            (timed_out(Phase::Exchange), "api.example.com:443 did not answer within 2.5 s"),
            (no_route(None), "this machine has no way to api.example.com:443"),
            (no_route(Some(Family::V6)), "this machine has no IPv6 way to api.example.com:443"),
            (
                NetError::NoAddress { name: "api.example.com".into(), family: Some(Family::V6) },
                "api.example.com has no IPv6 address",
            ),
        ] {
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn ur_50_a_clock_that_is_wrong_is_named_and_tried_again() {
        let error = NetError::Certificate {
            name: "api.example.com".to_owned(),
            flaw: Flaw::NotYetValid { begin: 1_767_225_600, now: 60 },
        };
        assert_eq!(
            error.to_string(),
            "the certificate of api.example.com is not valid before 2026-01-01 00:00 UTC; \
             this machine's clock says 1970-01-01 00:01 UTC"
        );
        let fault = error.fault(Effect::Write);
        assert!(fault.class.policy().is_temporary());
        assert_eq!(fault.hint.as_deref(), Some("check this machine's clock and its time synchronisation"));
    }
}
