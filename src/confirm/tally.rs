//! Who has said what so far, and what that comes to.

use super::ask::Said;
use super::servers::Search;
use crate::report::status::Confirmation;
use std::net::SocketAddr;
use tokio::time::Instant;

/// The count.
pub(super) struct Tally {
    began: Instant,
    servers: Vec<Counted>,
    search: Option<Search>,
    /// What was told last.
    told: Option<Confirmation>,
}

struct Counted {
    address: SocketAddr,
    name: Option<String>,
    said: Option<Said>,
    right_at: Option<Instant>,
}

impl Tally {
    pub(super) fn new(began: Instant) -> Self {
        Self { began, servers: Vec::new(), search: None, told: None }
    }

    /// Counts one more server, and gives its place; `None` where it is counted already.
    pub(super) fn add(&mut self, address: SocketAddr, name: Option<String>) -> Option<usize> {
        if let Some(there) = self.servers.iter_mut().find(|there| there.address == address) {
            there.name = there.name.take().or(name);
            return None;
        }
        self.servers.push(Counted { address, name, said: None, right_at: None });
        Some(self.servers.len() - 1)
    }

    pub(super) fn said(&mut self, place: usize, said: Said, now: Instant) {
        let server = &mut self.servers[place];
        server.right_at = (said == Said::Right).then_some(now);
        server.said = Some(said);
    }

    /// Takes note of how the search went, and gives the servers to be counted.
    pub(super) fn found(&mut self, search: Search) -> Vec<(SocketAddr, String)> {
        let servers = match &search {
            Search::Found(servers) => servers.clone(),
            Search::Nothing(_) | Search::Failed(_) => Vec::new(),
        };
        self.search = Some(search);
        servers
    }

    /// Whether nothing more is to be waited for.
    pub(super) fn is_complete(&self) -> bool {
        match self.search {
            None | Some(Search::Failed(_)) => false,
            Some(Search::Nothing(_)) if self.servers.is_empty() => true,
            Some(Search::Nothing(_) | Search::Found(_)) => {
                self.counted().all(|server| server.right_at.is_some())
            }
        }
    }

    /// Those that count: all but those that are not for this machine to ask. Where that is all of them, the network
    /// is down rather than theirs.
    fn counted(&self) -> impl Iterator<Item = &Counted> {
        let for_us = |server: &Counted| server.said != Some(Said::NotForUs);
        let any = self.servers.iter().any(for_us);
        self.servers.iter().filter(move |server| !any || for_us(server))
    }

    fn told(&self, state: &str, why: Option<String>) -> Confirmation {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let right = self.counted().filter(|server| server.right_at.is_some()).count();
        Confirmation {
            servers: number(self.counted().count()),
            right: number(right),
            took_ms: None,
            state: state.to_owned(),
            why,
        }
    }

    /// How it stands.
    pub(super) fn so_far(&mut self) -> Confirmation {
        let confirmation = self.told("waiting", self.why());
        self.told = Some(confirmation.clone());
        confirmation
    }

    /// Whether it stands otherwise than was told last.
    pub(super) fn has_changed(&self) -> bool {
        self.told.as_ref() != Some(&self.told("waiting", self.why()))
    }

    /// How it ended.
    pub(super) fn at_the_end(&self) -> Confirmation {
        if self.counted().next().is_none() {
            return self.told("not-possible", self.why());
        }
        if !self.is_complete() {
            return self.told("partly", self.why());
        }
        let last = self.counted().filter_map(|server| server.right_at).max().unwrap_or(self.began);
        let took = u64::try_from((last - self.began).as_millis()).unwrap_or(u64::MAX);
        Confirmation { took_ms: Some(took), ..self.told("confirmed", None) }
    }

    /// That it cannot be.
    pub(super) fn impossible(&self, why: String) -> Confirmation {
        self.told("not-possible", Some(why))
    }

    /// What stands in the way: the first server that is not right, and how many others are not.
    fn why(&self) -> Option<String> {
        let mut wrong = self.counted().filter(|server| server.right_at.is_none());
        let Some(first) = wrong.next() else {
            return match &self.search {
                None => Some("the zone's servers are not known yet".to_owned()),
                Some(Search::Found(_)) => None,
                Some(Search::Nothing(why) | Search::Failed(why)) => Some(why.clone()),
            };
        };
        let more = match wrong.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        Some(format!("{} {}{more}", first.label(), first.reason()))
    }
}

impl Counted {
    fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.address.ip()),
            None => self.address.to_string(),
        }
    }

    fn reason(&self) -> String {
        match &self.said {
            None => "has not answered yet".to_owned(),
            Some(Said::Right) => "gives the new values".to_owned(),
            Some(Said::Otherwise) => "does not give the new values".to_owned(),
            Some(Said::NoAuthority) => "answers without authority over the zone".to_owned(),
            Some(Said::Refused(code)) => format!("does not answer ({code})"),
            Some(Said::Garbled) => "gives an answer that cannot be read".to_owned(),
            Some(Said::Nothing(why)) => format!("cannot be asked: {why}"),
            Some(Said::NotForUs) => "cannot be reached from here".to_owned(),
        }
    }
}
