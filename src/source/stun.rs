//! STUN servers: Binding over UDP, TCP and TLS (RFC 8489).
//!
//! Over TLS the server shows who it is, and its answer counts. Over UDP and TCP anybody on the way can answer in its
//! place: such a source is a witness, unless the user says otherwise. A server is the host that is written; no SRV
//! records are looked up (§8.1), and one that names another server (§10) is not followed.
//!
//! Written `stun:HOST[:PORT]`, `stun:tcp://HOST[:PORT]`, `stun:tls://HOST[:PORT][#NAME]`.

mod message;

#[cfg(feature = "fuzzing")]
pub(crate) use message::fuzz;

use super::{Answering, Engine, Failure, LIMIT, Question};
use crate::net::datagram::{datagram, failed};
use crate::net::resolve::resolve;
use crate::net::{Endpoint, EndpointError, NetError, Phase, Security};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::Opinion;
use message::{Binding, HEADER, Heard, body_length};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// Ports of STUN and of STUN over TLS (§18.6).
const PORT: u16 = 3478;
const TLS_PORT: u16 = 5349;

/// The first wait for an answer to a datagram (§6.2.1: RTO, at least 500 ms); twice as long each time.
const RTO: Duration = Duration::from_millis(500);
/// How many datagrams are sent (§6.2.1: Rc).
const COPIES: u32 = 7;
/// How many RTOs the last of them is waited for (§6.2.1: Rm).
const LAST: u32 = 16;

/// How a request gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
    Tls,
}

/// One server.
#[derive(Clone, Debug)]
pub(super) struct Stun {
    transport: Transport,
    server: Endpoint,
}

/// Why a text is no STUN server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StunError {
    /// No known transport.
    #[error("stun is written stun:HOST, stun:tcp://HOST or stun:tls://HOST")]
    Transport,
    /// The server cannot be read.
    #[error("stun: {0}")]
    Server(#[from] EndpointError),
    /// A certificate's name where none is shown.
    #[error("stun: only a server asked over tls shows a certificate that could be for the name behind `#`")]
    Certificate,
}

impl Stun {
    /// Reads what follows `stun:`.
    pub(super) fn parse(text: &str) -> Result<Self, StunError> {
        let (transport, server) = match text.split_once("://") {
            None | Some(("udp", _)) => (Transport::Udp, text.strip_prefix("udp://").unwrap_or(text)),
            Some(("tcp", server)) => (Transport::Tcp, server),
            Some(("tls", server)) => (Transport::Tls, server),
            Some(_) => return Err(StunError::Transport),
        };
        let server = Endpoint::parse(server, transport.port())?;
        if server.certificate.is_some() && transport != Transport::Tls {
            return Err(StunError::Certificate);
        }
        Ok(Self { transport, server })
    }

    /// The server as users write it, in one way.
    pub(super) fn written(&self) -> String {
        let scheme = match self.transport {
            Transport::Udp => "",
            Transport::Tcp => "tcp://",
            Transport::Tls => "tls://",
        };
        format!("stun:{scheme}{}", self.server.written(self.transport.port()))
    }

    /// Whether nobody but the server can answer.
    pub(super) fn is_authenticated(&self) -> bool {
        self.transport == Transport::Tls
    }

    /// The server's name: that in its certificate, where it is asked at an address.
    pub(super) fn host(&self) -> &str {
        self.server.name()
    }

    /// Where the request goes.
    pub(super) fn place(&self) -> &str {
        &self.server.host
    }

    async fn address(&self, question: Question<'_>) -> Result<IpAddr, Failure> {
        let binding = Binding::new(question.family);
        let mut phase = Phase::Connect;
        let end = Instant::now() + question.timeout;
        let asked = async {
            match self.transport {
                Transport::Udp => self.over_udp(&binding, question, &mut phase).await,
                Transport::Tcp => self.over_stream(&binding, question, Security::Plain, &mut phase).await,
                Transport::Tls => self.over_stream(&binding, question, Security::Tls, &mut phase).await,
            }
        };
        match timeout_at(end, asked).await {
            Ok(said) => said,
            Err(_) => Err(self.silent(question, phase)),
        }
    }

