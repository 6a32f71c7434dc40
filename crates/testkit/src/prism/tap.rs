//! A tap before a schema check: it passes everything on and notes to what the check objects.

use super::Prism;
use crate::serve::{Handler, Server, handler, reply};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpStream;

/// A running tap. Dropping it ends it.
pub struct Tap {
    server: Server,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    passed: usize,
    objections: Vec<String>,
}

/// What is no part of the document, such as a login at another host: what such paths end in, and who answers there.
pub type Beside = (&'static str, Handler);

impl Tap {
    /// A tap before this check.
    pub async fn before(prism: &Prism, beside: Option<Beside>) -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let (address, noted) = (prism.address(), Arc::clone(&seen));
        let server = Server::http(handler(move |request| {
            let (beside, noted) = (beside.clone(), Arc::clone(&noted));
            async move {
                match beside {
                    Some((end, answer)) if request.uri().path().ends_with(end) => answer(request).await,
                    _ => watched(address, request, &noted).await,
                }
            }
        }))
        .await;
        Self { server, seen }
    }

    /// Its base URL, to be used in place of the check's.
    pub fn base(&self) -> &str {
        self.server.base()
    }

    /// How many requests went through the check.
    pub fn passed(&self) -> usize {
        self.seen.lock().expect("no panic inside").passed
    }

    /// The objections since the last call, each with the request it is about.
    pub fn take_objections(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().expect("no panic inside").objections)
    }
}

async fn watched(address: SocketAddr, request: Request<Bytes>, noted: &Mutex<Seen>) -> Response<Bytes> {
    let asked = format!("{} {} {}", request.method(), request.uri(), String::from_utf8_lossy(request.body()));
    let answer = passed_on(address, request).await;
    let text = String::from_utf8_lossy(answer.body());
    let objection = answer.headers().get("sl-violations").map(|value| format!("{value:?}"));
    let objection =
        objection.or_else(|| text.contains("stoplight.io/prism/errors").then(|| text.into_owned()));
    let mut seen = noted.lock().expect("no panic inside");
    seen.passed += 1;
    seen.objections.extend(objection.map(|objection| format!("{asked}: {objection}")));
    answer
}

/// Sends a request to another server and gives its answer: status, body, and what a client reads of the header.
///
/// A connection each: Node.js closes an idle one after 5 s, on a busy machine just when it is used again.
pub async fn passed_on(address: SocketAddr, request: Request<Bytes>) -> Response<Bytes> {
    let stream = TcpStream::connect(address).await.expect("the server behind is there");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP/1.1");
    let connection = tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    for between_two in ["accept-encoding", "connection", "content-length", "transfer-encoding"] {
        head.headers.remove(between_two);
    }
    let path = head.uri.path_and_query().map_or("/", |both| both.as_str());
    head.uri = path.parse().expect("a path is a URI");
    head.version = hyper::Version::HTTP_11;
    head.headers.insert(HOST, HeaderValue::try_from(address.to_string()).expect("an address"));
    let sent = Request::from_parts(head, Full::new(body));
    let answer = sender.send_request(sent).await.expect("the server behind answers");
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("the answer is whole").to_bytes();
    connection.abort();
    let mut answer = reply(head.status.as_u16(), body);
    for name in [CONTENT_TYPE, RETRY_AFTER] {
        answer.headers_mut().extend(head.headers.get(&name).map(|value| (name, value.clone())));
    }
    if let Some(objection) = head.headers.get("sl-violations") {
        answer.headers_mut().insert("sl-violations", objection.clone());
    }
    answer
}
