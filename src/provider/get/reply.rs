//! How answers are read: the definition's own rules in their order, then dyndns2 where the definition is like it, then
//! what an HTTP status means everywhere.

use super::definition::{Mistakes, duration};
use super::dyndns2;
use super::form::{self, Like, Meaning, Statuses, Texts};
use crate::provider::push::{About, Pushed, Refused, Sent, Stands};
use dynflare_core::fault::{Class, Fault};
use std::net::IpAddr;
use std::time::Duration;

/// The longest part of an answer that is looked at for a rule, in octets.
const LONGEST: usize = 64 * 1024;

/// The rules of a definition.
#[derive(Clone, Debug)]
pub(super) struct Replies {
    rules: Vec<Rule>,
    like: Option<Like>,
    echo: bool,
}

#[derive(Clone, Debug)]
struct Rule {
    statuses: Vec<u16>,
    equals: Option<Vec<String>>,
    prefix: Option<Vec<String>>,
    contains: Option<Vec<String>>,
    means: Meaning,
    about: About,
    wait: Option<Duration>,
}

/// An answer, as far as rules look at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard<'a> {
    pub(super) status: u16,
    pub(super) body: &'a str,
    pub(super) retry_after: Option<Duration>,
}

/// What an answer says about one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// `None`: it is not clear.
    pub(super) meaning: Option<Meaning>,
    pub(super) about: About,
    pub(super) wait: Option<Duration>,
    /// In our words.
    pub(super) what: String,
    /// In theirs.
    pub(super) said: String,
}

/// An answer and what it means.
#[derive(Clone, Debug)]
pub(super) struct Vector {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) means: Meaning,
    pub(super) wait: Option<Duration>,
}

impl Replies {
    pub(super) fn of(rules: &[form::Rule], like: Option<Like>, echo: bool, mistakes: &mut Mistakes) -> Self {
        let mut read = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let wait =
                rule.wait.as_deref().map(|wait| mistakes.note(&format!("reply[{at}].wait"), duration(wait)));
            let statuses = match &rule.status {
                None => Vec::new(),
                Some(Statuses::One(status)) => vec![*status],
                Some(Statuses::Several(several)) => several.clone(),
            };
            read.push(Rule {
                statuses,
                equals: rule.equals.as_ref().map(texts),
                prefix: rule.prefix.as_ref().map(texts),
                contains: rule.contains.as_ref().map(texts),
                means: rule.means,
                about: rule.about.unwrap_or(usual(rule.means)),
                wait: wait.flatten(),
            });
        }
        Self { rules: read, like, echo }
    }

    /// Which rules fit every answer there is.
    pub(super) fn useless(&self) -> Vec<bool> {
        let fits_all = |rule: &Rule| {
            rule.statuses.is_empty()
                && rule.equals.is_none()
                && rule.prefix.is_none()
                && rule.contains.is_none()
        };
        self.rules.iter().map(fits_all).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.like.is_none()
    }

    /// What an answer says about each of the names of a call that sent these addresses.
    pub(super) fn read(&self, heard: &Heard<'_>, names: usize, sent: &[IpAddr]) -> Vec<Told> {
        let body = heard.body.trim();
        if let Some(rule) = self.rules.iter().find(|rule| rule.fits(heard.status, body)) {
            let told = Told {
                meaning: Some(rule.means),
                about: rule.about,
                wait: rule.wait.or(heard.retry_after.filter(|_| rule.means == Meaning::RetryLater)),
                what: words(rule.means).to_owned(),
                said: body.to_owned(),
            };
            return vec![self.echoed(told, sent); names];
        }
        let protocol = match self.like {
            Some(Like::Dyndns2) => dyndns2::read(body, names, sent),
            None => None,
        };
        match protocol {
            Some(told) => told.into_iter().map(|told| self.echoed(told, sent)).collect(),
            None => vec![by_status(heard); names],
        }
    }

    /// A success that does not repeat the address, where the definition says that it has to, is none.
    fn echoed(&self, told: Told, sent: &[IpAddr]) -> Told {
        let success = matches!(told.meaning, Some(Meaning::Updated | Meaning::Unchanged));
        if !self.echo || !success {
            return told;
        }
        let words = told.said.split(|c: char| !c.is_ascii_hexdigit() && c != '.' && c != ':');
        let said: Vec<IpAddr> = words.filter_map(|word| word.parse().ok()).collect();
        match sent.iter().find(|address| !said.contains(address)) {
            Some(address) => {
                Told { meaning: None, what: format!("the answer does not repeat {address}"), ..told }
            }
            None => told,
        }
    }
}

fn texts(texts: &Texts) -> Vec<String> {
    let lower = |text: &String| text.trim().to_ascii_lowercase();
    match texts {
        Texts::One(one) => vec![lower(one)],
        Texts::Several(several) => several.iter().map(lower).collect(),
    }
}

