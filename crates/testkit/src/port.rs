//! Ports for servers that have to be told theirs.

use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Below the ports that Linux gives to whoever connects (`ip_local_port_range`, 32768 to 60999), so that no connection
/// has one between our look and the server's start, or while a server is away.
const PORTS: Range<u16> = 15_000..32_000;

/// What holds the ports that this process was given, until it ends.
static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port that is free for UDP and TCP on both loopback addresses. It stays this process's: other tests, in this
/// process and beside it, get others, also while nobody listens at it.
pub fn free() -> io::Result<u16> {
    let folder = std::env::temp_dir().join("dynflare-ports");
    fs::create_dir_all(&folder)?;
    // Processes begin far from each other, so that they seldom look at the same ports.
    let count = PORTS.end - PORTS.start;
    let first =
        u16::try_from(std::process::id() % u32::from(count)).unwrap_or_default().wrapping_mul(97) % count;
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in (0..count).map(|step| PORTS.start + (first + step) % count) {
        let lock = File::create(folder.join(port.to_string()))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            continue;
        }
        match bind_all(port) {
            Ok(()) => {
                HELD.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
                return Ok(port);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn bind_all(port: u16) -> io::Result<()> {
    let (v4, v6) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
    let _datagrams = (UdpSocket::bind((v4, port))?, UdpSocket::bind((v6, port))?);
    let _streams = (TcpListener::bind((v4, port))?, TcpListener::bind((v6, port))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PORTS, free};
    use std::collections::BTreeSet;

    #[test]
    fn no_port_is_given_twice_though_nobody_listens() {
        let ports: BTreeSet<u16> = (0..50).map(|_| free().expect("loopback has free ports")).collect();
        assert_eq!(ports.len(), 50);
        assert!(ports.iter().all(|port| PORTS.contains(port)), "{ports:?}");
    }
}
