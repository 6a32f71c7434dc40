//! One file per provider, and the list of them.

mod digitalocean;
mod gandi;

use super::Row;

/// Every provider of this kind, sorted by id.
#[rustfmt::skip]
pub(super) const ROWS: &[&Row] = &[
    &digitalocean::ROW,
    &gandi::ROW,
];
