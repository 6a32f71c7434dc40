//! UPnP IGD, versions 1 and 2: `GetExternalIPAddress` (WANIPConnection:2 §2.5.18) at the router's control URL.
//!
//! The description and the control URL must lie at the address that was found out or configured; nothing else is
//! fetched, and no answer may be larger than [`LIMIT`]. There is no authentication: whoever can pose as the router on
//! the local network can say anything.

use super::ssdp::{Location, is_at, search};
use super::xml::{Leaf, leaves, only};
use super::{Trouble, no_address};
use crate::net::http::{Base, Client, Method, Request, Response, header};
use crate::net::{Network, Route};
use dynflare_core::fault::{Class, Fault};
use hyper::header::{HeaderName, HeaderValue};
use std::net::Ipv4Addr;
use std::time::Duration;

/// The largest description or answer that is read, in bytes.
const LIMIT: usize = 64 * 1024;

/// How many connections of a description are asked at most.
const MOST: usize = 4;

const KINDS: [&str; 2] =
    ["urn:schemas-upnp-org:service:WANIPConnection:", "urn:schemas-upnp-org:service:WANPPPConnection:"];

/// Whom to ask.
#[derive(Clone, Copy, Debug)]
pub(super) enum At<'a> {
    /// The gateway, which has to be searched for its description.
    Gateway(Ipv4Addr),
    /// A description that the user named.
    Url(&'a Location),
}

/// Finds the description and asks the router for its external address.
pub(super) async fn ask(
    at: At<'_>,
    network: &Network,
    route: Route,
    timeout: Duration,
) -> Result<Ipv4Addr, Trouble> {
    let deadline = tokio::time::Instant::now() + timeout;
    let left = || deadline.saturating_duration_since(tokio::time::Instant::now());
    let web = Web { network, route };
    let mut last =
        Fault::new(Class::Unavailable, "the router's description names no connection to the internet");
    for service in describe(at, &web, timeout).await? {
        match web.external(&service, left()).await {
            Ok(address) => return Ok(address),
            Err(trouble) if trouble.failure.no_route => return Err(trouble),
            Err(trouble) => last = trouble.failure.fault,
        }
    }
    Err(last.into())
}

/// Finds the description and reads which connections to the internet it names, as many as are asked at most.
pub(super) async fn describe(at: At<'_>, web: &Web<'_>, timeout: Duration) -> Result<Vec<Service>, Trouble> {
    let deadline = tokio::time::Instant::now() + timeout;
    let (base, path) = match at {
        At::Gateway(gateway) => search(gateway, web.route, timeout).await?,
        At::Url(location) => location.clone(),
    };
    let left = deadline.saturating_duration_since(tokio::time::Instant::now());
    let description = web.get(&base, &path, left).await?;
    let mut found = services(&description, &base, &path)?;
    found.truncate(MOST);
    Ok(found)
}

/// A connection to the internet that the router describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    kind: String,
    base: Base,
    path: String,
    /// Where its events can be subscribed to; `None` where that is nowhere, or at another host.
    pub(super) events: Option<Location>,
}

pub(super) struct Web<'a> {
    pub(super) network: &'a Network,
    pub(super) route: Route,
}

