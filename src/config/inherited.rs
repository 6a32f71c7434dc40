//! Sockets that a service manager opened for this process and hands over (`sd_listen_fds(3)`), with their names.

use super::environment::Environment;
use std::net::{TcpListener, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::UnixListener;

/// A socket that listens already.
#[derive(Debug)]
pub enum Inherited {
    /// TCP.
    Tcp(TcpListener),
    /// UDP.
    Udp(UdpSocket),
    /// A unix stream.
    #[cfg(unix)]
    Unix(UnixListener),
}

/// The sockets that were handed over, each with its name (`FileDescriptorName=`, else that of its unit). Gives them once.
#[cfg(unix)]
pub fn inherited(world: &Environment) -> Vec<(String, Inherited)> {
    if world.get("LISTEN_FDS").is_none() {
        return Vec::new();
    }
    let mut handed = listenfd::ListenFd::from_env();
    let mut names = world.get("LISTEN_FDNAMES").unwrap_or_default().split(':');
    let mut found = Vec::new();
    for place in 0..handed.len() {
        let name = names.next().unwrap_or_default().to_owned();
        // A socket of another kind is not ours to judge; asking for the wrong kind leaves it where it is.
        let socket = match handed.take_tcp_listener(place) {
            Ok(listener) => listener.map(Inherited::Tcp),
            Err(_) => match handed.take_udp_socket(place) {
                Ok(socket) => socket.map(Inherited::Udp),
                Err(_) => handed.take_unix_listener(place).ok().flatten().map(Inherited::Unix),
            },
        };
        found.extend(socket.map(|socket| (name, socket)));
    }
    found
}

/// No such thing elsewhere.
#[cfg(not(unix))]
pub fn inherited(_: &Environment) -> Vec<(String, Inherited)> {
    Vec::new()
}
