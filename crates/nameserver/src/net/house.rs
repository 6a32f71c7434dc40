//! What all ways in share: the name server behind them, what stands before it, and what is counted.
//!
//! The name server and what stands before it can be exchanged while sockets and connections stay; each [`Door`] looks
//! for something new at every request, which costs it one load from memory.

use super::limit::{Limiter, RateLimit, Verdict, truncate};
use super::whoami::Whoami;
use crate::server::{Answered, NameServer, Transport};
use dynflare_core::name::Name;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

/// What stands before the name server.
#[derive(Clone, Debug, Default)]
pub struct Manners {
    /// Limits what is answered over UDP; `None`: not at all.
    pub rate: Option<RateLimit>,
    /// Names that answer with the address of whoever asks.
    pub whoami: Vec<Name>,
}

/// What was done since the start; the numbers wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Datagrams that came.
    pub datagrams: usize,
    /// Requests over connections.
    pub requests: usize,
    /// Answers that were too much and dropped.
    pub dropped: usize,
    /// Answers that were too much and became "ask over TCP".
    pub slipped: usize,
    /// Connections that were refused as their network has its share.
    pub turned_away: usize,
}

/// One way in's part of the tally, apart so that no two threads write the same.
#[derive(Debug, Default)]
struct Count {
    datagrams: AtomicUsize,
    requests: AtomicUsize,
    dropped: AtomicUsize,
    slipped: AtomicUsize,
}

/// The name server with what stands before it.
struct Front {
    engine: NameServer,
    limiter: Option<Limiter>,
    whoami: Whoami,
}

/// Shared by all ways in.
pub(super) struct House {
    front: RwLock<Arc<Front>>,
    /// Goes up after each exchange.
    edition: AtomicUsize,
    began: Instant,
    /// One for every thread of datagrams; the first is of all connections.
    counts: Mutex<Vec<Arc<Count>>>,
    turned_away: AtomicUsize,
}

/// One way in.
pub(super) struct Door {
    house: Arc<House>,
    edition: usize,
    front: Arc<Front>,
    count: Arc<Count>,
}

impl House {
    pub(super) fn new(engine: NameServer, manners: Manners) -> Self {
        Self {
            front: RwLock::new(Arc::new(Front::new(engine, manners))),
            edition: AtomicUsize::new(0),
            began: Instant::now(),
            counts: Mutex::new(vec![Arc::default()]),
            turned_away: AtomicUsize::new(0),
        }
    }

    pub(super) fn exchange(&self, engine: NameServer, manners: Manners) {
        let front = Arc::new(Front::new(engine, manners));
        *self.front.write().unwrap_or_else(PoisonError::into_inner) = front;
        self.edition.fetch_add(1, Ordering::Release);
    }

    /// A way in for a connection.
    pub(super) fn door(self: &Arc<Self>) -> Door {
        let count = self.counts.lock().unwrap_or_else(PoisonError::into_inner)[0].clone();
        self.open(count)
    }

    /// A way in for a thread.
    pub(super) fn gate(self: &Arc<Self>) -> Door {
        let count = Arc::new(Count::default());
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&count));
        self.open(count)
    }

    fn open(self: &Arc<Self>, count: Arc<Count>) -> Door {
        let edition = self.edition.load(Ordering::Acquire);
        Door { house: Arc::clone(self), edition, front: self.front(), count }
    }

    fn front(&self) -> Arc<Front> {
        Arc::clone(&self.front.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn tally(&self) -> Tally {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |of: fn(&Count) -> &AtomicUsize| {
            counts.iter().fold(0_usize, |sum, count| sum.wrapping_add(of(count).load(Ordering::Relaxed)))
        };
        Tally {
            datagrams: sum(|count| &count.datagrams),
            requests: sum(|count| &count.requests),
            dropped: sum(|count| &count.dropped),
            slipped: sum(|count| &count.slipped),
            turned_away: self.turned_away.load(Ordering::Relaxed),
        }
    }
}

impl Front {
    fn new(engine: NameServer, manners: Manners) -> Self {
        let limiter = manners.rate.map(Limiter::new);
        Self { engine, limiter, whoami: Whoami::new(&manners.whoami) }
    }
}

impl Door {
    /// Answers a request; see [`NameServer::answer`].
    pub(super) fn answer(
        &mut self,
        request: &[u8],
        from: SocketAddr,
        transport: Transport,
        out: &mut Vec<u8>,
    ) -> Answered {
        let edition = self.house.edition.load(Ordering::Acquire);
        if edition != self.edition {
            (self.edition, self.front) = (edition, self.house.front());
        }
        let counted = match transport {
            Transport::Udp => &self.count.datagrams,
            Transport::Tcp => &self.count.requests,
        };
        counted.fetch_add(1, Ordering::Relaxed);
        if self.front.whoami.answer(request, from.ip(), out) {
            return Answered::Done;
        }
        self.front.engine.answer(request, from, transport, out)
    }

    /// Makes of the answer to a datagram what may be sent; nothing is left of what may not.
    pub(super) fn limit(&self, answer: &mut Vec<u8>, to: IpAddr) {
        let Some(limiter) = self.front.limiter.as_ref().filter(|_| !answer.is_empty()) else { return };
        match limiter.judge(answer, to, self.house.began.elapsed()) {
            Verdict::Send => {}
            Verdict::Slip => {
                self.count.slipped.fetch_add(1, Ordering::Relaxed);
                truncate(answer);
            }
            Verdict::Drop => {
                self.count.dropped.fetch_add(1, Ordering::Relaxed);
                answer.clear();
            }
        }
    }
}
