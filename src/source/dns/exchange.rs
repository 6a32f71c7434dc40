//! Questions to the server and answers back: UDP with repetition, TCP, TLS, HTTPS.
//!
//! Each way takes what belongs to the question and nothing else. Datagrams that do not belong to it are passed over,
//! since anybody can send some; on a connection nobody else can speak, so one that does not belong is an error.

use super::message::{Asked, Heard};
use crate::net::dns::exchange::{Pace, datagrams, receive, send};
use crate::net::http::{Client, Method, Request, header};
use crate::net::resolve::resolve;
use crate::net::{Base, Endpoint, NetError, Phase, Security};
use crate::source::http::check_status;
use crate::source::{Failure, LIMIT, Question};
use dynflare_core::fault::{Class, Fault};
use hyper::header::HeaderValue;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long the first copy of a datagram is waited for before the next is sent; twice as long each time.
const PATIENCE: Duration = Duration::from_secs(1);

/// The media type of a message (RFC 8484 §6).
const MESSAGE: &str = "application/dns-message";

type Said = Result<IpAddr, Failure>;

/// Over UDP, and over TCP where the answer does not fit (RFC 7766 §5). Until the deadline.
pub(super) async fn udp(server: &Endpoint, asked: &Asked, question: Question<'_>) -> Said {
    let mut phase = Phase::Connect;
    let end = Instant::now() + question.timeout;
    match timeout_at(end, over_udp(server, asked, question, &mut phase)).await {
        Ok(said) => said,
        Err(_) => Err(timed_out(server, question, phase)),
    }
}

async fn over_udp(server: &Endpoint, asked: &Asked, question: Question<'_>, phase: &mut Phase) -> Said {
    let addresses = resolve(&server.host, server.port, question.route.family).await?;
    *phase = Phase::Exchange;
    let end = Instant::now() + question.timeout;
    let mut failure = None;
    for (done, address) in addresses.iter().enumerate() {
        // What time is left is shared among the addresses that are left.
        let left = u32::try_from(addresses.len() - done).unwrap_or(u32::MAX);
        let share = end.saturating_duration_since(Instant::now()) / left;
        match at(*address, asked, question, Instant::now() + share).await {
            Ok(Some(Heard::Answer(said))) => return Ok(said?),
            Ok(Some(Heard::Truncated)) => {
                return over_stream(server, Security::Plain, asked, question, phase).await;
            }
            Ok(Some(Heard::Foreign) | None) => {}
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.map_or_else(|| timed_out(server, question, *phase), Failure::from))
}

/// Asks one address, again and again; `None` where no answer came in time.
async fn at(
    address: SocketAddr,
    asked: &Asked,
    question: Question<'_>,
    end: Instant,
) -> Result<Option<Heard>, NetError> {
    let hear = |octets: &[u8]| match asked.hear(octets) {
        Heard::Foreign => None,
        heard @ (Heard::Truncated | Heard::Answer(_)) => Some(heard),
    };
    datagrams(address, question.route, asked.octets(), Pace { first: PATIENCE, end }, hear).await
}

/// Over a connection, secured or not.
pub(super) async fn stream(
    server: &Endpoint,
    security: Security,
    asked: &Asked,
    question: Question<'_>,
) -> Said {
    let mut phase = Phase::Connect;
    let end = Instant::now() + question.timeout;
    match timeout_at(end, over_stream(server, security, asked, question, &mut phase)).await {
        Ok(said) => said,
        Err(_) => Err(timed_out(server, question, phase)),
    }
}

async fn over_stream(
    server: &Endpoint,
    security: Security,
    asked: &Asked,
    question: Question<'_>,
    phase: &mut Phase,
) -> Said {
    let mut stream = server.open(question.network, question.route, security, phase).await?;
    *phase = Phase::Exchange;
    let cut = |_: io::Error| NetError::Cut { to: server.to_string() };
    send(&mut stream, asked.octets()).await.map_err(cut)?;
    let answer = receive(&mut stream, LIMIT).await.map_err(|error| match error.kind() {
        ErrorKind::InvalidData => NetError::TooLarge { to: server.to_string(), limit: LIMIT },
        _ => cut(error),
    })?;
    Ok(only(asked.hear(&answer))?)
}

/// Over HTTPS, as the body of a POST (RFC 8484 §4.1). The id is random here, too: what the RFC's zero is good for,
/// answers from caches, is not wanted.
pub(super) async fn https(base: &Base, path: &str, asked: &Asked, question: Question<'_>) -> Said {
    let media = HeaderValue::from_static(MESSAGE);
    let request = Request {
        method: Method::POST,
        path: path.to_owned(),
        headers: vec![(header::CONTENT_TYPE, media.clone()), (header::ACCEPT, media)],
        body: Some(asked.octets().to_vec()),
        timeout: question.timeout,
        limit: LIMIT,
    };
    let client = Client::new(question.network, base.clone(), question.route);
    let answer = client.send(request).await?;
    check_status(&answer)?;
    let media =
        answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case(MESSAGE) {
        return Err(Fault::new(Class::Unexpected, "answered with something other than a DNS message").into());
    }
    Ok(only(asked.hear(&answer.body))?)
}

/// What came on a connection that only the server can speak on.
fn only(heard: Heard) -> Result<IpAddr, Fault> {
    match heard {
        Heard::Answer(said) => said,
        Heard::Truncated => Err(Fault::new(Class::Unexpected, "the answer is only a part")),
        Heard::Foreign => Err(Fault::new(Class::Unexpected, "the answer is to another question")),
    }
}

fn timed_out(server: &Endpoint, question: Question<'_>, phase: Phase) -> Failure {
    NetError::TimedOut { to: server.to_string(), phase, after: question.timeout }.into()
}
