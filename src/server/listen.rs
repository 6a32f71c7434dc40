//! Accepting connections, with limits: how many at once, how large a head, how long each step may take.
//!
//! A connection carries one request and then ends, so that no client can hold one of the places by being quiet.

use super::tls::{Choice, Identity};
use super::{Asked, Reply, Service};
use crate::net::proxy_protocol;
use crate::net::reception::{Room, receive};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::server::Acceptor;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// How much a server lets itself be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// For the PROXY header, for the TLS handshake and for the request's head, each.
    pub step: Duration,
    /// For the whole connection.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 256, step: Duration::from_secs(5), whole: Duration::from_secs(15) }
    }
}

/// The largest head of a request, in bytes (the least that the HTTP library can be told).
const HEAD: usize = 8192;

/// The most headers of a request.
const HEADERS: usize = 64;

/// A running server; it stops, and its connections end, when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    _task: JoinSet<()>,
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
        let door = Door { identity, limits, service };
        let each = move |stream, peer| {
            let door = door.clone();
            async move {
                // Whatever ends a connection early is its client's doing.
                let _ended = door.talk(stream, peer).await;
            }
        };
        let mut task = JoinSet::new();
        task.spawn(receive(listener, Room { places: limits.connections, whole: limits.whole }, each));
        Ok(Self { address, _task: task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
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
}

impl Door {
    async fn talk(&self, mut stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let told = if self.service.begins_with_proxy_header(peer) {
            Some(tokio::time::timeout(self.limits.step, proxy_protocol::read(&mut stream)).await??)
        } else {
            None
        };
        match &self.identity {
            None => self.converse(stream, peer, told).await,
            Some(identity) => {
                let secured = tokio::time::timeout(self.limits.step, secure(identity.as_ref(), stream));
                match secured.await?? {
                    Some(stream) => self.converse(stream, peer, told).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: SocketAddr,
        told: Option<proxy_protocol::Told>,
    ) -> io::Result<()> {
        let service = service_fn(|request: Request<Incoming>| {
            let reply = self.reply(&request, peer, told);
            async { Ok::<_, Infallible>(reply) }
        });
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.step)
            .max_buf_size(HEAD)
            .max_headers(HEADERS)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service)
            .await
            .map_err(io::Error::other)
    }

    fn reply(
        &self,
        request: &Request<Incoming>,
        peer: SocketAddr,
        told: Option<proxy_protocol::Told>,
    ) -> Response<Full<Bytes>> {
        let Reply { status, kind, body } = match *request.method() {
            Method::GET | Method::HEAD => self.service.answer(&Asked {
                peer,
                told,
                method: request.method(),
                path: request.uri().path(),
                query: request.uri().query(),
                headers: request.headers(),
            }),
            _ => Reply::text(405, "only GET and HEAD are answered"),
        };
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if status == 405 {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}
