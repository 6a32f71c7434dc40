//! Whether a change has arrived: every authoritative server of the zone is asked itself until all give the new values.
//!
//! Which servers there are is asked of the system's resolver (`servers`, `resolvers`); for the answer itself no resolver
//! counts, since it may remember the old one (`ask`). Servers follow a primary when they hear of a change (RFC 1996), so
//! they are asked again, each at its own pace, until the deadline.
//!
//! What follows from it is the caller's business: it is told and shown, and never a condition for health. Records
//! that the provider answers for itself (proxied ones) cannot be confirmed this way; see [`Confirmation::by_api`].

mod ask;
mod resolvers;
mod servers;
mod tally;

pub use resolvers::Resolvers;

use crate::net::Network;
use crate::report::status::Confirmation;
use ask::{Expected, Seeker};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use servers::{Finder, Search};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tally::Tally;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

/// The pause after the first question; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause between two questions.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How changes are confirmed.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long servers are asked, from the call on.
    pub deadline: Duration,
    /// Who is asked which servers there are.
    pub resolvers: Resolvers,
    /// The port of authoritative servers.
    pub port: u16,
}

impl Default for Options {
    /// A minute, the system's resolvers, port 53.
    fn default() -> Self {
        Self { deadline: Duration::from_secs(60), resolvers: Resolvers::System, port: 53 }
    }
}

/// What is to be seen at the servers.
#[derive(Clone, Debug)]
pub struct Question {
    /// The zone, whose NS records name the servers.
    pub zone: Name,
    /// Name and type.
    pub key: Key,
    /// Values that must be there, in presentation form; others may stand beside them, for they are somebody else's.
    pub values: Vec<String>,
    /// Values that must be there no more. Where this and `values` are empty, there must be nothing at all.
    pub gone: Vec<String>,
    /// Servers to be asked beside those that the zone names: that of an account of RFC 2136, which may be hidden. One
    /// that answers only to who holds a key is left out.
    pub extra_servers: Vec<SocketAddr>,
}

/// Confirms changes.
#[derive(Clone, Debug)]
pub struct Confirming {
    network: Network,
    options: Options,
}

/// What the pieces of one confirmation have found out.
enum News {
    Servers(Search),
    Said(usize, ask::Said),
}

impl Confirming {
    /// By this way out, with these options; opens nothing.
    pub fn new(network: Network, options: Options) -> Self {
        Self { network, options }
    }

    /// Asks until every server gives the new values, or until the deadline. Times in the result count from the call,
    /// which should follow the write at once. `progress` is told of every step, the last one excepted, which is returned.
    ///
    /// May be dropped at any time.
    pub async fn confirm(
        &self,
        question: Question,
        mut progress: impl FnMut(&Confirmation) + Send,
    ) -> Confirmation {
        let Question { zone, key, values, gone, extra_servers } = question;
        let mut tally = Tally::new(Instant::now());
        let end = Instant::now() + self.options.deadline;
        let expected = match Expected::new(key, &values, &gone) {
            Ok(expected) => Arc::new(expected),
            Err(why) => return tally.impossible(why),
        };
        let (sender, mut news) = unbounded_channel();
        let mut pieces = JoinSet::new();
        let way = self.network.way();
        let seek = |server: SocketAddr, extra: bool, place: usize| {
            let seeker = Seeker { server, extra, way, expected: Arc::clone(&expected) };
            watch(seeker, place, sender.clone())
        };
        for server in extra_servers {
            if let Some(place) = tally.add(server, None) {
                pieces.spawn(seek(server, true, place));
            }
        }
        let finder = Finder { zone, resolvers: self.options.resolvers.clone(), port: self.options.port, way };
        pieces.spawn(search(finder, sender.clone()));
        progress(&tally.so_far());
        while !tally.is_complete() {
            let Some(piece) = next(&mut news, end).await else { break };
            match piece {
                News::Said(place, said) => tally.said(place, said, Instant::now()),
                News::Servers(found) => {
                    for (server, name) in tally.found(found) {
                        if let Some(place) = tally.add(server, Some(name)) {
                            pieces.spawn(seek(server, false, place));
                        }
                    }
                }
            }
            if tally.has_changed() && !tally.is_complete() {
                progress(&tally.so_far());
            }
        }
        tally.at_the_end()
    }
}

/// The next piece of news; `None` once there is no more time.
async fn next(news: &mut UnboundedReceiver<News>, end: Instant) -> Option<News> {
    timeout_at(end, news.recv()).await.ok().flatten()
}

/// Asks one server until it is right.
async fn watch(seeker: Seeker, place: usize, news: UnboundedSender<News>) {
    let mut pauses = Pauses::default();
    loop {
        let said = seeker.ask().await;
        let right = said == ask::Said::Right;
        // Nobody listens any more once the confirmation is over.
        if news.send(News::Said(place, said)).is_err() || right {
            return;
        }
        pauses.next().await;
    }
}

/// Looks for the zone's servers until it is known which there are, or that there are none.
async fn search(finder: Finder, news: UnboundedSender<News>) {
    let mut pauses = Pauses::default();
    loop {
        let found = finder.search().await;
        let over = !matches!(found, Search::Failed(_));
        if news.send(News::Servers(found)).is_err() || over {
            return;
        }
        pauses.next().await;
    }
}

/// Pauses that double up to the longest.
struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pauses {
    async fn next(&mut self) {
        sleep(self.0).await;
        self.0 = LONGEST_PAUSE.min(self.0 * 2);
    }
}
