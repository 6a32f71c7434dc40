//! The home's router, asked by PCP, NAT-PMP and UPnP for the address it has outside.
//!
//! Who it is stands in the routing table, or the user says so. What it tells is easily forged on the local network,
//! so it does not vote unless the user trusts it; it shows, confirms and explains: [`look`] is for the report about
//! translators in the way, and tells an address that no vote could use, too. IPv4 alone: IPv6 is not translated, and
//! the machine's own addresses say more than a router could.

#![cfg_attr(
    not(feature = "router"),
    allow(dead_code, unused_imports, reason = "its words and values are known, and nobody asks")
)]

pub mod announce;
pub mod events;
mod exchange;
mod gateway;
mod nat_pmp;
mod pcp;
mod ssdp;
mod upnp;
mod xml;

pub use gateway::all as gateways;

/// For the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing {
    pub(crate) use super::nat_pmp::fuzz as nat_pmp;
    pub(crate) use super::pcp::fuzz as pcp;
    pub(crate) use super::ssdp::fuzz as ssdp;
    pub(crate) use super::upnp::fuzz as upnp;
}

use super::{Answering, Engine, Failure, Question, Source};
use crate::net::http::{Base, BaseError};
use crate::net::{NetError, Network, Route, Way};
use dynflare_core::address::{Family, Special};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::{Opinion, Vote};
use std::future::{Future, poll_fn};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// Where routers hear PCP and NAT-PMP (RFC 6886 §3.1, RFC 6887 §19.1).
const PORT: u16 = 5351;

/// How a router can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 6887.
    Pcp,
    /// RFC 6886.
    NatPmp,
    /// UPnP IGD, versions 1 and 2.
    Upnp,
}

impl Protocol {
    /// All of them, the one with the best protection against forgery first.
    pub const ALL: [Self; 3] = [Self::Pcp, Self::NatPmp, Self::Upnp];

    /// The word for specs, tables and machine-readable output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pcp => "pcp",
            Self::NatPmp => "nat-pmp",
            Self::Upnp => "upnp",
        }
    }
}

/// Whose word it is, whichever way it was asked.
pub const OPERATOR: &str = "router";

/// What the router says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterView {
    /// The gateway of the default route; `None` without one.
    pub gateway: Option<IpAddr>,
    /// The address that the router has outside, public or not.
    pub external: Option<IpAddr>,
    /// Who told it.
    pub how: Option<Protocol>,
    /// What the others said who had an answer before that: why there is none from them.
    pub faults: Vec<(Protocol, Fault)>,
}

/// Asks the router in every way and stops at the first that tells its address.
pub async fn look(network: &Network, route: Route, timeout: Duration) -> RouterView {
    let mut view = RouterView { gateway: None, external: None, how: None, faults: Vec::new() };
    let gateway = match gateway::default(way(network, route)) {
        Ok(Some(gateway)) => gateway,
        Ok(None) => return view,
        Err(fault) => {
            view.faults = Protocol::ALL.map(|protocol| (protocol, fault.clone())).to_vec();
            return view;
        }
    };
    view.gateway = Some(IpAddr::V4(gateway));
    let whom = Whom::Gateway(gateway);
    let mut asking: Vec<Asking<'_>> = Protocol::ALL
        .into_iter()
        .map(|protocol| {
            let asked = ask(protocol, &whom, network, (route, timeout));
            Box::pin(async move { (protocol, asked.await) }) as Asking<'_>
        })
        .collect();
    while let Some((protocol, said)) = next(&mut asking).await {
        match said {
            Ok(external) => {
                view.external = Some(IpAddr::V4(external));
                view.how = Some(protocol);
                return view;
            }
            Err(Trouble { failure, external }) => {
                if let (Some(external), None) = (external, view.external) {
                    view.external = Some(IpAddr::V4(external));
                    view.how = Some(protocol);
                }
                view.faults.push((protocol, failure.fault));
            }
        }
    }
    view
}

