//! Sockets of `dynflare serve`: those that a service manager hands over go before those that are opened here.
//!
//! Which is which is told by where they listen, as the configuration says it; names are not looked at. They are kept for
//! as long as the program runs: after a reload nobody could open them again without being root.

use crate::config::{Environment, Inherited, inherited};
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

/// Sockets that were handed over, and where each listens.
#[derive(Debug, Default)]
pub(super) struct Handed {
    tcp: Vec<(SocketAddr, TcpListener)>,
    udp: Vec<(SocketAddr, UdpSocket)>,
    used: Vec<SocketAddr>,
    /// What is of no use, as sentences.
    pub(super) strange: Vec<String>,
}

impl Handed {
    /// Takes over what the environment announces.
    pub(super) fn over(world: &Environment) -> Self {
        let mut handed = Self::default();
        for (name, socket) in inherited(world) {
            let taken = match socket {
                Inherited::Tcp(socket) => socket.local_addr().map(|at| handed.tcp.push((at, socket))),
                Inherited::Udp(socket) => socket.local_addr().map(|at| handed.udp.push((at, socket))),
                #[cfg(unix)]
                Inherited::Unix(_) => Err(io::Error::other("nothing is served at a unix socket")),
            };
            if let Err(error) = taken {
                handed.strange.push(format!("cannot use the socket `{name}` that was handed over: {error}"));
            }
        }
        handed
    }

    /// A TCP listener at an address: handed over, or opened now.
    pub(super) fn tcp(&mut self, at: SocketAddr) -> io::Result<TcpListener> {
        let listener = match self.tcp_handed(at) {
            Some(listener) => listener?,
            None => open_tcp(at)?,
        };
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    /// The TCP listener that was handed over for an address.
    pub(super) fn tcp_handed(&mut self, at: SocketAddr) -> Option<io::Result<TcpListener>> {
        let (_, listener) = self.tcp.iter().find(|(there, _)| is_at(*there, at))?;
        self.used.push(at);
        Some(listener.try_clone())
    }

    /// All sockets that were handed over for datagrams at an address.
    pub(super) fn udp_handed(&mut self, at: SocketAddr) -> io::Result<Vec<UdpSocket>> {
        self.used.push(at);
        self.udp.iter().filter(|(there, _)| is_at(*there, at)).map(|(_, socket)| socket.try_clone()).collect()
    }

    /// What nobody asked for so far, as sentences.
    pub(super) fn unused(&self) -> Vec<String> {
        let tcp = self.tcp.iter().map(|(at, _)| ("TCP", at));
        let all = tcp.chain(self.udp.iter().map(|(at, _)| ("UDP", at)));
        all.filter(|(_, at)| !self.used.iter().any(|used| is_at(**at, *used)))
            .map(|(what, at)| {
                format!("a socket was handed over at {what} {at}, where the configuration has nothing listen")
            })
            .collect()
    }
}

/// Whether a socket is where it is looked for. On a machine without IPv6 a service manager opens 0.0.0.0 for [::].
fn is_at(there: SocketAddr, at: SocketAddr) -> bool {
    there == at || (there.port() == at.port() && there.ip().is_unspecified() && at.ip().is_unspecified())
}

/// Both families at `[::]`, whatever the system's default is; one family where an IPv4 listener stands beside it.
fn open_tcp(at: SocketAddr) -> io::Result<TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if at.ip().is_ipv6() && at.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&at.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}

/// What is wrong with an address, and what to do.
pub(super) fn why(at: SocketAddr, error: &io::Error) -> String {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied if at.port() < 1024 => {
            "\n  hint: ports below 1024 need root, CAP_NET_BIND_SERVICE, or a socket unit: `dynflare serve init` writes one"
        }
        io::ErrorKind::AddrInUse => {
            "\n  hint: another program listens there, or this one, which a restart would free"
        }
        io::ErrorKind::AddrNotAvailable => "\n  hint: this machine does not have that address",
        _ => "",
    };
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().to_lowercase();
    format!("{at}\n  cause: {text}{hint}")
}
