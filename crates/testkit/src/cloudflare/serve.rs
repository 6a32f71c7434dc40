//! The fake over a socket.

use super::{FakeCloudflare, Reply};
use crate::serve::{Handler, Server, handler, loopback};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::TcpStream;

impl FakeCloudflare {
    /// Serves the fake over plain HTTP on loopback; the API's base is [`Server::base`] and `/client/v4`.
    pub async fn serve(&self) -> Server {
        let fake = self.clone();
        Server::each("http", loopback().await, move |tcp| converse(tcp, fake.clone()))
    }

    /// The fake for other fronts. A scripted cut is half a body there, for a [`Handler`] cannot break off.
    pub fn handler(&self) -> Handler {
        let fake = self.clone();
        handler(move |request| {
            let reply = fake.reply(&request);
            async move {
                match reply {
                    Reply::Answer(response) => response,
                    Reply::Cut(response) => response.map(|body| body.slice(..body.len() / 2)),
                    Reply::Silence => std::future::pending().await,
                }
            }
        })
    }
}

async fn converse(tcp: TcpStream, fake: FakeCloudflare) {
    let service = service_fn(move |request: Request<Incoming>| {
        let fake = fake.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let response = match fake.reply(&Request::from_parts(head, body)) {
                Reply::Answer(response) => response.map(Told::whole),
                Reply::Cut(response) => response.map(|body| Told::cut(&body)),
                Reply::Silence => std::future::pending::<Response<Told>>().await,
            };
            Ok::<_, Infallible>(response)
        }
    });
    // An error here is a client that went away, or a scripted cut.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(tcp), service).await;
}

/// A body that announces its length and may end before it.
struct Told {
    announced: u64,
    data: Option<Bytes>,
    breaks_off: bool,
}

impl Told {
    fn whole(data: Bytes) -> Self {
        Self { announced: data.len() as u64, data: Some(data), breaks_off: false }
    }

    fn cut(data: &Bytes) -> Self {
        let half = data.slice(..data.len() / 2);
        Self { announced: data.len() as u64, data: Some(half), breaks_off: true }
    }
}

impl Body for Told {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match self.data.take() {
            Some(data) => Some(Ok(Frame::data(data))),
            None if self.breaks_off => Some(Err(io::ErrorKind::ConnectionReset.into())),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && !self.breaks_off
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