    async fn over_udp(
        &self,
        binding: &Binding,
        question: Question<'_>,
        phase: &mut Phase,
    ) -> Result<IpAddr, Failure> {
        let addresses = resolve(&self.server.host, self.server.port, question.route.family).await?;
        *phase = Phase::Exchange;
        let end = Instant::now() + question.timeout;
        let mut failure = None;
        for (done, address) in addresses.iter().enumerate() {
            // What time is left is shared among the addresses that are left.
            let left = u32::try_from(addresses.len() - done).unwrap_or(u32::MAX);
            let share = end.saturating_duration_since(Instant::now()) / left;
            match transaction(*address, binding, question, Instant::now() + share).await {
                Ok(Some(said)) => return Ok(said?),
                Ok(None) => {}
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.map_or_else(|| self.silent(question, *phase), Failure::from))
    }

    /// One request, not repeated (§6.2.2).
    async fn over_stream(
        &self,
        binding: &Binding,
        question: Question<'_>,
        security: Security,
        phase: &mut Phase,
    ) -> Result<IpAddr, Failure> {
        let mut stream = self.server.open(question.network, question.route, security, phase).await?;
        *phase = Phase::Exchange;
        let cut = |_| NetError::Cut { to: self.server.to_string() };
        stream.write_all(binding.octets()).await.map_err(cut)?;
        stream.flush().await.map_err(cut)?;
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).await.map_err(cut)?;
        let Some(length) = body_length(&header) else {
            return Err(Fault::new(Class::Unexpected, "does not speak STUN").into());
        };
        if length > LIMIT {
            return Err(NetError::TooLarge { to: self.server.to_string(), limit: LIMIT }.into());
        }
        let mut message = header.to_vec();
        message.resize(HEADER + length, 0);
        stream.read_exact(&mut message[HEADER..]).await.map_err(cut)?;
        match binding.hear(&message) {
            Heard::Answer(said) => Ok(said?),
            Heard::Foreign => Err(Fault::new(Class::Unexpected, "the answer is to another request").into()),
        }
    }

    fn silent(&self, question: Question<'_>, phase: Phase) -> Failure {
        NetError::TimedOut { to: self.server.to_string(), phase, after: question.timeout }.into()
    }
}

impl Transport {
    fn port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => PORT,
            Self::Tls => TLS_PORT,
        }
    }
}

/// A transaction with one address, by the times of §6.2.1 as far as they fit; `None` where no answer came in time.
async fn transaction(
    address: SocketAddr,
    binding: &Binding,
    question: Question<'_>,
    end: Instant,
) -> Result<Option<Result<IpAddr, Fault>>, NetError> {
    let failed = |error| failed(address, question.route, &error);
    let socket = datagram(address, question.route).await?;
    let mut buffer = vec![0; LIMIT];
    let mut wait = RTO;
    for copy in 1..=COPIES {
        if Instant::now() >= end {
            break;
        }
        socket.send(binding.octets()).await.map_err(failed)?;
        let next = end.min(Instant::now() + if copy == COPIES { RTO * LAST } else { wait });
        while let Ok(received) = timeout_at(next, socket.recv(&mut buffer)).await {
            if let Heard::Answer(said) = binding.hear(&buffer[..received.map_err(failed)?]) {
                return Ok(Some(said));
            }
        }
        wait *= 2;
    }
    Ok(None)
}

impl Engine for Stun {
    fn kind(&self) -> &'static str {
        match self.transport {
            Transport::Udp => "stun",
            Transport::Tcp => "stun-tcp",
            Transport::Tls => "stun-tls",
        }
    }

    fn serves(&self, family: Family) -> bool {
        self.server.address().is_none_or(|address| Family::of(address) == family)
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move { Ok(Opinion::Address(self.address(question).await?)) })
    }
}
