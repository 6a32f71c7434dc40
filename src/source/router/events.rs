//! Asking the router by UPnP to report changes of its external address (GENA, UPnP Device Architecture 2.0 §4.1):
//! finding whom to ask, the requests, and reading what it reports.
//!
//! When to ask, and what to do with an answer, is the caller's. As everywhere with UPnP there is no authentication.

use super::upnp::{self, At, Web};
use super::xml::{leaves, only};
use super::{Trouble, gateway};
use crate::net::datagram::datagram;
use crate::net::http::{Method, Request, Response};
use crate::net::{Network, Route};
use crate::source::Source;
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use hyper::header::{HeaderName, HeaderValue};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How much the router is a party to telling that its address changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RouterEvents {
    /// It is not listened to.
    Off,
    /// What it announces to everybody is heard; nothing is sent to it.
    #[default]
    Listen,
    /// Besides, it is asked by UPnP to report changes.
    Subscribe,
}

impl RouterEvents {
    /// The words of the setting `router_events`.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("off", Self::Off), ("listen", Self::Listen), ("subscribe", Self::Subscribe)];

    /// What is fitting where the user does not say: a router that is a source anyway is asked, any other is left alone.
    pub fn fitting(sources: &[Source]) -> Self {
        if sources.iter().any(Source::is_router) { Self::Subscribe } else { Self::Listen }
    }
}

impl fmt::Display for RouterEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, events)| events == self);
        f.pad(word.map_or("", |(word, _)| word))
    }
}

/// How long a subscription is asked to last, in seconds: the least that UPnP recommends (§4.1.2).
const WANTED: u64 = 1800;

/// The longest time between renewals, and the shortest, whatever the router grants.
const RENEW: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(900)];

/// The largest report that is read, in bytes.
pub const LIMIT: usize = 64 * 1024;

/// Which router faces which address of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facing {
    /// The gateway of the IPv4 default route.
    pub gateway: Ipv4Addr,
    /// The address of this machine that speaks to it.
    pub own: Ipv4Addr,
}

impl Facing {
    /// Looks into the routing table; sends nothing.
    pub async fn find(network: &Network) -> Result<Self, Fault> {
        let gateway = gateway::default(network.way())?.ok_or_else(|| super::no_gateway().failure.fault)?;
        let route = Route { way: network.way(), ..Route::only(Family::V4) };
        let socket = datagram(SocketAddr::from((gateway, super::PORT)), route).await;
        let own = socket.map_err(|error| Trouble::from(error).failure.fault)?.local_addr();
        match own.map(|own| own.ip()) {
            Ok(IpAddr::V4(own)) => Ok(Self { gateway, own }),
            Ok(IpAddr::V6(_)) | Err(_) => {
                Err(Fault::new(Class::Unexpected, "an IPv4 socket has no IPv4 address"))
            }
        }
    }
}

/// A connection to the internet of the router's that reports its changes.
#[derive(Clone, Debug)]
pub struct Reporter {
    service: upnp::Service,
}

/// A subscription that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// What the router calls it.
    pub id: String,
    /// After how long it should be renewed.
    pub renew_after: Duration,
}

/// Everybody at the gateway who reports changes; at least one.
pub async fn reporters(
    gateway: Ipv4Addr,
    network: &Network,
    timeout: Duration,
) -> Result<Vec<Reporter>, Fault> {
    let route = Route { way: network.way(), ..Route::only(Family::V4) };
    let described = upnp::describe(At::Gateway(gateway), &Web { network, route }, timeout).await;
    let services = described.map_err(|trouble| trouble.failure.fault)?;
    let reporting = services.into_iter().filter(|service| service.events.is_some());
    let found: Vec<Reporter> = reporting.map(|service| Reporter { service }).collect();
    if found.is_empty() {
        let what = "the router's description names no connection to the internet that reports changes";
        return Err(Fault::new(Class::Unavailable, what));
    }
    Ok(found)
}

impl Reporter {
    /// Asks for reports to a URL of ours (§4.1.2).
    pub async fn subscribe(
        &self,
        callback: &str,
        network: &Network,
        timeout: Duration,
    ) -> Result<Granted, Fault> {
        let headers = [
            ("callback", format!("<{callback}>")),
            ("nt", "upnp:event".to_owned()),
            ("timeout", format!("Second-{WANTED}")),
        ];
        let answer = self.send(b"SUBSCRIBE", &headers, network, timeout).await?;
        granted(&answer, None)
    }

    /// Asks for more time (§4.1.3).
    pub async fn renew(&self, id: &str, network: &Network, timeout: Duration) -> Result<Granted, Fault> {
        let headers = [("sid", id.to_owned()), ("timeout", format!("Second-{WANTED}"))];
        let answer = self.send(b"SUBSCRIBE", &headers, network, timeout).await?;
        granted(&answer, Some(id))
    }

    /// Says that nobody listens any more (§4.1.4).
    pub async fn unsubscribe(&self, id: &str, network: &Network, timeout: Duration) -> Result<(), Fault> {
        self.send(b"UNSUBSCRIBE", &[("sid", id.to_owned())], network, timeout).await.map(|_| ())
    }

