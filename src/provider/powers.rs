//! What a credential may do, as far as its provider tells: for whoever wants to know whether that is too much or too
//! little. Asking changes nothing.

use dynflare_core::fault::Fault;
use dynflare_core::name::Name;

/// What is known of one credential.
#[derive(Clone, Debug)]
pub struct Powers {
    /// What it is called in a sentence: "token", "global key".
    pub noun: &'static str,
    /// Whether it could be limited.
    pub reach: Reach,
    /// Whether it is good, and until when.
    pub validity: Result<Validity, Fault>,
    /// The zones it sees, with what it may do there.
    pub zones: Result<Vec<ZonePowers>, Fault>,
    /// Where it is made and changed, for hints.
    pub place: &'static str,
}

/// Whether a credential could be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It may do what it was made for.
    Limited,
    /// It stands for its user, who may do everything.
    WholeUser,
}

/// Whether a credential is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It is, from and until these times in seconds since 1970, where it has such.
    Good {
        /// Not before.
        from: Option<u64>,
        /// Not after.
        until: Option<u64>,
    },
    /// It was switched off.
    Disabled,
    /// Its time is over.
    Expired,
    /// The provider took it and says no more.
    NotTold,
}

/// What a credential may do in one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonePowers {
    /// The zone.
    pub name: Name,
    /// Why nothing in the zone is served, in the provider's word; `None` where it is, or where that is not told.
    pub idle: Option<String>,
    /// Whether it may write records; `None` where that is not told.
    pub writes: Option<bool>,
    /// What it may do that records do not need, in the provider's words.
    pub beyond: Vec<String>,
}
