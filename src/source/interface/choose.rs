//! Which of an interface's addresses is the one to publish, and why each of the others is not. Pure.
//!
//! An address is out where nobody elsewhere could use it (special-use blocks, RFC 6890), where nobody should any more
//! (deprecated, RFC 4862 §5.5.4), where it will be gone tomorrow (temporary, RFC 8981), and where it is not this
//! machine's yet or at all (tentative, duplicate, RFC 4862 §5.4). Of the rest, stable go before temporary, then the one
//! preferred longest, then the lowest.

use crate::net::netlink::{Held, Lifetime, Link, Snapshot};
use crate::source::Filters;
use dynflare_core::address::{Family, Prefix, Special};
use dynflare_core::quorum::{Refusal, accept};
use std::cmp::Reverse;
use std::fmt;
use std::net::IpAddr;

/// What the user wants from an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The interface; `None` for that of the default route.
    pub name: Option<String>,
    /// Only addresses of one of these blocks, where any is given for the family.
    pub prefixes: Vec<Prefix>,
    /// Whether temporary addresses will do.
    pub temporary: Temporary,
    /// How many of those that would do are taken.
    pub take: Take,
}

/// How many of the addresses that would do are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Take {
    /// The best.
    #[default]
    Best,
    /// All of them, the best first.
    All,
}

/// Whether temporary addresses will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Temporary {
    /// They are passed over.
    #[default]
    Skip,
    /// They come after all others.
    Allow,
}

/// Why an address is not the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Somebody else on the link has it.
    Duplicate,
    /// It is not yet known whether somebody else has it.
    Tentative,
    /// `deny` says so, or it is of no use elsewhere.
    Refused(Refusal),
    /// In none of the prefixes asked for.
    Elsewhere,
    /// No new connections should begin from it.
    Deprecated,
    /// It will be replaced before long.
    Temporary,
    /// A stable one is there, or one that is not secondary.
    AfterStable(IpAddr),
    /// Another is preferred for longer.
    Shorter(Lifetime, IpAddr, Lifetime),
    /// Another is lower.
    Higher(IpAddr),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate => f.write_str("another machine on the link has it too (duplicate)"),
            Self::Tentative => f.write_str("not yet known to be nobody else's (tentative)"),
            Self::Refused(refusal) => fmt::Display::fmt(refusal, f),
            Self::Elsewhere => f.write_str("not in the prefix asked for"),
            Self::Deprecated => f.write_str("deprecated"),
            Self::Temporary => f.write_str("temporary"),
            Self::AfterStable(other) => write!(f, "comes after {other}, which is stable"),
            Self::Shorter(own, other, its) => {
                write!(f, "preferred for {own}, and {other} for {its}")
            }
            Self::Higher(other) => write!(f, "as good as {other}, which is lower"),
        }
    }
}

/// All addresses of one family on one interface, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The interface.
    pub link: String,
    /// The address to publish.
    pub chosen: Option<Held>,
    /// Those to publish beside it, in the order of their rank; none unless all are wanted.
    pub beside: Vec<Held>,
    /// The others, in the order of their addresses.
    pub lost: Vec<(Held, Loss)>,
}

/// Why there is nothing to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoInterface {
    /// None is named, and there is no default route over the family.
    NoDefaultRoute(Family),
    /// There is none of that name; these are there.
    NotThere(String, Vec<String>),
    /// It is switched off, or its cable is out.
    Down(String),
}

impl Judged {
    /// Whether it is certain that there is no address to publish: every one that is there is of a kind that never
    /// becomes one. An IPv4 address of this network may stand behind translation, and others may change.
    pub fn is_certainly_none(&self) -> bool {
        let for_good = |(held, loss): &(Held, Loss)| match loss {
            Loss::Elsewhere | Loss::Refused(Refusal::Denied(_)) => true,
            Loss::Refused(Refusal::Special(special)) => {
                Family::of(held.address) == Family::V6 || is_link_local(special)
            }
            Loss::Duplicate
            | Loss::Tentative
            | Loss::Deprecated
            | Loss::Temporary
            | Loss::AfterStable(_)
            | Loss::Shorter(..)
            | Loss::Higher(_) => false,
        };
        self.chosen.is_none() && self.lost.iter().all(for_good)
    }
}