    async fn send(
        &self,
        method: &[u8],
        headers: &[(&'static str, String)],
        network: &Network,
        timeout: Duration,
    ) -> Result<Response, Fault> {
        let fault = |what: &str| Fault::new(Class::Unexpected, what);
        let method = Method::from_bytes(method).map_err(|_| fault("a method that HTTP does not allow"))?;
        let mut told = Vec::new();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value)
                .map_err(|_| fault("the router named something that no header can hold"))?;
            told.push((HeaderName::from_static(name), value));
        }
        let (base, path) =
            self.service.events.as_ref().expect("invariant: only services that report become one");
        let request =
            Request { method, path: path.clone(), headers: told, body: None, timeout, limit: LIMIT };
        let route = Route { way: network.way(), ..Route::only(Family::V4) };
        let answer = Web { network, route }.send(base, request).await;
        answer.map_err(|trouble| trouble.failure.fault)
    }
}

/// Reads the answer to a subscription or its renewal (§4.1.2, §4.1.3).
fn granted(answer: &Response, renewed: Option<&str>) -> Result<Granted, Fault> {
    let fault = |what: &str| Fault::new(Class::Unavailable, what).status(format!("HTTP {}", answer.status));
    if answer.status != 200 {
        return Err(fault("the router refuses to report changes by UPnP"));
    }
    let one = |name: &str| {
        let mut found = answer.headers.get_all(name).iter();
        found.next().filter(|_| found.next().is_none()).and_then(|value| value.to_str().ok()).map(str::trim)
    };
    let plain = |id: &&str| (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    // A renewal's answer names it again; some routers leave that out.
    let id = one("sid").or(renewed).filter(plain);
    let id = id.ok_or_else(|| fault("the router does not say what its subscription is called"))?;
    let lasts = one("timeout").and_then(|text| text.get(7..)).and_then(|text| text.parse().ok());
    let [shortest, longest] = RENEW;
    let renew_after = Duration::from_secs(lasts.unwrap_or(WANTED) / 2).clamp(shortest, longest);
    Ok(Granted { id: id.to_owned(), renew_after })
}

/// The external address in a report (§4.3.2); `None` where the report is about other things, cannot be read, or says
/// that there is no address.
pub fn external(report: &[u8]) -> Option<Ipv4Addr> {
    let leaves = leaves(report)?;
    let address: Ipv4Addr = only(&leaves, "ExternalIPAddress")?.parse().ok()?;
    Some(address).filter(|address| !address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_garbled;
    use super::*;
    use hyper::HeaderMap;

    fn report(inner: &str) -> String {
        format!(
            "<e:propertyset xmlns:e=\"urn:schemas-upnp-org:event-1-0\"><e:property><ConnectionStatus>Connected\
             </ConnectionStatus></e:property><e:property>{inner}</e:property></e:propertyset>"
        )
    }

    fn told(inner: &str) -> Option<String> {
        external(report(inner).as_bytes()).map(|address| address.to_string())
    }

    #[test]
    fn a_report_tells_the_address_or_none() {
        let address = |text: &str| format!("<ExternalIPAddress>{text}</ExternalIPAddress>");
        assert_eq!(told(&address("203.0.113.7")), Some("203.0.113.7".to_owned()));
        for other in [
            "<PossibleConnectionTypes>IP_Routed</PossibleConnectionTypes>".to_owned(),
            address(""),
            address("0.0.0.0"),
            address("2001:db8::1"),
            address("203.0.113.7 or so"),
            [address("203.0.113.7"), address("203.0.113.8")].concat(),
            "<ExternalIPAddress>".to_owned(),
        ] {
            assert_eq!(told(&other), None, "{other}");
        }
    }

    fn answer(status: u16, headers: &[(&'static str, &str)]) -> Result<(String, u64), String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).expect("a header"));
        }
        let granted = granted(&Response { status, headers: map, body: Vec::new() }, None);
        granted.map(|granted| (granted.id, granted.renew_after.as_secs())).map_err(|fault| fault.what)
    }

    #[test]
    fn a_subscription_is_renewed_at_half_its_time() {
        let granted = |text: &str| answer(200, &[("sid", "uuid:1"), ("timeout", text)]).map(|told| told.1);
        for (text, seconds) in [
            ("Second-300", 150),
            ("Second-1800", 900),
            ("Second-1", 10),
            ("Second-99999999", 900),
            ("Second-infinite", 900),
            ("Seco", 900),
            ("", 900),
        ] {
            assert_eq!(granted(text), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn what_grants_nothing_is_a_fault() {
        assert!(answer(412, &[("sid", "uuid:1")]).is_err());
        assert!(answer(200, &[]).is_err());
        assert!(answer(200, &[("sid", "uuid:1"), ("sid", "uuid:2")]).is_err());
        assert!(answer(200, &[("sid", "a b")]).is_err());
        assert!(answer(200, &[("sid", &"x".repeat(201))]).is_err());
    }

    #[test]
    fn nothing_makes_the_reader_stumble() {
        let good = report("<ExternalIPAddress>203.0.113.7</ExternalIPAddress>");
        each_garbled(&[good.as_bytes()], |told| {
            let _read = external(told);
        });
    }
}