/// The way out of a question.
fn way(network: &Network, route: Route) -> Way {
    if route.way == Way::default() { network.way() } else { route.way }
}

type Asking<'a> = Pin<Box<dyn Future<Output = (Protocol, Result<Ipv4Addr, Trouble>)> + Send + 'a>>;

/// The next to be done; it is taken out. `None` when nobody is left.
async fn next(asking: &mut Vec<Asking<'_>>) -> Option<(Protocol, Result<Ipv4Addr, Trouble>)> {
    if asking.is_empty() {
        return None;
    }
    let (place, said) = poll_fn(|context| {
        for (place, one) in asking.iter_mut().enumerate() {
            if let Poll::Ready(said) = one.as_mut().poll(context) {
                return Poll::Ready((place, said));
            }
        }
        Poll::Pending
    })
    .await;
    drop(asking.remove(place));
    Some(said)
}

/// Why a way of asking told no address, and the router's own where that is the reason.
#[derive(Clone, Debug)]
struct Trouble {
    failure: Box<Failure>,
    external: Option<Ipv4Addr>,
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self { failure: Box::new(fault.into()), external: None }
    }
}

impl From<NetError> for Trouble {
    fn from(error: NetError) -> Self {
        Self { failure: Box::new(error.into()), external: None }
    }
}

/// Who is asked.
#[derive(Clone, Debug)]
enum Whom {
    /// This router.
    Gateway(Ipv4Addr),
    /// The UPnP device described there.
    Described(ssdp::Location),
}

async fn ask(
    protocol: Protocol,
    whom: &Whom,
    network: &Network,
    (route, timeout): (Route, Duration),
) -> Result<Ipv4Addr, Trouble> {
    match (protocol, whom) {
        (Protocol::Pcp, Whom::Gateway(gateway)) => pcp::ask(*gateway, route, timeout).await,
        (Protocol::NatPmp, Whom::Gateway(gateway)) => nat_pmp::ask(*gateway, route, timeout).await,
        (Protocol::Upnp, Whom::Gateway(gateway)) => {
            upnp::ask(upnp::At::Gateway(*gateway), network, route, timeout).await
        }
        (_, Whom::Described(location)) => upnp::ask(upnp::At::Url(location), network, route, timeout).await,
    }
}

/// The router as a source.
#[derive(Clone, Debug)]
struct Router {
    /// One way of asking, or all of them.
    protocol: Option<Protocol>,
    /// Whom the user named; else it is the gateway.
    whom: Option<Whom>,
}

impl Router {
    async fn ask_by(
        &self,
        protocol: Protocol,
        network: &Network,
        (route, timeout): (Route, Duration),
    ) -> Result<Ipv4Addr, Trouble> {
        let whom = match &self.whom {
            Some(whom) => whom.clone(),
            None => Whom::Gateway(gateway::default(way(network, route))?.ok_or_else(no_gateway)?),
        };
        ask(protocol, &whom, network, (route, timeout)).await
    }
}

impl Engine for Router {
    fn kind(&self) -> &'static str {
        self.protocol.map_or("router", Protocol::as_str)
    }

    fn serves(&self, family: Family) -> bool {
        family == Family::V4
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move {
            let Question { route, network, timeout, .. } = question;
            let Some(protocol) = self.protocol else {
                let view = look(network, route, timeout).await;
                return told(view).map(Opinion::Address).map_err(|trouble| *trouble.failure);
            };
            let asked = self.ask_by(protocol, network, (route, timeout)).await;
            asked.map(|address| Opinion::Address(address.into())).map_err(|trouble| *trouble.failure)
        })
    }

    fn refused(&self, address: IpAddr, special: Special) -> Option<Fault> {
        match address {
            IpAddr::V4(address) => Some(behind(address, special)),
            IpAddr::V6(_) => None,
        }
    }
}

