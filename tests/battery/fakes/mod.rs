//! One file per provider, and every case for each of them.

mod adguard_home;
mod alidns;
mod arvancloud;
mod autodns;
mod azure;
mod baiducloud;
mod bunny;
mod civo;
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

use crate::fake::Fake;

/// The cases as tests.
macro_rules! cases {
    ($fake:expr; $($case:ident)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                crate::cases::$case(&$fake).await;
            }
        )*
    };
}

/// Every case for each of these providers, which are sorted by identifier.
macro_rules! battery {
    ($($provider:ident $fake:ident)*) => {
        /// Every fake.
        pub(crate) fn all() -> Vec<&'static dyn Fake> {
            vec![$(&$provider::$fake),*]
        }

        mod each {
            $(
                mod $provider {
                    use crate::fakes::$provider::$fake;

                    cases! { $fake;
                        a_change_leaves_no_moment_without_an_address
                        a_cut_connection_leaves_a_write_open_and_nothing_else
                        a_page_in_place_of_the_api_is_not_believed
                        a_record_is_removed_and_nothing_else
                        a_ttl_is_no_shorter_than_the_provider_takes
                        a_zone_that_is_not_there_is_told_before_anything_is_lost
                        a_zone_with_other_letters_is_a_zone_like_others
                        an_address_is_created
                        an_outage_leaves_a_write_open_and_nothing_else
                        long_lists_are_read_to_their_end
                        of_several_values_one_changes_and_a_foreign_one_stays_as_it_is
                        reading_changes_nothing
                        refused_credentials_are_denied
                        silence_leaves_a_write_open_and_nothing_else
                        texts_are_written_and_read_back
                        the_zones_own_name_and_wildcards_are_names_like_others
                        too_many_requests_are_heeded
                        what_somebody_else_changed_meanwhile_is_left_alone
                    }
                }
            )*
        }
    };
}

battery! {
    adguard_home AdGuardHome
    alidns Alidns
    arvancloud Arvancloud
    autodns AutoDns
    azure Azure
    baiducloud Baiducloud
    bunny Bunny
    civo Civo
    cloudns Cloudns
    conoha Conoha
    cpanel CPanel
    desec Desec
    designate Designate
    digitalocean DigitalOcean
    directadmin DirectAdmin
    dnsimple DnSimple
    dnsla DnsLa
    dnspod Dnspod
    dnsservices DnsServices
    domeneshop Domeneshop
    dynu Dynu
    easydns EasyDns
    edgedns EdgeDns
    edgeone_dns EdgeoneDns
    exoscale Exoscale
    externaldns Externaldns
    gandi Gandi
    gcore Gcore
    gehirn Gehirn
    glesys Glesys
    godaddy GoDaddy
    googleclouddns Googleclouddns
    hetzner_cloud HetznerCloud
    hostingde HostingDe
    huaweicloud Huaweicloud
    infoblox Infoblox
    infomaniak Infomaniak
    internetbs InternetBs
    inwx Inwx
    ionos Ionos
    ionos_cloud IonosCloud
    lightsail Lightsail
    linode Linode
    luadns LuaDns
    mikrotik MikroTik
    mythicbeasts MythicBeasts
    namecheap Namecheap
    namecom NameCom
    namesilo NameSilo
    netcup Netcup
    netlify Netlify
    nfsn Nfsn
    njalla Njalla
    ns1 Ns1
    oci Oci
    opnsense OpnSense
    ovh Ovh
    pihole PiHole
    plesk Plesk
    porkbun Porkbun
    powerdns PowerDns
    rcodezero RcodeZero
    regfish Regfish
    route53 Route53
    safedns SafeDns
    scaleway Scaleway
    selectel Selectel
    servercow Servercow
    simply Simply
    spaceship Spaceship
    stackit Stackit
    technitium Technitium
    tencentcloud Tencentcloud
    transip Transip
    ultradns UltraDns
    unifi UniFi
    vercel Vercel
    volcengine Volcengine
    vultr Vultr
    webhook Webhook
    websupport Websupport
    wedos Wedos
    yandexcloud Yandexcloud
    zoneeu ZoneEu
}
