//! What stands between this machine and the Internet: the router's address, the interface's and the one the world
//! sees, put side by side. Pure; one family at a time.
//!
//! The router's word is worth little as an address and much as a hint: a router that says it has a private one has
//! another translator in front of it (RFC 1918, RFC 6598), whatever the world sees.

use dynflare_core::address::{Family, Prefix};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is known about one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The family.
    pub family: Family,
    /// The address that the router says it has outside, where one says anything.
    pub router: Option<IpAddr>,
    /// The addresses of the interface that the default route leads out by, and the lengths of their networks.
    pub held: Vec<(IpAddr, u8)>,
    /// The address that sources agree on.
    pub public: Option<IpAddr>,
}

/// How this machine is connected over one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has the public address itself.
    Public,
    /// The router has the public address and translates.
    BehindNat,
    /// It is translated; how often is not known, since the router does not say what it has.
    Translated,
    /// The router is itself behind another one.
    DoubleNat,
    /// The provider shares one address among several customers.
    CarrierGrade,
    /// Traffic comes out elsewhere than at this machine's own connection.
    Detour,
    /// It has the family on its interface, and the world does not answer.
    Unseen,
    /// It does not have the family.
    None,
}

/// A standing with what it was judged from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was seen.
    pub sight: Sight,
    /// What that means.
    pub standing: Standing,
}

/// Where an address can be used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Inside one home or firm (RFC 1918, RFC 4193).
    Private,
    /// Between a provider and its customers (RFC 6598; RFC 6333 §5.7 and RFC 7335, where IPv4 goes through IPv6).
    Carrier,
    /// On one link, on one machine, or nowhere.
    Nowhere,
    /// Everywhere, as far as its block says.
    Global,
}

fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [first, second, third, fourth] = address.octets();
    if address.is_private() {
        Reach::Private
    } else if (first == 100 && second & 0xc0 == 64) || ([first, second, third] == [192, 0, 0] && fourth < 8) {
        Reach::Carrier
    } else if address.is_loopback() || address.is_link_local() || first == 0 || first >= 224 {
        Reach::Nowhere
    } else {
        Reach::Global
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if address.is_unique_local() {
        Reach::Private
    } else if address.segments()[0] & 0xe000 == 0x2000 {
        Reach::Global
    } else {
        Reach::Nowhere
    }
}

impl Sight {
    /// What it means.
    pub fn judge(self) -> Report {
        let standing = self.standing();
        Report { sight: self, standing }
    }

    fn standing(&self) -> Standing {
        let holds = |wanted: Reach| self.held.iter().any(|(address, _)| reach(*address) == wanted);
        let router = self.router.map(reach);
        // Nobody outside is needed to see that an address is the provider's own.
        if router == Some(Reach::Carrier)
            || (router.is_none() && holds(Reach::Carrier) && !holds(Reach::Global))
        {
            return Standing::CarrierGrade;
        }
        let Some(public) = self.public else {
            let any = self.held.iter().any(|(address, _)| reach(*address) != Reach::Nowhere);
            return if any { Standing::Unseen } else { Standing::None };
        };
        if self.has(public) {
            return Standing::Public;
        }
        match router {
            Some(Reach::Private) => Standing::DoubleNat,
            Some(Reach::Global) if self.router == Some(public) => Standing::BehindNat,
            Some(Reach::Global) => Standing::Detour,
            Some(Reach::Carrier | Reach::Nowhere) | None if holds(Reach::Global) => Standing::Detour,
            Some(Reach::Carrier | Reach::Nowhere) | None => Standing::Translated,
        }
    }

    /// Whether the interface has this address, or did a moment ago: a temporary one of the same IPv6 network.
    fn has(&self, public: IpAddr) -> bool {
        let same = |(address, length): &(IpAddr, u8)| match public {
            IpAddr::V4(_) => *address == public,
            IpAddr::V6(_) => {
                Prefix::covering(*address, (*length).max(64)).is_ok_and(|net| net.contains(public))
                    || *address == public
            }
        };
        self.held.iter().any(same)
    }
}

