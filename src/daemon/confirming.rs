//! What is asked of authoritative servers after a change, and whether they can be asked at all.

use crate::config::{AccountSettings, Settings};
use crate::confirm::Question;
use crate::report::event::{Outcome, RecordEvent, Steps};
use crate::report::status::Confirmation;
use dynflare_core::memory::Place;
use dynflare_core::plan::Change;
use std::net::SocketAddr;

/// The question about a record that was changed; its answer where its provider answers in its place; `None` where
/// there is nothing to confirm, or the user does not want it.
pub(super) fn question(
    settings: &Settings,
    event: &RecordEvent,
) -> Option<(Place, Result<Question, Confirmation>)> {
    let Outcome::Changed(steps, effect) = &event.outcome else { return None };
    let (Some(zone), true) = (&event.zone, settings.confirm.value) else { return None };
    let place = Place { account: event.account.clone(), key: event.key.clone() };
    let is_dns = settings.accounts.get(&event.account).is_none_or(answers_by_dns);
    if is_proxied(steps) || !is_dns {
        return Some((place, Err(Confirmation::by_api())));
    }
    let desired = event.desired.as_ref().map(|desired| desired.values.clone());
    let values = desired.unwrap_or_else(|| effect.added.clone());
    let gone = effect.removed.iter().filter(|value| !values.contains(value)).cloned().collect();
    let extra_servers = settings.accounts.get(&event.account).and_then(server).into_iter().collect();
    let question = Question { zone: zone.clone(), key: event.key.clone(), values, gone, extra_servers };
    Some((place, Ok(question)))
}

/// Whether what is written can be seen by asking name servers.
fn answers_by_dns(account: &AccountSettings) -> bool {
    match account {
        // Lists, pools, locations and groups are no records.
        AccountSettings::Fields(account) => !account.provider.starts_with("cloudflare-"),
        #[cfg(feature = "rest")]
        AccountSettings::Http(_) => true,
        AccountSettings::Cloudflare(_)
        | AccountSettings::Exec(_)
        | AccountSettings::Own(_)
        | AccountSettings::Rfc2136(_) => true,
    }
}

/// Whether a proxy answers in place of the record, with addresses of its own.
fn is_proxied(steps: &Steps) -> bool {
    steps.changes().iter().any(|change| match change {
        Change::Update { record, attributes, .. } => {
            attributes.proxied.or(record.attributes.proxied) == Some(true)
        }
        Change::Create { attributes, .. } => attributes.proxied == Some(true),
        Change::Delete { .. } => false,
    })
}

/// The server that was written to, which may be hidden from the zone's own list.
fn server(account: &AccountSettings) -> Option<SocketAddr> {
    match account {
        AccountSettings::Rfc2136(settings) => settings.address(),
        #[cfg(feature = "rest")]
        AccountSettings::Http(_) => None,
        AccountSettings::Cloudflare(_)
        | AccountSettings::Exec(_)
        | AccountSettings::Fields(_)
        | AccountSettings::Own(_) => None,
    }
}
