//! The door at which the router reports: HTTP at our address on its network, for the router alone.
//!
//! Nobody else gets an answer, and neither does who does not know the path, which is random. One request per
//! connection, a few connections at a time, a capped body, a few seconds.

use crate::net::reception::{Room, receive};
use crate::source::router::events::{Facing, LIMIT};
use dynflare_core::fault::{Class, Fault};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Connections at a time.
const PLACES: usize = 4;

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the router reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// The number of the subscription in its URL.
    pub(super) number: usize,
    /// What the router calls the subscription.
    pub(super) id: String,
    /// The number of the report, from 0.
    pub(super) sequence: Option<u32>,
    pub(super) body: Vec<u8>,
}

/// The open door; it closes on drop.
#[derive(Debug)]
pub(super) struct Listener {
    base: String,
    pub(super) reports: mpsc::Receiver<Report>,
    _task: JoinSet<()>,
}

impl Listener {
    /// Opens it.
    pub(super) async fn open(facing: Facing) -> Result<Self, Fault> {
        let broken = |error: std::io::Error| {
            let what = format!("cannot listen for the router's reports at {}: {}", facing.own, error.kind());
            Fault::new(Class::Unavailable, what)
        };
        let listener = TcpListener::bind((facing.own, 0)).await.map_err(broken)?;
        let address = listener.local_addr().map_err(broken)?;
        let mut secret = [0; 16];
        getrandom::fill(&mut secret)
            .map_err(|_| Fault::new(Class::Unavailable, "the system has no random numbers"))?;
        let path = format!("{:032x}", u128::from_be_bytes(secret));
        let base = format!("http://{address}/{path}/");
        let (sender, reports) = mpsc::channel(PLACES);
        let door = Arc::new(Door { gateway: IpAddr::V4(facing.gateway), path: format!("/{path}/"), sender });
        let each = move |stream, peer| {
            let door = Arc::clone(&door);
            async move {
                if door.admits(peer) {
                    // Whatever ends a connection early is the router's doing.
                    let _ended = door.converse(stream).await;
                }
            }
        };
        let mut task = JoinSet::new();
        task.spawn(receive(listener, Room { places: PLACES, whole: PATIENCE }, each));
        Ok(Self { base, reports, _task: task })
    }

    /// Where reports of this subscription should go.
    pub(super) fn callback(&self, number: usize) -> String {
        format!("{}{number}", self.base)
    }
}

struct Door {
    gateway: IpAddr,
    path: String,
    sender: mpsc::Sender<Report>,
}

impl Door {
    fn admits(&self, peer: SocketAddr) -> bool {
        peer.ip().to_canonical() == self.gateway
    }

    async fn converse(&self, stream: TcpStream) -> Result<(), hyper::Error> {
        let service = service_fn(|request: Request<Incoming>| async {
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.status_mut() = self.take(request).await;
            Ok::<_, Infallible>(response)
        });
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_headers(64)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service)
            .await
    }

    /// The answers of UPnP Device Architecture 2.0 §4.3.1.
    async fn take(&self, request: Request<Incoming>) -> StatusCode {
        let number = request.uri().path().strip_prefix(&self.path).and_then(|rest| rest.parse().ok());
        let Some(number) = number else { return StatusCode::NOT_FOUND };
        if request.method().as_str() != "NOTIFY" {
            return StatusCode::METHOD_NOT_ALLOWED;
        }
        let Some((id, sequence)) = head(request.headers()) else { return StatusCode::PRECONDITION_FAILED };
        if request.body().size_hint().lower() > LIMIT as u64 {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        let Ok(body) = Limited::new(request.into_body(), LIMIT).collect().await else {
            return StatusCode::PAYLOAD_TOO_LARGE;
        };
        let report = Report { number, id, sequence, body: body.to_bytes().to_vec() };
        match self.sender.send(report).await {
            Ok(()) => StatusCode::OK,
            Err(_closed) => StatusCode::PRECONDITION_FAILED,
        }
    }
}

/// The subscription's id and the report's number; `None` for what is no report (§4.3.2).
fn head(headers: &HeaderMap) -> Option<(String, Option<u32>)> {
    let one = |name: &str| {
        let mut found = headers.get_all(name).iter();
        found.next().filter(|_| found.next().is_none()).and_then(|value| value.to_str().ok()).map(str::trim)
    };
    let is = |name: &str, value: &str| one(name).is_some_and(|told| told.eq_ignore_ascii_case(value));
    let report = is("nt", "upnp:event") && is("nts", "upnp:propchange");
    let id = one("sid").filter(|id| report && id.len() <= 200)?;
    Some((id.to_owned(), one("seq").and_then(|text| text.parse().ok())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// A door on loopback for a router at 127.0.0.2.
    async fn door() -> Listener {
        let facing = Facing { gateway: Ipv4Addr::new(127, 0, 0, 2), own: Ipv4Addr::LOCALHOST };
        Listener::open(facing).await.expect("loopback has free ports")
    }

    /// Says something from an address, and returns the first line of the answer.
    async fn say(from: &str, url: &str, rest: &str) -> String {
        let (to, path) = url.strip_prefix("http://").and_then(|url| url.split_once('/')).expect("a URL");
        let socket = tokio::net::TcpSocket::new_v4().expect("this machine has IPv4");
        socket.bind(SocketAddr::new(from.parse().expect("an address"), 0)).expect("all of 127/8 is local");
        let mut stream = socket.connect(to.parse().expect("an address")).await.expect("it listens");
        let text = rest.replacen('*', &format!("/{path}"), 1);
        // Who is not admitted may be cut off before everything is said.
        let _said = stream.write_all(text.as_bytes()).await;
        let mut answer = Vec::new();
        let _ended = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
    }

    const GOOD: &str = "NOTIFY * HTTP/1.1\r\nHost: x\r\nNT: upnp:event\r\nNTS: upnp:propchange\r\nSID: uuid:1\r\n\
        SEQ: 3\r\nContent-Length: 4\r\n\r\n<a/>";

    #[tokio::test]
    async fn the_router_s_report_is_taken_and_nobody_else_s() {
        let mut door = door().await;
        let url = door.callback(1);
        assert_eq!(say("127.0.0.3", &url, GOOD).await, "", "a stranger");
        assert_eq!(say("127.0.0.2", &url, GOOD).await, "HTTP/1.1 200 OK");
        let report = Report { number: 1, id: "uuid:1".to_owned(), sequence: Some(3), body: b"<a/>".to_vec() };
        assert_eq!(door.reports.recv().await, Some(report));
        assert!(door.reports.try_recv().is_err());
    }

    #[tokio::test]
    async fn what_is_no_report_is_turned_away() {
        let mut door = door().await;
        let url = door.callback(0);
        let elsewhere = url.replace(&url[url.len() - 8..], "00000000/0");
        assert!(say("127.0.0.2", &elsewhere, GOOD).await.starts_with("HTTP/1.1 404"));
        for (from, to, status) in [
            ("NOTIFY", "GET", "405"),
            ("SID: uuid:1\r\n", "", "412"),
            ("upnp:propchange", "other", "412"),
            ("NT:", "SID: uuid:2\r\nNT:", "412"),
            ("Content-Length: 4", "Content-Length: 70000", "413"),
        ] {
            let said = say("127.0.0.2", &url, &GOOD.replacen(from, to, 1)).await;
            assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{to}: {said}");
        }
        assert!(door.reports.try_recv().is_err());
    }
}
