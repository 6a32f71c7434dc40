//! The contract of every provider adapter.
//!
//! An adapter translates between core's values and one API, and nothing else: it does not retry, sleep, log, print
//! or look at a clock; how much may be sent, [`Budgets`] know. Names come in absolute, and a provider's own notation (`@`, trailing dots) stays inside its
//! adapter. Every call may be dropped at any await point without leaving the adapter unusable. Every failure is a
//! [`Fault`] with the provider's own words; a write whose effect is not known is [`Class::Unconfirmed`].
//!
//! [`Class::Unconfirmed`]: dynflare_core::fault::Class::Unconfirmed

mod account;
mod budgets;
pub mod cloudflare;
mod console;
pub mod exec;
pub mod get;
#[cfg(feature = "rest")]
pub mod http;
#[cfg(feature = "doctor")]
pub mod powers;
pub mod push;
pub mod registry;
#[cfg(feature = "rest")]
pub mod rest;
pub mod rfc2136;

pub use crate::net::dns::presentation;

pub use account::Account;
pub use budgets::Budgets;
#[cfg(feature = "doctor")]
pub use powers::Powers;
pub use push::Push;

use dynflare_core::fault::Fault;
use dynflare_core::name::Name;
use dynflare_core::plan::{Change, Replace};
use dynflare_core::record::{Key, Record, RrSet};
use std::future::Future;
use std::pin::Pin;

/// What an adapter's calls return.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A zone as its provider knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone {
    /// The zone's name.
    pub name: Name,
    /// The provider's identifier; where it has none, the name.
    pub id: String,
}

/// Which records are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// Those of exactly these names and types.
    Keys(&'a [Key]),
    /// Every record of the zone.
    All,
}

/// One account at a provider, by the shape of its API.
pub enum Adapter {
    /// Records with identifiers and attributes.
    Records(Box<dyn Records>),
    /// Whole RRsets.
    RrSets(Box<dyn RrSets>),
    /// Addresses are taken, and nothing is shown.
    Push(Box<dyn Push>),
}

/// A provider whose records have identifiers and attributes.
pub trait Records: Send + Sync {
    /// Opens the connection that the next call will need; failing is that call's business.
    fn warm(&self) -> Answer<'_, ()>;

    /// What the credential may do; `None` where the provider does not tell. Changes nothing.
    #[cfg(feature = "doctor")]
    fn powers(&self) -> Option<Answer<'_, Powers>> {
        None
    }

    /// The zone that holds `name`: `zone` where it is given, else the longest the account can see.
    fn locate<'a>(&'a self, zone: Option<&'a Name>, name: &'a Name) -> Answer<'a, Result<Zone, Fault>>;

    /// Every zone that the account can see; `None` where it cannot be asked for that.
    fn zones(&self) -> Option<Answer<'_, Result<Vec<Zone>, Fault>>> {
        None
    }

    /// The records in `scope`, all pages of them.
    fn list<'a>(&'a self, zone: &'a Zone, scope: Scope<'a>) -> Answer<'a, Result<Vec<Record>, Fault>>;

    /// Takes the steps in one zone. One result per step, in order; a step that was not tried because the whole was
    /// refused carries the fault of the whole.
    fn apply<'a>(&'a self, zone: &'a Zone, changes: &'a [Change]) -> Answer<'a, Vec<Result<(), Fault>>>;
}

/// A provider whose unit is the RRset.
pub trait RrSets: Send + Sync {
    /// The zone that holds `name`: `zone` where it is given, else the longest the account can see.
    fn locate<'a>(&'a self, zone: Option<&'a Name>, name: &'a Name) -> Answer<'a, Result<Zone, Fault>>;

    /// Every zone that the account can see; `None` where it cannot be asked for that.
    fn zones(&self) -> Option<Answer<'_, Result<Vec<Zone>, Fault>>> {
        None
    }

    /// The set of this name and type; empty where there is none.
    fn get<'a>(&'a self, zone: &'a Zone, key: &'a Key) -> Answer<'a, Result<RrSet, Fault>>;

    /// Replaces one set in one step. A set that no longer is as expected is left alone, and the fault is
    /// `Unconfirmed`, so that it is read again.
    fn replace<'a>(&'a self, zone: &'a Zone, step: &'a Replace) -> Answer<'a, Result<(), Fault>>;

    /// Replaces several sets of one zone together, one result per step, in order; `None` where the provider takes them
    /// one by one.
    fn replace_all<'a>(
        &'a self,
        _zone: &'a Zone,
        _steps: &'a [Replace],
    ) -> Option<Answer<'a, Vec<Result<(), Fault>>>> {
        None
    }
}
