//! One file per provider, and the list of them.

mod adguard_home;
mod alidns;
mod arvancloud;
mod autodns;
mod azure;
mod baiducloud;
mod bunny;
mod civo;
mod cloudflare;
mod cloudns;
mod conoha;
mod cpanel;
mod desec;
mod designate;
mod digitalocean;
mod directadmin;
mod dnsimple;
mod dnsla;
mod dnspod;
mod dnsservices;
mod domeneshop;
mod dynu;
mod easydns;
mod edgedns;
mod edgeone_dns;
mod exoscale;
mod externaldns;
mod gandi;
mod gcore;
mod gehirn;
mod glesys;
mod godaddy;
mod googleclouddns;
mod hetzner_cloud;
mod hostingde;
mod huaweicloud;
mod infoblox;
mod infomaniak;
mod internetbs;
mod inwx;
mod ionos;
mod ionos_cloud;
mod lightsail;
mod linode;
mod luadns;
mod mikrotik;
mod mythicbeasts;
mod namecheap;
mod namecom;
mod namesilo;
mod netcup;
mod netlify;
mod nfsn;
mod njalla;
mod ns1;
mod oci;
mod opnsense;
mod ovh;
mod pihole;
mod plesk;
mod porkbun;
mod powerdns;
mod rcodezero;
mod regfish;
mod route53;
mod safedns;
mod scaleway;
mod selectel;
mod servercow;
mod simply;
mod spaceship;
mod stackit;
mod technitium;
mod tencentcloud;
mod transip;
mod ultradns;
mod unifi;
mod vercel;
mod volcengine;
mod vultr;
mod webhook;
mod websupport;
mod wedos;
mod yandexcloud;
mod zoneeu;

use super::Row;

/// Every provider of this kind, sorted by id.
#[rustfmt::skip]
pub(super) const ROWS: &[&Row] = &[
    &adguard_home::ROW,
    &alidns::ROW,
    &arvancloud::ROW,
    &autodns::ROW,
    &azure::ROW,
    &baiducloud::ROW,
    &bunny::ROW,
    &civo::ROW,
    &cloudflare::whole::GROUP,
    &cloudflare::whole::LOCATION,
    &cloudflare::list::ROW,
    &cloudflare::whole::POOL,
    &cloudns::ROW,
    &conoha::ROW,
    &cpanel::ROW,
    &desec::ROW,
    &designate::ROW,
    &digitalocean::ROW,
    &directadmin::ROW,
    &dnsimple::ROW,
    &dnsla::ROW,
    &dnspod::ROW,
    &dnsservices::ROW,
    &domeneshop::ROW,
    &dynu::ROW,
    &easydns::ROW,
    &edgedns::ROW,
    &edgeone_dns::ROW,
    &exoscale::ROW,
    &externaldns::ROW,
    &gandi::ROW,
    &gcore::ROW,
    &gehirn::ROW,
    &glesys::ROW,
    &godaddy::ROW,
    &googleclouddns::ROW,
    &hetzner_cloud::ROW,
    &hostingde::ROW,
    &huaweicloud::ROW,
    &infoblox::ROW,
    &infomaniak::ROW,
    &internetbs::ROW,
    &inwx::ROW,
    &ionos::ROW,
    &ionos_cloud::ROW,
    &lightsail::ROW,
    &linode::ROW,
    &luadns::ROW,
    &mikrotik::ROW,
    &mythicbeasts::ROW,
    &namecheap::ROW,
    &namecom::ROW,
    &namesilo::ROW,
    &netcup::ROW,
    &netlify::ROW,
    &nfsn::ROW,
    &njalla::ROW,
    &ns1::ROW,
    &oci::ROW,
    &opnsense::ROW,
    &ovh::ROW,
    &pihole::ROW,
    &plesk::ROW,
    &porkbun::ROW,
    &powerdns::ROW,
    &rcodezero::ROW,
    &regfish::ROW,
    &route53::ROW,
    &safedns::ROW,
    &scaleway::ROW,
    &selectel::ROW,
    &servercow::ROW,
    &simply::ROW,
    &spaceship::ROW,
    &stackit::ROW,
    &technitium::ROW,
    &tencentcloud::ROW,
    &transip::ROW,
    &ultradns::ROW,
    &unifi::ROW,
    &vercel::ROW,
    &volcengine::ROW,
    &vultr::ROW,
    &webhook::ROW,
    &websupport::ROW,
    &wedos::ROW,
    &yandexcloud::ROW,
    &zoneeu::ROW,
];
