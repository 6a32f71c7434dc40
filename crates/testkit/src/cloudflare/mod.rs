//! A Cloudflare API that lives in this process: the part of <https://developers.cloudflare.com/api/> that deals with
//! zones and DNS records, with state, permissions, paging, transactions and the error codes of the real one.
//!
//! Shapes follow exchanges recorded in August 2025. What the fake cannot know of the real API it refuses rather than
//! invents: an unknown path is 7000, an unknown filter is ignored as the real one ignores it. What goes wrong on
//! purpose is scripted ([`Trouble`]); what was asked is in the log ([`FakeCloudflare::log`]).
//!
//! [`FakeCloudflare::reply`] is a pure step of the state; serving it over a socket is the business of
//! [`FakeCloudflare::serve`].

mod access;
mod answer;
mod batch;
mod query;
mod record;
mod route;
pub mod schema;
mod script;
mod serve;
#[cfg(test)]
mod tests;
mod zone;

pub use access::Grant;
pub use record::FakeRecord;
pub use script::{On, Trouble};
pub use zone::FakeZone;

use hyper::body::Bytes;
use hyper::{Method, Request, Response};
use std::sync::{Arc, Mutex, MutexGuard};

/// What comes back from the fake.
#[derive(Debug)]
pub enum Reply {
    /// A whole answer.
    Answer(Response<Bytes>),
    /// An answer whose body ends early: more is announced than is sent.
    Cut(Response<Bytes>),
    /// Nothing, ever; the connection stays open.
    Silence,
}

/// One request as the fake saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// Path and query, without the prefix `/client/v4`.
    pub path: String,
    /// The body as text; empty where there was none.
    pub body: String,
}

/// The fake; a clone is another handle on the same state.
#[derive(Clone, Default)]
pub struct FakeCloudflare {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    access: access::Access,
    zones: Vec<zone::FakeZone>,
    script: script::Script,
    log: Vec<Seen>,
    made: u64,
}

impl State {
    /// An identifier as the real API makes them: 32 hexadecimal digits without meaning.
    fn identifier(&mut self) -> String {
        self.made += 1;
        let scattered = u128::from(self.made).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        format!("{scattered:032x}")
    }
}

impl FakeCloudflare {
    /// A fake that knows no zone and lets nobody in.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets whoever sends `Authorization: Bearer <token>` in.
    pub fn token(&self, token: &str, grant: Grant) {
        self.state().access.tokens.insert(token.to_owned(), grant);
    }

    /// Lets whoever sends this pair as `X-Auth-Email` and `X-Auth-Key` in.
    pub fn global_key(&self, email: &str, key: &str, grant: Grant) {
        self.state().access.keys.insert((email.to_owned(), key.to_owned()), grant);
    }

    /// Adds a zone and returns its identifier.
    pub fn zone(&self, zone: FakeZone) -> String {
        let mut state = self.state();
        let id = state.identifier();
        state.zones.push(FakeZone { id: id.clone(), ..zone });
        id
    }

    /// Removes a zone, as its owner would at the dashboard.
    pub fn remove_zone(&self, name: &str) {
        self.state().zones.retain(|zone| zone.name != name);
    }

    /// Adds a record to a zone, unchecked, and returns its identifier.
    pub fn record(&self, zone: &str, record: FakeRecord) -> String {
        let mut state = self.state();
        let id = state.identifier();
        let zone =
            state.zones.iter_mut().find(|known| known.name == zone).expect("the test adds the zone first");
        zone.records.push(FakeRecord { id: id.clone(), ..record });
        id
    }

    /// Removes a record, as somebody else would at the dashboard.
    pub fn remove_record(&self, id: &str) {
        for zone in &mut self.state().zones {
            zone.records.retain(|record| record.id != id);
        }
    }

    /// The records of a zone in the order in which they were made.
    pub fn records(&self, zone: &str) -> Vec<FakeRecord> {
        let state = self.state();
        let zone = state.zones.iter().find(|known| known.name == zone).expect("the test adds the zone first");
        zone.records.clone()
    }

    /// The contents at one name and type, sorted.
    pub fn contents(&self, zone: &str, name: &str, rtype: &str) -> Vec<String> {
        let mut contents: Vec<_> = self
            .records(zone)
            .into_iter()
            .filter(|record| record.name == name && record.rtype == rtype)
            .map(|record| record.content)
            .collect();
        contents.sort();
        contents
    }

    /// Makes the next request of a kind go wrong. Several of one kind happen one after the other.
    pub fn script(&self, on: On, trouble: Trouble) {
        self.state().script.once(on, trouble);
    }

    /// From now on a PATCH that does not carry name, type and TTL is refused with 1004 and 9021 in its chain, as
    /// Cloudflare did on 2020-01-21.
    pub fn refuse_partial_patches(&self) {
        self.state().script.whole_records_only = true;
    }

    /// From now on there is no batch endpoint.
    pub fn refuse_batches(&self) {
        self.state().script.no_batch = true;
    }

    /// Every request so far, in the order of arrival.
    pub fn log(&self) -> Vec<Seen> {
        self.state().log.clone()
    }

    /// Every request so far that could have changed something.
    pub fn writes(&self) -> Vec<Seen> {
        self.log().into_iter().filter(|seen| seen.method != Method::GET).collect()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.state().log.clear();
    }

    /// Takes one request and answers it.
    pub fn reply(&self, request: &Request<Bytes>) -> Reply {
        let path = request.uri().path_and_query().map_or("/", |both| both.as_str());
        let path = path.strip_prefix("/client/v4").unwrap_or(path).to_owned();
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let mut state = self.state();
        state.log.push(Seen { method: request.method().clone(), path, body });
        match state.script.next(request.method()) {
            Some(trouble) => trouble.reply(&mut state, request),
            None => Reply::Answer(route::answer(&mut state, request)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics inside the fake")
    }
}