impl Standing {
    /// The word for machine-readable output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::BehindNat => "behind-nat",
            Self::Translated => "translated",
            Self::DoubleNat => "double-nat",
            Self::CarrierGrade => "carrier-grade-nat",
            Self::Detour => "vpn-or-proxy",
            Self::Unseen => "unseen",
            Self::None => "none",
        }
    }

    /// Whether a name with this family's public address leads to this machine, or can be made to; `None` where that is
    /// not known.
    pub fn is_reachable(self) -> Option<bool> {
        match self {
            Self::Public | Self::BehindNat | Self::DoubleNat => Some(true),
            Self::CarrierGrade | Self::Detour | Self::None => Some(false),
            Self::Translated | Self::Unseen => None,
        }
    }
}

impl Report {
    /// What can be done, where something should be.
    pub fn advice(&self) -> Option<&'static str> {
        match self.standing {
            Standing::Public | Standing::None => None,
            Standing::BehindNat => Some("forward the ports of your services at the router"),
            Standing::Translated => Some(
                "forward the ports at the router; let it answer UPnP, NAT-PMP or PCP to learn whether that is enough",
            ),
            Standing::DoubleNat => Some(
                "forward the ports at both routers, or set one of them to bridge mode; if the outer one is your \
                 provider's, ask for a public address",
            ),
            Standing::CarrierGrade => {
                Some("ask your provider for a public IPv4 address, publish AAAA records, or use a tunnel")
            }
            Standing::Detour => Some(
                "let this program's traffic past the VPN or proxy (an uplink bound to the interface), or the name will \
                 lead to its exit",
            ),
            Standing::Unseen => Some("look for a firewall, or a provider that does not carry this family"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sight { family, router, held, public } = &self.sight;
        let or =
            |address: &Option<IpAddr>| address.map_or_else(|| "an address".to_owned(), |it| it.to_string());
        let carrier = router.or_else(|| {
            held.iter().map(|(address, _)| *address).find(|address| reach(*address) == Reach::Carrier)
        });
        match self.standing {
            Standing::Public => write!(f, "{family}: public, this machine itself has {}", or(public)),
            Standing::BehindNat => write!(f, "{family}: behind NAT, the router has {}", or(router)),
            Standing::Translated => {
                write!(f, "{family}: behind NAT as {}, the router does not tell its own address", or(public))
            }
            Standing::DoubleNat => {
                write!(
                    f,
                    "{family}: double NAT, the router has the private {} and the world sees {}",
                    or(router),
                    or(public)
                )
            }
            Standing::CarrierGrade => write!(
                f,
                "{family}: carrier-grade NAT, this name will not be reachable over {family}: the provider gives this \
                 connection {}, which nobody outside can reach",
                or(&carrier)
            ),
            Standing::Detour => {
                let own = router.or_else(|| {
                    held.iter().map(|(address, _)| *address).find(|own| reach(*own) == Reach::Global)
                });
                write!(
                    f,
                    "{family}: VPN or proxy egress, the world sees {} and the connection has {}",
                    or(public),
                    or(&own)
                )
            }
            Standing::Unseen => {
                write!(f, "{family}: on the interface, and nothing is known of a public address")
            }
            Standing::None => write!(f, "{family}: none"),
        }
    }
}

/// What to print: a line for each family, with what can be done.
pub fn lines(reports: &[Report]) -> Vec<String> {
    let standing = |family: Family| {
        reports.iter().find(|report| report.sight.family == family).map(|report| report.standing)
    };
    let only_v6 = standing(Family::V4) == Some(Standing::None)
        && standing(Family::V6).is_some_and(|standing| standing != Standing::None);
    let line = |report: &Report| match report.advice() {
        _ if only_v6 && report.sight.family == Family::V4 => {
            "IPv4: none, this machine is on IPv6 only: publish AAAA records".to_owned()
        }
        Some(advice) => format!("{report}; {advice}"),
        None => report.to_string(),
    };
    reports.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(router: &str, held: &[&str], public: &str) -> Report {
        let held: Vec<(IpAddr, u8)> = held
            .iter()
            .map(|text| {
                let (address, length) = text.split_once('/').expect("with a length");
                (address.parse().expect("an address"), length.parse().expect("a length"))
            })
            .collect();
        let family = if [router, public].iter().any(|text| text.contains(':'))
            || held.iter().any(|(address, _)| address.is_ipv6())
        {
            Family::V6
        } else {
            Family::V4
        };
        Sight { family, router: router.parse().ok(), held, public: public.parse().ok() }.judge()
    }

    #[test]
    fn every_combination_has_its_name() {
        let home = "192.168.77.50/24";
        for (router, held, public, expected) in [
            ("", "203.0.113.5/24", "203.0.113.5", "public"),
            ("203.0.113.5", home, "203.0.113.5", "behind-nat"),
            ("", home, "203.0.113.5", "translated"),
            ("0.0.0.0", home, "203.0.113.5", "translated"),
            ("192.168.1.2", home, "203.0.113.5", "double-nat"),
            ("10.7.7.7", home, "203.0.113.5", "double-nat"),
            ("100.64.9.2", home, "203.0.113.200", "carrier-grade-nat"),
            ("100.127.255.254", home, "", "carrier-grade-nat"),
            ("192.0.0.2", home, "203.0.113.200", "carrier-grade-nat"),
            ("", "100.64.9.2/24", "203.0.113.200", "carrier-grade-nat"),
            ("100.128.0.1", home, "203.0.113.5", "vpn-or-proxy"),
            ("203.0.113.5", home, "198.51.100.9", "vpn-or-proxy"),
            ("", "203.0.113.5/24", "198.51.100.9", "vpn-or-proxy"),
            ("", home, "", "unseen"),
            ("", "169.254.7.7/16", "", "none"),
        ] {
            let report = sight(router, &[held], public);
            assert_eq!(report.standing.as_str(), expected, "{router} {held} {public}");
        }
        assert_eq!(sight("", &[], "").standing, Standing::None);
    }

    #[test]
    fn over_ipv6_a_machine_has_its_own_address_even_if_it_changes_under_way() {
        let held = ["2001:db8:1:200::50/64", "fe80::1/64"];
        assert_eq!(sight("", &held, "2001:db8:1:200::50").standing, Standing::Public);
        assert_eq!(sight("", &held, "2001:db8:1:200:a:b:c:d").standing, Standing::Public);
        assert_eq!(sight("", &held, "2001:db8:2::1").standing, Standing::Detour);
        assert_eq!(sight("", &["fd5e::50/64"], "2001:db8:2::1").standing, Standing::Translated);
        assert_eq!(sight("", &["fe80::1/64"], "").standing, Standing::None);
        // A lease from DHCPv6 comes with a length of 128.
        assert_eq!(sight("", &["2001:db8:1:200::50/128"], "2001:db8:1:200::50").standing, Standing::Public);
    }

    #[test]
    fn carrier_grade_translation_is_told_with_what_to_do() {
        let report = sight("100.64.9.2", &["192.168.77.50/24"], "203.0.113.200");
        assert_eq!(
            report.to_string(),
            "IPv4: carrier-grade NAT, this name will not be reachable over IPv4: the provider gives this \
             connection 100.64.9.2, which nobody outside can reach"
        );
        let advice = "ask your provider for a public IPv4 address, publish AAAA records, or use a tunnel";
        assert_eq!(report.advice(), Some(advice));
        assert_eq!(report.standing.is_reachable(), Some(false));
    }

    #[test]
    fn a_machine_on_ipv6_only_is_told_so() {
        let v6 = sight("", &["2001:db8:1:200::50/64"], "2001:db8:1:200::50");
        let v4 = sight("", &[], "");
        assert_eq!(
            lines(&[v4.clone(), v6]),
            [
                "IPv4: none, this machine is on IPv6 only: publish AAAA records",
                "IPv6: public, this machine itself has 2001:db8:1:200::50"
            ]
        );
        let neither = Report { sight: Sight { family: Family::V6, ..v4.sight.clone() }, ..v4.clone() };
        assert_eq!(lines(&[v4, neither]), ["IPv4: none", "IPv6: none"]);
    }

    #[test]
    fn whatever_is_seen_there_is_a_sentence_and_no_advice_where_all_is_well() {
        let addresses =
            ["", "192.168.1.2", "100.64.9.2", "203.0.113.5", "198.51.100.9", "0.0.0.0", "169.254.1.1"];
        for router in addresses {
            for held in addresses {
                let held: Vec<String> =
                    (!held.is_empty()).then(|| format!("{held}/24")).into_iter().collect();
                let held: Vec<&str> = held.iter().map(String::as_str).collect();
                for public in ["", "203.0.113.5", "198.51.100.9"] {
                    let report = sight(router, &held, public);
                    assert!(report.to_string().starts_with("IPv4: "));
                    let well = matches!(report.standing, Standing::Public | Standing::None);
                    assert_eq!(report.advice().is_none(), well, "{report}");
                }
            }
        }
    }
}
