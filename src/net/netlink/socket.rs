//! The socket that the kernel answers at.

use super::Snapshot;
use super::wire::{self, Progress, Table};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recvfrom, sendto, socket_with,
};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// The kernel answers at once; where it does not, something is very wrong.
const PATIENCE: Duration = Duration::from_secs(2);

/// The kernel's datagrams are not larger (`NLMSG_GOODSIZE` and the reader's buffer, at most 32 KiB).
const DATAGRAM: usize = 32 * 1024;

/// How often a table is asked for that changes while it is told.
const TRIES: u32 = 5;

/// Asks for everything. Blocks, for microseconds as a rule and for 2 s at most per table.
pub fn snapshot() -> io::Result<Snapshot> {
    // NETLINK_ROUTE is protocol 0, the default.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    let mut whole = Snapshot::default();
    for (number, table) in (1_u32..).zip(Table::ALL) {
        let part = dump(&socket, table, number * TRIES)?;
        whole.links.extend(part.links);
        whole.addresses.extend(part.addresses);
        whole.routes.extend(part.routes);
    }
    Ok(whole)
}

/// One table; `first` is the number of the first question.
fn dump(socket: &OwnedFd, table: Table, first: u32) -> io::Result<Snapshot> {
    for sequence in first..first + TRIES {
        let mut part = Snapshot::default();
        sendto(socket, &wire::question(table, sequence), SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
        loop {
            let mut buffer = vec![0; DATAGRAM];
            let (_, length, from) = recvfrom(socket, &mut buffer, RecvFlags::TRUNC)?;
            // Any process may send to this socket; the kernel is number 0.
            let of_kernel = from
                .and_then(|from| SocketAddrNetlink::try_from(from).ok())
                .is_some_and(|from| from.pid() == 0);
            if !of_kernel {
                continue;
            }
            let datagram =
                buffer.get(..length).ok_or_else(|| io::Error::other("the kernel's answer is too long"))?;
            match wire::take(datagram, sequence, &mut part) {
                Progress::More => {}
                Progress::Done => return Ok(part),
                Progress::Interrupted => break,
                Progress::Refused(errno) => return Err(io::Error::from_raw_os_error(errno)),
                Progress::Broken => return Err(io::Error::other("the kernel's answer cannot be read")),
            }
        }
    }
    Err(io::Error::other("the kernel's tables change faster than they can be read"))
}
