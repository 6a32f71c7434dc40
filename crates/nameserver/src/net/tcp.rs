//! Connections (RFC 7766): many requests on one, each answered when its answer is there; and nobody stays for nothing.
//!
//! A connection ends when nothing comes for a while, when a message takes too long to come, or when its client does not
//! take what it asked for. Half the places taken, the quiet ones are let wait a second only. What a client may have
//! waiting here is bounded: its answers are sent before more of its requests are read.

use super::house::{Door, House};
use crate::server::{Answered, Transport};
use dynflare_datagram::network;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

/// How much TCP clients may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    /// Connections at a time.
    pub places: usize,
    /// Of these, for one network (an IPv4 /24, an IPv6 /56); the machine itself is not counted.
    pub each: usize,
    /// Transfers at a time.
    pub transfers: usize,
    /// How long a connection may be quiet.
    pub idle: Duration,
    /// How long a message may take to come, from its first octet on, and how long the client may take to make room for
    /// what it is sent, 64 KiB at a time.
    pub step: Duration,
}

impl Default for Streams {
    fn default() -> Self {
        let (idle, step) = (Duration::from_secs(10), Duration::from_secs(5));
        Self { places: 256, each: 32, transfers: 8, idle, step }
    }
}

/// How long a connection may be quiet while more than half of the places are taken.
const HURRY: Duration = Duration::from_secs(1);
/// A pause after the system had no room for another connection.
const BREATH: Duration = Duration::from_millis(50);
/// What is sent at once.
const PIECE: usize = 1 << 16;
/// Requests of one connection that may wait for the disk.
const WAITING: usize = 256;

/// Who has a place.
#[derive(Debug)]
pub(super) struct Places {
    limits: Streams,
    free: Arc<Semaphore>,
    transfers: Arc<Semaphore>,
    networks: Mutex<HashMap<IpAddr, usize>>,
}

/// One place, until it is dropped.
struct Place {
    _free: OwnedSemaphorePermit,
    places: Arc<Places>,
    network: Option<IpAddr>,
}

impl Places {
    pub(super) fn new(limits: Streams) -> Self {
        let [free, transfers] =
            [limits.places, limits.transfers].map(|count| Arc::new(Semaphore::new(count)));
        Self { limits, free, transfers, networks: Mutex::default() }
    }

    /// Nobody where this client's network has its share.
    fn take(self: &Arc<Self>, free: OwnedSemaphorePermit, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        let network = (!peer.is_loopback()).then(|| network(peer));
        if let Some(network) = network {
            let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
            let count = networks.entry(network).or_default();
            if *count >= self.limits.each {
                return None;
            }
            *count += 1;
        }
        Some(Place { _free: free, places: Arc::clone(self), network })
    }

    fn idle(&self) -> Duration {
        let is_crowded = self.free.available_permits() * 2 < self.limits.places;
        if is_crowded { HURRY.min(self.limits.idle) } else { self.limits.idle }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(network) = self.network else { return };
        let mut networks = self.places.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = networks.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                networks.remove(&network);
            }
        }
    }
}

