//! What a credential may do: the endpoint that verifies tokens, and the permissions in the list of zones.
//!
//! A user's token is verified at `/user/tokens/verify`, an account's at `/accounts/{id}/tokens/verify`; each says 401 to
//! the other's. What a zone lists as `permissions` follows the token in every recorded exchange, though the schema
//! calls it legacy: it is good for a warning, and nothing is refused because of it.
//! <https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/verify/>,
//! <https://developers.cloudflare.com/api/resources/accounts/subresources/tokens/methods/verify/>

use super::errors::Failure;
use super::exchange::{Api, Call, Pages};
use super::records::segment;
use super::settings::Credential;
use super::wire::read_name;
use crate::provider::powers::{Powers, Reach, Validity, ZonePowers};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Where tokens are made and changed.
const PLACE: &str = "dash.cloudflare.com, My Profile, API Tokens";
/// The largest page of zones.
const PAGE: u64 = 50;
/// In how many accounts a token is looked for.
const ACCOUNTS: usize = 3;

/// A zone with what may be done there.
#[derive(Debug, Deserialize)]
struct WireZone {
    name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    permissions: Option<Vec<String>>,
    #[serde(default)]
    account: Option<WireAccount>,
}

#[derive(Debug, Deserialize)]
struct WireAccount {
    #[serde(default)]
    id: String,
}

#[derive(Debug, Deserialize)]
struct WireToken {
    #[serde(default)]
    status: String,
    #[serde(default)]
    not_before: Option<String>,
    #[serde(default)]
    expires_on: Option<String>,
}

/// Asks what the credential may do.
pub(super) async fn powers(api: &Api) -> Powers {
    let pages = Pages { path: "/zones?".to_owned(), size: PAGE, zone: None };
    let zones = api.list::<WireZone>(&pages);
    let (zones, validity, reach) = match &api.credential {
        Credential::Token(_) => {
            let (zones, verified) = tokio::join!(zones, verify(api, "/user/tokens/verify".to_owned()));
            let validity = match verified {
                Ok(validity) => Ok(validity),
                Err(failure) => of_account(api, &zones, failure).await,
            };
            (zones, validity, Reach::Limited)
        }
        Credential::GlobalKey { .. } => {
            let zones = zones.await;
            let validity = zones.as_ref().map(|_| Validity::NotTold).map_err(Clone::clone);
            (zones, validity, Reach::WholeUser)
        }
    };
    Powers {
        noun: api.credential.noun(),
        reach,
        validity: validity.map_err(|failure| *failure.fault),
        zones: zones
            .map(|zones| zones.into_iter().filter_map(read).collect())
            .map_err(|failure| *failure.fault),
        place: PLACE,
    }
}

/// What became of verifying an account's token, after the user's way has failed. One that lists zones is good, whatever
/// is said of it.
async fn of_account(
    api: &Api,
    zones: &Result<Vec<WireZone>, Failure>,
    failure: Failure,
) -> Result<Validity, Failure> {
    // What refuses the one refuses the other, and its words are about the zones.
    let zones = zones.as_ref().map_err(Clone::clone)?;
    if failure.fault.class.policy().is_temporary() {
        return Err(failure);
    }
    let accounts = zones.iter().filter_map(|zone| zone.account.as_ref()).map(|account| account.id.as_str());
    let accounts: BTreeSet<&str> = accounts.filter(|id| !id.is_empty()).collect();
    for account in accounts.into_iter().take(ACCOUNTS) {
        let path = format!("/accounts/{}/tokens/verify", segment(account));
        if let Ok(validity) = verify(api, path).await {
            return Ok(validity);
        }
    }
    Ok(Validity::NotTold)
}

async fn verify(api: &Api, path: String) -> Result<Validity, Failure> {
    let token: Option<WireToken> = api.read(Call::get(path, None)).await?;
    let Some(token) = token else { return Ok(Validity::NotTold) };
    let time = |text: Option<String>| u64::try_from(text?.parse::<Timestamp>().ok()?.as_second()).ok();
    Ok(match token.status.as_str() {
        "active" => Validity::Good { from: time(token.not_before), until: time(token.expires_on) },
        "disabled" => Validity::Disabled,
        "expired" => Validity::Expired,
        _ => Validity::NotTold,
    })
}

fn read(zone: WireZone) -> Option<ZonePowers> {
    let name = read_name(&zone.name)?;
    let permissions = zone.permissions.unwrap_or_default();
    let writes = (!permissions.is_empty()).then(|| permissions.iter().any(|one| one == "#dns_records:edit"));
    let needed = |one: &String| one.starts_with("#dns_records:") || one == "#zone:read";
    let beyond = permissions.into_iter().filter(|one| !needed(one)).collect();
    // https://developers.cloudflare.com/dns/zone-setups/reference/domain-status/
    let idle = (!matches!(zone.status.as_str(), "active" | "")).then_some(zone.status);
    Some(ZonePowers { name, idle, writes, beyond })
}
