//! What stands before the services of `serve`: which of them answers a path, and who may come without TLS.
//!
//! The services can be exchanged while listeners and connections stay. A listener without TLS takes updates only from
//! this machine or from a trusted proxy; beside one with TLS it leads there and answers what a certificate authority
//! asks.

use super::client::{Telling, Trust};
use super::echo::Echo;
use super::update::endpoint::Endpoint;
use super::{Answer, Asked, Reply, Service};
use hyper::header::{AUTHORIZATION, HOST, HeaderValue, LOCATION};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// The services, as configured now.
pub struct Services {
    /// Tells clients their address.
    pub echo: Echo,
    /// Takes updates, at paths of its own.
    pub update: Option<Arc<dyn Service>>,
    /// Answers a certificate authority: a path, and what it holds.
    pub proofs: Option<Proofs>,
}

/// What a path holds, where it is of a challenge that is under way (RFC 8555 §8.3).
pub type Proofs = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What all listeners share.
pub struct Front(RwLock<Arc<Services>>);

/// How a listener is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over TLS, or from this machine alone: nobody listens in.
    Private,
    /// Without TLS, from anywhere: only trusted proxies and this machine are served.
    Behind,
    /// Without TLS, beside a listener with TLS, to which it leads.
    Leads,
}

/// The front at one listener.
pub struct Gate {
    /// What is behind it.
    pub front: Arc<Front>,
    /// How it is reached.
    pub way: Way,
}

impl Front {
    /// These services.
    pub fn new(services: Services) -> Arc<Self> {
        Arc::new(Self(RwLock::new(Arc::new(services))))
    }

    /// Other services from the next request on.
    pub fn turn_to(&self, services: Services) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(services);
    }

    fn services(&self) -> Arc<Services> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Gate {
    /// What is answered before any service is asked.
    fn before(&self, services: &Services, asked: &Asked<'_>) -> Option<Reply> {
        let peer = asked.peer.ip().to_canonical();
        match self.way {
            Way::Private => None,
            Way::Behind if peer.is_loopback() || services.echo.trust.believes(peer) => None,
            Way::Behind => Some(Reply::text(403, "come over https: this listener is for its proxy")),
            Way::Leads => {
                let proof = services.proofs.as_ref().and_then(|proofs| proofs(asked.path));
                Some(
                    proof.map_or_else(
                        || leads(asked),
                        |proof| Reply::new(200, "application/octet-stream", proof),
                    ),
                )
            }
        }
    }
}

/// To the same path over TLS. Who sends a password here is not sent on: it would arrive, go on to be sent in the open,
/// and nobody would know.
fn leads(asked: &Asked<'_>) -> Reply {
    let come = "come over https: nothing is taken here";
    if asked.headers.contains_key(AUTHORIZATION) || asked.query.is_some() {
        return Reply::text(403, come);
    }
    let host = asked.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.strip_suffix(":80").unwrap_or(host);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':');
    if host.is_empty() || !host.chars().all(plain) {
        return Reply::text(403, come);
    }
    match HeaderValue::try_from(format!("https://{host}{}", asked.path)) {
        Ok(place) => Reply::text(308, come).with(LOCATION, place),
        Err(_) => Reply::text(403, come),
    }
}

impl Service for Gate {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        let services = self.front.services();
        if let Some(reply) = self.before(&services, asked) {
            return Answer::Now(reply);
        }
        let is_update = Endpoint::owns(asked.path);
        match services.update.as_ref().filter(|_| is_update).map(Arc::clone) {
            None => Answer::Now(services.echo.reply(asked)),
            Some(update) => Answer::Later(Box::pin(async move {
                match update.answer(asked) {
                    Answer::Now(reply) => reply,
                    Answer::Later(reply) => reply.await,
                }
            })),
        }
    }

    fn begins_with_proxy_header(&self, peer: SocketAddr) -> bool {
        let services = self.front.services();
        let trust: &Trust = &services.echo.trust;
        trust.way == Telling::ProxyProtocol && trust.believes(peer.ip())
    }

    fn is_proxy(&self, peer: SocketAddr) -> bool {
        self.front.services().echo.trust.believes(peer.ip())
    }

    fn takes_form(&self, path: &str) -> Option<usize> {
        let services = self.front.services();
        services.update.as_ref().filter(|_| Endpoint::owns(path))?.takes_form(path)
    }
}
