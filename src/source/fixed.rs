//! Addresses from the configuration. Deterministic: a family that is not given certainly has none.

use super::{Answering, Engine, Question};
use dynflare_core::address::Family;
use dynflare_core::quorum::Opinion;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What was configured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed {
    pub(super) v4: Option<Ipv4Addr>,
    pub(super) v6: Option<Ipv6Addr>,
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.v4, self.v6) {
            (Some(v4), Some(v6)) => write!(f, "{v4},{v6}"),
            (Some(v4), None) => write!(f, "{v4}"),
            (None, Some(v6)) => write!(f, "{v6}"),
            (None, None) => Ok(()),
        }
    }
}

impl Engine for Fixed {
    fn kind(&self) -> &'static str {
        "static"
    }

    fn serves(&self, _family: Family) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        let address = match question.family {
            Family::V4 => self.v4.map(IpAddr::V4),
            Family::V6 => self.v6.map(IpAddr::V6),
        };
        Box::pin(async move { Ok(address.map_or(Opinion::NoAddress, Opinion::Address)) })
    }
}