impl Web<'_> {
    pub(super) async fn send(&self, base: &Base, request: Request) -> Result<Response, Trouble> {
        Ok(Client::new(self.network, base.clone(), self.route).send(request).await?)
    }

    async fn get(&self, base: &Base, path: &str, timeout: Duration) -> Result<Vec<u8>, Trouble> {
        let request = Request {
            method: Method::GET,
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            timeout,
            limit: LIMIT,
        };
        let answer = self.send(base, request).await?;
        if answer.status != 200 {
            let fault = Fault::new(Class::Unexpected, "the router does not hand out its UPnP description");
            return Err(fault.status(format!("HTTP {}", answer.status)).into());
        }
        Ok(answer.body)
    }

    /// Calls an action without arguments (UPnP Device Architecture 2.0 §3.2).
    async fn call(&self, service: &Service, action: &str, timeout: Duration) -> Result<Response, Trouble> {
        let kind = &service.kind;
        let body = format!(
            "<?xml version=\"1.0\"?>\r\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body><u:{action} xmlns:u=\"{kind}\">\
             </u:{action}></s:Body></s:Envelope>\r\n"
        );
        let action = HeaderValue::from_str(&format!("\"{kind}#{action}\"")).map_err(|_| {
            Fault::new(Class::Unexpected, "the router's description names an impossible service")
        })?;
        let request = Request {
            method: Method::POST,
            path: service.path.clone(),
            headers: vec![
                (header::CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=\"utf-8\"")),
                (HeaderName::from_static("soapaction"), action),
            ],
            body: Some(body.into_bytes()),
            timeout,
            limit: LIMIT,
        };
        self.send(&service.base, request).await
    }

    async fn external(&self, service: &Service, timeout: Duration) -> Result<Ipv4Addr, Trouble> {
        let answer = self.call(service, "GetExternalIPAddress", timeout).await?;
        if let Some(address) = external(answer.status, &answer.body)? {
            return Ok(address);
        }
        // The router may say why it has none; if it does not, the plain fact stands.
        let status = self.call(service, "GetStatusInfo", timeout).await.ok();
        let status = status.and_then(|answer| connection(&answer.body)).unwrap_or_default();
        Err(no_address(&status).into())
    }
}

/// The connections to the internet in a description (UPnP Device Architecture 2.0 §2.3), which came from `base` and
/// `path`.
fn services(description: &[u8], base: &Base, path: &str) -> Result<Vec<Service>, Fault> {
    let fault = |what: &str| Fault::new(Class::Unexpected, what);
    let leaves =
        leaves(description).ok_or_else(|| fault("the router's UPnP description is not well-formed XML"))?;
    let mut found = Vec::new();
    for leaf in leaves.iter().filter(|leaf| leaf.name == "serviceType") {
        let kind = KINDS
            .iter()
            .any(|kind| leaf.text.strip_prefix(kind).is_some_and(|version| version.parse::<u8>().is_ok()));
        let beside: Vec<Leaf> = leaves.iter().filter(|other| other.parent == leaf.parent).cloned().collect();
        let Some(control) = only(&beside, "controlURL").filter(|_| kind) else { continue };
        let whole = match only(&leaves, "URLBase").filter(|whole| !whole.is_empty()) {
            Some(whole) => Base::split(whole).map_err(|_| fault("the router's URLBase is not a URL"))?,
            None => (base.clone(), path.to_owned()),
        };
        let (at, path) = resolve(&whole, control)
            .ok_or_else(|| fault("the router's description names a control URL that is none"))?;
        // Only ports may differ.
        let same = |at: &Base| match base.host().parse() {
            Ok(address) => is_at(at, address),
            Err(_) => at.host() == base.host(),
        };
        if !same(&at) {
            return Err(fault("the router's description points to another host, which is not asked"));
        }
        let events = only(&beside, "eventSubURL").filter(|text| !text.is_empty());
        let events = events.and_then(|text| resolve(&whole, text)).filter(|(at, _)| same(at));
        found.push(Service { kind: leaf.text.clone(), base: at, path, events });
    }
    Ok(found)
}

/// A reference against the URL it stands in: a whole URL, an absolute path, or a path beside it (RFC 3986 §5).
fn resolve(whole: &Location, reference: &str) -> Option<Location> {
    if reference.contains("://") {
        return Base::split(reference).ok();
    }
    let (base, path) = whole;
    let path = if reference.starts_with('/') {
        reference.to_owned()
    } else {
        let folder = path.split('?').next()?.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{reference}")
    };
    // What is no path of a URL is found out here.
    Base::split(&format!("{}://{}{path}", base.scheme().as_str(), base.authority())).ok()
}

