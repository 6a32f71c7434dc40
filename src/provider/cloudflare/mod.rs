//! Cloudflare: the DNS records of one account over the API at <https://developers.cloudflare.com/api/>.
//!
//! Owns the adapter's state: one HTTP client and the zones seen so far. Zones are found in [`zones`], read in
//! [`records`], written in [`apply`]; what a refusal means stands in [`errors`], the JSON in [`wire`].
//!
//! Quirks worth knowing:
//! * PATCH keeps what it does not name, PUT resets it, so only PATCH is used. The published schema demands name, type
//!   and TTL in a PATCH; the live API has not enforced it since 2025, and the adapter is ready for the day it does.
//! * A batch is one transaction, refused as a whole, and tells only the first of its troubles.
//! * A TTL of 1 is automatic; a proxied record always has it.
//! * A token with a client IP filter locks itself out when the address changes; the refusal has its own sentence.

mod apply;
mod astray;
mod content;
mod errors;
mod exchange;
mod flight;
#[cfg(feature = "doctor")]
mod powers;
mod records;
mod settings;
mod side_by_side;
mod wire;
mod zones;

pub use settings::{Credential, DEFAULT_BASE, Settings};

use super::registry::{self, Attribute, Can, Info, Shape, Verified};
use super::{Answer, Budgets, Records, Scope, Zone};
use crate::net::Network;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::plan::Change;
use dynflare_core::record::Record;

/// This provider's row in the registry.
pub const INFO: Info = Info {
    id: "cloudflare",
    name: "Cloudflare",
    shape: Shape::Records,
    types: registry::ALL_TYPES,
    attributes: &[Attribute::Comment, Attribute::Proxied, Attribute::Tags, Attribute::Ttl],
    min_ttl: 60,
    can: Can::ALL,
    docs: "https://developers.cloudflare.com/api/resources/dns/subresources/records/",
    fields: &[],
    env: &[
        (
            "CLOUDFLARE_API_TOKEN",
            "an API token with Zone.DNS:Edit (and Zone.Zone:Read, unless `zone_id` is set)",
        ),
        (
            "CLOUDFLARE_EMAIL",
            "the e-mail address of a user, together with the global key in CLOUDFLARE_API_KEY",
        ),
        ("CLOUDFLARE_API_KEY", "the global key of that user; alone, a token"),
        ("CLOUDFLARE_API_SECRET", "the global key, where CLOUDFLARE_API_KEY holds the e-mail address"),
    ],
    verified: Verified::Schema("OpenAPI, and exchanges recorded in 2025"),
};

/// What somebody is asked for who sets up an account: a token, which can be given less than a global key has.
pub(in crate::provider) const ASKED: &[registry::Field] = &[registry::Field::secret(
    "token",
    "an API token with Zone.DNS:Edit and Zone.Zone:Read on the zone, and nothing else",
)
.also_in(&["CLOUDFLARE_API_TOKEN", "CF_API_TOKEN"])];

/// One account at Cloudflare. Share one among all records of the account: it keeps the connection and the zones.
pub struct Cloudflare {
    api: exchange::Api,
    zones: zones::Zones,
}

impl Cloudflare {
    /// An account that shares its credential with nobody; nothing is sent until something is asked.
    pub fn new(settings: Settings, network: &Network) -> Self {
        Self::sharing(settings, network, &Budgets::new())
    }

    /// The same, with the requests of its credential counted among those of everybody who has these budgets.
    pub fn sharing(settings: Settings, network: &Network, budgets: &Budgets) -> Self {
        Self { api: exchange::Api::new(settings, network, budgets), zones: zones::Zones::default() }
    }

    /// After a refusal that may come from an identifier that is no longer good, zones are looked up anew.
    fn forget_if_stale(&self, fault: &Fault) {
        if matches!(fault.class, Class::NoSuchZone | Class::Denied) {
            self.zones.forget();
        }
    }
}

impl Records for Cloudflare {
    #[cfg(feature = "doctor")]
    fn powers(&self) -> Option<Answer<'_, super::Powers>> {
        Some(Box::pin(powers::powers(&self.api)))
    }

    fn warm(&self) -> Answer<'_, ()> {
        Box::pin(self.api.warm())
    }

    fn locate<'a>(&'a self, zone: Option<&'a Name>, name: &'a Name) -> Answer<'a, Result<Zone, Fault>> {
        Box::pin(async move {
            match zone {
                Some(zone) => self.zones.exact(&self.api, zone).await,
                None => self.zones.longest(&self.api, name).await,
            }
        })
    }

    fn zones(&self) -> Option<Answer<'_, Result<Vec<Zone>, Fault>>> {
        Some(Box::pin(self.zones.every(&self.api)))
    }

    fn list<'a>(&'a self, zone: &'a Zone, scope: Scope<'a>) -> Answer<'a, Result<Vec<Record>, Fault>> {
        Box::pin(async move {
            records::list(&self.api, zone, scope).await.map_err(|failure| {
                self.forget_if_stale(&failure.fault);
                *failure.fault
            })
        })
    }

    fn apply<'a>(&'a self, zone: &'a Zone, changes: &'a [Change]) -> Answer<'a, Vec<Result<(), Fault>>> {
        Box::pin(async move {
            let outcomes = apply::apply(self, zone, changes).await;
            for fault in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
                self.forget_if_stale(fault);
            }
            outcomes
        })
    }
}
