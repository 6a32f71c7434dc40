//! One file per provider, and every case for each of them.

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
    alidns Alidns
    azure Azure
    cloudns Cloudns
    digitalocean DigitalOcean
    dnspod Dnspod
    exoscale Exoscale
    gandi Gandi
    googleclouddns Googleclouddns
    huaweicloud Huaweicloud
    inwx Inwx
    netcup Netcup
    njalla Njalla
    tencentcloud Tencentcloud
    transip Transip
    yandexcloud Yandexcloud
    bunny Bunny
    desec Desec
    digitalocean DigitalOcean
    dnsimple DnSimple
    domeneshop Domeneshop
    gandi Gandi
    hetzner_cloud HetznerCloud
    infomaniak Infomaniak
    ionos Ionos
    linode Linode
    luadns LuaDns
    netlify Netlify
    ns1 Ns1
    scaleway Scaleway
    vultr Vultr
}