/// Reads the answer to `GetExternalIPAddress`; `None` where the router says that it has none.
fn external(status: u16, body: &[u8]) -> Result<Option<Ipv4Addr>, Fault> {
    let fault = |what: &str| Fault::new(Class::Unexpected, what).status(format!("HTTP {status}"));
    let leaves = leaves(body).ok_or_else(|| fault("the router's UPnP answer is not well-formed XML"))?;
    if status != 200 {
        let code = only(&leaves, "errorCode").filter(|code| code.len() <= 4 && code.parse::<u16>().is_ok());
        let fault = fault("the router does not tell its address by UPnP");
        return Err(code.map_or(fault.clone(), |code| fault.status(format!("UPnP error {code}"))));
    }
    let text = only(&leaves, "NewExternalIPAddress").ok_or_else(|| fault("the answer names no address"))?;
    if text.is_empty() {
        return Ok(None);
    }
    let address: Ipv4Addr = text.parse().map_err(|_| {
        fault("the answer is not one IPv4 address").said(text.chars().take(200).collect::<String>())
    })?;
    Ok(Some(address).filter(|address| !address.is_unspecified()))
}

/// Reads the answer to `GetStatusInfo`: `Connected`, `Disconnected` and their like.
fn connection(body: &[u8]) -> Option<String> {
    let leaves = leaves(body)?;
    let status = only(&leaves, "NewConnectionStatus")?;
    let plain = status.len() <= 40 && status.chars().all(|letter| letter.is_ascii_alphanumeric());
    plain.then(|| status.to_owned())
}

