//! Servers of protocols that have no URLs of their own, as users write them (`HOST[:PORT][#NAME]`), and connections
//! to them over TCP, with or without TLS.

use super::{NetError, Network, Phase, Route, dial};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use tokio::io::{AsyncRead, AsyncWrite};

/// A server: whom to connect to, and who has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// A name in lower case, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The name that its certificate must be for, where that is not the host.
    pub certificate: Option<String>,
}

/// Why a text names no server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a server such as dns.example.net, 192.0.2.1:5353 or [2001:db8::1]:853")]
pub struct EndpointError;

/// A connection, secured or not.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Whether the server has to show who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TCP alone: anybody on the way can answer in its place.
    Plain,
    /// TLS, with a certificate for the server's name.
    Tls,
}

impl Endpoint {
    /// Reads `HOST[:PORT][#NAME]`; an IPv6 address stands in brackets where a port follows. As in the settings of
    /// resolvers, what follows `#` is the name in the certificate of a server that is given by its address.
    pub fn parse(text: &str, port: u16) -> Result<Self, EndpointError> {
        let (text, certificate) = match text.split_once('#') {
            Some((text, name)) => (text, Some(host(name)?)),
            None => (text, None),
        };
        let (host_text, given) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((inside, after)) => {
                inside.parse::<Ipv6Addr>().map_err(|_| EndpointError)?;
                let port = match after {
                    "" => None,
                    _ => Some(after.strip_prefix(':').ok_or(EndpointError)?),
                };
                (inside, port)
            }
            None if text.parse::<Ipv6Addr>().is_ok() => (text, None),
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let port = match given {
            None => port,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port != 0).ok_or(EndpointError)?
            }
            Some(_) => return Err(EndpointError),
        };
        Ok(Self { host: host(host_text)?, port, certificate })
    }

    /// The host as an address, where it is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The name that its certificate must be for.
    pub fn name(&self) -> &str {
        self.certificate.as_deref().unwrap_or(&self.host)
    }

    /// As users write it, without the port where it is this one.
    pub fn written(&self, usual: u16) -> String {
        let name = self.certificate.as_ref().map_or_else(String::new, |name| format!("#{name}"));
        let host = &self.host;
        match (self.port == usual, host.contains(':')) {
            (true, false) => format!("{host}{name}"),
            (true, true) => format!("[{host}]{name}"),
            (false, false) => format!("{host}:{}{name}", self.port),
            (false, true) => format!("[{host}]:{}{name}", self.port),
        }
    }

    /// Connects, and notes how far it has come.
    pub async fn open(
        &self,
        network: &Network,
        route: Route,
        security: Security,
        phase: &mut Phase,
    ) -> Result<Box<dyn Stream>, NetError> {
        if security == Security::Tls {
            // The certificates are read while the connection is made.
            network.trust().start();
        }
        let tcp = dial::dial(&self.host, self.port, route).await?;
        match security {
            Security::Plain => Ok(Box::new(tcp)),
            Security::Tls => {
                *phase = Phase::Secure;
                Ok(Box::new(network.trust().secure(tcp, self.name(), &[]).await?))
            }
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

fn host(text: &str) -> Result<String, EndpointError> {
    let is_address = text.parse::<IpAddr>().is_ok();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_name = (1..=253).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('.');
    if is_address || is_name { Ok(text.to_ascii_lowercase()) } else { Err(EndpointError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_written_in_one_way() {
        for (text, written) in [
            ("DNS.example.net", "dns.example.net"),
            ("dns.example.net:853", "dns.example.net"),
            ("192.0.2.1:5353", "192.0.2.1:5353"),
            ("2001:db8::1", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("[2001:db8::1]:53", "[2001:db8::1]:53"),
            ("192.0.2.1#dns.example.net", "192.0.2.1#dns.example.net"),
            ("[2001:db8::1]:53#dns.example.net", "[2001:db8::1]:53#dns.example.net"),
        ] {
            let endpoint = Endpoint::parse(text, 853).expect(text);
            assert_eq!(endpoint.written(853), written);
            assert_eq!(Endpoint::parse(written, 853), Ok(endpoint), "{text}");
        }
    }

    #[test]
    fn what_names_no_server_is_refused() {
        for text in [
            "",
            ":53",
            "a b",
            "host:",
            "host:0",
            "host:65536",
            "host:+1",
            "[192.0.2.1]:53",
            "[2001:db8::1]53",
            "user@host",
            "host/path",
            "host#",
            ".example.net",
            "bücher.example",
        ] {
            assert_eq!(Endpoint::parse(text, 53), Err(EndpointError), "{text}");
        }
    }
}
