//! UDP sockets by a [`Route`]: connected, so that the system drops what comes from elsewhere and tells when nobody
//! listens, on a port of the system's choice (RFC 5452 §9.2).
//!
//! What is sent, how often, and which answer counts is the business of each protocol.

use super::dial::{connect_error, is_no_route};
use super::{NetError, Route, sender};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::UdpSocket;

/// A socket that talks to this address alone.
pub async fn datagram(to: SocketAddr, route: Route) -> Result<UdpSocket, NetError> {
    connected(to, route).await.map_err(|error| failed(to, route, &error))
}

async fn connected(to: SocketAddr, route: Route) -> io::Result<UdpSocket> {
    match (connected_from(to, route).await, route.from) {
        // As for TCP: rules by source address may know no way for the one chosen, or it has been taken away.
        (Err(error), Some(_)) if is_no_route(&error) => {
            connected_from(to, Route { from: None, ..route }).await
        }
        (outcome, _) => outcome,
    }
}

async fn connected_from(to: SocketAddr, route: Route) -> io::Result<UdpSocket> {
    let Route { family: _, from } = route;
    let any = match to {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let from = from.filter(|from| sender::fits(*from, to.ip())).unwrap_or(any);
    let socket = UdpSocket::bind((from, 0)).await?;
    socket.connect(to).await?;
    Ok(socket)
}

/// What a failed send or receive on such a socket means: the system passes on what ICMP says.
pub fn failed(to: SocketAddr, route: Route, error: &io::Error) -> NetError {
    connect_error(&to.ip().to_string(), to.port(), route, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::address::Family;

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
}
