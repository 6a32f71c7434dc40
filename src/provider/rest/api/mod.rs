//! One file per provider, and the list of them.

mod adguard_home;
mod alidns;
mod azure;
mod bunny;
mod cloudns;
mod desec;
mod digitalocean;
mod dnsimple;
mod dnspod;
mod dnsservices;
mod domeneshop;
mod exoscale;
mod gandi;
mod godaddy;
mod gehirn;
mod googleclouddns;
mod hetzner_cloud;
mod huaweicloud;
mod infomaniak;
mod internetbs;
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
mod internetbs;
mod inwx;
mod mikrotik;
mod netcup;
mod netlify;
mod nfsn;
mod njalla;
mod ns1;
mod opnsense;
mod pihole;
mod rcodezero;
mod regfish;
mod scaleway;
mod technitium;
mod tencentcloud;
mod transip;
mod ultradns;
mod unifi;
mod vultr;
mod wedos;
mod yandexcloud;

use super::Row;

/// Every provider of this kind, sorted by id.
#[rustfmt::skip]
pub(super) const ROWS: &[&Row] = &[
    &adguard_home::ROW,
    &alidns::ROW,
    &azure::ROW,
    &bunny::ROW,
    &cloudns::ROW,
    &desec::ROW,
    &digitalocean::ROW,
    &dnsimple::ROW,
    &dnspod::ROW,
    &dnsservices::ROW,
    &domeneshop::ROW,
    &exoscale::ROW,
    &gandi::ROW,
    &godaddy::ROW,
    &gehirn::ROW,
    &googleclouddns::ROW,
    &hetzner_cloud::ROW,
    &huaweicloud::ROW,
    &infomaniak::ROW,
    &internetbs::ROW,
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
    &internetbs::ROW,
    &inwx::ROW,
    &mikrotik::ROW,
    &netcup::ROW,
    &netlify::ROW,
    &nfsn::ROW,
    &njalla::ROW,
    &ns1::ROW,
    &opnsense::ROW,
    &pihole::ROW,
    &rcodezero::ROW,
    &regfish::ROW,
    &scaleway::ROW,
    &technitium::ROW,
    &tencentcloud::ROW,
    &transip::ROW,
    &ultradns::ROW,
    &unifi::ROW,
    &vultr::ROW,
    &wedos::ROW,
    &yandexcloud::ROW,
];
