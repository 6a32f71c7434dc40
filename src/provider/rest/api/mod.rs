//! One file per provider, and the list of them.

mod alidns;
mod cloudns;
mod digitalocean;
mod dnspod;
mod exoscale;
mod gandi;
mod huaweicloud;
mod inwx;
mod netcup;
mod njalla;
mod tencentcloud;
mod transip;

use super::Row;

/// Every provider of this kind, sorted by id.
#[rustfmt::skip]
pub(super) const ROWS: &[&Row] = &[
    &alidns::ROW,
    &cloudns::ROW,
    &digitalocean::ROW,
    &dnspod::ROW,
    &exoscale::ROW,
    &gandi::ROW,
    &huaweicloud::ROW,
    &inwx::ROW,
    &netcup::ROW,
    &njalla::ROW,
    &tencentcloud::ROW,
    &transip::ROW,
];
