//! Whose address counts: the peer's, or what a proxy that is to be believed says in the one way it was told to.
//!
//! Only one way is looked at. A proxy that appends to `X-Forwarded-For` passes a client's `Forwarded` on untouched, so
//! reading both would let any client choose its address.

use super::{Asked, lines};
use crate::net::forwarded;
use crate::net::proxy_protocol::Told;
use dynflare_core::address::Prefix;
use std::net::IpAddr;

/// How a proxy tells whom it speaks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Telling {
    /// It appends to `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// It appends to `Forwarded` (RFC 7239).
    Forwarded,
    /// It writes `CF-Connecting-IP` over whatever the client sent.
    CfConnectingIp,
    /// It begins the connection with a PROXY header, version 1 or 2.
    ProxyProtocol,
}

impl Telling {
    /// All ways by their words.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("x-forwarded-for", Self::XForwardedFor),
        ("forwarded", Self::Forwarded),
        ("cf-connecting-ip", Self::CfConnectingIp),
        ("proxy-protocol", Self::ProxyProtocol),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
            Self::CfConnectingIp => "cf-connecting-ip",
            Self::ProxyProtocol => "proxy-protocol",
        }
    }

    /// The hops before the peer, the client's own first; `None` is one that cannot be read.
    pub fn hops(self, asked: &Asked<'_>) -> Vec<Option<IpAddr>> {
        match self {
            Self::XForwardedFor => forwarded::x_forwarded_for(lines(asked.headers, "x-forwarded-for")),
            Self::Forwarded => forwarded::forwarded(lines(asked.headers, "forwarded")),
            // It is written, not appended to: a second line or a second address is somebody else's.
            Self::CfConnectingIp => {
                let found: Vec<&str> = lines(asked.headers, "cf-connecting-ip").collect();
                match found.as_slice() {
                    [] => Vec::new(),
                    [one] => vec![one.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())],
                    _ => vec![None],
                }
            }
            Self::ProxyProtocol => match asked.told {
                Some(Told::From(address)) => vec![Some(address)],
                Some(Told::Unknown) => vec![None],
                Some(Told::Local) | None => Vec::new(),
            },
        }
    }
}

/// Which proxies are believed, and in which way they tell.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Where they are; none by default.
    pub proxies: Vec<Prefix>,
    /// How they tell.
    pub way: Telling,
}

impl Trust {
    /// Whether a peer is a proxy that is believed.
    pub fn believes(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.proxies.iter().any(|proxy| proxy.contains(address))
    }

    /// The right-most hop that is no trusted proxy, the peer itself included; `None` where it cannot be read.
    pub fn client(&self, asked: &Asked<'_>) -> Option<IpAddr> {
        let mut client = asked.peer.ip().to_canonical();
        if !self.believes(client) {
            return Some(client);
        }
        for hop in self.way.hops(asked).into_iter().rev() {
            client = hop?;
            if !self.believes(client) {
                break;
            }
        }
        Some(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderName, HeaderValue};
    use hyper::{HeaderMap, Method};

    fn client(way: Telling, peer: &str, sent: &[(&'static str, &str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            let value = HeaderValue::from_str(value).expect("a value");
            headers.append(HeaderName::from_static(name), value);
        }
        let proxies =
            vec!["192.0.2.0/24".parse().expect("a prefix"), "2001:db8::/64".parse().expect("a prefix")];
        let peer = peer.parse().expect("a socket address");
        let asked = Asked {
            peer,
            told: None,
            method: &Method::GET,
            path: "/",
            query: None,
            headers: &headers,
            body: &[],
        };
        Trust { proxies, way }.client(&asked).map(|address| address.to_string())
    }

    const PROXY: &str = "192.0.2.1:1";

    #[test]
    fn only_a_trusted_peer_is_asked_whom_it_speaks_for() {
        let sent = [("x-forwarded-for", "203.0.113.7")];
        let of = |peer| client(Telling::XForwardedFor, peer, &sent).expect("an address");
        assert_eq!(of("198.51.100.9:1"), "198.51.100.9");
        assert_eq!(of(PROXY), "203.0.113.7");
        assert_eq!(of("[2001:db8::5]:1"), "203.0.113.7");
        assert_eq!(of("[::ffff:192.0.2.1]:1"), "203.0.113.7");
        assert_eq!(of("[::ffff:198.51.100.9]:1"), "198.51.100.9");
    }

    #[test]
    fn the_right_most_hop_that_is_no_trusted_proxy_is_the_client() {
        for (line, expected) in [
            ("203.0.113.7", Some("203.0.113.7")),
            ("1.1.1.1, 203.0.113.7", Some("203.0.113.7")),
            ("1.1.1.1, 203.0.113.7, 192.0.2.2", Some("203.0.113.7")),
            ("1.1.1.1, unknown, 203.0.113.7", Some("203.0.113.7")),
            ("1.1.1.1, unknown", None),
            ("1.1.1.1, ", None),
            ("192.0.2.9, 192.0.2.2", Some("192.0.2.9")),
        ] {
            let got = client(Telling::XForwardedFor, PROXY, &[("x-forwarded-for", line)]);
            assert_eq!(got.as_deref(), expected, "{line}");
        }
        assert_eq!(client(Telling::XForwardedFor, PROXY, &[]).as_deref(), Some("192.0.2.1"));
        let lines = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(client(Telling::XForwardedFor, PROXY, &lines).as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn a_way_that_was_not_chosen_is_not_looked_at() {
        let sent = [
            ("x-forwarded-for", "203.0.113.7"),
            ("forwarded", "for=1.1.1.1"),
            ("cf-connecting-ip", "2.2.2.2"),
        ];
        assert_eq!(client(Telling::XForwardedFor, PROXY, &sent).as_deref(), Some("203.0.113.7"));
        assert_eq!(client(Telling::Forwarded, PROXY, &sent).as_deref(), Some("1.1.1.1"));
        assert_eq!(client(Telling::CfConnectingIp, PROXY, &sent).as_deref(), Some("2.2.2.2"));
        assert_eq!(client(Telling::ProxyProtocol, PROXY, &sent).as_deref(), Some("192.0.2.1"));
        let twice = [("cf-connecting-ip", "1.1.1.1"), ("cf-connecting-ip", "2.2.2.2")];
        assert_eq!(client(Telling::CfConnectingIp, PROXY, &twice), None);
    }
}
