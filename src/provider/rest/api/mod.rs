//! One file per provider, and the list of them.

mod alidns;
mod azure;
mod cloudns;
mod digitalocean;
mod dnspod;
mod exoscale;
mod gandi;
mod googleclouddns;
mod huaweicloud;
mod inwx;
mod netcup;
mod njalla;
mod tencentcloud;
mod transip;
mod yandexcloud;
mod bunny;
mod desec;
mod digitalocean;
mod dnsimple;
mod domeneshop;
mod gandi;
mod hetzner_cloud;
mod infomaniak;
mod ionos;
mod linode;
mod luadns;
mod netlify;
mod ns1;
mod scaleway;
mod vultr;

use super::Row;

/// Every provider of this kind, sorted by id.
#[rustfmt::skip]
pub(super) const ROWS: &[&Row] = &[
    &alidns::ROW,
    &azure::ROW,
    &cloudns::ROW,
    &digitalocean::ROW,
    &dnspod::ROW,
    &exoscale::ROW,
    &gandi::ROW,
    &googleclouddns::ROW,
    &huaweicloud::ROW,
    &inwx::ROW,
    &netcup::ROW,
    &njalla::ROW,
    &tencentcloud::ROW,
    &transip::ROW,
    &yandexcloud::ROW,
    &bunny::ROW,
    &desec::ROW,
    &digitalocean::ROW,
    &dnsimple::ROW,
    &domeneshop::ROW,
    &gandi::ROW,
    &hetzner_cloud::ROW,
    &infomaniak::ROW,
    &ionos::ROW,
    &linode::ROW,
    &luadns::ROW,
    &netlify::ROW,
    &ns1::ROW,
    &scaleway::ROW,
    &vultr::ROW,
];
