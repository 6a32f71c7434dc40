//! What the kernel says of its own accord when links, addresses or routes change.

use super::wire::{Change, changes};
use crate::net::descriptor::Descriptor;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recvfrom, socket_with};
use std::io;
use std::os::fd::OwnedFd;

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR`, `RTMGRP_IPV6_ROUTE`
/// (rtnetlink(7), linux/rtnetlink.h).
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// As for answers: the kernel's datagrams are not larger.
const DATAGRAM: usize = 32 * 1024;

/// How many datagrams are taken in one go, so that others get their turn.
const MOST: usize = 64;

/// A subscription.
#[derive(Debug)]
pub struct Events {
    socket: Descriptor,
}

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// These changes, in their order; none where they are about other things.
    Changes(Vec<Change>),
    /// More than there was room for: something was missed.
    Missed,
}

impl Events {
    /// Hears everything from now on. Needs a tokio runtime.
    pub fn subscribe() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        Ok(Self { socket: Descriptor::new(socket)? })
    }

    /// Waits for the next changes and takes all that are there. May be dropped at any time.
    pub async fn next(&self) -> io::Result<Told> {
        self.socket.read(take).await
    }
}

/// Everything that is there, or as much as is taken in one go; `WouldBlock` where there is nothing.
fn take(socket: &OwnedFd) -> io::Result<Told> {
    let mut found = Vec::new();
    let mut buffer = vec![0; DATAGRAM];
    for taken in 0..MOST {
        let (length, from) = match recvfrom(socket, &mut buffer, RecvFlags::TRUNC) {
            Ok((_, length, from)) => (length, from),
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) if taken > 0 => break,
            // netlink(7): the queue ran over.
            Err(Errno::NOBUFS) => return Ok(Told::Missed),
            Err(error) => return Err(error.into()),
        };
        // Any process may send to this socket; the kernel is number 0.
        let of_kernel =
            from.and_then(|from| SocketAddrNetlink::try_from(from).ok()).is_some_and(|from| from.pid() == 0);
        if !of_kernel {
            continue;
        }
        match buffer.get(..length).and_then(changes) {
            Some(told) => found.extend(told),
            None => return Ok(Told::Missed),
        }
    }
    Ok(Told::Changes(found))
}
