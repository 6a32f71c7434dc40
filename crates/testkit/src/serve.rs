//! HTTP servers around a function: what the fakes are written as, and what every front (plain, TLS, slow) serves.

use crate::tls::Identity;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a [`Handler`] gives back.
pub type Answer = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// A server's behaviour: a whole request in, a whole response out. State lives behind an `Arc` in the closure.
pub type Handler = Arc<dyn Fn(Request<Bytes>) -> Answer + Send + Sync>;

/// Makes a [`Handler`] of an async function or closure.
pub fn handler<F, A>(answer: F) -> Handler
where
    F: Fn(Request<Bytes>) -> A + Send + Sync + 'static,
    A: Future<Output = Response<Bytes>> + Send + 'static,
{
    Arc::new(move |request| Box::pin(answer(request)))
}

/// A running server. Dropping it stops listening and ends its connections.
pub struct Server {
    address: SocketAddr,
    base: String,
    accepted: Arc<AtomicUsize>,
    listening: JoinHandle<()>,
}

impl Server {
    /// A plain HTTP server (HTTP/1.1 and HTTP/2 with prior knowledge) on 127.0.0.1.
    pub async fn http(behaviour: Handler) -> Self {
        Self::http_on(loopback().await, behaviour)
    }

    /// The same on a listener of the caller's.
    pub fn http_on(listener: TcpListener, behaviour: Handler) -> Self {
        Self::each("http", listener, move |tcp| converse(tcp, Arc::clone(&behaviour)))
    }

    /// An HTTPS server on 127.0.0.1; the identity says which HTTP versions it offers.
    pub async fn https(identity: &Identity, behaviour: Handler) -> Self {
        Self::https_on(loopback().await, identity, behaviour)
    }

    /// The same on a listener of the caller's.
    pub fn https_on(listener: TcpListener, identity: &Identity, behaviour: Handler) -> Self {
        let acceptor = TlsAcceptor::from(identity.server_config());
        Self::each("https", listener, move |tcp| {
            let (acceptor, behaviour) = (acceptor.clone(), Arc::clone(&behaviour));
            async move {
                if let Ok(stream) = acceptor.accept(tcp).await {
                    converse(stream, behaviour).await;
                }
            }
        })
    }

    /// A server that does anything at all with each connection, such as breaking off.
    pub fn each<F, A>(scheme: &str, listener: TcpListener, talk: F) -> Self
    where
        F: Fn(TcpStream) -> A + Send + 'static,
        A: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().expect("a bound listener has an address");
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        let listening = tokio::spawn(async move {
            // Dropped with this task, which ends them all.
            let mut conversations = tokio::task::JoinSet::new();
            loop {
                tokio::select! {
                    Ok((tcp, _)) = listener.accept() => {
                        counter.fetch_add(1, Ordering::SeqCst);
                        let _ = tcp.set_nodelay(true);
                        conversations.spawn(talk(tcp));
                    }
                    Some(_) = conversations.join_next() => {}
                }
            }
        });
        Self { address, base: format!("{scheme}://{address}"), accepted, listening }
    }

    /// Its base URL, such as `https://127.0.0.1:40123`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many TCP connections it has accepted.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A listener on 127.0.0.1 with a port from the kernel.
pub async fn loopback() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has free ports")
}

/// A listener on `::1` with a port from the kernel; `None` where this machine has no IPv6.
pub async fn loopback6() -> Option<TcpListener> {
    TcpListener::bind(("::1", 0)).await.ok()
}

/// Speaks HTTP/1.1 or HTTP/2, whichever the client begins with, until the connection ends.
pub async fn converse<T>(stream: T, behaviour: Handler)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let behaviour = Arc::clone(&behaviour);
        async move {
            let (head, body) = request.into_parts();
            // A request cut short is the client's doing; the connection is gone with it.
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let answer = behaviour(Request::from_parts(head, body)).await;
            Ok::<_, Infallible>(answer.map(Full::new))
        }
    });
    // An error here is a client that went away.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

/// A response of a status and a body.
pub fn reply(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = hyper::StatusCode::from_u16(status).expect("a status between 100 and 999");
    response
}
