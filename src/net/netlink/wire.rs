//! The kernel's routing messages (rtnetlink(7), linux/rtnetlink.h): questions to bytes, bytes to links, addresses and
//! default routes.
//!
//! Pure, and suspicious of every length. All numbers are in the machine's own byte order (netlink(7)).

use super::{DefaultRoute, Flags, Held, Lifetime, Link, Snapshot};
use dynflare_core::address::Family;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A table of the kernel that is asked for as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// `RTM_GETLINK`.
    Links,
    /// `RTM_GETADDR`.
    Addresses,
    /// `RTM_GETROUTE`.
    Routes,
}

impl Table {
    /// All of them, in an order in which what is named comes before what names it.
    pub const ALL: [Self; 3] = [Self::Links, Self::Addresses, Self::Routes];

    fn question(self) -> u16 {
        match self {
            Self::Links => 18,
            Self::Addresses => 22,
            Self::Routes => 26,
        }
    }

    /// The size of the fixed part after the header: `ifinfomsg`, `ifaddrmsg`, `rtmsg`.
    fn fixed(self) -> usize {
        match self {
            Self::Links => 16,
            Self::Addresses => 8,
            Self::Routes => 12,
        }
    }
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is more to read.
    More,
    /// That was all.
    Done,
    /// That was all, but the kernel changed the table while it was telling it: ask again.
    Interrupted,
    /// The kernel refuses, with this `errno`.
    Refused(i32),
    /// What came is not what was asked for, or cut short.
    Broken,
}

const HEADER: usize = 16;
const REQUEST_DUMP: u16 = 0x1 | 0x300;
const DUMP_INTERRUPTED: u16 = 0x10;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;
/// What `RTM_DEL…` is greater by than its `RTM_NEW…`.
const GONE: u16 = 1;
const TABLE_MAIN: u32 = 254;
const UNICAST: u8 = 1;
/// A route that the kernel made for one destination only (`RTM_F_CLONED`).
const CLONED: u32 = 0x200;

/// The question for a whole table.
pub fn question(table: Table, sequence: u32) -> Vec<u8> {
    let length = HEADER + table.fixed();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(u32::try_from(length).unwrap_or_default().to_ne_bytes());
    bytes.extend(table.question().to_ne_bytes());
    bytes.extend(REQUEST_DUMP.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.resize(length, 0);
    bytes
}

/// Takes one datagram of the kernel's answer to question number `sequence`.
pub fn take(mut datagram: &[u8], sequence: u32, into: &mut Snapshot) -> Progress {
    let mut interrupted = false;
    while !datagram.is_empty() {
        let Some(message) = Message::first(datagram) else { return Progress::Broken };
        datagram = datagram.get(aligned(message.length)..).unwrap_or_default();
        // Left over from an earlier question that was given up.
        if message.sequence != sequence {
            continue;
        }
        interrupted |= message.flags & DUMP_INTERRUPTED != 0;
        match message.kind {
            DONE if interrupted || into.interrupted => return Progress::Interrupted,
            DONE => return Progress::Done,
            ERROR => {
                let code = number(message.body, 0).map(u32::cast_signed);
                return code.map_or(Progress::Broken, |code| Progress::Refused(code.saturating_neg()));
            }
            NEW_LINK => into.links.extend(link(message.body)),
            NEW_ADDRESS => into.addresses.extend(address(message.body)),
            NEW_ROUTE => routes(message.body, &mut into.routes),
            _ => {}
        }
    }
    into.interrupted |= interrupted;
    Progress::More
}

/// Something that the kernel says of its own accord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The link is there, perhaps for long, and is now so.
    Link(Link),
    /// The link of this number has gone, or has left a bridge.
    LinkGone(u32),
    /// The address is there, perhaps for long, and is now so.
    Address(Held),
    /// The address has gone.
    AddressGone(Held),
    /// The default route is there; one that it replaces is not named.
    Route(DefaultRoute),
    /// The default route has gone.
    RouteGone(DefaultRoute),
}

/// Reads one datagram of those that come unasked, in its order; `None` where it is cut short, so that something is
/// missed. What is about other things than links, addresses and default routes is left out.
pub fn changes(mut datagram: &[u8]) -> Option<Vec<Change>> {
    const LINK_GONE: u16 = NEW_LINK + GONE;
    const ADDRESS_GONE: u16 = NEW_ADDRESS + GONE;
    const ROUTE_GONE: u16 = NEW_ROUTE + GONE;
    let mut found = Vec::new();
    while !datagram.is_empty() {
        let message = Message::first(datagram)?;
        datagram = datagram.get(aligned(message.length)..).unwrap_or_default();
        let mut defaults = Vec::new();
        match message.kind {
            NEW_LINK => found.extend(link(message.body).map(Change::Link)),
            LINK_GONE => found.push(Change::LinkGone(number(message.body, 4)?)),
            NEW_ADDRESS => found.extend(address(message.body).map(Change::Address)),
            ADDRESS_GONE => found.extend(address(message.body).map(Change::AddressGone)),
            NEW_ROUTE => {
                routes(message.body, &mut defaults);
                found.extend(defaults.into_iter().map(Change::Route));
            }
            ROUTE_GONE => {
                routes(message.body, &mut defaults);
                found.extend(defaults.into_iter().map(Change::RouteGone));
            }
            _ => {}
        }
    }
    Some(found)
}