/// Takes connections for ever. What has begun ends when this is dropped.
pub(super) async fn receive(listener: TcpListener, places: Arc<Places>, house: Arc<House>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            // Without a place nothing is accepted; the kernel keeps a few in its queue.
            let free = Arc::clone(&places.free).acquire_owned().await;
            (free, listener.accept().await)
        };
        tokio::select! {
            (free, accepted) = accepted => match (free, accepted) {
                (Ok(free), Ok((stream, peer))) => match places.take(free, peer.ip()) {
                    Some(place) => {
                        let door = house.door();
                        connections.spawn(async move {
                            // Whatever ends a connection is its client's doing.
                            let _ended = Talk::new(stream, peer, place, door).run().await;
                        });
                    }
                    None => house.turned_away(),
                },
                (_, _) => tokio::time::sleep(BREATH).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection.
struct Talk {
    stream: TcpStream,
    from: SocketAddr,
    place: Place,
    door: Door,
    /// What has come and was not yet looked at.
    come: Vec<u8>,
    /// What is to be sent.
    out: Vec<u8>,
    /// Answers that are not there yet.
    waiting: JoinSet<Vec<u8>>,
}

impl Talk {
    fn new(stream: TcpStream, peer: SocketAddr, place: Place, door: Door) -> Self {
        let from = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let (come, out) = (Vec::with_capacity(1024), Vec::with_capacity(1024));
        Self { stream, from, place, door, come, out, waiting: JoinSet::new() }
    }

    async fn run(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        // The first message must come as soon as any other.
        let mut message_since = None;
        loop {
            self.requests().await?;
            self.send().await?;
            let limits = self.place.places.limits;
            if self.come.is_empty() {
                message_since = None;
            } else if message_since.is_none() {
                message_since = Some(Instant::now());
            }
            let deadline = match message_since {
                Some(since) => Some(since + limits.step),
                None if self.waiting.is_empty() => Some(Instant::now() + self.place.places.idle()),
                // Whoever waits for an answer of ours is not idle.
                None => None,
            };
            let full = self.waiting.len() >= WAITING;
            let quiet = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            let before = self.come.len();
            tokio::select! {
                biased;
                Some(done) = self.waiting.join_next() => self.push(&done.unwrap_or_default()),
                count = self.stream.read_buf(&mut self.come), if !full => {
                    if count? == 0 {
                        return self.last_answers().await;
                    }
                    // A message that is complete makes room for the time of the next.
                    if before > 0 && self.has_whole() {
                        message_since = None;
                    }
                }
                () = quiet => return Ok(()),
            }
        }
    }

    /// The client has no further question, but may still be listening.
    async fn last_answers(&mut self) -> io::Result<()> {
        while let Some(done) = self.waiting.join_next().await {
            self.push(&done.unwrap_or_default());
            self.send().await?;
        }
        Ok(())
    }

    fn has_whole(&self) -> bool {
        frame(&self.come).is_some()
    }

    /// Answers what has come as far as it is complete.
    async fn requests(&mut self) -> io::Result<()> {
        let mut come = std::mem::take(&mut self.come);
        let mut at = 0;
        while self.waiting.len() < WAITING {
            let Some(request) = frame(&come[at..]) else { break };
            at += 2 + request.len();
            self.request(request).await?;
            if self.out.len() >= PIECE {
                self.send().await?;
            }
        }
        come.drain(..at);
        // Whoever sent much once does not keep the room for it.
        come.shrink_to(PIECE);
        self.come = come;
        Ok(())
    }

    async fn request(&mut self, request: &[u8]) -> io::Result<()> {
        let start = self.out.len();
        self.out.extend_from_slice(&[0, 0]);
        match self.door.answer(request, self.from, Transport::Tcp, &mut self.out) {
            Answered::Done => {
                let length = u16::try_from(self.out.len() - start - 2).unwrap_or_default();
                if length == 0 {
                    // Silence; or what no message can hold, which the name server never writes.
                    self.out.truncate(start);
                } else {
                    self.out[start..start + 2].copy_from_slice(&length.to_be_bytes());
                }
            }
            Answered::Update(ticket) => {
                self.out.truncate(start);
                self.waiting.spawn(async { ticket.wait().await.unwrap_or_default() });
            }
            Answered::Transfer(messages) => {
                self.out.truncate(start);
                let transfers = Arc::clone(&self.place.places.transfers);
                let Ok(_turn) = timeout(self.place.places.limits.idle * 3, transfers.acquire_owned()).await
                else {
                    return Err(io::ErrorKind::TimedOut.into());
                };
                // What a client does not take is not made.
                for message in messages {
                    self.push(&message);
                    if self.out.len() >= PIECE {
                        self.send().await?;
                    }
                }
                self.send().await?;
            }
        }
        Ok(())
    }

    fn push(&mut self, message: &[u8]) {
        if let Some(length) = u16::try_from(message.len()).ok().filter(|length| *length > 0) {
            self.out.extend_from_slice(&length.to_be_bytes());
            self.out.extend_from_slice(message);
        }
    }

    async fn send(&mut self) -> io::Result<()> {
        let step = self.place.places.limits.step;
        for piece in self.out.chunks(PIECE) {
            timeout_at(Instant::now() + step, self.stream.write_all(piece)).await??;
        }
        self.out.clear();
        self.out.shrink_to(PIECE);
        Ok(())
    }
}

/// The first message in what has come, if it is complete.
fn frame(octets: &[u8]) -> Option<&[u8]> {
    let (length, rest) = octets.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}
