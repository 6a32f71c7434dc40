//! From a name to its zone, whatever the API: by its name, by a question, or by looking through the list.

use super::answer::{Answer, Page};
use super::dialect::{Dialect, Find};
use super::exchange::{About, Exchange, Missing};
use crate::net::Effect;
use crate::provider::{Answer as Reply, Zone};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use std::sync::{Mutex, PoisonError};

/// How many zones a message names.
const NAMED: usize = 5;

/// The zones that an account was seen to have.
#[derive(Default)]
pub(super) struct Zones {
    known: Mutex<Known>,
    listing: tokio::sync::Mutex<()>,
}

/// What was seen of them.
#[derive(Default)]
struct Known {
    zones: Vec<Zone>,
    /// Whether these are all, so that no longer one may be missing.
    are_all: bool,
}

impl Zones {
    /// The zone that holds `name`: `zone` where it is given, else the longest the account can see.
    pub(super) async fn locate(
        &self,
        exchange: &Exchange,
        dialect: &dyn Dialect,
        zone: Option<&Name>,
        name: &Name,
    ) -> Result<Zone, Fault> {
        match zone {
            Some(zone) => self.exact(exchange, dialect, zone).await,
            None => self.longest(exchange, dialect, name).await,
        }
    }

    /// Every zone that the account can see; `None` where the API does not tell.
    pub(super) fn every<'z>(
        &'z self,
        exchange: &'z Exchange,
        dialect: &'z dyn Dialect,
    ) -> Option<Reply<'z, Result<Vec<Zone>, Fault>>> {
        dialect.zones(None)?;
        Some(Box::pin(async move {
            let _turn = self.listing.lock().await;
            let seen = list(exchange, dialect).await?;
            *self.lock() = Known { zones: seen.clone(), are_all: true };
            Ok(seen)
        }))
    }

    /// Forgets everything: a zone may have been removed and made again under another identifier.
    pub(super) fn forget(&self) {
        *self.lock() = Known::default();
    }

    async fn exact(&self, exchange: &Exchange, dialect: &dyn Dialect, name: &Name) -> Result<Zone, Fault> {
        let mut above = false;
        let call = match dialect.find(name) {
            Find::Named => return Ok(Zone { name: name.clone(), id: name.to_string() }),
            Find::Ask(call) => Some(*call),
            Find::Within(call) => {
                above = true;
                Some(*call)
            }
            Find::List => None,
        };
        let _turn = self.listing.lock().await;
        if let Some(zone) = self.lock().zones.iter().find(|zone| zone.name == *name).cloned() {
            return Ok(zone);
        }
        let seen = match call {
            Some(call) => {
                let answer = exchange.send(call, Effect::Read, About::Zone).await?;
                read(exchange, dialect, &answer, None)?.items
            }
            None => list(exchange, dialect).await?,
        };
        if above && (seen.is_empty() || longest(&seen, name).is_some()) {
            self.learn(&seen);
            return Ok(Zone { name: name.clone(), id: name.to_string() });
        }
        let found = seen.iter().find(|zone| zone.name == *name).cloned();
        self.learn(&seen);
        found.ok_or_else(|| unseen(exchange, name, &seen))
    }

    async fn longest(&self, exchange: &Exchange, dialect: &dyn Dialect, name: &Name) -> Result<Zone, Fault> {
        let _turn = self.listing.lock().await;
        if let Some(zone) = self.longest_known(name) {
            return Ok(zone);
        }
        let seen = list(exchange, dialect).await?;
        *self.lock() = Known { zones: seen.clone(), are_all: true };
        longest(&seen, name).ok_or_else(|| unseen(exchange, name, &seen))
    }

    fn longest_known(&self, name: &Name) -> Option<Zone> {
        let known = self.lock();
        longest(&known.zones, name).filter(|_| known.are_all)
    }

    fn learn(&self, seen: &[Zone]) {
        let mut known = self.lock();
        known.zones.retain(|zone| !seen.iter().any(|other| other.name == zone.name));
        known.zones.extend_from_slice(seen);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn list(exchange: &Exchange, dialect: &dyn Dialect) -> Result<Vec<Zone>, Fault> {
    let Some(first) = dialect.zones(None) else {
        let what = format!("{} does not tell which zones there are", exchange.info.name);
        return Err(Fault::new(Class::Invalid, what).hint("name the zone in the record instead of `auto`"));
    };
    let call =
        |page: Option<&str>| page.and_then(|page| dialect.zones(Some(page))).unwrap_or_else(|| first.clone());
    exchange.pages(Missing::Refused, call, |answer, page| read(exchange, dialect, answer, page)).await
}

fn read(
    exchange: &Exchange,
    dialect: &dyn Dialect,
    answer: &Answer,
    page: Option<&str>,
) -> Result<Page<Zone>, Fault> {
    dialect.read_zones(answer, page).map_err(|odd| exchange.odd(&odd, Effect::Read))
}

fn longest(zones: &[Zone], name: &Name) -> Option<Zone> {
    let found = name.longest_zone(zones.iter().map(|zone| &zone.name))?;
    zones.iter().find(|zone| zone.name == *found).cloned()
}

fn unseen(exchange: &Exchange, name: &Name, seen: &[Zone]) -> Fault {
    let what = format!("the account at {} has no zone of {name}", exchange.info.name);
    let mut names: Vec<String> = seen.iter().take(NAMED).map(|zone| zone.name.to_string()).collect();
    if seen.len() > NAMED {
        names.push(format!("{} more", seen.len() - NAMED));
    }
    let fault = Fault::new(Class::NoSuchZone, what);
    if names.is_empty() {
        return fault.hint("check the spelling, and that the credentials may see the zone");
    }
    fault.hint(format!("it shows {}; check the spelling, and what the credentials may see", names.join(", ")))
}
