//! A TLS 1.3 front that is far away: every exchange costs a round trip, as it would over a network.
//!
//! Nothing is asked of the kernel. Bytes from the client reach the server one round trip R after they arrived, and
//! never before the client would have finished its TCP handshake, which is R after it began; bytes to the client
//! pass at once. So a fresh request costs 3 R: TCP, the TLS flight, the request. Requests that travel together
//! cost R together. Bandwidth is not limited and there is no congestion window.

use crate::serve::{Handler, Server, converse, loopback};
use crate::tls::Identity;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

/// Room for what is on its way in one direction, in bytes.
const WINDOW: usize = 256 * 1024;

/// An HTTPS server on 127.0.0.1 that is `round_trip` away.
pub async fn https(identity: &Identity, round_trip: Duration, behaviour: Handler) -> Server {
    let acceptor = TlsAcceptor::from(identity.server_config());
    Server::each("https", loopback().await, move |tcp| {
        let (acceptor, behaviour) = (acceptor.clone(), Arc::clone(&behaviour));
        async move {
            if let Ok(stream) = acceptor.accept(far(tcp, round_trip)).await {
                converse(stream, behaviour).await;
            }
        }
    })
}

/// The server's end of a connection whose client is `round_trip` away.
fn far(tcp: TcpStream, round_trip: Duration) -> DuplexStream {
    let connected = Instant::now() + round_trip;
    let (server, wire) = tokio::io::duplex(WINDOW);
    let (from_client, mut to_client) = tcp.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(wire);
    let (sent, mut arriving) = mpsc::unbounded_channel();
    tokio::spawn(collect(from_client, sent, connected, round_trip));
    tokio::spawn(async move {
        while let Some((due, bytes)) = arriving.recv().await {
            tokio::time::sleep_until(due).await;
            let bytes: Vec<u8> = bytes;
            if to_server.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to_server.shutdown().await;
    });
    tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
        let _ = to_client.shutdown().await;
    });
    server
}

/// Notes of everything that comes when it is due at the server.
async fn collect(
    mut from_client: OwnedReadHalf,
    sent: mpsc::UnboundedSender<(Instant, Vec<u8>)>,
    connected: Instant,
    round_trip: Duration,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
        let due = Instant::now().max(connected) + round_trip;
        if sent.send((due, buffer[..length].to_vec())).is_err() {
            return;
        }
    }
}
