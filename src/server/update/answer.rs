//! The words of the protocol, and what stands behind them.
//!
//! "Return Codes" of the Dyn Remote Access API (<https://help.dyn.com/remote-access-api/return-codes/>). Clients look at
//! the first word of a line. What follows on a failure is for whoever reads the client's log; it never has one of the
//! words in it that mean success, since some clients search the whole text.

use super::request::Unclear;
use super::setter::{Set, Why};
use crate::server::Reply;
use dynflare_core::address::Special;
use hyper::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use std::net::IpAddr;
use std::time::Duration;

/// The first word of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It is set.
    Good,
    /// It was so already.
    Nochg,
    /// The name is none of this account's, or of no zone here.
    Nohost,
    /// The name is no complete name.
    NotFqdn,
    /// Too many names.
    Numhost,
    /// The credentials are missing or wrong.
    Badauth,
    /// The request's method is not one that changes anything.
    Badagent,
    /// What stands at the name is somebody else's.
    NotYours,
    /// The account is blocked for abuse.
    Abuse,
    /// What was asked cannot be published.
    Dnserr,
    /// Not now.
    NineEleven,
}

impl Word {
    /// All of them, in the order of their values.
    pub const ALL: [Self; 11] = [
        Self::Good,
        Self::Nochg,
        Self::Nohost,
        Self::NotFqdn,
        Self::Numhost,
        Self::Badauth,
        Self::Badagent,
        Self::NotYours,
        Self::Abuse,
        Self::Dnserr,
        Self::NineEleven,
    ];

    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Nochg => "nochg",
            Self::Nohost => "nohost",
            Self::NotFqdn => "notfqdn",
            Self::Numhost => "numhost",
            Self::Badauth => "badauth",
            Self::Badagent => "badagent",
            Self::NotYours => "!yours",
            Self::Abuse => "abuse",
            Self::Dnserr => "dnserr",
            Self::NineEleven => "911",
        }
    }
}

/// A line: a word and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The word.
    pub word: Word,
    /// The addresses, or why.
    pub rest: String,
}

impl Line {
    /// A word alone.
    pub fn of(word: Word) -> Self {
        Self { word, rest: String::new() }
    }

    /// That an address is not one to be published.
    pub fn special(address: IpAddr, why: Special) -> Self {
        Self { word: Word::Dnserr, rest: format!("{address} is not public: {why}") }
    }

    /// That nobody can tell what is to be set.
    pub fn unclear(why: &Unclear) -> Self {
        Self { word: Word::Dnserr, rest: why.to_string() }
    }

    /// What became of a wish for these addresses. Why something was refused is for the owner's log, not for the client.
    pub fn told(set: &Set, addresses: impl Iterator<Item = IpAddr>) -> Self {
        let word = match set {
            Set::Changed => Word::Good,
            Set::Unchanged => Word::Nochg,
            Set::Refused(Why::NoZone) => Word::Nohost,
            Set::Refused(Why::Foreign(_)) => Word::NotYours,
            Set::Refused(Why::Rejected(_)) => Word::Dnserr,
            Set::Later(_) => Word::NineEleven,
        };
        let rest = match word {
            Word::Good | Word::Nochg => {
                addresses.map(|address| address.to_string()).collect::<Vec<_>>().join(",")
            }
            Word::Nohost
            | Word::NotFqdn
            | Word::Numhost
            | Word::Badauth
            | Word::Badagent
            | Word::NotYours
            | Word::Abuse
            | Word::Dnserr
            | Word::NineEleven => String::new(),
        };
        Self { word, rest }
    }
}

/// Lines as an answer.
pub fn lines<'a>(lines: impl Iterator<Item = &'a Line>) -> Reply {
    let mut body = String::new();
    for line in lines {
        body.push_str(line.word.as_str());
        if !line.rest.is_empty() {
            body.push(' ');
            body.push_str(&line.rest);
        }
        body.push('\n');
    }
    Reply::new(200, TEXT, body)
}

const TEXT: &str = "text/plain; charset=utf-8";

/// The credentials are missing or wrong, for a client that knows HTTP authentication.
pub fn challenge() -> Reply {
    const REALM: HeaderValue = HeaderValue::from_static("Basic realm=\"dynflare\", charset=\"UTF-8\"");
    Reply::text(401, Word::Badauth.as_str()).with(WWW_AUTHENTICATE, REALM)
}

/// Not now, but in so long.
pub fn wait(word: Word, status: u16, wait: Duration) -> Reply {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let text = format!("{} ask again in {seconds} seconds", word.as_str());
    Reply::text(status, text).with(RETRY_AFTER, HeaderValue::from(seconds))
}

/// The classic page that tells a client its address.
pub fn check_ip(address: IpAddr) -> Reply {
    let body = format!(
        "<html><head><title>Current IP Check</title></head><body>Current IP Address: {address}</body></html>\r\n"
    );
    Reply::new(200, "text/html; charset=utf-8", body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::address::publishable;

    #[test]
    fn no_failure_has_a_word_of_success_in_it() {
        let address = IpAddr::from([10, 0, 0, 1]);
        let special = publishable(address).expect_err("private");
        let said = [
            Line::special(address, special),
            Line::unclear(&Unclear::NoAddress("good".into())),
            Line::unclear(&Unclear::Offline),
            Line::told(&Set::Refused(Why::Rejected("good".into())), std::iter::empty()),
            Line::told(&Set::Refused(Why::Foreign("nochg".into())), std::iter::empty()),
        ];
        for line in said.iter().skip(2) {
            let body = lines(std::iter::once(line)).body;
            assert!(!body.contains("good") && !body.contains("nochg"), "{body}");
        }
        assert_eq!(
            lines(said.iter().take(1)).body,
            "dnserr 10.0.0.1 is not public: private use (RFC 1918) (10.0.0.0/8)\n"
        );
    }

    #[test]
    fn words_stand_in_the_order_of_their_values() {
        for (place, word) in Word::ALL.into_iter().enumerate() {
            assert_eq!(word as usize, place);
        }
        let told = |set| {
            let addresses = [IpAddr::from([203, 0, 113, 7]), "2001:db8::7".parse().expect("an address")];
            lines(std::iter::once(&Line::told(&set, addresses.into_iter()))).body
        };
        assert_eq!(told(Set::Changed), "good 203.0.113.7,2001:db8::7\n");
        assert_eq!(told(Set::Unchanged), "nochg 203.0.113.7,2001:db8::7\n");
        assert_eq!(told(Set::Refused(Why::NoZone)), "nohost\n");
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_upwards() {
        let reply = wait(Word::NineEleven, 429, Duration::from_millis(1001));
        assert_eq!((reply.status, reply.body.as_str()), (429, "911 ask again in 2 seconds\n"));
        assert_eq!(reply.headers, [(RETRY_AFTER, HeaderValue::from(2))]);
    }
}
