//! The demo's own authoritative name server: one zone on loopback, changed by signed RFC 2136 updates.
//!
//! `hickory-server` brings the listeners, the wire format, EDNS and the TSIG arithmetic. Its stores do not fit: only the
//! SQLite one takes updates, and that one bundles a database written in C; the in-memory one lets a wildcard answer
//! for names that exist (against RFC 4592 §3.3.1). So the zone and the update are ours, pure and apart from all this
//! (`zone`, `update`). `domain`, which the client uses, signs a BADTIME error over eight octets instead of six and
//! answers a wrong secret with another error than BADSIG, so it is not used here.
//!
//! Unsigned questions are answered; a signed one is checked and its answer signed; an update must be signed.

use self::service::Service;
use self::zone::codec_name;
use crate::provider::rfc2136::settings::{Algorithm, TsigKey};
use dynflare_core::name::Name;
use dynflare_core::record::RrSet;
use hickory_server::Server;
use hickory_server::proto::rr::TSigner;
use hickory_server::proto::rr::rdata::tsig::TsigAlgorithm;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

mod service;
pub mod update;
pub mod zone;

pub use zone::Zone;

/// How long an idle TCP connection is kept.
const IDLE: Duration = Duration::from_secs(10);
/// How far the clocks may differ, in seconds (RFC 8945 §10).
const FUDGE: u16 = 300;

/// A running name server; it stops when dropped.
pub struct NameServer {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    _server: Server<Service>,
}

impl NameServer {
    /// Serves a zone on a free port of 127.0.0.1, UDP and TCP. Must be called inside a tokio runtime.
    ///
    /// The zone holds its own SOA, NS and name server records beside `initial`.
    pub fn start(zone: &Name, key: &TsigKey, initial: &[RrSet]) -> io::Result<Self> {
        let zone = Zone::new(zone, initial).map_err(invalid)?;
        let signer = signer(key).map_err(invalid)?;
        let (udp, tcp) = listeners()?;
        let address = udp.local_addr()?;
        let zone = Arc::new(Mutex::new(zone));
        let mut server = Server::new(Service { zone: Arc::clone(&zone), signer });
        server.register_socket(tokio::net::UdpSocket::from_std(udp)?);
        server.register_listener(tokio::net::TcpListener::from_std(tcp)?, IDLE, 64);
        Ok(Self { address, zone, _server: server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The zone as it is now.
    pub fn zone(&self) -> Zone {
        self.zone.lock().expect("no code panics while it holds the zone").clone()
    }
}

fn invalid(error: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error.into())
}

fn signer(key: &TsigKey) -> Result<TSigner, String> {
    let algorithm = match key.algorithm {
        Algorithm::Sha256 => TsigAlgorithm::HmacSha256,
        Algorithm::Sha384 => TsigAlgorithm::HmacSha384,
        Algorithm::Sha512 => TsigAlgorithm::HmacSha512,
    };
    let name = Name::parse(&key.name).map_err(|error| error.to_string())?;
    let secret = key.octets().map_err(|error| error.to_string())?;
    TSigner::new(secret, algorithm, codec_name(&name)?, FUDGE).map_err(|error| error.to_string())
}

/// A port that is free for both.
fn listeners() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..20 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        match TcpListener::bind(udp.local_addr()?) {
            Ok(tcp) => {
                udp.set_nonblocking(true)?;
                tcp.set_nonblocking(true)?;
                return Ok((udp, tcp));
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("twenty attempts leave an error"))
}
