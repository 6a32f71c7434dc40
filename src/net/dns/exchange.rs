//! Messages to one server and back: datagrams with repetition, and messages on a stream (RFC 1035 §4.2, RFC 7766).
//!
//! What counts as an answer is the caller's to say. Datagrams that do not count are passed over, since anybody can
//! send some, and the true one may still come.

use super::asked::{Asked, Heard};
use crate::net::datagram::{datagram, failed};
use crate::net::{NetError, Phase, Route, dial};
use domain::base::Message;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

/// The largest datagram that is read, in octets; what is announced by EDNS is far less.
const LARGEST_DATAGRAM: usize = 4096;

/// The largest message on a stream, in octets (RFC 1035 §4.2.2).
const LARGEST: usize = 65_535;

/// How long copies of a datagram are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long the first copy is waited for before the next is sent; twice as long each time.
    pub first: Duration,
    /// When nothing more is waited for.
    pub end: Instant,
}

/// Sends `message`, again and again, until something comes that `hear` takes; `None` where nothing did in time.
pub async fn datagrams<T>(
    to: SocketAddr,
    route: Route,
    message: &[u8],
    pace: Pace,
    mut hear: impl FnMut(&[u8]) -> Option<T>,
) -> Result<Option<T>, NetError> {
    let failed = |error| failed(to, route, &error);
    let socket = datagram(to, route).await?;
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    let mut wait = pace.first;
    while Instant::now() < pace.end {
        socket.send(message).await.map_err(failed)?;
        let next = pace.end.min(Instant::now() + wait);
        while let Ok(received) = timeout_at(next, socket.recv(&mut buffer)).await {
            if let Some(heard) = hear(&buffer[..received.map_err(failed)?]) {
                return Ok(Some(heard));
            }
        }
        wait = wait.saturating_mul(2);
    }
    Ok(None)
}

/// Length and message in one write (RFC 7766 §8). A message of more than 65535 octets is an error of the kind
/// `InvalidInput`, and nothing is sent.
pub async fn send(stream: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    stream.write_all(&[&length.to_be_bytes(), message].concat()).await?;
    stream.flush().await
}

/// The next message on a stream; one of more than `limit` octets is an error of the kind `InvalidData`.
pub async fn receive(stream: &mut (impl AsyncRead + Unpin), limit: usize) -> io::Result<Vec<u8>> {
    let length = usize::from(stream.read_u16().await?);
    if length > limit {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

/// How long an answer is waited for, in each of the two ways.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until the second copy of a datagram.
    pub first: Duration,
    /// For an answer over UDP.
    pub udp: Duration,
    /// For a connection and the answer on it.
    pub tcp: Duration,
}

/// Asks one server over UDP, and over TCP where the answer does not fit or none came (RFC 7766 §5).
///
/// That nobody listens, or that there is no way there, is told by the first attempt, since the second would find
/// nothing else.
pub async fn ask(
    to: SocketAddr,
    route: Route,
    asked: &Asked,
    patience: Patience,
) -> Result<Message<Vec<u8>>, NetError> {
    let pace = Pace { first: patience.first, end: Instant::now() + patience.udp };
    let hear = |octets: &[u8]| match asked.hear(octets) {
        Heard::Foreign => None,
        Heard::Truncated => Some(None),
        Heard::Answer(message) => Some(Some(owned(message))),
    };
    if let Some(Some(message)) = datagrams(to, route, asked.octets(), pace, hear).await? {
        return Ok(message);
    }
    let late = |_| {
        let after = patience.udp + patience.tcp;
        NetError::TimedOut { to: to.to_string(), phase: Phase::Exchange, after }
    };
    timeout(patience.tcp, over_tcp(to, route, asked)).await.map_err(late)?
}

async fn over_tcp(to: SocketAddr, route: Route, asked: &Asked) -> Result<Message<Vec<u8>>, NetError> {
    let cut = |_| NetError::Cut { to: to.to_string() };
    let mut stream = dial::straight(to, route).await?;
    send(&mut stream, asked.octets()).await.map_err(cut)?;
    loop {
        let octets = receive(&mut stream, LARGEST).await.map_err(cut)?;
        match asked.hear(&octets) {
            Heard::Answer(message) => return Ok(owned(message)),
            Heard::Foreign | Heard::Truncated => {}
        }
    }
}

fn owned(message: Message<&[u8]>) -> Message<Vec<u8>> {
    Message::from_octets(message.as_octets().to_vec()).expect("it was a message before")
}
