//! One file per provider, and the list of them.

mod alidns;
mod azure;
mod bunny;
mod cloudns;
mod desec;
mod digitalocean;
mod dnsimple;
mod dnspod;
mod domeneshop;
mod exoscale;
mod gandi;
mod godaddy;
mod googleclouddns;
mod hetzner_cloud;
mod huaweicloud;
mod infomaniak;
mod inwx;
mod ionos;
mod linode;
mod luadns;
mod netcup;
mod netlify;
mod njalla;
mod ns1;
mod ovh;
mod porkbun;
mod powerdns;
mod route53;
mod scaleway;
mod tencentcloud;
mod transip;
mod vultr;
mod yandexcloud;

use super::Row;

/// Every provider of this kind, sorted by id.
#[rustfmt::skip]
pub(super) const ROWS: &[&Row] = &[
    &alidns::ROW,
    &azure::ROW,
    &bunny::ROW,
    &cloudns::ROW,
    &desec::ROW,
    &digitalocean::ROW,
    &dnsimple::ROW,
    &dnspod::ROW,
    &domeneshop::ROW,
    &exoscale::ROW,
    &gandi::ROW,
    &godaddy::ROW,
    &googleclouddns::ROW,
    &hetzner_cloud::ROW,
    &huaweicloud::ROW,
    &infomaniak::ROW,
    &inwx::ROW,
    &ionos::ROW,
    &linode::ROW,
    &luadns::ROW,
    &netcup::ROW,
    &netlify::ROW,
    &njalla::ROW,
    &ns1::ROW,
    &ovh::ROW,
    &porkbun::ROW,
    &powerdns::ROW,
    &route53::ROW,
    &scaleway::ROW,
    &tencentcloud::ROW,
    &transip::ROW,
    &vultr::ROW,
    &yandexcloud::ROW,
];
