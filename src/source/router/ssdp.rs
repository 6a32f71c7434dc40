//! Finding the router's description (SSDP, UPnP Device Architecture 2.0 §1.3): asked of the router alone and of
//! everybody, and believed of the router alone.

use super::Trouble;
use crate::net::http::Base;
use crate::net::{Route, Way, datagram};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

/// Where SSDP is spoken (§1.3.2).
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const PORT: u16 = 1900;

/// The first wait before searching again.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// What a router is; version 2 answers to a search for version 1 as well, though not everywhere.
const TARGET: &str = "urn:schemas-upnp-org:device:InternetGatewayDevice:";

/// Where a description lies.
pub(super) type Location = (Base, String);

/// Searches until the router at `gateway` has told where its description lies.
pub(super) async fn search(gateway: Ipv4Addr, route: Route, timeout: Duration) -> Result<Location, Trouble> {
    let deadline = Instant::now() + timeout;
    let socket = socket(gateway, route).await?;
    let mut wait = FIRST_WAIT;
    let mut seen = Seen::default();
    let mut buffer = [0; 2048];
    while Instant::now() < deadline {
        for version in [1, 2] {
            for to in [gateway, GROUP] {
                // Where one of the two ways is closed, the other may not be.
                let _sent = socket.send_to(request(to, version).as_bytes(), (to, PORT)).await;
            }
        }
        let next = deadline.min(Instant::now() + wait);
        while let Ok(received) = timeout_at(next, socket.recv_from(&mut buffer)).await {
            // An ICMP error of an earlier datagram comes out here and ends nothing.
            let Ok((length, from)) = received else { continue };
            let Some(location) = buffer.get(..length).and_then(location) else { continue };
            if from.ip() != IpAddr::V4(gateway) {
                seen.stranger = Some(from.ip());
            } else if is_at(&location.0, gateway) {
                return Ok(location);
            } else {
                seen.elsewhere = true;
            }
        }
        wait = wait.saturating_mul(2);
    }
    Err(seen.fault(gateway).into())
}

/// What was heard and not believed.
#[derive(Default)]
struct Seen {
    stranger: Option<IpAddr>,
    elsewhere: bool,
}

impl Seen {
    fn fault(&self, gateway: Ipv4Addr) -> Fault {
        if self.elsewhere {
            let what =
                format!("{gateway} points to another host for its UPnP description, which is not asked");
            return Fault::new(Class::Unexpected, what);
        }
        let fault = Fault::new(Class::Unavailable, format!("{gateway} does not answer UPnP"));
        match self.stranger {
            Some(stranger) => fault.hint(format!(
                "{stranger} answers as a router and is not the gateway; if it is yours, name its description: upnp:http://{stranger}…"
            )),
            None => fault,
        }
    }
}

/// Whether a URL lies at this address and nowhere else; a name would have to be believed first.
pub(super) fn is_at(base: &Base, address: Ipv4Addr) -> bool {
    base.host().parse() == Ok(address)
}

/// A socket on the router's network that hears whoever answers, from any port.
async fn socket(gateway: Ipv4Addr, route: Route) -> Result<UdpSocket, Trouble> {
    let broken = |error: &std::io::Error| {
        Fault::new(Class::Unavailable, format!("cannot use a socket: {}", error.kind()))
    };
    // The system knows which of our addresses faces the router.
    let facing = datagram::datagram(SocketAddr::from((gateway, PORT)), route).await?;
    let own = facing.local_addr().map_err(|error| broken(&error))?;
    let socket = unconnected(own, route.way).map_err(|error| broken(&error))?;
    // No further than the local network needs (§1.3.2).
    socket.set_multicast_ttl_v4(2).map_err(|error| broken(&error))?;
    Ok(socket)
}

