//! The demo's sources: tiny HTTP servers on loopback that say which address somebody has.
//!
//! What a source says is a text that can be changed while it runs, so that the demo can move the "public" address and
//! let some sources lie. A source knows nothing of the vote.

use dynflare_core::address::Family;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What sources say; clones say the same.
#[derive(Clone, Debug)]
pub struct SharedAddress(Arc<Mutex<String>>);

impl SharedAddress {
    /// Says this from now on.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Mutex::new(text.into())))
    }

    /// Says something else from now on.
    pub fn set(&self, text: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text.into();
    }

    /// What is said at the moment.
    pub fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A running source; it stops when dropped.
#[derive(Debug)]
pub struct EchoSource {
    address: SocketAddr,
    _task: JoinSet<()>,
}

impl EchoSource {
    /// Listens on a free port of the family's loopback address and answers every request with `said` and a newline.
    /// Must be called inside a tokio runtime.
    pub async fn start(family: Family, said: SharedAddress) -> io::Result<Self> {
        let loopback = match family {
            Family::V4 => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Family::V6 => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        let listener = TcpListener::bind((loopback, 0)).await?;
        let address = listener.local_addr()?;
        let mut task = JoinSet::new();
        task.spawn(listen(listener, said));
        Ok(Self { address, _task: task })
    }

    /// Its URL, `http://127.0.0.1:PORT/`.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

async fn listen(listener: TcpListener, said: SharedAddress) {
    // Connections end with the listener.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(serve(stream, said.clone())); }
                // Out of file descriptors, or the like: let others run and try again.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, said: SharedAddress) {
    let service = service_fn(|_: Request<Incoming>| {
        let mut response = Response::new(Full::new(Bytes::from(format!("{}\n", said.get()))));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        async { Ok::<_, Infallible>(response) }
    });
    // A client that breaks off is none of our business.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn ask(source: &EchoSource) -> io::Result<String> {
        let mut stream = TcpStream::connect(source.address).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_source_says_what_it_is_told_until_it_is_dropped() {
        for (family, host) in [(Family::V4, "http://127.0.0.1:"), (Family::V6, "http://[::1]:")] {
            let said = SharedAddress::new("203.0.113.7");
            let source = EchoSource::start(family, said.clone()).await.expect("it starts");
            assert!(source.url().starts_with(host), "{}", source.url());
            let answer = ask(&source).await.expect("it answers");
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(answer.ends_with("\r\n\r\n203.0.113.7\n"), "{answer}");
            said.set("203.0.113.8");
            assert!(ask(&source).await.expect("it answers").ends_with("\r\n\r\n203.0.113.8\n"));
            let address = source.address;
            drop(source);
            tokio::task::yield_now().await;
            assert!(TcpStream::connect(address).await.is_err());
        }
    }
}