fn is_link_local(special: &Special) -> bool {
    special.purpose.starts_with("link-local") || special.purpose.starts_with("loopback")
}

impl Choice {
    /// Judges the addresses of one family.
    pub fn judge(
        &self,
        snapshot: &Snapshot,
        family: Family,
        filters: &Filters,
    ) -> Result<Judged, NoInterface> {
        let link = self.link(snapshot, family)?;
        if !link.is_up() {
            return Err(NoInterface::Down(link.name.clone()));
        }
        let mut lost = Vec::new();
        let mut good = Vec::new();
        for held in &snapshot.addresses {
            if held.index != link.index || Family::of(held.address) != family {
                continue;
            }
            match self.loss(held, filters) {
                Some(why) => lost.push((*held, why)),
                None => good.push(*held),
            }
        }
        good.sort_by_key(|held| {
            (held.flags.is_temporary(), held.flags.is_secondary(), Reverse(held.preferred), held.address)
        });
        let chosen = good.first().copied();
        let beside = match self.take {
            Take::Best => Vec::new(),
            Take::All => good.iter().skip(1).copied().collect(),
        };
        if let (Some(chosen), Take::Best) = (chosen, self.take) {
            lost.extend(good.iter().skip(1).map(|held| (*held, behind(held, &chosen))));
        }
        lost.sort_by_key(|(held, _)| held.address);
        Ok(Judged { link: link.name.clone(), chosen, beside, lost })
    }

    fn link<'a>(&self, snapshot: &'a Snapshot, family: Family) -> Result<&'a Link, NoInterface> {
        match &self.name {
            Some(name) => snapshot.link(name).ok_or_else(|| {
                let there = snapshot.links.iter().filter(|link| !link.is_loopback());
                NoInterface::NotThere(name.clone(), there.map(|link| link.name.clone()).collect())
            }),
            None => snapshot
                .default_route(family)
                .map(|(link, _)| link)
                .ok_or(NoInterface::NoDefaultRoute(family)),
        }
    }

    /// What speaks against an address by itself; what lasts is said before what passes.
    fn loss(&self, held: &Held, filters: &Filters) -> Option<Loss> {
        if let Err(refusal) = accept(held.address, &filters.allow, &filters.deny) {
            return Some(Loss::Refused(refusal));
        }
        let family = Family::of(held.address);
        let mut wanted =
            self.prefixes.iter().filter(|prefix| Family::of(prefix.address()) == family).peekable();
        if wanted.peek().is_some() && !wanted.any(|prefix| prefix.contains(held.address)) {
            return Some(Loss::Elsewhere);
        }
        if held.flags.is_duplicate() {
            return Some(Loss::Duplicate);
        }
        if held.flags.is_tentative() {
            return Some(Loss::Tentative);
        }
        if held.flags.is_deprecated() || held.preferred.is_over() {
            return Some(Loss::Deprecated);
        }
        (held.flags.is_temporary() && self.temporary == Temporary::Skip).then_some(Loss::Temporary)
    }
}

fn behind(held: &Held, chosen: &Held) -> Loss {
    let rank = |held: &Held| (held.flags.is_temporary(), held.flags.is_secondary());
    if rank(held) != rank(chosen) {
        Loss::AfterStable(chosen.address)
    } else if held.preferred != chosen.preferred {
        Loss::Shorter(held.preferred, chosen.address, chosen.preferred)
    } else {
        Loss::Higher(chosen.address)
    }
}

#[cfg(test)]
mod tests;
