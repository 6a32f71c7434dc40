//! Sockets that share an address, and that nobody else can come to share by mistake.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};

/// What the kernel may keep while a thread is busy, in octets; it gives less where its own limit is lower.
const QUEUE: usize = 1 << 20;

/// Opens up to `count` sockets (at least one) at one address. With port 0 the kernel chooses one port for all of them.
///
/// Only Linux shares what comes in evenly among several sockets, so elsewhere it is one. An IPv6 wildcard takes IPv4 too.
/// Where somebody has the address already, even this program started twice, it is `AddrInUse`.
pub fn bind(address: SocketAddr, count: usize) -> io::Result<Vec<UdpSocket>> {
    let first = open(address)?;
    first.bind(&address.into())?;
    share(first.into(), count)
}

#[cfg(target_os = "linux")]
fn share(first: UdpSocket, count: usize) -> io::Result<Vec<UdpSocket>> {
    let mut sockets = vec![first];
    if count > 1 {
        // Not before it is bound: a socket that binds with it set joins another process that has the address.
        socket2::SockRef::from(&sockets[0]).set_reuse_port(true)?;
        let address = sockets[0].local_addr()?;
        for _ in 1..count {
            let next = open(address)?;
            next.set_reuse_port(true)?;
            next.bind(&address.into())?;
            sockets.push(next.into());
        }
    }
    Ok(sockets)
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail where there are several")]
fn share(first: UdpSocket, _one_is_all: usize) -> io::Result<Vec<UdpSocket>> {
    Ok(vec![first])
}

fn open(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // As much as it gives.
    let _less = socket.set_recv_buffer_size(QUEUE);
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_share_a_port_that_nobody_else_gets() {
        let sockets = bind("127.0.0.1:0".parse().expect("an address"), 3).expect("loopback has free ports");
        let address = sockets[0].local_addr().expect("a bound socket has an address");
        assert!(sockets.iter().all(|socket| socket.local_addr().expect("bound") == address));
        let again = bind(address, 3).expect_err("the port is taken");
        assert_eq!(again.kind(), io::ErrorKind::AddrInUse);
    }
}
