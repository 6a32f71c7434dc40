//! The kept connections of one client: one that is shared (HTTP/2), or up to [`LIMIT`] that take turns (HTTP/1.1).
//!
//! Which of the two it is turns out at the first TLS handshake, so first connections are opened one at a time;
//! whoever comes meanwhile waits for that one instead of opening another.

use super::error::Phase;
use super::proxy::Proxy;
use super::{Base, NetError, Network, Route, dial, tls};
use crate::net::base::Scheme;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Connections of a server that speaks HTTP/1.1.
const LIMIT: usize = 4;

/// How long a connection without a request is believed in. Servers close theirs after a minute or more; one whose
/// end was lost (sleep, a new address, NAT) would cost a whole deadline.
const KEEP: Duration = Duration::from_secs(30);

type Body = Full<Bytes>;

/// How far an exchange has come, for the message when time runs out.
#[derive(Debug, Default)]
pub(super) struct Progress(AtomicU8);

impl Progress {
    pub(super) fn reached(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Relaxed);
    }

    pub(super) fn phase(&self) -> Phase {
        let reached = self.0.load(Ordering::Relaxed);
        [Phase::Exchange, Phase::Secure]
            .into_iter()
            .find(|phase| *phase as u8 == reached)
            .unwrap_or(Phase::Connect)
    }
}

/// A connection to send one request on.
pub(super) struct Line<'a> {
    sender: Sender,
    /// Whether it had been used or opened before this request.
    pub(super) kept: bool,
    _turn: Option<SemaphorePermit<'a>>,
}

enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

/// Why a request got no answer on a line.
pub(super) enum Lost {
    /// It was not sent: here it is again.
    Unsent(Box<Request<Body>>),
    /// The server says that it has not looked at it (RFC 9113 §8.7).
    TurnedAway,
    /// It may have been acted upon.
    Broken(hyper::Error),
}

impl Line<'_> {
    /// Whether requests on it name their whole URL.
    pub(super) fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    /// Sends the request and waits for the head of the answer.
    pub(super) async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>, Lost> {
        let answer = match &mut self.sender {
            Sender::Http1(sender) => sender.try_send_request(request).await,
            Sender::Http2(sender) => sender.try_send_request(request).await,
        };
        answer.map_err(|mut error| match error.take_message() {
            Some(request) => Lost::Unsent(Box::new(request)),
            None if h2(error.error()).and_then(h2::Error::reason) == Some(h2::Reason::REFUSED_STREAM) => {
                Lost::TurnedAway
            }
            None => Lost::Broken(error.into_error()),
        })
    }
}

/// The kept connections.
pub(super) struct Lines {
    kept: Mutex<Kept>,
    opening: tokio::sync::Mutex<()>,
    turns: Semaphore,
}

#[derive(Default)]
struct Kept {
    shared: Option<(http2::SendRequest<Body>, Instant)>,
    idle: Vec<(http1::SendRequest<Body>, Instant)>,
    takes_turns: bool,
}

/// Where and how to connect.
pub(super) struct Target<'a> {
    pub(super) network: &'a Network,
    pub(super) base: &'a Base,
    pub(super) route: Route,
    pub(super) proxy: Option<&'a Proxy>,
}

