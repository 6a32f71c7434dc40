//! Where each provider hands out credentials: a page for the user's browser, not one that the program asks.
//!
//! Only pages that are known to be there; for all others the page of the API says how. Cloudflare's fills in its form:
//! <https://developers.cloudflare.com/fundamentals/api/how-to/account-owned-token-template/>.

/// Identifiers and pages, sorted by identifier.
#[rustfmt::skip]
const PAGES: &[(&str, &str)] = &[
    ("bunny", "https://dash.bunny.net/account/api-key"),
    ("civo", "https://dashboard.civo.com/security"),
    ("cloudflare", "https://dash.cloudflare.com/profile/api-tokens?permissionGroupKeys=%5B%7B%22key%22%3A%22dns%22%2C%22type%22%3A%22edit%22%7D%2C%7B%22key%22%3A%22zone%22%2C%22type%22%3A%22read%22%7D%5D&accountId=%2A&zoneId=all&name=dynflare"),
    ("cloudflare-access", "https://dash.cloudflare.com/profile/api-tokens"),
    ("cloudflare-gateway", "https://dash.cloudflare.com/profile/api-tokens"),
    ("cloudflare-list", "https://dash.cloudflare.com/profile/api-tokens"),
    ("cloudflare-pool", "https://dash.cloudflare.com/profile/api-tokens"),
    ("desec", "https://desec.io/tokens"),
    ("desec-dyndns", "https://desec.io/tokens"),
    ("digitalocean", "https://cloud.digitalocean.com/account/api/tokens"),
    ("duckdns", "https://www.duckdns.org/"),
    ("dynv6", "https://dynv6.com/keys"),
    ("gandi", "https://admin.gandi.net/organizations/account/pat"),
    ("godaddy", "https://developer.godaddy.com/keys"),
    ("hetzner-cloud", "https://console.hetzner.com/projects"),
    ("infomaniak", "https://manager.infomaniak.com/v3/ng/accounts/token/list"),
    ("ionos", "https://developer.hosting.ionos.com/keys"),
    ("linode", "https://cloud.linode.com/profile/tokens"),
    ("namecheap", "https://ap.www.namecheap.com/settings/tools/apiaccess/"),
    ("namecom", "https://www.name.com/account/settings/api"),
    ("netlify", "https://app.netlify.com/user/applications"),
    ("porkbun", "https://porkbun.com/account/api"),
    ("scaleway", "https://console.scaleway.com/iam/api-keys"),
    ("vercel", "https://vercel.com/account/tokens"),
    ("vultr", "https://my.vultr.com/settings/#settingsapi"),
];

/// The page of a provider.
pub(super) fn of(id: &str) -> Option<&'static str> {
    let at = PAGES.binary_search_by_key(&id, |row| row.0).ok()?;
    Some(PAGES[at].1)
}

#[cfg(test)]
mod tests {
    use super::{PAGES, of};
    use crate::provider::registry;

    #[test]
    fn every_page_is_that_of_a_provider_and_can_be_opened_safely() {
        assert!(PAGES.is_sorted_by(|a, b| a.0 < b.0));
        for (id, page) in PAGES {
            assert!(registry::find(id).is_some(), "{id}");
            assert!(page.starts_with("https://") && !page.contains(char::is_whitespace), "{id}");
        }
        assert!(of("cloudflare").is_some_and(|page| page.contains("dns")));
        assert_eq!(of("nowhere"), None);
    }
}
