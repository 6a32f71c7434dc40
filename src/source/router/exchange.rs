//! A question to a router in one datagram, repeated until an answer counts or the time is up.

use super::Trouble;
use crate::net::datagram::failed;
use crate::net::{NetError, Route};
use dynflare_core::fault::{Class, Fault};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

/// What an answer may hold at most, in bytes: the limit of PCP (RFC 6887 §7), and far more than NAT-PMP's.
const LARGEST: usize = 1100;

/// One question.
pub(super) struct Exchange<'a> {
    /// Connected to the router, so that the system drops what comes from anybody else.
    pub(super) socket: &'a UdpSocket,
    pub(super) to: SocketAddr,
    pub(super) route: Route,
    pub(super) request: &'a [u8],
    /// How long after the first datagram the second follows; each wait is twice as long as the one before.
    pub(super) first_wait: Duration,
    pub(super) timeout: Duration,
    /// What the router is asked in, for messages.
    pub(super) protocol: &'static str,
}

impl Exchange<'_> {
    /// Asks; `judge` says `None` to what does not belong to this question.
    pub(super) async fn run<T>(
        &self,
        judge: impl Fn(&[u8]) -> Option<Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let deadline = Instant::now() + self.timeout;
        let mut wait = self.first_wait;
        let mut buffer = [0; LARGEST + 1];
        while Instant::now() < deadline {
            self.socket.send(self.request).await.map_err(|error| self.failed(&error))?;
            let next = deadline.min(Instant::now() + wait);
            while let Ok(received) = timeout_at(next, self.socket.recv(&mut buffer)).await {
                let length = received.map_err(|error| self.failed(&error))?;
                let told = buffer.get(..length).filter(|told| told.len() <= LARGEST);
                if let Some(judged) = told.and_then(&judge) {
                    return judged;
                }
            }
            wait = wait.saturating_mul(2);
        }
        let what = format!("{} does not answer {}", self.to.ip(), self.protocol);
        Err(Fault::new(Class::Unavailable, what).into())
    }

    /// A port that nobody listens on is told by ICMP, which a connected socket hears.
    fn failed(&self, error: &std::io::Error) -> Trouble {
        match failed(self.to, self.route, error) {
            NetError::Refused { .. } => {
                let what = format!("{} does not speak {}", self.to.ip(), self.protocol);
                Fault::new(Class::Unavailable, what).into()
            }
            other => other.into(),
        }
    }
}
