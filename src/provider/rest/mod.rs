//! Providers with an HTTP API of their own: one small file each, which translates and does nothing else.
//!
//! A file describes requests and reads answers ([`dialect`]); it cannot wait, retry, log or look at a clock, because it
//! is never given the means. Everything else stands once, here: sending, sessions, budgets and faults in [`exchange`],
//! zones in [`zones`], and the two ways to an RRset: from records with identifiers ([`items`]) and from sets ([`sets`]).
//!
//! Whatever the API, the shape towards the rest of the program is the RRset: these records have no comments that could
//! say whose they are, so memory says it. A value is replaced in place where the API can do that, else the new one is
//! made before the old one goes, and a set is read again right before it is written.
//!
//! To add a provider: its file in [`api`], its lines in that list, its fake in `tests/battery/fakes`.

mod answer;
mod api;
mod call;
mod dialect;
mod exchange;
mod items;
mod listed;
mod sets;
mod sign;
mod text;
mod zones;

use super::registry::Info;
use super::{Account, Adapter, Budgets};
use crate::net::Network;
use crate::net::base::{Base, BaseError};
use dialect::{Items, Sets, Wholes};
use exchange::Exchange;
use sets::Unit;
use std::sync::Arc;

/// A provider of this kind.
pub struct Row {
    /// Its row in the registry.
    pub info: &'static Info,
    /// The usual place of its API.
    pub base: &'static str,
    open: fn(Account) -> Dialects,
}

/// What an API's unit is.
enum Dialects {
    Items(Arc<dyn Items>),
    Sets(Arc<dyn Sets>),
    Wholes(Arc<dyn Wholes>),
}

impl Dialects {
    fn place(&self) -> Option<String> {
        match self {
            Self::Items(dialect) => dialect.place(),
            Self::Sets(dialect) => dialect.place(),
            Self::Wholes(dialect) => dialect.place(),
        }
    }

    fn misfit(&self) -> Option<String> {
        match self {
            Self::Items(dialect) => dialect.misfit(),
            Self::Sets(dialect) => dialect.misfit(),
            Self::Wholes(dialect) => dialect.misfit(),
        }
    }

    fn items(dialect: impl Items + 'static) -> Self {
        Self::Items(Arc::new(dialect))
    }

    fn sets(dialect: impl Sets + 'static) -> Self {
        Self::Sets(Arc::new(dialect))
    }

    fn wholes(dialect: impl Wholes + 'static) -> Self {
        Self::Wholes(Arc::new(dialect))
    }
}

/// Every provider of this kind, sorted by id.
pub const ROWS: &[&Row] = api::ROWS;

/// The row of an id.
pub fn row(id: &str) -> Option<&'static Row> {
    ROWS.iter().copied().find(|row| row.info.id == id)
}

/// Why the place that an account's fields name is none.
pub fn misplaced(account: &Account) -> Option<BaseError> {
    let place = (row(account.provider)?.open)(account.clone()).place()?;
    place.parse::<Base>().err()
}

/// What is wrong with the values of an account's fields, where that shows without asking anybody.
pub fn misfit(account: &Account) -> Option<String> {
    (row(account.provider)?.open)(account.clone()).misfit()
}

/// An account, ready to be spoken to; nothing is sent until something is asked. `clock` gives seconds since
/// 1970-01-01 UTC, for signatures and sessions. `None` where the provider is not of this kind.
pub fn open(account: &Account, network: &Network, budgets: &Budgets, clock: fn() -> u64) -> Option<Adapter> {
    let row = row(account.provider)?;
    let trusting = account.find("ca_file").map(|file| network.trusting(file.into()));
    let network = trusting.as_ref().unwrap_or(network);
    let exchange = |dialect| Exchange::new(row, account, network, budgets, clock, dialect);
    Some(Adapter::RrSets(match (row.open)(account.clone()) {
        Dialects::Items(dialect) => Box::new(items::ByItem::new(exchange(dialect.clone()), dialect)),
        Dialects::Sets(dialect) => Box::new(sets::BySet::new(exchange(dialect.clone()), Unit::Set(dialect))),
        Dialects::Wholes(dialect) => {
            Box::new(sets::BySet::new(exchange(dialect.clone()), Unit::Whole(dialect)))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::ROWS;
    use crate::net::Base;

    #[test]
    fn the_rows_are_sorted_and_every_api_is_at_a_secure_place() {
        assert!(ROWS.is_sorted_by(|a, b| a.info.id < b.info.id));
        for row in ROWS {
            let base = row.base.parse::<Base>();
            assert!(base.is_ok_and(|base| base.to_string() == row.base), "{}", row.info.id);
            let is_safe = ["https://", "http://localhost:"].iter().any(|start| row.base.starts_with(start));
            assert!(is_safe, "{}", row.info.id);
            assert!(!row.info.fields.is_empty(), "{}", row.info.id);
        }
    }
}
