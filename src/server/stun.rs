//! The STUN responder: Binding requests over UDP and TCP (RFC 8489 §6.3), and of the first edition (RFC 3489 §8.1).
//!
//! It knows nobody and keeps nothing. Over UDP anybody can ask in somebody else's name, so an answer is hardly longer than
//! its question, goes nowhere but to where the question came from, and a network gets only so many of them. What is no
//! Binding request stays without an answer. SOFTWARE is not told: it is for nobody's use but an attacker's (§16.1.2).

use crate::net::reception::{Room, receive};
use crate::net::stun::{
    ERROR, ERROR_CODE, HEADER, MAPPED_ADDRESS, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256, REQUEST, SUCCESS,
    UNKNOWN_ATTRIBUTES, XOR_MAPPED_ADDRESS, address, any_body_length, attributes, body_length, push, seal,
};
use dynflare_datagram::{Asked, Datagrams, Rate, Rates, network};
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The longest request that is looked at.
const LIMIT: usize = 1024;
/// Requests on one connection.
const REQUESTS: usize = 16;
/// The most unknown attributes that are named.
const NAMED: usize = 8;
/// Answers per second for an IPv4 /24 or an IPv6 /56; the machine itself is not limited.
const RATE: Rate = Rate { per_second: 50, burst: 100 };
/// For how many networks there is room.
const NETWORKS: usize = 1 << 13;
/// Connections at a time, and how long each: what a client needs over a bad line.
const ROOM: Room = Room { places: 64, whole: Duration::from_secs(10) };

/// A running responder; it stops when dropped.
#[derive(Debug)]
pub struct Stun {
    addresses: Vec<SocketAddr>,
    _datagrams: Datagrams,
    _connections: JoinSet<()>,
}

impl Stun {
    /// Opens the sockets at these addresses, UDP and TCP on one port each, and serves them. Needs a tokio runtime.
    pub fn bind(addresses: &[SocketAddr]) -> io::Result<Self> {
        let (mut udp, mut tcp) = (Vec::new(), Vec::new());
        for address in addresses {
            let said = |error: io::Error| {
                io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
            };
            let listener = TcpListener::bind(address).map_err(said)?;
            udp.extend(dynflare_datagram::bind(listener.local_addr()?, 1).map_err(said)?);
            tcp.push(listener);
        }
        Self::start(udp, tcp)
    }

    /// Serves what comes in at sockets that are open already. Needs a tokio runtime.
    pub fn start(udp: Vec<UdpSocket>, tcp: Vec<TcpListener>) -> io::Result<Self> {
        let addresses = udp.iter().map(UdpSocket::local_addr).collect::<io::Result<_>>()?;
        let (rates, began) = (Arc::new(Rates::new(NETWORKS)), Instant::now());
        let datagrams = Datagrams::serve("stun", udp, || {
            let rates = Arc::clone(&rates);
            move |asked: &Asked<'_>, out: &mut Vec<u8>| {
                let from = asked.from.ip();
                let may = || from.is_loopback() || rates.take(network(from), began.elapsed(), RATE);
                if let Some(answer) = answer(asked.octets, asked.from).filter(|_| may()) {
                    out.extend(answer);
                }
            }
        })?;
        let mut connections = JoinSet::new();
        for listener in tcp {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            connections.spawn(receive(listener, ROOM, |stream, peer| async move {
                // Whatever ends a connection early is its client's doing.
                let _ended = talk(stream, peer).await;
            }));
        }
        Ok(Self { addresses, _datagrams: datagrams, _connections: connections })
    }

    /// Where it listens for datagrams.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

/// Requests on a connection, one after the other (§6.2.2), until something comes that is none.
async fn talk(mut stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    for _ in 0..REQUESTS {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).await?;
        let Some(length) = body_length(&header).filter(|length| *length <= LIMIT) else { break };
        let mut message = header.to_vec();
        message.resize(HEADER + length, 0);
        stream.read_exact(&mut message[HEADER..]).await?;
        let Some(answer) = answer(&message, peer) else { break };
        stream.write_all(&answer).await?;
    }
    stream.shutdown().await
}

/// The answer to a whole message from somebody; `None` where it is no Binding request.
fn answer(octets: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let (header, body) = octets.split_first_chunk::<HEADER>()?;
    let is_request = u16::from_be_bytes([header[0], header[1]]) == REQUEST;
    if !is_request || octets.len() > LIMIT || any_body_length(header) != Some(body.len()) {
        return None;
    }
    let (mut unknown, mut signed, mut sealed) = (Vec::new(), false, false);
    for attribute in attributes(octets) {
        let attribute = attribute.ok()?;
        sealed |= attribute.seals;
        match attribute.kind {
            MESSAGE_INTEGRITY | MESSAGE_INTEGRITY_SHA256 => signed = true,
            // What follows a signature is ignored (§14.5).
            _ if signed => {}
            kind if is_unknown(kind) && !unknown.contains(&kind) => unknown.push(kind),
            _ => {}
        }
    }
    let mut answer = header.to_vec();
    let kind = if unknown.is_empty() { SUCCESS } else { ERROR };
    answer[..2].copy_from_slice(&kind.to_be_bytes());
    if unknown.is_empty() {
        match body_length(header) {
            Some(_) => {
                let key = header.last_chunk().expect("invariant: a header ends with cookie and id");
                push(&mut answer, XOR_MAPPED_ADDRESS, &address(from, Some(key)));
            }
            // The first edition has no other family, and knows only the plain form (RFC 3489 §11.2.1).
            None if from.is_ipv4() => push(&mut answer, MAPPED_ADDRESS, &address(from, None)),
            None => return None,
        }
    } else {
        // §6.3.1: 420, and which they are. A reason in words would only make it longer.
        push(&mut answer, ERROR_CODE, &[0, 0, 4, 20]);
        let kinds: Vec<u8> = unknown.iter().take(NAMED).flat_map(|kind| kind.to_be_bytes()).collect();
        push(&mut answer, UNKNOWN_ATTRIBUTES, &kinds);
    }
    if sealed {
        seal(&mut answer);
    }
    Some(answer)
}

/// Whether a type is in the range that must be understood (§14) and asks for something that is not done here. What
/// credentials consist of is none of it: nobody needs any.
fn is_unknown(kind: u16) -> bool {
    const CREDENTIALS: [u16; 5] = [0x0006, 0x0014, 0x0015, 0x001d, 0x001e];
    kind < 0x8000 && !CREDENTIALS.contains(&kind)
}

/// For the fuzz target: an answer is a message of its own, to the same transaction, that is not much longer.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(octets: &[u8]) {
    for from in ["192.0.2.1:1234", "[2001:db8::1]:1234"] {
        let from = from.parse().expect("invariant: an address");
        let Some(answer) = answer(octets, from) else { continue };
        assert_eq!(answer[4..HEADER], octets[4..HEADER]);
        assert!(answer.len() <= octets.len() + 24);
        assert!(attributes(&answer).all(|attribute| attribute.is_ok()));
        assert!(self::answer(&answer, from).is_none(), "an answer is never answered");
    }
}

#[cfg(test)]
mod tests;
