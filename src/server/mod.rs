//! The listening side: a small HTTP/1.1 server with hard limits, who its clients are, and the services on top.
//!
//! [`listen`] accepts and limits, [`client`] decides whose address counts, [`tls`] loads a certificate, [`echo`]
//! answers for `serve`, [`status`] for the daemon, with [`metrics`]. One request per connection, and no body is ever
//! read. `control` is the daemon's other ear, a unix socket. What is signed is [`crate::signed`]'s business, what the
//! daemon shows of itself [`crate::report::status`]'s; nothing here prints, and nothing ends the process.

#[cfg(feature = "acme")]
pub mod acme;
pub mod client;
#[cfg(unix)]
pub mod control;
pub mod echo;
pub mod listen;
pub mod metrics;
pub mod status;
pub mod tls;
pub mod update;

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use std::net::SocketAddr;

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
}

impl Reply {
    /// A text of one line.
    pub fn text(status: u16, line: impl std::fmt::Display) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", body: format!("{line}\n") }
    }
}

/// What a server does with a request. It neither waits nor fails.
pub trait Service: Send + Sync + 'static {
    /// Answers.
    fn answer(&self, asked: &Asked<'_>) -> Reply;

    /// Whether a connection of this peer begins with a PROXY header.
    fn begins_with_proxy_header(&self, peer: SocketAddr) -> bool;
}

fn lines<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> {
    // A line that is no ASCII text is no address, but it is a hop.
    headers.get_all(name).iter().map(|value: &HeaderValue| value.to_str().unwrap_or("?"))
}