/// What all ways together come to: the address, or the fault that says most.
fn told(view: RouterView) -> Result<IpAddr, Trouble> {
    let RouterView { gateway, external, how, faults } = view;
    let Some(gateway) = gateway else {
        return Err(faults.into_iter().next().map_or_else(no_gateway, |(_, fault)| fault.into()));
    };
    // Where the address came with a refusal, the refusal explains it.
    let explained =
        faults.iter().find(|(protocol, _)| Some(*protocol) == how).map(|(_, fault)| fault.clone());
    match (external, explained) {
        (Some(external), None) => return Ok(external),
        (_, Some(fault)) => return Err(fault.into()),
        (None, None) => {}
    }
    let said = |fault: &&Fault| fault.class != Class::Unavailable || fault.status.is_some();
    let telling = faults.iter().map(|(_, fault)| fault).find(said).cloned();
    Err(telling.unwrap_or_else(|| silent(gateway)).into())
}

fn silent(gateway: IpAddr) -> Fault {
    let what = format!("{gateway} answers neither PCP nor NAT-PMP nor UPnP");
    Fault::new(Class::Unavailable, what)
        .hint("switch one of them on at the router, or do without this source")
}

fn no_gateway() -> Trouble {
    let fault =
        Fault::new(Class::Unavailable, "this machine has no IPv4 router: no default route names a gateway");
    Trouble { failure: Box::new(Failure { fault, no_route: true }), external: None }
}

/// The router has no address outside; `status` is its own word for that, where it has one.
fn no_address(status: &str) -> Fault {
    let fault = Fault::new(Class::Unavailable, "the router says that it has no external address");
    if status.is_empty() { fault } else { fault.status(format!("UPnP status {status}")) }
}

/// The router's own address is not public.
fn behind(address: Ipv4Addr, special: Special) -> Fault {
    let what = format!("the router itself has {address}, which is not public: {special}");
    let hint = if special.purpose.contains("shared") {
        "the internet provider translates addresses (CGNAT): ask for a public IPv4 address, or publish IPv6 alone"
    } else if address.is_private() {
        "another router stands in front of this one (double NAT): let it pass everything on, or ask that one"
    } else {
        "add a prefix that holds the address to `allow` if it is the one to publish"
    };
    Fault::new(Class::Unexpected, what).hint(hint)
}

/// Reads `router`, `pcp[:GATEWAY]`, `nat-pmp[:GATEWAY]` and `upnp[:URL]`; `None` for anything else.
#[cfg(any(test, feature = "router"))]
pub(super) fn parse(text: &str) -> Option<Result<Source, Mistake>> {
    let (word, rest) = text.split_once(':').map_or((text, None), |(word, rest)| (word, Some(rest)));
    let protocol = Protocol::ALL.into_iter().find(|protocol| protocol.as_str() == word);
    let whom = match (word, protocol, rest) {
        ("router", _, Some(_)) => Err(Mistake::Router),
        ("router", _, None) | (_, Some(_), None) => Ok(None),
        (_, None, _) => return None,
        (_, Some(Protocol::Upnp), Some(url)) => {
            Base::split(url).map(|location| Some(Whom::Described(location))).map_err(Mistake::Url)
        }
        (_, Some(Protocol::Pcp | Protocol::NatPmp), Some(address)) => {
            address.parse().map(|gateway| Some(Whom::Gateway(gateway))).map_err(|_| Mistake::Gateway)
        }
    };
    Some(whom.map(|whom| source(text, Router { protocol, whom })))
}

/// Whether a text is meant as a source of this kind.
#[cfg(not(feature = "router"))]
pub(super) fn is_one(text: &str) -> bool {
    let word = text.split(':').next().unwrap_or_default();
    word == "router" || Protocol::ALL.into_iter().any(|protocol| protocol.as_str() == word)
}

/// All routes of a home lead over one router, so they have one vote together, if any.
fn source(id: &str, router: Router) -> Source {
    // The query is left out of the id: it may hold a key.
    let id = id.split('?').next().unwrap_or_default();
    let mut source = Source::new(id, router).run_by(OPERATOR);
    source.vote = Vote::Witness;
    source
}

