//! Messages to the server and back: UDP with repetition, TCP (RFC 1035 §4.2, RFC 7766), one socket per request.
//!
//! The UDP socket is connected, so that the system drops what comes from elsewhere; what does come is still held
//! against the request. A repeated message is the same message, with the same id and signature: if its first copy was
//! applied, the second fails its own prerequisite, and that is told as "changed meanwhile" and read again.

use super::message::{Answer, Doubt, Heard, Request};
use super::settings::{Server, Transport};
use crate::net::datagram::datagram;
use crate::net::dns::PAYLOAD;
use crate::net::dns::exchange::{receive, send};
use crate::net::resolve::resolve;
use crate::net::{Effect, NetError, Phase, Route, Tally, dial};
use dynflare_core::fault::{Class, Fault};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How long one copy of a datagram is waited for.
const COPY: Duration = Duration::from_secs(1);
/// How many copies are sent.
const COPIES: u32 = 3;
/// How long a TCP connection may take to open.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an answer over TCP may take.
const ANSWER: Duration = Duration::from_secs(5);

/// The line to one server.
pub(super) struct Line<'a> {
    pub(super) server: &'a Server,
    pub(super) transport: Transport,
    pub(super) route: Route,
    pub(super) tally: &'a Tally,
}

impl Line<'_> {
    /// Sends a request and returns the server's answer.
    pub(super) async fn exchange(&self, request: &Request, effect: Effect) -> Result<Answer, Fault> {
        let Self { server, .. } = self;
        let addresses = resolve(&server.host, server.port, self.route.way.only())
            .await
            .map_err(|error| error.fault(effect))?;
        let mut failure = None;
        for address in addresses {
            match self.at(address, request).await {
                Ok(answer) => return Ok(answer),
                // The other address is tried only while this request has had no effect for sure.
                Err(trouble) => {
                    let sent = trouble.may_have_been_sent();
                    failure = Some(trouble);
                    if sent && effect == Effect::Write {
                        break;
                    }
                }
            }
        }
        Err(failure.expect("resolving yields at least one address").fault(server, effect))
    }

    async fn at(&self, address: SocketAddr, request: &Request) -> Result<Answer, Trouble> {
        let small = request.octets().len() <= usize::from(PAYLOAD);
        let answer = match self.transport {
            Transport::Tcp => self.tcp(address, request).await?,
            Transport::Auto if !small => self.tcp(address, request).await?,
            Transport::Udp => self.udp(address, request).await?,
            Transport::Auto => match self.udp(address, request).await {
                Ok(answer) if answer.message.header().tc() => self.tcp(address, request).await?,
                // Something on the way may drop UDP.
                Err(Trouble::Net(NetError::TimedOut { .. })) => {
                    // A copy may have arrived, whatever becomes of TCP.
                    self.tcp(address, request).await.map_err(|trouble| match trouble {
                        Trouble::Net(_) => silent(address),
                        Trouble::Doubtful(_) | Trouble::Truncated => trouble,
                    })?
                }
                other => other?,
            },
        };
        if answer.message.header().tc() { Err(Trouble::Truncated) } else { Ok(answer) }
    }

    async fn udp(&self, address: SocketAddr, request: &Request) -> Result<Answer, Trouble> {
        let failed = |error: io::Error| failed(address, &error);
        let socket = datagram(address, self.route).await.map_err(Trouble::Net)?;
        let mut doubt = None;
        let mut buffer = vec![0; usize::from(u16::MAX)];
        for copy in 0..COPIES {
            // Once a copy went unanswered, an error of the next does not tell what became of the first.
            let failed = |error| if copy == 0 { failed(error) } else { silent(address) };
            self.tally.count();
            socket.send(request.octets()).await.map_err(failed)?;
            let end = Instant::now() + COPY;
            while let Ok(received) = timeout_at(end, socket.recv(&mut buffer)).await {
                let length = received.map_err(failed)?;
                match request.hear(&buffer[..length]) {
                    Heard::Answer(answer) => return Ok(answer),
                    Heard::Doubtful(why) => doubt = Some(why),
                    Heard::Foreign => {}
                }
            }
        }
        Err(doubt.map_or_else(|| silent(address), Trouble::Doubtful))
    }

    async fn tcp(&self, address: SocketAddr, request: &Request) -> Result<Answer, Trouble> {
        let late = |_| {
            let to = address.to_string();
            Trouble::Net(NetError::TimedOut { to, phase: Phase::Connect, after: CONNECT })
        };
        self.tally.count();
        let connected = timeout(CONNECT, dial::straight(address, self.route)).await.map_err(late)?;
        let mut stream = connected.map_err(Trouble::Net)?;
        let cut = |_: io::Error| Trouble::Net(NetError::Cut { to: address.to_string() });
        let talk = async {
            send(&mut stream, request.octets()).await.map_err(|error| match error.kind() {
                io::ErrorKind::InvalidInput => {
                    let reason = "it is longer than 65535 octets".to_owned();
                    Trouble::Net(NetError::Unfit { to: address.to_string(), reason })
                }
                _ => cut(error),
            })?;
            loop {
                let answer = receive(&mut stream, usize::from(u16::MAX)).await.map_err(cut)?;
                match request.hear(&answer) {
                    Heard::Answer(answer) => return Ok(answer),
                    // Nothing better will come on this connection.
                    Heard::Doubtful(why) => return Err(Trouble::Doubtful(why)),
                    Heard::Foreign => {}
                }
            }
        };
        timeout(ANSWER, talk).await.unwrap_or_else(|_| Err(silent(address)))
    }
}

/// Why there is no answer from one address.
#[derive(Debug)]
enum Trouble {
    Net(NetError),
    Doubtful(Doubt),
    /// The answer is only a part, and TCP is not allowed.
    Truncated,
}

impl Trouble {
    fn may_have_been_sent(&self) -> bool {
        match self {
            Self::Net(error) => error.may_have_been_sent(),
            Self::Doubtful(_) | Self::Truncated => true,
        }
    }

    fn fault(self, server: &Server, effect: Effect) -> Fault {
        let class = match effect {
            Effect::Read => Class::Unexpected,
            Effect::Write => Class::Unconfirmed,
        };
        match self {
            Self::Net(error) => error.fault(effect),
            Self::Truncated => {
                Fault::new(Class::Invalid, format!("the answer of {server} does not fit into UDP"))
                    .hint("set `transport` to auto or tcp")
            }
            Self::Doubtful(Doubt::Unsigned) => {
                Fault::new(class, format!("{server} answered without a signature, which anybody can"))
                    .hint("check that this is the primary server itself and that it knows the key")
            }
            Self::Doubtful(Doubt::Signature) => {
                Fault::new(class, format!("the signature of the answer of {server} is wrong"))
                    .hint("check the key's secret, and both clocks")
            }
        }
    }
}

fn silent(address: SocketAddr) -> Trouble {
    let after = COPY * COPIES;
    Trouble::Net(NetError::TimedOut { to: address.to_string(), phase: Phase::Exchange, after })
}

/// The system's error before there was an answer. A refused datagram was not read by anybody.
fn failed(address: SocketAddr, error: &io::Error) -> Trouble {
    let to = address.to_string();
    Trouble::Net(match error.kind() {
        io::ErrorKind::ConnectionRefused => NetError::Refused { to },
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            NetError::NoRoute { to, family: None }
        }
        _ => NetError::Connect { to, reason: error.to_string() },
    })
}
