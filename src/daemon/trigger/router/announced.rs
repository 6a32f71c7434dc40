//! Announcements of NAT-PMP and PCP: heard passively, told apart from their repetitions.
//!
//! A router repeats an announcement up to ten times (RFC 6886 §3.2.1). What counts is another address, or a state
//! that is younger than it should be: the router began anew.

use super::super::watcher::{End, Post};
use super::super::{RouterEvents, Trigger};
use crate::source::router::announce::{self, Announcement, GROUP_V4, GROUP_V6, LARGEST, PORT};
use crate::source::router::{Protocol, gateways};
use socket2::{Domain, Socket, Type};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// For how long a look into the routing table is good: a flood of datagrams is not one of looks.
const FRESH: Duration = Duration::from_secs(1);

/// How many routers are kept in mind at most.
const MOST: usize = 16;

/// Hears announcements until that fails.
pub(super) async fn hear(post: &Post, events: RouterEvents) -> End {
    if let Err(fault) = gateways() {
        return End::Never(fault.what);
    }
    let v4 = match group_v4() {
        Ok(socket) => socket,
        Err(error) => {
            let text = format!("cannot listen on port {PORT}: {}", error.kind());
            return End::Failed(text);
        }
    };
    // A machine without IPv6 has nothing to hear there.
    let v6 = group_v6().ok();
    if events == RouterEvents::Listen {
        post.watching();
    }
    let mut routers = Routers::default();
    let mut known = Gateways::default();
    let [mut one, mut other] = [[0; LARGEST + 1]; 2];
    loop {
        let heard = tokio::select! {
            heard = v4.recv_from(&mut one) => heard.map(|(length, from)| (&one[..length], from)),
            heard = receive(v6.as_ref(), &mut other) => heard.map(|(length, from)| (&other[..length], from)),
        };
        let (told, from) = match heard {
            Ok(heard) => heard,
            Err(error) => return error.into(),
        };
        let from = from.ip().to_canonical();
        let Some(announcement) = announce::read(told) else { continue };
        if !known.hold(from).await {
            continue;
        }
        if routers.is_news(from, announcement, Instant::now()) {
            // Who subscribed to a router that began anew is not known there any more.
            post.shake();
            post.fire(Trigger::Router(announcement.external.map(IpAddr::V4))).await;
        }
    }
}

async fn receive(socket: Option<&UdpSocket>, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    match socket {
        Some(socket) => socket.recv_from(buffer).await,
        None => std::future::pending().await,
    }
}

/// Hears what is sent to everybody on the link, and on Linux nothing that is sent to this machine alone.
fn group_v4() -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // Others on this machine may want to hear it, too (RFC 6886 §3.2.1).
    socket.set_reuse_address(true)?;
    let at = if cfg!(target_os = "linux") { GROUP_V4 } else { Ipv4Addr::UNSPECIFIED };
    socket.bind(&SocketAddr::from((at, PORT)).into())?;
    // Every machine is in this group; where the system wants it said for each socket, it is said where it can be.
    let _joined = socket.join_multicast_v4(&GROUP_V4, &Ipv4Addr::UNSPECIFIED);
    runtime_socket(socket)
}

fn group_v6() -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV6, Type::DGRAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_only_v6(true)?;
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT)).into())?;
    let _joined = socket.join_multicast_v6(&GROUP_V6, 0);
    runtime_socket(socket)
}

fn runtime_socket(socket: Socket) -> io::Result<UdpSocket> {
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}

/// The gateways of the routing table.
#[derive(Default)]
struct Gateways(Option<(Instant, Vec<IpAddr>)>);

impl Gateways {
    async fn hold(&mut self, address: IpAddr) -> bool {
        if self.0.as_ref().is_none_or(|(looked, _)| looked.elapsed() >= FRESH) {
            let found = tokio::task::spawn_blocking(gateways).await;
            self.0 = Some((Instant::now(), found.ok().and_then(Result::ok).unwrap_or_default()));
        }
        self.0.as_ref().is_some_and(|(_, known)| known.contains(&address))
    }
}

/// What each router announced last, by protocol, and when.
#[derive(Default)]
struct Routers(BTreeMap<(IpAddr, &'static str), (Announcement, Instant)>);

impl Routers {
    /// Whether it says something new.
    fn is_news(&mut self, from: IpAddr, announcement: Announcement, now: Instant) -> bool {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let before = self.0.insert((from, announcement.protocol.as_str()), (announcement, now));
        before.is_none_or(|(earlier, heard)| {
            let moved =
                announcement.protocol == Protocol::NatPmp && announcement.external != earlier.external;
            moved || announcement.is_after_a_loss(&earlier, now.saturating_duration_since(heard))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(protocol: Protocol, epoch: u32, external: Option<[u8; 4]>) -> Announcement {
        Announcement { protocol, epoch, external: external.map(Ipv4Addr::from) }
    }

    #[test]
    fn repetitions_are_no_news_and_other_addresses_and_new_beginnings_are() {
        let router = IpAddr::V4(Ipv4Addr::new(192, 168, 77, 1));
        let began = Instant::now();
        let mut routers = Routers::default();
        let mut judge = |seconds: u64, announcement| {
            routers.is_news(router, announcement, began + Duration::from_secs(seconds))
        };
        let (one, other) = ([203, 0, 113, 5], [203, 0, 113, 77]);
        let nat_pmp = |epoch, address| said(Protocol::NatPmp, epoch, Some(address));
        assert!(judge(0, nat_pmp(0, one)), "the first");
        assert!(!judge(1, nat_pmp(1, one)), "again");
        assert!(judge(1, said(Protocol::Pcp, 1, None)), "the first of the other protocol");
        assert!(!judge(1, said(Protocol::Pcp, 1, None)), "again");
        assert!(judge(60, nat_pmp(60, other)), "another address");
        assert!(judge(600, nat_pmp(2, other)), "a new beginning");
        assert!(judge(600, said(Protocol::Pcp, 2, None)), "of the other protocol, too");
        assert!(judge(700, said(Protocol::NatPmp, 102, None)), "no address any more");
    }

    #[test]
    fn many_routers_are_not_kept_for_ever() {
        let mut routers = Routers::default();
        let now = Instant::now();
        for number in 0..=255 {
            let from = IpAddr::V4(Ipv4Addr::new(192, 0, 2, number));
            routers.is_news(from, said(Protocol::Pcp, 1, None), now);
        }
        assert!(routers.0.len() <= MOST);
    }
}
