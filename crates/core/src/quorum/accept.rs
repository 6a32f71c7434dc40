//! Which addresses may become an opinion at all: the last look before the vote.

use crate::address::{Prefix, Special, publishable};
use core::fmt;
use core::net::IpAddr;

/// Why an address that a source named does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user denies this block.
    Denied(Prefix),
    /// It is nobody's public address, or a proxy's.
    Special(Special),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(block) => write!(f, "denied by the setting deny ({block})"),
            Self::Special(special) => fmt::Display::fmt(special, f),
        }
    }
}

impl core::error::Error for Refusal {}

/// Says why an address must not be believed, whoever names it.
///
/// `deny` comes first and wins; what is not publishable is refused unless a block of `allow` holds it.
pub fn accept(address: IpAddr, allow: &[Prefix], deny: &[Prefix]) -> Result<(), Refusal> {
    if let Some(block) = deny.iter().find(|block| block.contains(address)) {
        return Err(Refusal::Denied(*block));
    }
    match publishable(address) {
        Ok(()) => Ok(()),
        Err(_) if allow.iter().any(|block| block.contains(address)) => Ok(()),
        Err(special) => Err(Refusal::Special(special)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn blocks<const N: usize>(texts: [&str; N]) -> [Prefix; N] {
        texts.map(|text| text.parse().expect("a prefix"))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn ur_8_addresses_that_nobody_can_have_are_refused() {
        for text in [
            "10.20.10.22",
            "192.168.1.2",
            "100.64.0.9",
            "169.254.7.7",
            "127.0.0.1",
            "0.0.0.0",
            "192.0.2.1",
            "fd5e::1",
            "fe80::1",
            "::ffff:1.2.3.4",
            "2001:db8::1",
        ] {
            assert!(matches!(accept(address(text), &[], &[]), Err(Refusal::Special(_))), "{text}");
        }
    }

    #[test]
    fn ur_4_an_edge_of_cloudflare_is_refused_and_named() {
        let refusal = accept(address("104.18.0.0"), &[], &[]).expect_err("refused");
        assert_eq!(refusal.to_string(), "Cloudflare (104.16.0.0/13)");
    }

    #[test]
    fn allow_makes_an_exception_and_only_there() {
        let allow = blocks(["203.0.113.0/24"]);
        assert_eq!(accept(address("203.0.113.7"), &allow, &[]), Ok(()));
        assert!(accept(address("198.51.100.7"), &allow, &[]).is_err());
    }

    #[test]
    fn allow_does_not_shut_out_ordinary_addresses() {
        assert_eq!(accept(address("9.9.9.9"), &blocks(["203.0.113.0/24"]), &[]), Ok(()));
    }

    #[test]
    fn deny_wins_over_allow_and_is_named() {
        let (allow, deny) = (blocks(["203.0.113.0/24"]), blocks(["203.0.113.128/25"]));
        assert_eq!(accept(address("203.0.113.7"), &allow, &deny), Ok(()));
        let refusal = accept(address("203.0.113.200"), &allow, &deny).expect_err("refused");
        assert_eq!(refusal.to_string(), "denied by the setting deny (203.0.113.128/25)");
    }
}
