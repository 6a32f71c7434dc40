//! What a source of the user's may have beside its spec: keys of its table `[sources.NAME]`, read and parsed.
//!
//! Which of them belong to which kind is [`KEYS`]; a kind takes what is its own and never sees the rest.

use super::spec::SpecError;
use super::{Pattern, Source};
use crate::net::Base;
use crate::net::http::header::HeaderName;
use crate::net::proxy::Proxy;
use crate::server::client::Telling;
use crate::signed::Verifier;
use hyper::header::HeaderValue;
use std::num::NonZeroUsize;

/// Everything that can stand beside a spec.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// `echo:`, `url:`: another URL for IPv4.
    pub ipv4: Option<String>,
    /// `url:`: headers to send; values are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// `url:`: the line that holds the address, with `{ip}` in its place.
    pub line: Option<(String, String)>,
    /// `url:`: a pattern for the line that holds the address.
    pub pattern: Option<Pattern>,
    /// `url:`: the proxy to ask through.
    pub proxy: Option<Proxy>,
    /// `echo:`, `url:`: another URL for IPv6.
    pub ipv6: Option<String>,
    /// `echo:`: what answers are checked with.
    pub verifier: Option<Verifier>,
    /// `tunnel:`: where ngrok's agent is.
    pub agent: Option<Base>,
    /// `tunnel:`: how the edge says who asks.
    pub client: Option<Telling>,
    /// `tunnel:`: what opens a tunnel whose URL is known.
    pub command: Option<String>,
    /// `tunnel:`: how many of the last hops are the tunnel's own.
    pub hops: Option<NonZeroUsize>,
    /// `tunnel:`: the port of this machine that it leads to.
    pub port: Option<u16>,
    /// `tunnel:`: what the URL that a command says must hold.
    pub url_contains: Option<String>,
}

/// The keys beside `spec`, `operator` and `trust`, and the kinds they belong to; sorted.
pub const KEYS: &[(&str, &[&str])] = &[
    ("agent", &["tunnel"]),
    ("client", &["tunnel"]),
    ("command", &["tunnel"]),
    ("headers", &["url"]),
    ("hops", &["tunnel"]),
    ("ipv4", &["echo", "url"]),
    ("ipv6", &["echo", "url"]),
    ("key", &["echo"]),
    ("line", &["url"]),
    ("match", &["url"]),
    ("port", &["tunnel"]),
    ("proxy", &["url"]),
    ("public_key", &["echo"]),
    ("url_contains", &["tunnel"]),
];

impl Source {
    /// As [`Source::parse_spec`], with keys beside the spec.
    pub fn parse_with(text: &str, extras: &Extras) -> Result<Self, SpecError> {
        super::spec::parse(text, extras)
    }
}

/// `echo:URL`, with `#ed25519=DIGITS` where the server's public key stands in the spec.
pub(super) fn of_echo(text: &str, extras: &Extras) -> Result<Source, SpecError> {
    let (url, fragment) = text.split_once('#').map_or((text, None), |(url, fragment)| (url, Some(fragment)));
    if url.contains('?') {
        return Err(SpecError::EchoQuery);
    }
    let verifier = match fragment {
        Some(digits) => Some(Verifier::public(digits).map_err(SpecError::PublicKey)?),
        None => extras.verifier.clone(),
    };
    let base = |other: &Option<String>| -> Result<Base, SpecError> {
        other.as_deref().unwrap_or(url).parse().map_err(SpecError::Url)
    };
    Ok(Source::echo(base(&extras.ipv4)?, base(&extras.ipv6)?, verifier))
}