/// Why a router cannot be asked as written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// `router:…`.
    #[error(
        "router takes nothing after it; name a gateway with pcp:… or nat-pmp:…, a description with upnp:…"
    )]
    Router,
    /// A gateway that is no IPv4 address.
    #[error("the router's IPv4 address is expected, such as nat-pmp:192.168.1.1")]
    Gateway,
    /// A description's URL that is none.
    #[error("{0}")]
    Url(BaseError),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a reader tens of thousands of inputs: samples cut, lengthened and changed, and noise; the same ones
    /// each time.
    pub(super) fn each_garbled(samples: &[&[u8]], mut read: impl FnMut(&[u8])) {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: usize| {
            // xorshift64 (Marsaglia 2003).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap_or_default() % below.max(1)
        };
        let byte = |number: usize| u8::try_from(number & 0xff).unwrap_or_default();
        for _ in 0..20_000 {
            let mut told = samples[random(samples.len())].to_vec();
            for _ in 0..=random(4) {
                let place = random(told.len());
                match random(5) {
                    0 => told.truncate(place),
                    1 => told.insert(place.min(told.len()), byte(random(256))),
                    2 => told.extend_from_within(place..),
                    _ if told.is_empty() => {}
                    3 => told[place] ^= 1 << random(8),
                    _ => told[place] = byte(random(256)),
                }
            }
            told.truncate(8192);
            read(&told);
            let noise: Vec<u8> = (0..random(80)).map(|_| byte(random(256))).collect();
            read(&noise);
        }
    }

    fn view(external: Option<&str>, faults: &[(Protocol, &str)]) -> RouterView {
        let fault = |what: &str| Fault::new(Class::Unavailable, what);
        RouterView {
            gateway: Some(IpAddr::V4(Ipv4Addr::new(192, 168, 77, 1))),
            external: external.map(|address| address.parse().expect("an address")),
            how: external.map(|_| Protocol::Pcp),
            faults: faults.iter().map(|(protocol, what)| (*protocol, fault(what))).collect(),
        }
    }

    #[test]
    fn one_address_is_enough_and_silence_is_told_once() {
        let good = view(Some("203.0.113.7"), &[(Protocol::Upnp, "closed")]);
        let address = "203.0.113.7".parse().expect("an address");
        assert_eq!(told(good).ok(), Some(address));
        let nobody =
            told(view(None, &[(Protocol::Pcp, "a"), (Protocol::NatPmp, "b"), (Protocol::Upnp, "c")]));
        let fault = nobody.expect_err("refused").failure.fault;
        assert_eq!(fault.what, "192.168.77.1 answers neither PCP nor NAT-PMP nor UPnP");
        let behind = told(view(Some("100.64.9.2"), &[(Protocol::Pcp, "the router itself has 100.64.9.2")]));
        assert_eq!(behind.expect_err("refused").failure.fault.what, "the router itself has 100.64.9.2");
    }

    #[test]
    fn each_way_can_be_written_and_none_votes() {
        for text in
            ["router", "pcp", "nat-pmp:192.168.1.1", "pcp:10.0.0.1", "upnp", "upnp:http://192.168.1.1/d.xml"]
        {
            let source = parse(text).expect("a kind of router").expect("a source");
            assert_eq!((source.id.as_str(), source.operator.as_str()), (text, "router"));
            assert_eq!(source.vote, Vote::Witness);
            assert!(source.serves(Family::V4) && !source.serves(Family::V6));
        }
        for (text, mistake) in [
            ("router:192.168.1.1", Mistake::Router),
            ("pcp:gateway", Mistake::Gateway),
            ("nat-pmp:", Mistake::Gateway),
            ("nat-pmp:2001:db8::1", Mistake::Gateway),
            ("upnp:192.168.1.1", Mistake::Url(BaseError::Scheme)),
        ] {
            assert_eq!(parse(text).expect("a kind of router").err(), Some(mistake), "{text}");
        }
        assert!(parse("routers").is_none() && parse("url:x").is_none());
    }
}