impl Rule {
    fn fits(&self, status: u16, body: &str) -> bool {
        let end = (0..=LONGEST.min(body.len())).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
        let body = body[..end].to_ascii_lowercase();
        let any = |texts: &Option<Vec<String>>, fits: &dyn Fn(&str) -> bool| {
            texts.as_ref().is_none_or(|texts| texts.iter().any(|text| fits(text)))
        };
        (self.statuses.is_empty() || self.statuses.contains(&status))
            && any(&self.equals, &|text| body == text)
            && any(&self.prefix, &|text| body.starts_with(text))
            && any(&self.contains, &|text| body.contains(text))
    }
}

/// Whom an answer of this meaning is about, where a rule does not say.
fn usual(means: Meaning) -> About {
    match means {
        Meaning::Denied | Meaning::Abuse | Meaning::RetryLater => About::Account,
        Meaning::Updated | Meaning::Unchanged | Meaning::NoSuchName | Meaning::Rejected => About::Name,
    }
}

fn words(means: Meaning) -> &'static str {
    match means {
        Meaning::Updated | Meaning::Unchanged => "",
        Meaning::Denied => "the credentials were refused",
        Meaning::NoSuchName => "the name does not exist in this account",
        Meaning::Abuse => "the provider has blocked this for abuse",
        Meaning::RetryLater => "the provider asks to wait",
        Meaning::Rejected => "the request was refused",
    }
}

/// What a status means where nothing in the answer says more.
fn by_status(heard: &Heard<'_>) -> Told {
    let told = |meaning, about, what: &str| Told {
        meaning,
        about,
        wait: heard.retry_after,
        what: what.to_owned(),
        said: heard.body.trim().to_owned(),
    };
    match heard.status {
        401 => told(Some(Meaning::Denied), About::Account, "the credentials were refused"),
        429 => told(Some(Meaning::RetryLater), About::Account, "too many requests"),
        500..=599 => told(Some(Meaning::RetryLater), About::Account, "the server has a problem"),
        // A 403 may be a firewall's; it is nothing to stop for until somebody changes something.
        _ if heard.body.trim().is_empty() => told(None, About::Name, "the answer is empty"),
        _ => told(None, About::Name, "the answer is none of those known"),
    }
}

impl Told {
    /// An answer of which nothing is known.
    pub(super) fn unclear(what: String, said: &str) -> Self {
        Self { meaning: None, about: About::Name, wait: None, what, said: said.to_owned() }
    }

    /// What follows from it. Whose secrets may be in the text is not known here.
    pub(super) fn judged(self, status: u16) -> Result<Pushed, Refused> {
        let (class, stands) = match self.meaning {
            Some(Meaning::Updated) => return Ok(Pushed::Updated),
            Some(Meaning::Unchanged) => return Ok(Pushed::Unchanged),
            Some(Meaning::Denied) => (Class::Denied, Some(Stands::UntilChanged)),
            Some(Meaning::NoSuchName) => (Class::NoSuchName, Some(Stands::UntilChanged)),
            Some(Meaning::Abuse) => (Class::Barred, Some(Stands::UntilChanged)),
            Some(Meaning::Rejected) => (Class::Invalid, Some(Stands::UntilChanged)),
            Some(Meaning::RetryLater) if (500..600).contains(&status) => {
                (Class::Unavailable, self.wait.map(Stands::For))
            }
            Some(Meaning::RetryLater) => (Class::RateLimited, self.wait.map(Stands::For)),
            None if status == 403 => (Class::Denied, None),
            None => (Class::Unexpected, None),
        };
        let mut fault = Fault::new(class, self.what).status(format!("HTTP {status}")).retry_after(self.wait);
        if !self.said.is_empty() {
            fault = fault.said(self.said);
        }
        Err(Refused { fault: Box::new(fault), about: self.about, stands, sent: Sent::Yes })
    }
}

impl Vector {
    /// Those of a definition, and of the protocol it is like.
    pub(super) fn all(written: &[form::Vector], like: Option<Like>, mistakes: &mut Mistakes) -> Vec<Self> {
        let mut all = Vec::new();
        for (at, vector) in written.iter().enumerate() {
            let wait = vector
                .wait
                .as_deref()
                .map(|wait| mistakes.note(&format!("expect[{at}].wait"), duration(wait)));
            let form::Vector { body, status, means, wait: _ } = vector.clone();
            all.push(Self { status, body, means, wait: wait.flatten() });
        }
        if like == Some(Like::Dyndns2) {
            let usual = [
                ("good {ip}", 200, Meaning::Updated),
                ("nochg {ip}", 200, Meaning::Unchanged),
                ("badauth", 401, Meaning::Denied),
                ("nohost", 200, Meaning::NoSuchName),
            ];
            all.extend(usual.map(|(body, status, means)| Self {
                status,
                body: body.to_owned(),
                means,
                wait: None,
            }));
        }
        all
    }
}
