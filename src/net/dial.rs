//! TCP connections by a [`Route`]: the family where it is forced, else both families raced (RFC 8305).
//!
//! What a route says about the way out is set in [`socket`], on the socket before it connects.

use super::resolve::resolve;
use super::{NetError, Route, Way, sender};
use dynflare_core::address::Family;
use socket2::SockRef;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long an attempt may run before the next one is started beside it (RFC 8305 §8: 250 ms recommended).
pub const STAGGER: Duration = Duration::from_millis(250);

/// Connects to `host` (a name or an address without brackets).
///
/// Returns the first connection that comes up; the other attempts are dropped. There is no deadline here.
pub async fn dial(host: &str, port: u16, route: Route) -> Result<TcpStream, NetError> {
    let family = route.family.or_else(|| route.way.only());
    if let Some(family) = family {
        // A way that is not there is told before anybody is asked for a name.
        route.way.probe(family).map_err(|error| connect_error(host, port, route, &error))?;
    }
    let addresses = resolve(host, port, family).await?;
    race(interleave(addresses), route).await.map_err(|error| connect_error(host, port, route, &error))
}

/// Connects to one address.
pub async fn straight(address: SocketAddr, route: Route) -> Result<TcpStream, NetError> {
    let host = address.ip().to_string();
    connect(address, route).await.map_err(|error| connect_error(&host, address.port(), route, &error))
}

/// Families in turn, beginning with the one the system prefers (RFC 8305 §4).
fn interleave(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first = addresses.first().map(|address| Family::of(address.ip()));
    let (mut preferred, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| Some(Family::of(address.ip())) == first);
    let mut order = VecDeque::new();
    while !preferred.is_empty() || !other.is_empty() {
        order.extend(preferred.pop_front());
        order.extend(other.pop_front());
    }
    order
}

async fn race(mut waiting: VecDeque<SocketAddr>, route: Route) -> io::Result<TcpStream> {
    // One candidate needs no race.
    if let (1, Some(address)) = (waiting.len(), waiting.front()) {
        return connect(*address, route).await;
    }
    let mut running = JoinSet::new();
    let mut worst: Option<io::Error> = None;
    loop {
        if let Some(address) = waiting.pop_front() {
            running.spawn(connect(address, route));
        }
        let next = Instant::now() + STAGGER;
        tokio::select! {
            ended = running.join_next() => match ended {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => worst = Some(more_telling(worst, error)),
                Some(Err(stopped)) => worst = Some(more_telling(worst, io::Error::other(stopped))),
                None => return Err(worst.unwrap_or_else(|| io::Error::other("no address was tried"))),
            },
            () = tokio::time::sleep_until(next), if !waiting.is_empty() => {}
        }
    }
}

async fn connect(address: SocketAddr, route: Route) -> io::Result<TcpStream> {
    let stream = match (connect_from(address, route).await, route.from) {
        // Rules by source address may know no way for the one chosen, and it may have been taken away meanwhile.
        (Err(error), Some(_)) if is_no_route(&error) => {
            connect_from(address, Route { from: None, ..route }).await?
        }
        (outcome, _) => outcome?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn connect_from(address: SocketAddr, route: Route) -> io::Result<TcpStream> {
    socket(address, route)?.connect(address).await
}

/// A socket prepared as the route says.
fn socket(address: SocketAddr, route: Route) -> io::Result<TcpSocket> {
    let Route { family: _, from, way } = route;
    let family = Family::of(address.ip());
    let socket = match family {
        Family::V4 => TcpSocket::new_v4(),
        Family::V6 => TcpSocket::new_v6(),
    }?;
    way.bind(&SockRef::from(&socket), family)?;
    // A socket is bound to one address once, and the way's goes before.
    let from = from.filter(|_| way.source(family).is_none());
    if let Some(from) = from.filter(|from| sender::fits(*from, address.ip())) {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    Ok(socket)
}

/// Of two failed attempts the one that says more: "no way there" of one family hides nothing else.
fn more_telling(held: Option<io::Error>, new: io::Error) -> io::Error {
    match held {
        Some(held) if is_no_route(&new) || !is_no_route(&held) => held,
        Some(_) | None => new,
    }
}

/// Whether the machine itself has no way to the address: no route, no address of the family, no such family.
pub(super) fn is_no_route(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkUnreachable, Unsupported};
    /// `EAFNOSUPPORT`, which std has no stable kind for (Linux; macOS and BSD).
    const NO_FAMILY: i32 = if cfg!(target_os = "linux") { 97 } else { 47 };
    matches!(error.kind(), AddrNotAvailable | HostUnreachable | NetworkUnreachable | Unsupported)
        || error.raw_os_error() == Some(NO_FAMILY)
}

pub(super) fn connect_error(host: &str, port: u16, route: Route, error: &io::Error) -> NetError {
    if let Some(unbound) = Way::told(error) {
        return unbound;
    }
    let to = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    if is_no_route(error) {
        NetError::NoRoute { to, family: route.family }
    } else if error.kind() == io::ErrorKind::ConnectionRefused {
        NetError::Refused { to }
    } else {
        NetError::Connect { to, reason: os_words(error) }
    }
}

/// The system's words without std's "(os error N)".
pub(super) fn os_words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("a socket address")
    }

    /// A port that answers nothing: its queue of connections is full, so the kernel drops whatever asks for more.
    /// Returns what keeps it so.
    async fn black_hole() -> (SocketAddr, Vec<TcpStream>, tokio::net::TcpListener) {
        let socket = TcpSocket::new_v4().expect("this machine has IPv4");
        socket.bind(address("127.0.0.1:0")).expect("loopback has free ports");
        let listener = socket.listen(0).expect("a bound socket can listen");
        let hole = listener.local_addr().expect("a bound listener has an address");
        let mut queued = Vec::new();
        while let Ok(Ok(stream)) = tokio::time::timeout(STAGGER, TcpStream::connect(hole)).await {
            queued.push(stream);
        }
        (hole, queued, listener)
    }

    #[tokio::test(start_paused = true)]
    async fn ur_51_a_black_hole_costs_a_quarter_of_a_second() {
        let (hole, _queued, _listener) = black_hole().await;
        let good = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let good = good.local_addr().expect("a bound listener has an address");
        let began = Instant::now();
        let stream = race([hole, good].into(), Route::default()).await.expect("the second address answers");
        assert_eq!(stream.peer_addr().ok(), Some(good));
        assert_eq!(began.elapsed().as_millis(), STAGGER.as_millis());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_refuses_costs_no_wait() {
        let good = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let good = good.local_addr().expect("a bound listener has an address");
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let refusing = gone.local_addr().expect("a bound listener has an address");
        drop(gone);
        let began = Instant::now();
        let stream =
            race([refusing, good].into(), Route::default()).await.expect("the second address answers");
        assert_eq!((stream.peer_addr().ok(), began.elapsed()), (Some(good), Duration::ZERO));
    }

    #[test]
    fn families_take_turns_and_the_systems_favourite_begins() {
        let found = ["[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"];
        let expected = ["[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "192.0.2.2:1", "192.0.2.3:1"];
        assert_eq!(
            interleave(found.map(address).into()),
            expected.map(address).into_iter().collect::<VecDeque<_>>()
        );
    }

    #[test]
    fn a_refusal_says_more_than_a_missing_route() {
        let no_route = || io::Error::from(io::ErrorKind::NetworkUnreachable);
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(!is_no_route(&more_telling(Some(no_route()), refused())));
        assert!(!is_no_route(&more_telling(Some(refused()), no_route())));
        assert!(is_no_route(&more_telling(Some(no_route()), no_route())));
    }
}
