//! What a source of the user's may have beside its spec: keys of its table `[sources.NAME]`, read and parsed.
//!
//! Which of them belong to which kind is [`KEYS`]; a kind takes what is its own and never sees the rest.

use super::spec::SpecError;
use super::table::operator_of;
use super::tunnel::{Origin, Plan, Tunnel};
use super::{Pattern, Source};
use crate::net::Base;
use crate::net::base::Scheme;
use crate::net::http::header::HeaderName;
use crate::net::proxy::Proxy;
use crate::server::client::Telling;
use crate::signed::Verifier;
use dynflare_core::quorum::Vote;
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

/// Where ngrok's agent listens unless it is told otherwise (ngrok.com/docs/agent/api).
const AGENT: &str = "http://127.0.0.1:4040";

/// `tunnel:URL#port=PORT`, `tunnel:ngrok` or `tunnel:PROGRAM ARGUMENT …` with `{port}` among the arguments.
pub(super) fn of_tunnel(text: &str, extras: &Extras) -> Result<Source, SpecError> {
    let (text, port) = match text.rsplit_once("#port=") {
        Some((text, digits)) => (text, Some(digits.trim().parse().map_err(|_| SpecError::TunnelPort)?)),
        None => (text, extras.port),
    };
    let text = text.trim();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut command = extras.command.as_deref().map(words);
    let (origin, mut operator, mut name) = if text == "ngrok" {
        let agent = extras.agent.clone();
        let agent = agent.unwrap_or_else(|| AGENT.parse().expect("invariant: the constant is a URL"));
        (Origin::Agent(agent), text.to_owned(), text.to_owned())
    } else if text.starts_with("http://") || text.starts_with("https://") {
        let url: Base = text.parse().map_err(SpecError::Url)?;
        let operator = operator_of(url.host()).unwrap_or(url.host()).to_owned();
        let name = format!("{}{}", url.authority(), url.prefix());
        (Origin::Fixed(url), operator, name)
    } else {
        let program = text.split_whitespace().next().ok_or(SpecError::Tunnel)?;
        let program = program.rsplit('/').next().unwrap_or(program).to_owned();
        command = Some(words(text));
        (Origin::Spoken(extras.url_contains.clone().unwrap_or_default()), program.clone(), program)
    };
    let leads_here = match &command {
        Some(command) => port.is_some() || command.iter().any(|word| word.contains("{port}")),
        None => port.is_some() || matches!(origin, Origin::Agent(_)),
    };
    if !leads_here {
        return Err(SpecError::TunnelPort);
    }
    let usual = if name == "cloudflared" { Telling::CfConnectingIp } else { Telling::default() };
    let way = extras.client.unwrap_or(usual);
    if way == Telling::CfConnectingIp {
        "cloudflare".clone_into(&mut operator);
    }
    // Over plain HTTP somebody on the way can read the one-time path and be there first.
    let is_plain = matches!(&origin, Origin::Fixed(url) if url.scheme() == Scheme::Http);
    let vote = if is_plain { Vote::Witness } else { Vote::Full };
    name.insert_str(0, "tunnel:");
    let plan = Plan {
        origin,
        port,
        command,
        without: Vec::new(),
        way,
        hops: extras.hops.unwrap_or(NonZeroUsize::MIN),
    };
    Ok(Source { vote, ..Source::new(name, Tunnel::new(plan)).run_by(operator) })
}
