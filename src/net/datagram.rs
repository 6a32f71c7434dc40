//! UDP sockets by a [`Route`]: connected, so that the system drops what comes from elsewhere and tells when nobody
//! listens, on a port of the system's choice (RFC 5452 §9.2).
//!
//! What is sent, how often, and which answer counts is the business of each protocol.

use super::dial::{connect_error, is_no_route};
use super::{NetError, Route, sender};
use dynflare_core::address::Family;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io;
use std::net::SocketAddr;
use tokio::net::UdpSocket;

/// A socket that talks to this address alone.
pub async fn datagram(to: SocketAddr, route: Route) -> Result<UdpSocket, NetError> {
    connected(to, route).map_err(|error| failed(to, route, &error))
}

fn connected(to: SocketAddr, route: Route) -> io::Result<UdpSocket> {
    match (connected_from(to, route), route.from) {
        // As for TCP: rules by source address may know no way for the one chosen, or it has been taken away.
        (Err(error), Some(_)) if is_no_route(&error) => connected_from(to, Route { from: None, ..route }),
        (outcome, _) => outcome,
    }
}

fn connected_from(to: SocketAddr, route: Route) -> io::Result<UdpSocket> {
    let Route { family: _, from, way } = route;
    let family = Family::of(to.ip());
    let socket = Socket::new(Domain::for_address(to), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    way.bind(&SockRef::from(&socket), family)?;
    // A socket is bound to one address once, and the way's goes before.
    let from = from.filter(|from| way.source(family).is_none() && sender::fits(*from, to.ip()));
    if let Some(from) = from {
        socket.bind(&SocketAddr::new(from, 0).into())?;
    }
    socket.connect(&to.into())?;
    UdpSocket::from_std(socket.into())
}

/// What a failed send or receive on such a socket means: the system passes on what ICMP says.
pub fn failed(to: SocketAddr, route: Route, error: &io::Error) -> NetError {
    connect_error(&to.ip().to_string(), to.port(), route, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Way;

    #[tokio::test]
    async fn what_comes_from_elsewhere_is_not_received() {
        let server = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let stranger = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let to = server.local_addr().expect("a bound socket has an address");
        let socket = datagram(to, Route::only(Family::V4)).await.expect("a socket");
        let own = socket.local_addr().expect("a bound socket has an address");
        stranger.send_to(b"forged", own).await.expect("loopback delivers");
        server.send_to(b"true", own).await.expect("loopback delivers");
        let mut buffer = [0; 16];
        let length = socket.recv(&mut buffer).await.expect("a datagram");
        assert_eq!(&buffer[..length], b"true");
    }

    #[tokio::test]
    async fn nobody_there_is_told() {
        let gone = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let to = gone.local_addr().expect("a bound socket has an address");
        drop(gone);
        let route = Route::only(Family::V4);
        let socket = datagram(to, route).await.expect("a socket");
        socket.send(b"question").await.expect("loopback takes it");
        let error = socket.recv(&mut [0; 16]).await.expect_err("refused");
        assert_eq!(failed(to, route, &error), NetError::Refused { to: to.to_string() });
    }

    #[tokio::test]
    async fn the_way_s_address_is_spoken_from_or_nothing_is_said() {
        let server = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let to = server.local_addr().expect("a bound socket has an address");
        let by = |address: &str| {
            let way = Way::default().from_address(address.parse().expect("an address"));
            Route { way, ..Route::only(Family::V4) }
        };
        let socket = datagram(to, by("127.0.0.9")).await.expect("all of 127/8 is local");
        socket.send(b"x").await.expect("loopback takes it");
        let (_, from) = server.recv_from(&mut [0; 8]).await.expect("it arrives");
        assert_eq!(from.ip().to_string(), "127.0.0.9");
        let error = datagram(to, by("192.0.2.77")).await.expect_err("not this machine's");
        assert!(matches!(error, NetError::Unbound { .. }), "{error}");
    }
}
