//! The near end of a tunnel: a listener on loopback that waits for one-time paths and notes who the edge says asked.

use super::{Origin, Plan, agent, program};
use crate::net::http::Base;
use crate::server::client::Telling;
use crate::server::listen::{Limits, Server};
use crate::server::{Answer, Asked, Reply, Service};
use crate::signed::Nonce;
use crate::source::Question;
use dynflare_core::fault::{Class, Fault};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;

/// An open door. Dropped, it listens no more and the tunnel's program is gone.
#[derive(Debug)]
pub(super) struct Door {
    /// The tunnel's far end.
    pub(super) url: Base,
    expected: Expected,
    // The program goes before the listener does.
    _program: Option<program::Running>,
    _server: Server,
}

/// What arrived of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Everybody it came by, as the tunnel tells it: from outside on the left, written by the edge on the right.
    pub(super) hops: Vec<Option<IpAddr>>,
}

/// One-time paths, and what arrived for them.
#[derive(Clone, Debug, Default)]
struct Expected(Arc<Mutex<BTreeMap<String, Option<Seen>>>>);

/// A path that is waited for; forgotten when dropped.
pub(super) struct Waiting {
    nonce: Nonce,
    expected: Expected,
}

impl Waiting {
    /// The path to ask for.
    pub(super) fn path(&self) -> String {
        format!("/{}", self.nonce.as_str())
    }

    /// What arrived, if anything did.
    pub(super) fn seen(&self) -> Option<Seen> {
        self.expected.lock().get(self.nonce.as_str()).cloned().flatten()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.expected.lock().remove(self.nonce.as_str());
    }
}

impl Expected {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Option<Seen>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Notebook {
    expected: Expected,
    way: Telling,
}

impl Service for Notebook {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        let mut expected = self.expected.lock();
        // An edge may pass a prefix of the tunnel's URL on, or cut it off.
        match asked.path.rsplit('/').next().and_then(|nonce| expected.get_mut(nonce)) {
            // The first who knows the path is the question; nobody can change its answer afterwards.
            Some(seen @ None) => {
                *seen = Some(Seen { hops: self.way.hops(asked) });
                Reply::text(200, "seen").into()
            }
            Some(Some(_)) | None => Reply::text(404, "nothing is here").into(),
        }
    }

    fn begins_with_proxy_header(&self, _peer: SocketAddr) -> bool {
        self.way == Telling::ProxyProtocol
    }
}

/// A tunnel's own program may look whether somebody is there; nobody else should be.
const LIMITS: Limits = Limits {
    connections: 16,
    per_address: 16,
    requests: 1,
    step: Duration::from_secs(2),
    answer: Duration::from_secs(2),
    whole: Duration::from_secs(5),
};

/// How often the runtime comes by before a port counts as somebody else's.
const CLOSING: usize = 20;

impl Door {
    /// Listens, finds or opens the tunnel.
    pub(super) async fn open(plan: &Plan, question: &Question<'_>) -> Result<Self, Fault> {
        let (port, known) = match &plan.origin {
            Origin::Agent(base) => {
                let found = agent::find(base, plan.port, question).await?;
                (found.port, Some(found.url))
            }
            Origin::Fixed(url) => (plan.port.unwrap_or(0), Some(url.clone())),
            Origin::Spoken(_) => (plan.port.unwrap_or(0), None),
        };
        let expected = Expected::default();
        let notebook = Notebook { expected: expected.clone(), way: plan.way };
        let listening = async {
            let mut bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
            // A door that was just closed lets go of its port as soon as the runtime comes by.
            for _ in 0..CLOSING {
                if bound.is_ok() {
                    break;
                }
                tokio::task::yield_now().await;
                bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
            }
            let listener = bound?;
            Server::start(listener, None, LIMITS, Arc::new(notebook))
        };
        let server = listening.await.map_err(|error| {
            let text = error.to_string();
            let words = text.split(" (os error").next().unwrap_or(&text).to_lowercase();
            Fault::new(Class::Unavailable, format!("cannot listen on 127.0.0.1:{port}: {words}"))
                .hint("the port a tunnel leads to must be left free for this program")
        })?;
        let port = server.address().port();
        let opening = |command| program::Opening { command, port, without: &plan.without };
        let (program, spoken) = match (&plan.command, &plan.origin) {
            (Some(command), Origin::Spoken(holding)) => {
                let (running, url) = program::until_spoken(&opening(command), holding).await?;
                (Some(running), Some(url))
            }
            (Some(command), Origin::Fixed(_) | Origin::Agent(_)) => {
                (Some(program::Running::start(&opening(command))?), None)
            }
            (None, _) => (None, None),
        };
        let url = known.or(spoken);
        let url = url.ok_or_else(|| Fault::new(Class::Invalid, "a tunnel needs a URL or a command"))?;
        Ok(Self { url, expected, _program: program, _server: server })
    }

    /// Waits for a fresh path from now on.
    pub(super) fn expect(&self) -> Result<Waiting, Fault> {
        let nonce = Nonce::fresh().map_err(|error| {
            Fault::new(Class::Unavailable, format!("this machine has no randomness: {error}"))
        })?;
        self.expected.lock().insert(nonce.as_str().to_owned(), None);
        Ok(Waiting { nonce, expected: self.expected.clone() })
    }
}