/// A socket by a way out, at our own address unless the way has one, whose multicasts leave there too.
fn unconnected(own: SocketAddr, way: Way) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    way.bind(&SockRef::from(&socket), Family::V4)?;
    if way.v4.is_none() {
        socket.bind(&SocketAddr::new(own.ip(), 0).into())?;
    }
    if let IpAddr::V4(own) = own.ip() {
        socket.set_multicast_if_v4(&own)?;
    }
    UdpSocket::from_std(socket.into())
}

/// A search (§1.3.2); MX is for the many, and one router that is asked alone heeds nothing of it (§1.3.2).
fn request(to: Ipv4Addr, version: u8) -> String {
    let wait = if to.is_multicast() { "MX: 1\r\n" } else { "" };
    format!(
        "M-SEARCH * HTTP/1.1\r\nHOST: {to}:{PORT}\r\nMAN: \"ssdp:discover\"\r\n{wait}ST: {TARGET}{version}\r\n\r\n"
    )
}

/// Reads an answer (§1.3.3): where the description of a router lies; `None` for anything else.
fn location(told: &[u8]) -> Option<Location> {
    let text = std::str::from_utf8(told).ok()?;
    let mut lines = text.split("\r\n");
    let mut status = lines.next()?.split_ascii_whitespace();
    if !status.next()?.starts_with("HTTP/1.") || status.next()? != "200" {
        return None;
    }
    let mut fields: Vec<(&str, &str)> = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        fields.push((name.trim_ascii(), value.trim_ascii()));
    }
    let one = |wanted: &str| {
        let mut found = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| *value)
    };
    one("ST").filter(|target| target.starts_with(TARGET))?;
    Base::split(one("LOCATION")?).ok()
}

/// For the fuzz target: what was read is a URL that can be written and read again.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(told: &[u8]) {
    if let Some((base, path)) = location(told) {
        assert!(path.starts_with('/'), "{path}");
        assert!(Base::split(&format!("{base}{path}")).is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_garbled;
    use super::*;

    const GOOD: &str = "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\n\
        ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nEXT:\r\nSERVER: x UPnP/1.1\r\n\
        Location: http://192.168.77.1:5000/rootDesc.xml\r\n\r\n";

    fn read(text: &str) -> Option<String> {
        location(text.as_bytes()).map(|(base, path)| format!("{base}{path}"))
    }

    #[test]
    fn a_search_asks_for_a_router_of_either_version() {
        let asked = request(GROUP, 2);
        assert!(asked.starts_with("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"), "{asked}");
        assert!(asked.ends_with("MX: 1\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:2\r\n\r\n"));
        assert!(!request(Ipv4Addr::new(192, 168, 77, 1), 1).contains("MX:"));
    }

    #[test]
    fn an_answer_tells_where_the_description_lies() {
        assert_eq!(read(GOOD).as_deref(), Some("http://192.168.77.1:5000/rootDesc.xml"));
    }

    #[test]
    fn an_answer_of_something_else_is_passed_over() {
        for (from, to) in [
            ("200 OK", "404 Not Found"),
            ("HTTP/1.1 200", "NOTIFY * HTTP/1.1"),
            ("InternetGatewayDevice:1", "MediaServer:1"),
            ("Location:", "Elsewhere:"),
            ("http://", "ftp://"),
            ("EXT:", "EXT"),
            ("EXT:", "Location: http://192.168.77.9/"),
        ] {
            assert_eq!(read(&GOOD.replacen(from, to, 1)), None, "{to}");
        }
        assert_eq!(location(&[0xff; 40]), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn a_name_is_at_no_address() {
        let gateway = Ipv4Addr::new(192, 168, 77, 1);
        let at = |url: &str| is_at(&url.parse().expect("a base"), gateway);
        assert!(at("http://192.168.77.1:5000"));
        for url in ["http://192.168.77.2", "http://router.example.com", "http://[::ffff:192.168.77.1]"] {
            assert!(!at(url), "{url}");
        }
    }

    #[test]
    fn nothing_makes_the_reader_stumble() {
        each_garbled(&[GOOD.as_bytes()], |told| {
            if location(told).is_some() {
                assert!(told.starts_with(b"HTTP/1."));
            }
        });
    }
}
