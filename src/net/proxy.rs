//! A way through a proxy, for whoever was told to take it; nothing takes one by itself.
//!
//! HTTP CONNECT (RFC 9110 §9.3.6) and SOCKS 5 (RFC 1928 §3-6, without authentication). The proxy resolves the name and
//! chooses the family, so the caller checks what came back.

use super::base::{Base, BaseError};
use super::{NetError, Route, dial};
use std::fmt;
use std::io;
use std::str::FromStr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest head of a proxy's answer, in bytes.
const HEAD: usize = 4096;

/// A proxy: `http://HOST:PORT` or `socks5h://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    at: Base,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Connect,
    Socks5,
}

/// Why a text is not a proxy. Never repeats the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Another scheme, or a path.
    #[error("a proxy is written http://HOST:PORT or socks5h://HOST:PORT")]
    Form,
    /// Not a URL.
    #[error("{0}")]
    Url(BaseError),
}

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let (kind, url) = match text.trim().split_once("://") {
            Some(("http", rest)) => (Kind::Connect, rest),
            Some(("socks5h", rest)) => (Kind::Socks5, rest),
            Some(_) | None => return Err(ProxyError::Form),
        };
        let at: Base = format!("http://{url}").parse().map_err(ProxyError::Url)?;
        if at.prefix().is_empty() { Ok(Self { kind, at }) } else { Err(ProxyError::Form) }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            Kind::Connect => "http",
            Kind::Socks5 => "socks5h",
        };
        write!(f, "{scheme}://{}", self.at.authority())
    }
}

impl Proxy {
    /// Connects to `host` (a name or an address without brackets) through the proxy. There is no deadline here.
    pub async fn dial(&self, host: &str, port: u16, route: Route) -> Result<TcpStream, NetError> {
        // The family is that of the question, not of the way to the proxy.
        let mut stream = dial::dial(self.at.host(), self.at.port(), Route { family: None, ..route }).await?;
        let asked = match self.kind {
            Kind::Connect => connect(&mut stream, host, port).await,
            Kind::Socks5 => socks5(&mut stream, host, port).await,
        };
        asked.map_err(|error| NetError::Connect {
            to: format!("{host}:{port}"),
            reason: format!("the proxy {self}: {error}"),
        })?;
        Ok(stream)
    }
}

async fn connect(stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
    let to = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    stream.write_all(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    // Byte by byte: what follows the head belongs to the connection.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == HEAD {
            return Err(io::Error::other("its answer is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split_ascii_whitespace();
    match (words.next(), words.next()) {
        (Some(version), Some(status)) if version.starts_with("HTTP/1.") => {
            let through = status.len() == 3 && status.starts_with('2');
            if through { Ok(()) } else { Err(io::Error::other(format!("HTTP {}", status.escape_default()))) }
        }
        _ => Err(io::Error::other("it does not speak HTTP")),
    }
}

async fn socks5(stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
    let name = host.as_bytes();
    let length = u8::try_from(name.len()).map_err(|_| io::Error::other("the name is too long for SOCKS"))?;
    // §3: one method is offered, none.
    stream.write_all(&[5, 1, 0]).await?;
    if [stream.read_u8().await?, stream.read_u8().await?] != [5, 0] {
        return Err(io::Error::other("it does not take SOCKS 5 without a password"));
    }
    // §4: CONNECT to a name; addresses are names that need no resolving.
    let request = [&[5, 1, 0, 3, length], name, &port.to_be_bytes()].concat();
    stream.write_all(&request).await?;
    let [version, reply, _, kind] = {
        let mut head = [0; 4];
        stream.read_exact(&mut head).await?;
        head
    };
    if version != 5 || reply != 0 {
        return Err(io::Error::other(format!("SOCKS reply {reply}")));
    }
    // §6: the address it speaks from, which is of no use here, and its port.
    let rest = match kind {
        1 => 4,
        4 => 16,
        3 => usize::from(stream.read_u8().await?),
        _ => return Err(io::Error::other("it does not speak SOCKS 5")),
    };
    stream.read_exact(&mut vec![0; rest + 2]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_scheme_a_host_and_a_port() {
        for good in ["http://proxy.example.org:3128", "socks5h://127.0.0.1:1080", "http://[::1]:3128"] {
            assert_eq!(good.parse::<Proxy>().expect("a proxy").to_string(), good);
        }
        for bad in [
            "https://proxy.example.org",
            "socks5://a:1",
            "proxy:3128",
            "http://a/b",
            "http://me:secret@a:1",
            "",
        ] {
            let refused = bad.parse::<Proxy>().expect_err("refused").to_string();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
