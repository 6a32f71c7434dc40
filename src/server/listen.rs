//! Accepting connections, with limits: how many at once, how large a head, how long each step may take.
//!
//! Every step of a connection has its time, also the quiet between two requests, and the whole of it, too; so no client
//! can hold one of the places by being quiet or slow. While places are scarce a connection carries one request only.

use super::guests::Guests;
use super::progress::Progress;
use super::tls::{Choice, Identity};
use super::{Answer, Asked, Reply, Service};
use crate::net::proxy_protocol;
use crate::net::reception::{Room, receive_until};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::server::Acceptor;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// How much a server lets itself be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Of these, from one IPv4 address or one /64 of IPv6. Trusted proxies are not counted.
    pub per_address: usize,
    /// Requests on one connection.
    pub requests: u32,
    /// For the PROXY header, for the TLS handshake and for a request's head (with the quiet before it), each; and for
    /// the client to take any octet of an answer.
    pub step: Duration,
    /// For a request's body and the making of its answer, together.
    pub answer: Duration,
    /// For the whole connection.
    pub whole: Duration,
}

impl Default for Limits {
    /// One short request per connection, as pages are asked for.
    fn default() -> Self {
        Self {
            connections: 256,
            per_address: 256,
            requests: 1,
            step: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            whole: Duration::from_secs(15),
        }
    }
}

impl Limits {
    /// For a listener that the world may reach and that clients and proxies keep connections to.
    pub fn open() -> Self {
        Self {
            connections: 512,
            per_address: 32,
            requests: 100_000,
            answer: Duration::from_secs(20),
            whole: Duration::from_secs(300),
            ..Self::default()
        }
    }
}

/// The largest head of a request, in bytes (the least that the HTTP library can be told).
const HEAD: usize = 8192;

/// The most headers of a request.
const HEADERS: usize = 64;

/// A running server; it stops, and its connections end at once, when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    closing: watch::Sender<bool>,
    task: JoinSet<()>,
}

impl Server {
    /// Serves what comes in at a listener. Needs a tokio runtime.
    pub fn start(
        listener: TcpListener,
        identity: Option<Arc<dyn Identity>>,
        limits: Limits,
        service: Arc<dyn Service>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (closing, closed) = watch::channel(false);
        let guests = Guests::new(limits.connections, limits.per_address);
        let door = Door { identity, limits, service, guests, closed: closed.clone() };
        let each = move |stream, peer| {
            let door = door.clone();
            async move {
                // Whatever ends a connection early is its client's doing.
                let _ended = door.talk(stream, peer).await;
            }
        };
        let room = Room { places: limits.connections, whole: limits.whole };
        let mut task = JoinSet::new();
        task.spawn(receive_until(listener, room, each, until(closed)));
        Ok(Self { address, closing, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections and no more requests, and waits so long for the answers that are under way.
    pub async fn finish(mut self, within: Duration) {
        self.closing.send_replace(true);
        let _all_or_late = tokio::time::timeout(within, self.task.join_next()).await;
    }
}

/// Ends when the server is told to; never when it is dropped, which ends everything anyway.
async fn until(mut closed: watch::Receiver<bool>) {
    if closed.wait_for(|closed| *closed).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Does the handshake; nothing where the connection ends with it.
async fn secure(identity: &dyn Identity, stream: TcpStream) -> io::Result<Option<TlsStream<TcpStream>>> {
    let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let choice = identity.choose(&hello.client_hello());
    match choice {
        Choice::Serve(config) => hello.into_stream(config).await.map(Some),
        Choice::End(config) => {
            let mut stream = hello.into_stream(config).await?;
            stream.shutdown().await?;
            Ok(None)
        }
    }
}

#[derive(Clone)]
struct Door {
    identity: Option<Arc<dyn Identity>>,
    limits: Limits,
    service: Arc<dyn Service>,
    guests: Guests,
    closed: watch::Receiver<bool>,
}

/// What is known of a connection before its first request.
#[derive(Clone, Copy)]
struct Caller {
    peer: SocketAddr,
    told: Option<proxy_protocol::Told>,
}

impl Door {
    async fn talk(&self, mut stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        let proxy = self.service.is_proxy(peer);
        let Some(_guest) = self.guests.enter((!proxy).then(|| peer.ip())) else { return Ok(()) };
        stream.set_nodelay(true)?;
        let told = if self.service.begins_with_proxy_header(peer) {
            Some(tokio::time::timeout(self.limits.step, proxy_protocol::read(&mut stream)).await??)
        } else {
            None
        };
        let caller = Caller { peer, told };
        match &self.identity {
            None => self.converse(stream, caller).await,
            Some(identity) => {
                let secured = tokio::time::timeout(self.limits.step, secure(identity.as_ref(), stream));
                match secured.await?? {
                    Some(stream) => self.converse(stream, caller).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn converse(&self, stream: impl AsyncRead + AsyncWrite + Unpin, caller: Caller) -> io::Result<()> {
        let (asked, first) = (AtomicU32::new(0), Notify::new());
        let service = service_fn(|request: Request<Incoming>| {
            let asked = asked.fetch_add(1, Ordering::Relaxed) + 1;
            first.notify_one();
            async move {
                let last = asked >= self.limits.requests || self.guests.scarce();
                Ok::<_, Infallible>(response(self.reply(request, caller).await, last))
            }
        });
        let stream = TokioIo::new(Progress::new(stream, self.limits.step));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.step)
            .max_buf_size(HEAD)
            .max_headers(HEADERS)
            .keep_alive(self.limits.requests > 1)
            .serve_connection(stream, service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            // Whoever was let in is answered once: his request may be on its way, and nobody else would hear it.
            () = async { until(self.closed.clone()).await; first.notified().await } => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        ended.map_err(io::Error::other)
    }

    async fn reply(&self, request: Request<Incoming>, caller: Caller) -> Reply {
        let (parts, body) = request.into_parts();
        let form = self.service.takes_form(parts.uri.path());
        let body = match (&parts.method, form) {
            (&Method::GET | &Method::HEAD, _) => Bytes::new(),
            (&Method::POST, Some(largest)) => {
                let read = Limited::new(body, largest).collect();
                match tokio::time::timeout(self.limits.answer, read).await {
                    Ok(Ok(read)) => read.to_bytes(),
                    Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                        return Reply::text(413, format_args!("a form has {largest} octets at most"));
                    }
                    Ok(Err(_)) => return Reply::text(400, "the form is not whole"),
                    Err(_) => return Reply::text(408, "the form took too long"),
                }
            }
            (_, None) => {
                return Reply::text(405, "only GET and HEAD are answered")
                    .with(ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            (_, Some(_)) => {
                return Reply::text(405, "only GET and POST are taken")
                    .with(ALLOW, HeaderValue::from_static("GET, POST"));
            }
        };
        let asked = Asked {
            peer: caller.peer,
            told: caller.told,
            method: &parts.method,
            path: parts.uri.path(),
            query: parts.uri.query(),
            headers: &parts.headers,
            body: &body,
        };
        match self.service.answer(&asked) {
            Answer::Now(reply) => reply,
            Answer::Later(reply) => {
                let reply = tokio::time::timeout(self.limits.answer, reply).await;
                reply.unwrap_or_else(|_| Reply::text(503, "it takes too long; try again later"))
            }
        }
    }
}

fn response(reply: Reply, last: bool) -> Response<Full<Bytes>> {
    let Reply { status, kind, body, headers: more } = reply;
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in more {
        headers.insert(name, value);
    }
    if last {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
