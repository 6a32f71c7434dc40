//! Connections as the SMTP library takes them, and what is said before one is secured with STARTTLS (RFC 3207).

use crate::net::endpoint::Stream;
use crate::net::{Effect, Endpoint, NetError};
use dynflare_core::fault::{Class, Fault};
use lettre::transport::smtp::client::AsyncTokioStream;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf};
use tokio::net::TcpStream;

/// The longest a reply may be, in bytes: some lines of 512 (RFC 5321 §4.5.3.1.5).
const REPLY: u64 = 16 * 1024;

/// A connection to a mail server.
pub(super) struct Line {
    /// What is read before anything of the server's.
    before: &'static [u8],
    stream: std::sync::Mutex<Box<dyn Stream>>,
}

impl Line {
    /// A connection on which the server will greet.
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { before: b"", stream: std::sync::Mutex::new(stream) }
    }

    /// A connection on which it has greeted already, before it was secured: the library waits for a greeting, and
    /// gets this one.
    pub(super) fn greeted(stream: Box<dyn Stream>) -> Self {
        Self { before: b"220 secured\r\n", ..Self::new(stream) }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut Box<dyn Stream>> {
        let stream = self.get_mut().stream.get_mut();
        Pin::new(stream.unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.before.is_empty() {
            return self.stream().poll_read(cx, into);
        }
        let (now, later) = self.before.split_at(self.before.len().min(into.remaining()));
        into.put_slice(now);
        self.before = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Greets and asks for TLS. Whatever a stranger could have put in before it is refused, not carried over (RFC 3207 §6).
pub(super) async fn before_tls(tcp: TcpStream, name: &str, server: &Endpoint) -> Result<TcpStream, Fault> {
    let cut = |_| NetError::Cut { to: server.to_string() }.fault(Effect::Read);
    let mut tcp = BufReader::new(tcp);
    let (code, _) = reply(&mut tcp).await.map_err(cut)?;
    expect(code, 220, "does not greet as a mail server does", server)?;
    tcp.write_all(format!("EHLO {name}\r\n").as_bytes()).await.map_err(cut)?;
    let (code, offers) = reply(&mut tcp).await.map_err(cut)?;
    expect(code, 250, "does not know EHLO", server)?;
    if !offers.iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
        let fault = Fault::new(Class::Invalid, format!("{server} does not offer STARTTLS"));
        return Err(fault.hint("set `security = \"tls\"` for port 465, or `security = \"none\"` if you must"));
    }
    tcp.write_all(b"STARTTLS\r\n").await.map_err(cut)?;
    let (code, _) = reply(&mut tcp).await.map_err(cut)?;
    expect(code, 220, "refused STARTTLS", server)?;
    if !tcp.buffer().is_empty() {
        let what = format!("{server} went on before TLS was set up; somebody on the way may have");
        return Err(Fault::new(Class::Unexpected, what));
    }
    Ok(tcp.into_inner())
}

fn expect(code: u16, wanted: u16, otherwise: &str, server: &Endpoint) -> Result<(), Fault> {
    if code == wanted {
        return Ok(());
    }
    let class = if (400..500).contains(&code) { Class::Unavailable } else { Class::Unexpected };
    Err(Fault::new(class, format!("{server} {otherwise}")).status(format!("SMTP {code}")))
}

/// One reply (RFC 5321 §4.2): its code, 0 where there is none, and the text of its lines.
async fn reply(from: &mut BufReader<TcpStream>) -> io::Result<(u16, Vec<String>)> {
    let mut limited = from.take(REPLY);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if limited.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        let (code, rest) = (line.get(..3).unwrap_or_default(), line.get(3..).unwrap_or_default());
        lines.push(rest.get(1..).unwrap_or_default().to_owned());
        if !rest.starts_with('-') {
            return Ok((code.parse().unwrap_or(0), lines));
        }
    }
}
