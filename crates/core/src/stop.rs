//! Answers after which nothing may be sent any more, or not for a while.
//!
//! A provider that shows no records tells a client by its answer to stop, and blocks one that goes on. So a stop is
//! remembered beyond the process: a line of a crontab starts a new one every few minutes. It ends with its time, or when
//! what was refused has changed, which a digest of the settings shows.

use crate::fault::{Class, Fault};
use crate::name::Name;
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::time::Duration;

/// Whom a stop is about: an account, or one name in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The identifier of the account, as in the configuration.
    pub account: String,
    /// The name; `None` is the whole account.
    pub name: Option<Name>,
}

/// What was answered, and until when it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What kind of answer it was.
    pub class: Class,
    /// What happened, in our words.
    pub what: String,
    /// The other side's own words, free of secrets.
    pub said: Option<String>,
    /// When it was answered, in seconds since 1970-01-01 UTC.
    pub since: u64,
    /// When it ends by itself; `None` where it does not.
    pub until: Option<u64>,
    /// The salt of `mark`.
    pub salt: u64,
    /// A short salted digest of the settings that were refused. It says whether they have changed; of what they are it
    /// says too little to be worth stealing.
    pub mark: [u8; 3],
}

impl Stop {
    /// How long it stands at `now`; `None` where it is over, and no time where it does not end by itself. A clock that
    /// was set back makes it neither longer than it was at first nor shorter.
    pub fn stands(&self, now: u64) -> Option<Standing> {
        let Some(until) = self.until else { return Some(Standing::UntilChanged) };
        let whole = until.saturating_sub(self.since);
        let left = until.saturating_sub(now).min(whole);
        (left > 0).then(|| Standing::For(Duration::from_secs(left)))
    }

    /// The answer as a fault, without what belongs to its time.
    pub fn fault(&self) -> Fault {
        let fault = Fault::new(self.class, self.what.clone());
        match &self.said {
            Some(said) => fault.said(said.clone()),
            None => fault,
        }
    }
}

/// How long a stop still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Until somebody has changed something.
    UntilChanged,
    /// For so long.
    For(Duration),
}

/// All stops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stops(BTreeMap<Subject, Stop>);

impl Stops {
    /// The stop that keeps a name from being sent: the account's, else its own.
    pub fn of(&self, account: &str, name: &Name, now: u64) -> Option<(&Subject, &Stop)> {
        let standing =
            |subject: &Subject| self.0.get_key_value(subject).filter(|(_, stop)| stop.stands(now).is_some());
        let account = String::from(account);
        standing(&Subject { account: account.clone(), name: None })
            .or_else(|| standing(&Subject { account, name: Some(name.clone()) }))
    }

    /// Takes note of a stop.
    pub fn put(&mut self, subject: Subject, stop: Stop) {
        self.0.insert(subject, stop);
    }

    /// Forgets one: what was refused has changed, or was accepted.
    pub fn lift(&mut self, subject: &Subject) {
        self.0.remove(subject);
    }

    /// Forgets those that do not end by themselves: somebody says that what was refused has been put right. Gives how
    /// many there were.
    pub fn lift_lasting(&mut self) -> usize {
        let before = self.0.len();
        self.0.retain(|_, stop| stop.until.is_some());
        before - self.0.len()
    }

    /// Keeps those that a test approves of.
    pub fn retain(&mut self, keep: impl Fn(&Subject, &Stop) -> bool) {
        self.0.retain(|subject, stop| keep(subject, stop));
    }

    /// Everything, sorted, for keeping.
    pub fn all(&self) -> impl Iterator<Item = (&Subject, &Stop)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(until: Option<u64>) -> Stop {
        let what = String::from("refused");
        Stop { class: Class::Denied, what, said: None, since: 1_000, until, salt: 7, mark: [1, 2, 3] }
    }

    #[test]
    fn a_stop_with_an_end_ends_and_one_without_does_not() {
        let half_an_hour = stop(Some(2_800));
        assert_eq!(half_an_hour.stands(1_000), Some(Standing::For(Duration::from_secs(1_800))));
        assert_eq!(half_an_hour.stands(2_799), Some(Standing::For(Duration::from_secs(1))));
        assert_eq!(half_an_hour.stands(2_800), None);
        assert_eq!(
            half_an_hour.stands(0),
            Some(Standing::For(Duration::from_secs(1_800))),
            "a clock set back"
        );
        assert_eq!(stop(None).stands(u64::MAX), Some(Standing::UntilChanged));
    }

    #[test]
    fn the_stop_of_an_account_holds_for_all_its_names_and_that_of_a_name_for_no_other() {
        let name = |text: &str| Name::parse(text).expect("a name");
        let mut stops = Stops::default();
        let one = Subject { account: "noip".into(), name: Some(name("a.example.org")) };
        stops.put(one.clone(), stop(None));
        assert!(stops.of("noip", &name("a.example.org"), 0).is_some());
        assert!(stops.of("noip", &name("b.example.org"), 0).is_none());
        assert!(stops.of("other", &name("a.example.org"), 0).is_none());
        stops.put(Subject { account: "noip".into(), name: None }, stop(Some(2_000)));
        assert!(stops.of("noip", &name("b.example.org"), 1_500).is_some());
        assert!(stops.of("noip", &name("b.example.org"), 2_500).is_none());
        assert_eq!(stops.of("noip", &name("a.example.org"), 2_500).map(|found| found.0), Some(&one));
    }
}
