//! The datagram socket that the service manager listens at: a path, or an abstract name that is written with `@`.

use rustix::time::{ClockId, clock_gettime};
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// How long a manager that does not read may hold the loop up.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Channel {
    socket: UnixDatagram,
    to: SocketAddr,
}

impl Channel {
    pub(super) fn open(name: &str) -> Result<Self, String> {
        let to = match name.as_bytes() {
            [b'/', ..] => SocketAddr::from_pathname(name),
            [b'@', rest @ ..] => abstract_name(rest),
            _ => return Err(format!("`{name}` is neither a path nor an abstract name")),
        };
        let open = || {
            let socket = UnixDatagram::unbound()?;
            socket.set_write_timeout(Some(PATIENCE))?;
            Ok(Self { socket, to: to? })
        };
        open().map_err(|error: io::Error| error.to_string())
    }

    /// Sends lines of `KEY=VALUE`. That they get through cannot be known; a manager that is gone needs to know nothing.
    pub(super) fn send(&self, lines: &str) {
        let _sent = self.socket.send_to_addr(lines.as_bytes(), &self.to);
    }
}

#[cfg(target_os = "linux")]
fn abstract_name(name: &[u8]) -> io::Result<SocketAddr> {
    <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn abstract_name(_: &[u8]) -> io::Result<SocketAddr> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux has abstract names"))
}

/// `CLOCK_MONOTONIC` in microseconds, by which the manager tells an old reload from a new one.
pub(super) fn monotonic_microseconds() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let part = |number: i64, scale: fn(u64) -> u64| u64::try_from(number).map_or(0, scale);
    part(now.tv_sec, |seconds| seconds * 1_000_000) + part(now.tv_nsec, |nanoseconds| nanoseconds / 1_000)
}
