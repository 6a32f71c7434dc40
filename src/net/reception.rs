//! Taking connections as they come: so many at a time, each for so long.
//!
//! While all places are taken nothing is accepted; the kernel keeps a few in its queue and turns the rest away.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A pause after the system had no room for another connection: some of those there are end within it.
const BREATH: Duration = Duration::from_millis(50);

/// Somewhere connections come in.
pub trait Listener: Send + 'static {
    /// A connection.
    type Stream: Send + 'static;
    /// Who is at its other end.
    type Peer: Send + 'static;

    /// The next connection.
    fn next(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Peer)>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;
    type Peer = std::net::SocketAddr;

    async fn next(&self) -> io::Result<(TcpStream, std::net::SocketAddr)> {
        self.accept().await
    }
}

#[cfg(unix)]
impl Listener for UnixListener {
    type Stream = UnixStream;
    type Peer = tokio::net::unix::SocketAddr;

    async fn next(&self) -> io::Result<(UnixStream, tokio::net::unix::SocketAddr)> {
        self.accept().await
    }
}

/// How many connections at a time, and how long each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Connections at a time.
    pub places: usize,
    /// For the whole of one.
    pub whole: Duration,
}

/// Takes connections for ever and lets each be talked with. What has begun ends when this is dropped.
pub async fn receive<L: Listener, F: Future<Output = ()> + Send + 'static>(
    listener: L,
    room: Room,
    talk: impl Fn(L::Stream, L::Peer) -> F,
) {
    receive_until(listener, room, talk, std::future::pending()).await;
}

/// Takes connections until it is told to stop, and returns when all that were taken have ended.
pub async fn receive_until<L: Listener, F: Future<Output = ()> + Send + 'static>(
    listener: L,
    room: Room,
    talk: impl Fn(L::Stream, L::Peer) -> F,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(room.places));
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.next().await)
        };
        tokio::select! {
            (place, accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    let talk = talk(stream, peer);
                    connections.spawn(async move {
                        let _in_time = tokio::time::timeout(room.whole, talk).await;
                        drop(place);
                    });
                }
                Err(_) => tokio::time::sleep(BREATH).await,
            },
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    // Whoever comes now is turned away by the system.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn whoever_has_no_place_waits_and_whoever_stays_too_long_goes() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has free ports");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let room = Room { places: 1, whole: Duration::from_secs(5) };
        let talk = move |mut stream: TcpStream, _| {
            let told = told.clone();
            async move {
                told.send("begun").expect("the test listens");
                // Nothing ever comes, so this lasts until its time is up.
                let _nothing = stream.read_u8().await;
            }
        };
        let served = tokio::spawn(receive(listener, room, talk));
        let first = TcpStream::connect(address).await.expect("the first is taken");
        assert_eq!(heard.recv().await, Some("begun"));
        let _second = TcpStream::connect(address).await.expect("the kernel keeps the second");
        assert!(heard.try_recv().is_err());
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(6)).await;
        tokio::time::resume();
        assert_eq!(heard.recv().await, Some("begun"), "the first had to go");
        drop((first, served));
    }
}
