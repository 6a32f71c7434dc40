//! What routers say to everybody on their network: NAT-PMP announcements of the external address (RFC 6886 §3.2.1) and
//! PCP's ANNOUNCE (RFC 6887 §14.1), both with the age of their state (RFC 6886 §3.6, RFC 6887 §8.5).
//!
//! Nothing here is secret or signed: whoever can send to the group can say it. Whose word it is, the receiver has to
//! judge by where it came from.

use super::Protocol;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// Where announcements are heard (RFC 6886 §3.2.1, RFC 6887 §19.1).
pub const PORT: u16 = 5350;

/// To whom they are sent: everybody on the link.
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 1);

/// The same over IPv6.
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// The largest datagram that PCP knows, in bytes (RFC 6887 §7).
pub const LARGEST: usize = 1100;

/// One announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// [`Protocol::NatPmp`] or [`Protocol::Pcp`].
    pub protocol: Protocol,
    /// For how many seconds the router has kept its state.
    pub epoch: u32,
    /// The address it has outside, where it tells one.
    pub external: Option<Ipv4Addr>,
}

/// Reads a datagram; `None` for anything that is no announcement.
pub fn read(told: &[u8]) -> Option<Announcement> {
    match told {
        // RFC 6886 §3.2: version 0, the answer to opcode 0, result, epoch, address.
        [0, 0x80, high, low, _, _, _, _, a, b, c, d] => {
            let fine = [*high, *low] == [0, 0];
            let external = Ipv4Addr::new(*a, *b, *c, *d);
            let external = Some(external).filter(|address| fine && !address.is_unspecified());
            Some(Announcement { protocol: Protocol::NatPmp, epoch: number(told, 4)?, external })
        }
        // RFC 6887 §7.2: version 2, the answer to opcode 0, success; options may follow the header.
        [2, 0x80, _, 0, ..] => {
            let whole = (24..=LARGEST).contains(&told.len()) && told.len().is_multiple_of(4);
            let epoch = number(told, 8)?;
            whole.then_some(Announcement { protocol: Protocol::Pcp, epoch, external: None })
        }
        _ => None,
    }
}

fn number(told: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*told.get(at..)?.first_chunk()?))
}

impl Announcement {
    /// Whether the router lost its state between an earlier announcement and this one, so much time later.
    pub fn is_after_a_loss(&self, earlier: &Self, passed: Duration) -> bool {
        let (before, now, passed) = (u64::from(earlier.epoch), u64::from(self.epoch), passed.as_secs());
        let grown = now.saturating_sub(before);
        let lag = match self.protocol {
            // RFC 6886 §3.6: less than seven eighths of the time that passed, with two seconds of grace.
            Protocol::NatPmp => passed / 8,
            // RFC 6887 §8.5: clocks may differ by a sixteenth.
            Protocol::Pcp | Protocol::Upnp => passed / 16,
        };
        let behind = now + 1 < before || grown + 2 < passed - lag;
        let ahead = self.protocol == Protocol::Pcp && passed.saturating_add(2) < grown - grown / 16;
        behind || ahead
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_garbled;
    use super::*;

    const NAT_PMP: [u8; 12] = [0, 128, 0, 0, 0, 0, 1, 44, 203, 0, 113, 7];

    fn pcp(epoch: u32) -> Vec<u8> {
        let mut told = vec![0; 24];
        told[..2].copy_from_slice(&[2, 0x80]);
        told[8..12].copy_from_slice(&epoch.to_be_bytes());
        told
    }

    #[test]
    fn both_kinds_are_read() {
        let external = Some(Ipv4Addr::new(203, 0, 113, 7));
        let announced = Announcement { protocol: Protocol::NatPmp, epoch: 300, external };
        assert_eq!(read(&NAT_PMP), Some(announced));
        assert_eq!(
            read(&pcp(300)),
            Some(Announcement { protocol: Protocol::Pcp, external: None, ..announced })
        );
    }

    #[test]
    fn a_router_without_an_address_announces_none() {
        let mut refused = NAT_PMP;
        refused[3] = 3;
        let mut zero = NAT_PMP;
        zero[8..].fill(0);
        for told in [refused, zero] {
            assert_eq!(read(&told).map(|announcement| announcement.external), Some(None));
        }
    }

    #[test]
    fn requests_other_answers_and_pieces_are_no_announcements() {
        let mut longer = NAT_PMP.to_vec();
        longer.push(0);
        let mut refused = pcp(1);
        refused[3] = 1;
        let mut map = pcp(1);
        map[1] = 0x81;
        let mut request = pcp(1);
        request[1] = 0;
        let mut huge = pcp(1);
        huge.resize(LARGEST + 4, 0);
        for told in [
            longer,
            NAT_PMP[..11].to_vec(),
            pcp(1)[..20].to_vec(),
            [pcp(1), vec![0]].concat(),
            refused,
            map,
            request,
            huge,
            Vec::new(),
        ] {
            assert_eq!(read(&told), None, "{told:?}");
        }
    }

    #[test]
    fn a_state_that_was_lost_shows_in_its_age() {
        let at = |protocol, epoch| Announcement { protocol, epoch, external: None };
        for (protocol, before, now, passed, lost) in [
            (Protocol::Pcp, 1000, 1060, 60, false),
            (Protocol::Pcp, 1000, 999, 0, false),
            (Protocol::Pcp, 1000, 998, 0, true),
            (Protocol::Pcp, 1000, 5, 3600, true),
            (Protocol::Pcp, 1000, 1600, 10, true),
            (Protocol::Pcp, 10, 20, 3600, true),
            (Protocol::NatPmp, 1000, 1060, 60, false),
            (Protocol::NatPmp, 1000, 1052, 60, false),
            (Protocol::NatPmp, 1000, 3, 60, true),
            (Protocol::NatPmp, 10, 30, 3600, true),
            (Protocol::NatPmp, u32::MAX, 0, 10, true),
            (Protocol::NatPmp, 0, u32::MAX, 10, false),
        ] {
            let passed = Duration::from_secs(passed);
            let judged = at(protocol, now).is_after_a_loss(&at(protocol, before), passed);
            assert_eq!(judged, lost, "{protocol:?} {before} to {now} in {passed:?}");
        }
    }

    #[test]
    fn nothing_makes_the_reader_stumble() {
        let mut last = None;
        each_garbled(&[&NAT_PMP, &pcp(300)], |told| {
            let Some(announcement) = read(told) else { return };
            assert!(matches!(told[..2], [0 | 2, 0x80]));
            if let Some(earlier) = last.replace(announcement) {
                let _judged = announcement.is_after_a_loss(&earlier, Duration::MAX);
                let _judged = announcement.is_after_a_loss(&earlier, Duration::ZERO);
            }
        });
    }
}