/// For the fuzz target: a description leads nowhere but to the host it came from.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(document: &[u8]) {
    let base: Base = "http://192.168.77.1:5000".parse().expect("invariant: the constant is a URL");
    for service in services(document, &base, "/rootDesc.xml").unwrap_or_default() {
        assert_eq!(service.base.host(), base.host());
        assert!(service.path.starts_with('/'), "{}", service.path);
    }
    for status in [200, 500] {
        let _address = external(status, document);
    }
    assert!(connection(document).is_none_or(|status| status.len() <= 40));
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_garbled;
    use super::*;

    fn base() -> Base {
        "http://192.168.77.1:5000".parse().expect("a base")
    }

    /// A description with this `URLBase` and control URL.
    fn description(whole: &str, control: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\">{whole}<device><serviceList>\
             <service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType>\
             <controlURL>/ctl/L3F</controlURL></service></serviceList><deviceList><device><serviceList><service>\
             <serviceType>urn:schemas-upnp-org:service:WANIPConnection:2</serviceType><serviceId>x</serviceId>\
             <controlURL>{control}</controlURL></service></serviceList></device></deviceList></device></root>"
        )
    }

    fn control(whole: &str, control: &str) -> Result<Vec<String>, String> {
        let found = services(description(whole, control).as_bytes(), &base(), "/d/rootDesc.xml");
        let urls = |found: Vec<Service>| {
            found.into_iter().map(|service| format!("{}{}", service.base, service.path)).collect()
        };
        found.map(urls).map_err(|fault| fault.what)
    }

    #[test]
    fn the_control_url_is_read_from_the_service_that_connects() {
        let found = |url: &str| Ok(vec![url.to_owned()]);
        assert_eq!(control("", "/ctl/IPConn"), found("http://192.168.77.1:5000/ctl/IPConn"));
        assert_eq!(control("", "ctl?x=1&amp;y"), found("http://192.168.77.1:5000/d/ctl?x=1&y"));
        assert_eq!(control("", "http://192.168.77.1:49000/c"), found("http://192.168.77.1:49000/c"));
        let whole = "<URLBase>http://192.168.77.1:80/</URLBase>";
        assert_eq!(control(whole, "c"), found("http://192.168.77.1/c"));
    }

    #[test]
    fn where_events_can_be_had_is_read_and_not_believed_of_another_host() {
        let events = |text: &str| {
            let described = description("", "/c")
                .replace("<controlURL>/c", &format!("<eventSubURL>{text}</eventSubURL><controlURL>/c"));
            let found = services(described.as_bytes(), &base(), "/d/rootDesc.xml").expect("a description");
            found[0].events.as_ref().map(|(base, path)| format!("{base}{path}"))
        };
        assert_eq!(events("/evt/IPConn").as_deref(), Some("http://192.168.77.1:5000/evt/IPConn"));
        assert_eq!(events("evt").as_deref(), Some("http://192.168.77.1:5000/d/evt"));
        for nowhere in ["", "http://198.51.100.10/evt", "http://192.168.77.1@198.51.100.10/evt", "/e vt"] {
            assert_eq!(events(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn a_control_url_at_another_host_is_refused() {
        let elsewhere = Err("the router's description points to another host, which is not asked".to_owned());
        assert_eq!(control("", "http://198.51.100.10/c"), elsewhere);
        assert!(control("", "http://192.168.77.1@198.51.100.10/c").is_err());
        assert_eq!(control("<URLBase>http://198.51.100.10/</URLBase>", "/c"), elsewhere);
        assert!(control("", "ftp://192.168.77.1/c").is_err());
        assert!(control("", "/c d").is_err());
    }

    #[test]
    fn other_services_and_broken_descriptions_are_none() {
        let other = description("", "/c").replace("WANIPConnection:2", "WANIPConnection:x");
        assert_eq!(services(other.as_bytes(), &base(), "/"), Ok(Vec::new()));
        let twice = description("", "/c").replace("<serviceId>", "<controlURL>/d</controlURL><serviceId>");
        assert_eq!(services(twice.as_bytes(), &base(), "/"), Ok(Vec::new()));
        assert!(services(b"<root>", &base(), "/").is_err());
    }

    fn answered(status: u16, inner: &str) -> Result<Option<String>, String> {
        let body = format!(
            "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{inner}\
             </s:Body></s:Envelope>"
        );
        external(status, body.as_bytes())
            .map(|address| address.map(|address| address.to_string()))
            .map_err(|fault| format!("{} ({})", fault.what, fault.status.unwrap_or_default()))
    }

    #[test]
    fn an_answer_is_an_address_or_none_or_a_fault() {
        let address = |text: &str| format!("<u:R><NewExternalIPAddress>{text}</NewExternalIPAddress></u:R>");
        assert_eq!(answered(200, &address("203.0.113.7")), Ok(Some("203.0.113.7".to_owned())));
        assert_eq!(answered(200, &address("")), Ok(None));
        assert_eq!(answered(200, &address("0.0.0.0")), Ok(None));
        for text in ["203.0.113.7 203.0.113.8", "2001:db8::7", "203.0.113", "203.0.113.7/32"] {
            assert!(answered(200, &address(text)).is_err(), "{text}");
        }
        let twice = format!("{}{}", address("203.0.113.7"), address("203.0.113.8"));
        assert_eq!(answered(200, &twice), Err("the answer names no address (HTTP 200)".to_owned()));
        assert_eq!(
            answered(500, "<s:Fault><errorCode>501</errorCode></s:Fault>"),
            Err("the router does not tell its address by UPnP (UPnP error 501)".to_owned())
        );
        assert!(answered(500, &address("203.0.113.7")).is_err());
    }

    #[test]
    fn a_status_is_one_plain_word() {
        let body = |status: &str| format!("<a><NewConnectionStatus>{status}</NewConnectionStatus></a>");
        assert_eq!(connection(body("Disconnected").as_bytes()).as_deref(), Some("Disconnected"));
        assert_eq!(connection(body("see http://x").as_bytes()), None);
    }

    #[test]
    fn nothing_makes_the_readers_stumble() {
        each_garbled(&[description("", "/ctl/IPConn").as_bytes()], |told| {
            let found = services(told, &base(), "/").unwrap_or_default();
            assert!(found.iter().all(|service| service.base.host() == "192.168.77.1"));
        });
    }
}