struct Message<'a> {
    length: usize,
    kind: u16,
    flags: u16,
    sequence: u32,
    body: &'a [u8],
}

impl<'a> Message<'a> {
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let length = usize::try_from(number(bytes, 0)?).ok()?;
        Some(Self {
            length,
            kind: short(bytes, 4)?,
            flags: short(bytes, 6)?,
            sequence: number(bytes, 8)?,
            body: bytes.get(HEADER..length)?,
        })
    }
}

/// Messages and attributes begin at multiples of four.
fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Type and value of each attribute; ends where the next is cut short.
fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(short(bytes, 0)?);
        let value = bytes.get(4..length)?;
        // The two topmost bits say how the value is to be read, which is known here.
        let kind = short(bytes, 2)? & 0x3fff;
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(value) {
        return Some(IpAddr::V4(Ipv4Addr::from(octets)));
    }
    <[u8; 16]>::try_from(value).ok().map(|octets| IpAddr::V6(Ipv6Addr::from(octets)))
}

/// `AF_INET`, `AF_INET6`.
fn family(number: u8) -> Option<Family> {
    match number {
        2 => Some(Family::V4),
        10 => Some(Family::V6),
        _ => None,
    }
}

/// An `RTM_NEWLINK`: `struct ifinfomsg`, `IFLA_IFNAME` (3).
fn link(body: &[u8]) -> Option<Link> {
    let index = number(body, 4)?;
    let flags = number(body, 8)?;
    let name = attributes(body.get(Table::Links.fixed()..)?).find(|(kind, _)| *kind == 3)?.1;
    let name = name.strip_suffix(b"\0").unwrap_or(name);
    Some(Link { index, name: String::from_utf8_lossy(name).into_owned(), flags })
}

/// An `RTM_NEWADDR`: `struct ifaddrmsg`, `IFA_ADDRESS` (1), `IFA_LOCAL` (2), `IFA_CACHEINFO` (6), `IFA_FLAGS` (8).
fn address(body: &[u8]) -> Option<Held> {
    let (family, length) = (family(*body.first()?)?, *body.get(1)?);
    let index = number(body, 4)?;
    // The old place for flags has room for eight of them.
    let mut flags = u32::from(*body.get(2)?);
    let (mut own, mut other) = (None, None);
    let (mut preferred, mut valid) = (Lifetime::FOREVER, Lifetime::FOREVER);
    for (kind, value) in attributes(body.get(Table::Addresses.fixed()..)?) {
        match kind {
            1 => other = ip(value),
            2 => own = ip(value),
            6 => (preferred, valid) = (Lifetime(number(value, 0)?), Lifetime(number(value, 4)?)),
            8 => flags = number(value, 0)?,
            _ => {}
        }
    }
    // On a point-to-point link IFA_ADDRESS is the peer's.
    let address = own.or(other)?;
    (Family::of(address) == family && length <= family.bits()).then_some(Held {
        index,
        address,
        length,
        flags: Flags::of(family, flags),
        preferred,
        valid,
    })
}

/// An `RTM_NEWROUTE`: `struct rtmsg`, `RTA_OIF` (4), `RTA_GATEWAY` (5), `RTA_PRIORITY` (6), `RTA_MULTIPATH` (9),
/// `RTA_TABLE` (15).
fn routes(body: &[u8], into: &mut Vec<DefaultRoute>) {
    let fixed = (|| {
        let (family, destination) = (family(*body.first()?)?, *body.get(1)?);
        let (table, kind) = (*body.get(4)?, *body.get(7)?);
        let default = destination == 0 && kind == UNICAST && number(body, 8)? & CLONED == 0;
        default.then_some((family, u32::from(table)))
    })();
    let Some((family, mut table)) = fixed else { return };
    let (mut link, mut gateway, mut metric) = (None, None, 0);
    let mut several: Vec<(u32, Option<IpAddr>)> = Vec::new();
    for (kind, value) in attributes(body.get(Table::Routes.fixed()..).unwrap_or_default()) {
        match kind {
            4 => link = number(value, 0),
            5 => gateway = ip(value),
            6 => metric = number(value, 0).unwrap_or_default(),
            9 => several = next_hops(value),
            15 => table = number(value, 0).unwrap_or(table),
            _ => {}
        }
    }
    if table != TABLE_MAIN {
        return;
    }
    several.extend(link.map(|link| (link, gateway)));
    let of_family = |gateway: &IpAddr| Family::of(*gateway) == family;
    into.extend(several.into_iter().map(|(index, gateway)| DefaultRoute {
        family,
        index,
        gateway: gateway.filter(of_family),
        metric,
    }));
}

/// The `struct rtnexthop`s of a route over several ways, each with its own attributes.
fn next_hops(mut bytes: &[u8]) -> Vec<(u32, Option<IpAddr>)> {
    let mut found = Vec::new();
    while let Some((length, index)) = short(bytes, 0).map(usize::from).zip(number(bytes, 4)) {
        let Some(inner) = bytes.get(8..length) else { break };
        let gateway = attributes(inner).find(|(kind, _)| *kind == 5).and_then(|(_, value)| ip(value));
        found.push((index, gateway));
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests;
