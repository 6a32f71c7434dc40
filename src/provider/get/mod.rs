//! The GET family: providers that are one request, written down as data.
//!
//! A provider is a TOML file beside this one and a line in `rows`; docs/providers-get.md tells what it may say. Owns the
//! adapter that makes calls of steps by such a definition. What the steps are is decided elsewhere.

mod adapter;
mod call;
mod check;
mod definition;
mod dyndns2;
mod form;
mod info;
mod reply;
mod rows;
mod scrub;
mod template;
#[cfg(test)]
mod tests;

pub use adapter::{Get, Unfit};
pub use definition::{Definition, Field, Meaning, Mistake};
pub use info::OWN;
pub(super) use info::{all as infos, find as info};
#[cfg(feature = "rest")]
pub(super) use scrub::Scrub;

use super::{Account, Adapter};
use crate::net::Network;

/// The built-in definition of this id.
pub fn find(id: &str) -> Option<Definition> {
    rows::ROWS.iter().find(|row| row.0 == id).map(|row| read(row.1))
}

/// Whether a call needs the zone of a name, so that a record has to say it.
pub fn needs_zone(id: &str) -> bool {
    let Some(row) = rows::ROWS.iter().find(|row| row.0 == id) else { return id == OWN.id };
    let placed = ["{host}", "{zone}"].iter().any(|place| row.1.contains(place));
    placed && read(row.1).zones.is_empty()
}

fn read(text: &str) -> Definition {
    Definition::parse(text).expect("invariant: the tests have read every built-in definition")
}

/// An account, ready to be spoken to; nothing is sent until something is pushed.
///
/// # Errors
/// What is missing of its credentials, where it has one of several sets of them and none is whole, or what is wrong with
/// the server that it names. `None` where the provider is not of this family.
pub fn open(account: &Account, network: &Network) -> Option<Result<Adapter, Unfit>> {
    let definition = find(account.provider)?;
    Some(Get::new(definition, account, network).map(|get| Adapter::Push(Box::new(get))))
}

/// Whether an account has what the calls of a definition need.
///
/// # Errors
/// What is missing or wrong.
pub fn fits(definition: &Definition, account: &Account) -> Result<(), Unfit> {
    adapter::fit(definition, account)
}

/// Whether an account is whole; `None` where its provider is not of this family.
pub fn fit(account: &Account) -> Option<Result<(), Unfit>> {
    find(account.provider).map(|definition| fits(&definition, account))
}
