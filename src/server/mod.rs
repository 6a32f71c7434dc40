//! The listening side: a small HTTP/1.1 server with hard limits, who its clients are, and the services on top.
//!
//! [`listen`] accepts and limits, [`client`] decides whose address counts, [`tls`] loads a certificate, [`echo`]
//! and [`update`] answer for `serve` behind their `front` (as does `stun`, over sockets of its own), [`status`] for the daemon, with
//! [`metrics`]. A body is read only where a service takes forms. `control` is the daemon's other ear, a unix socket. What
//! is signed is [`crate::signed`]'s business, what the daemon shows of itself [`crate::report::status`]'s; nothing here
//! prints, and nothing ends the process.

#[cfg(feature = "acme")]
pub mod acme;
pub mod client;
#[cfg(unix)]
pub mod control;
#[cfg(feature = "serve")]
pub mod echo;
#[cfg(feature = "page")]
mod events;
#[cfg(feature = "serve")]
pub mod front;
mod guests;
pub mod listen;
pub mod metrics;
mod progress;
pub mod status;
#[cfg(all(unix, feature = "serve"))]
pub mod stun;
pub mod tls;
#[cfg(feature = "serve")]
pub mod update;
#[cfg(feature = "serve")]
pub mod vitals;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

/// One request, as far as a service may look at it.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Who opened the connection; behind a proxy, the proxy.
    pub peer: SocketAddr,
    /// What a PROXY header said, where one was read.
    pub told: Option<crate::net::proxy_protocol::Told>,
    /// `GET`, `HEAD`, …
    pub method: &'a hyper::Method,
    /// The path, without the query.
    pub path: &'a str,
    /// What stands behind `?`.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, where the service takes one.
    pub body: &'a [u8],
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The media type of the body.
    pub kind: &'static str,
    /// The body.
    pub body: String,
    /// What the head says beside the usual.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Reply {
    /// A body of this media type.
    pub fn new(status: u16, kind: &'static str, body: String) -> Self {
        Self { status, kind, body, headers: Vec::new() }
    }

    /// A text of one line.
    pub fn text(status: u16, line: impl std::fmt::Display) -> Self {
        Self::new(status, "text/plain; charset=utf-8", format!("{line}\n"))
    }

    /// Adds a line to the head.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A reply that takes its time.
pub type Replying<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// A reply, now or later.
pub enum Answer<'a> {
    /// At once.
    Now(Reply),
    /// When it is ready. It is dropped where the client goes away or the listener's time for an answer is over.
    Later(Replying<'a>),
}

impl From<Reply> for Answer<'_> {
    fn from(reply: Reply) -> Self {
        Self::Now(reply)
    }
}

/// What a server does with a request. It never fails.
pub trait Service: Send + Sync + 'static {
    /// Answers.
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a>;

    /// Whether a connection of this peer begins with a PROXY header.
    fn begins_with_proxy_header(&self, peer: SocketAddr) -> bool;

    /// Whether a peer is a proxy that may speak for many.
    fn is_proxy(&self, _peer: SocketAddr) -> bool {
        false
    }

    /// How large a form may be that is posted to a path, in octets; nothing where none is taken.
    fn takes_form(&self, _path: &str) -> Option<usize> {
        None
    }
}

fn lines<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> {
    // A line that is no ASCII text is no address, but it is a hop.
    headers.get_all(name).iter().map(|value: &HeaderValue| value.to_str().unwrap_or("?"))
}
