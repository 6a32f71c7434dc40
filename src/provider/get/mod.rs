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
mod reply;
mod rows;
mod scrub;
mod template;
#[cfg(test)]
mod tests;

pub use adapter::{Get, Unfit};
pub use definition::{Definition, Field, Meaning, Mistake};

/// The built-in definition of this id.
pub fn find(id: &str) -> Option<Definition> {
    let (_, text) = rows::ROWS.iter().find(|row| row.0 == id)?;
    Some(Definition::parse(text).expect("invariant: the tests have read every built-in definition"))
}

/// The ids of all built-in definitions, sorted.
pub fn ids() -> impl Iterator<Item = &'static str> {
    rows::ROWS.iter().map(|row| row.0)
}
