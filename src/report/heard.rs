//! A detection with the names of those who were asked.

use crate::source::{Aside, Detection, Source};
use dynflare_core::address::{Family, Prefix};
use dynflare_core::fault::Fault;
use dynflare_core::quorum::{Opinion, Outcome, Part, Verdict};
use std::net::IpAddr;
use std::sync::Arc;

/// What was heard about one family, and from whom.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What was found.
    pub detection: Detection,
    /// All sources, which the detection names by their places.
    pub sources: Arc<[Source]>,
    /// The uplink that was asked by; the system's own way where it is `None`.
    pub uplink: Option<Arc<str>>,
}

/// What one source came to.
pub enum Told<'a> {
    /// It has an opinion.
    Says(Opinion),
    /// It failed.
    Failed(&'a Fault),
    /// It was asked, and the matter was decided before it answered.
    NotNeeded,
}

impl Heard {
    /// What it is about, in words: `IPv4`, `IPv4 by fibre`.
    pub fn about(&self) -> String {
        match &self.uplink {
            None => self.family().to_string(),
            Some(uplink) => format!("{} by {uplink}", self.family()),
        }
    }

    /// The family asked about.
    pub fn family(&self) -> Family {
        self.detection.family
    }

    /// How it ended.
    pub fn verdict(&self) -> &Verdict {
        &self.detection.verdict
    }

    /// Whether this machine has nothing of this family: no way out over it, or certainly no address.
    pub fn is_absent(&self) -> bool {
        self.detection.no_route() || self.verdict().outcome == Outcome::Agreed(Opinion::NoAddress)
    }

    /// A source by its place.
    pub fn source(&self, place: usize) -> &Source {
        &self.sources[place]
    }

    /// The operators that say what was agreed on, sorted.
    pub fn agreeing(&self) -> Vec<&str> {
        self.operators(self.verdict().agreeing().map(|ballot| ballot.source))
    }

    /// Addresses that are this machine's beside the one agreed on: those that a quorum of the operators behind it name
    /// as well.
    pub fn beside(&self) -> Vec<IpAddr> {
        let mut named: Vec<(IpAddr, &str)> = Vec::new();
        for ballot in self.verdict().agreeing() {
            let source = self.source(ballot.source);
            let addresses = self.aside(source).into_iter().flat_map(|aside| &aside.beside);
            named.extend(addresses.map(|address| (*address, source.operator.as_str())));
        }
        named.sort_unstable();
        named.dedup();
        let agreed = self.verdict().outcome.agreed();
        let by_quorum =
            named.chunk_by(|a, b| a.0 == b.0).filter(|of_one| of_one.len() >= self.verdict().quorum);
        let addresses = by_quorum.filter_map(|of_one| of_one.first().map(|(address, _)| *address));
        addresses.filter(|address| agreed != Some(Opinion::Address(*address))).collect()
    }

    /// What sources without a vote say, where nobody else says anything: every opinion with those who hold it.
    pub fn witnesses(&self) -> Vec<(Opinion, Vec<&str>)> {
        let answers = || {
            let silent = self.verdict().ballots.is_empty();
            self.detection.answers.iter().filter(move |_| silent)
        };
        let mut said: Vec<Opinion> =
            answers().filter_map(|answer| answer.said.as_ref().ok().copied()).collect();
        said.sort_unstable();
        said.dedup();
        let holders = |opinion: Opinion| {
            let of_it =
                answers().filter(move |answer| answer.said.as_ref().is_ok_and(|said| *said == opinion));
            of_it.map(|answer| self.source(answer.source).id.as_str()).collect()
        };
        said.into_iter().map(|opinion| (opinion, holders(opinion))).collect()
    }

    /// The networks that were agreed on where only they were needed, with the operators behind each, sorted.
    pub fn networks(&self) -> Vec<(Prefix, Vec<&str>)> {
        let agreed = |(length, outcome): &(u8, Outcome)| match outcome {
            Outcome::Agreed(Opinion::Address(address)) => {
                let ballots = self.verdict().agreeing_on(Part::Network(*length));
                let operators = self.operators(ballots.map(|ballot| ballot.source));
                Some((Prefix::covering(*address, *length).ok()?, operators))
            }
            Outcome::Agreed(Opinion::NoAddress) | Outcome::Split | Outcome::TooFew | Outcome::Unknown => None,
        };
        self.verdict().networks.iter().filter_map(agreed).collect()
    }

    /// Every opinion with the operators that hold it, most first.
    pub fn opinions(&self) -> Vec<(Opinion, Vec<&str>)> {
        let mut found: Vec<Opinion> = self.verdict().ballots.iter().map(|ballot| ballot.opinion).collect();
        found.sort_unstable();
        found.dedup();
        let holders = |opinion: Opinion| {
            let ballots = self.verdict().ballots.iter().filter(move |ballot| ballot.opinion == opinion);
            self.operators(ballots.map(|ballot| ballot.source))
        };
        let mut held: Vec<_> = found.into_iter().map(|opinion| (opinion, holders(opinion))).collect();
        held.sort_by_key(|(_, holders)| std::cmp::Reverse(holders.len()));
        held
    }

    /// The sources that failed, with why.
    pub fn failures(&self) -> Vec<(&Source, &Fault)> {
        let failed = |answer: &crate::source::Answer| answer.said.is_err();
        self.detection
            .answers
            .iter()
            .filter(|answer| failed(answer))
            .filter_map(|answer| Some((self.source(answer.source), &answer.said.as_ref().err()?.fault)))
            .collect()
    }

    /// Everybody who was asked: the source, what it came to, and the milliseconds it took.
    pub fn told(&self) -> Vec<(&Source, Told<'_>, Option<u128>)> {
        let answered = self.detection.answers.iter().map(|answer| {
            let told = match &answer.said {
                Ok(opinion) => Told::Says(*opinion),
                Err(failure) => Told::Failed(&failure.fault),
            };
            (self.source(answer.source), told, Some(answer.took.as_millis()))
        });
        let heard = |place: &&usize| self.detection.answers.iter().all(|answer| answer.source != **place);
        let dropped = self.verdict().dropped.iter().filter(heard);
        answered.chain(dropped.map(|place| (self.source(*place), Told::NotNeeded, None))).collect()
    }

    /// What a source said beside its opinion, where it was heard.
    pub fn aside(&self, source: &Source) -> Option<&Aside> {
        let of_it = |answer: &&crate::source::Answer| self.source(answer.source).id == source.id;
        self.detection.answers.iter().find(of_it).map(|answer| &answer.aside)
    }

    /// Every sentence that was said beside an opinion, with its source's name before it.
    pub fn notes(&self) -> Vec<String> {
        let answers = self.detection.answers.iter();
        let of_one = |answer: &crate::source::Answer| {
            let id = self.source(answer.source).id.clone();
            answer.aside.notes.clone().into_iter().map(move |note| format!("{id}: {note}"))
        };
        answers.flat_map(of_one).collect()
    }

    fn operators(&self, places: impl Iterator<Item = usize>) -> Vec<&str> {
        let mut operators: Vec<&str> = places.map(|place| self.source(place).operator.as_str()).collect();
        operators.sort_unstable();
        operators.dedup();
        operators
    }
}