impl Lines {
    pub(super) fn new() -> Self {
        let (kept, opening) = (Mutex::default(), tokio::sync::Mutex::new(()));
        Self { kept, opening, turns: Semaphore::new(LIMIT) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection, kept or new.
    pub(super) async fn take(&self, target: &Target<'_>, progress: &Progress) -> Result<Line<'_>, NetError> {
        progress.reached(Phase::Connect);
        if let Some(line) = self.take_shared() {
            return Ok(line);
        }
        let opening = self.opening.lock().await;
        // Somebody else may have opened it meanwhile.
        if let Some(line) = self.take_shared() {
            return Ok(line);
        }
        if self.kept().takes_turns {
            drop(opening);
            return self.take_turn(target, progress).await;
        }
        let sender = open(target, progress).await?;
        let mut kept = self.kept();
        let turn = match &sender {
            Sender::Http2(shared) => {
                kept.shared = Some((shared.clone(), Instant::now()));
                None
            }
            Sender::Http1(_) => {
                kept.takes_turns = true;
                self.turns.try_acquire().ok()
            }
        };
        Ok(Line { sender, kept: false, _turn: turn })
    }

    fn take_shared(&self) -> Option<Line<'static>> {
        let mut kept = self.kept();
        let (sender, used) = kept.shared.as_mut()?;
        if !sender.is_ready() || used.elapsed() > KEEP {
            kept.shared = None;
            return None;
        }
        Some(Line { sender: Sender::Http2(sender.clone()), kept: true, _turn: None })
    }

    async fn take_turn(&self, target: &Target<'_>, progress: &Progress) -> Result<Line<'_>, NetError> {
        let turn = self.turns.acquire().await.ok();
        while let Some((mut sender, used)) = { self.kept().idle.pop() } {
            // Ready as soon as the connection's task has seen the end of the answer before; an error if it has ended.
            if used.elapsed() <= KEEP && sender.ready().await.is_ok() {
                return Ok(Line { sender: Sender::Http1(sender), kept: true, _turn: turn });
            }
        }
        let sender = open(target, progress).await?;
        if let Sender::Http2(shared) = &sender {
            // The server has learnt HTTP/2 since.
            let mut kept = self.kept();
            kept.takes_turns = false;
            kept.shared = Some((shared.clone(), Instant::now()));
        }
        Ok(Line { sender, kept: false, _turn: turn })
    }

    /// Forgets the shared connection: it is dead, or has not answered in time. Whoever waits on it goes on waiting.
    pub(super) fn forget_shared(&self) {
        self.kept().shared = None;
    }

    /// Takes a connection back whose answer has been read to its end, or which was only opened.
    pub(super) fn put_back(&self, line: Line<'_>) {
        let mut kept = self.kept();
        match line.sender {
            Sender::Http1(sender) if !sender.is_closed() && kept.idle.len() < LIMIT => {
                kept.idle.push((sender, Instant::now()));
            }
            Sender::Http1(_) => {}
            Sender::Http2(_) => {
                if let Some((_, used)) = &mut kept.shared {
                    *used = Instant::now();
                }
            }
        }
    }
}

async fn open(target: &Target<'_>, progress: &Progress) -> Result<Sender, NetError> {
    let Target { network, base, route, proxy } = target;
    let dial = async || match proxy {
        Some(proxy) => proxy.dial(base.host(), base.port(), *route).await,
        None => dial::dial(base.host(), base.port(), *route).await,
    };
    match base.scheme() {
        Scheme::Http => {
            let tcp = dial().await?;
            http1_over(TokioIo::new(tcp), base).await
        }
        Scheme::Https => {
            // The store is read while the TCP handshake is under way.
            network.trust().start();
            let tcp = dial().await?;
            progress.reached(Phase::Secure);
            let stream = network.trust().secure(tcp, base.host(), tls::HTTP).await?;
            if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                return http1_over(TokioIo::new(stream), base).await;
            }
            let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .map_err(|error| protocol(base, &error))?;
            tokio::spawn(connection);
            Ok(Sender::Http2(sender))
        }
    }
}

async fn http1_over<T>(io: TokioIo<T>, base: &Base) -> Result<Sender, NetError>
where
    TokioIo<T>: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(io).await.map_err(|error| protocol(base, &error))?;
    tokio::spawn(connection);
    Ok(Sender::Http1(sender))
}

/// An error of the HTTP library in our terms.
pub(super) fn protocol(base: &Base, error: &hyper::Error) -> NetError {
    let to = base.authority();
    let source = std::error::Error::source(error);
    let socket_failed = source.is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    let gone = h2(error).is_some_and(|error| error.is_io() || error.is_go_away());
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() || socket_failed || gone {
        return NetError::Cut { to };
    }
    let reason = source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    NetError::Protocol { to, reason }
}

/// The HTTP/2 library's error inside.
fn h2(error: &hyper::Error) -> Option<&h2::Error> {
    std::error::Error::source(error)?.downcast_ref()
}
