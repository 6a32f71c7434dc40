//! From a name to its zone: one request per zone, or one listing for as many names as there are.
//!
//! Exact suffixes only, no status filter, no public-suffix list. Several zones of one name (an old one that has
//! moved, a pending one) give way to the one that serves.

use super::errors::Failure;
use super::exchange::{Api, Pages};
use super::flight::Flight;
use super::wire::{WireZone, read_name};
use crate::provider::Zone;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The largest page of zones: <https://developers.cloudflare.com/api/resources/zones/methods/list/>.
const PAGE: u64 = 50;
/// How many zones a message names.
const NAMED: usize = 5;
/// The longest comment in characters on the Free plan and on the others:
/// <https://developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes/>.
const COMMENT: (usize, usize) = (100, 500);

/// A zone that was seen, with what else is known of it.
#[derive(Clone, Debug)]
struct Known {
    zone: Zone,
    status: Status,
    free: bool,
}

/// A zone's status, the one that serves best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Other,
    Moved,
    Initializing,
    Pending,
    Active,
}

/// The zones this account was seen to have.
#[derive(Default)]
pub(super) struct Zones {
    by_name: Mutex<BTreeMap<Name, Arc<Flight<Vec<Known>>>>>,
    all: Flight<Arc<Vec<Known>>>,
    sight: Flight<Arc<(Vec<String>, u64)>>,
}

impl Zones {
    /// The zone of this name.
    pub(super) async fn exact(&self, api: &Api, name: &Name) -> Result<Zone, Fault> {
        if let Some(zone) = self.all.peek().and_then(|all| best(&all, name)) {
            return Ok(zone);
        }
        let flight = self.flight(name);
        let known = flight.get(async {
            let known = ask(api, name).await?;
            if known.is_empty() { Err(Failure::other(self.unseen(api, name).await)) } else { Ok(known) }
        });
        let known = known.await.map_err(|failure| *failure.fault)?;
        best(&known, name).ok_or_else(|| unseen_beside(api, name, &[], 0))
    }

    /// The longest zone that holds this name. A list that does not have it is read again, since the zone may be new.
    pub(super) async fn longest(&self, api: &Api, name: &Name) -> Result<Zone, Fault> {
        if let Some(zone) = self.all.peek().and_then(|all| longest(&all, name)) {
            return Ok(zone);
        }
        let all = self.all.fresh(ask_all(api)).await.map_err(|failure| *failure.fault)?;
        longest(&all, name).ok_or_else(|| {
            let names: Vec<String> =
                all.iter().take(NAMED).map(|known| known.zone.name.to_string()).collect();
            unseen_beside(api, name, &names, all.len() as u64)
        })
    }

    /// Every zone there is, each name once.
    pub(super) async fn every(&self, api: &Api) -> Result<Vec<Zone>, Fault> {
        let all = self.all.fresh(ask_all(api)).await.map_err(|failure| *failure.fault)?;
        let names: BTreeSet<&Name> = all.iter().map(|known| &known.zone.name).collect();
        Ok(names.into_iter().filter_map(|name| best(&all, name)).collect())
    }

    /// Forgets everything: a zone may have been removed and added again under another identifier.
    pub(super) fn forget(&self) {
        self.lock().clear();
        self.all.forget();
    }

    /// The longest comment a record of this zone may have, as far as its plan is known.
    pub(super) fn longest_comment(&self, zone: &Zone) -> usize {
        let free = |known: &[Known]| known.iter().any(|known| known.zone.id == zone.id && known.free);
        let by_name = self.lock().get(&zone.name).and_then(|flight| flight.peek());
        if by_name.is_some_and(|known| free(&known)) || self.all.peek().is_some_and(|all| free(&all)) {
            COMMENT.0
        } else {
            COMMENT.1
        }
    }

    /// Why there is no zone, with what there is instead. One more request, and only then.
    async fn unseen(&self, api: &Api, zone: &Name) -> Fault {
        let seen = self.sight.fresh(async {
            let pages = Pages { path: "/zones?".to_owned(), size: PAGE, zone: None };
            let (zones, total) = api.first::<WireZone>(&pages).await?;
            Ok(Arc::new((zones.into_iter().map(|zone| zone.name).collect(), total)))
        });
        match seen.await {
            Ok(seen) => unseen_beside(api, zone, &seen.0, seen.1),
            Err(_) => unseen_beside(api, zone, &[], 1),
        }
    }

    fn flight(&self, name: &Name) -> Arc<Flight<Vec<Known>>> {
        Arc::clone(self.lock().entry(name.clone()).or_default())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Name, Arc<Flight<Vec<Known>>>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(api: &Api, name: &Name) -> Result<Vec<Known>, Failure> {
    let path = format!("/zones?name={name}&");
    let pages = Pages { path, size: PAGE, zone: Some(name.as_str()) };
    let zones = api.list::<WireZone>(&pages).await?;
    // The filter also takes operators; only the exact name is meant.
    Ok(zones.into_iter().filter_map(known).filter(|known| known.zone.name == *name).collect())
}

async fn ask_all(api: &Api) -> Result<Arc<Vec<Known>>, Failure> {
    let pages = Pages { path: "/zones?".to_owned(), size: PAGE, zone: None };
    let zones = api.list::<WireZone>(&pages).await?;
    Ok(Arc::new(zones.into_iter().filter_map(known).collect()))
}

fn known(zone: WireZone) -> Option<Known> {
    let name = read_name(&zone.name)?;
    let status = match zone.status.as_str() {
        "active" => Status::Active,
        "pending" => Status::Pending,
        "initializing" => Status::Initializing,
        "moved" => Status::Moved,
        _ => Status::Other,
    };
    let free = zone.plan.and_then(|plan| plan.legacy_id).is_some_and(|plan| plan == "free");
    Some(Known { zone: Zone { name, id: zone.id }, status, free })
}

/// The zone of this name that serves best.
fn best(known: &[Known], name: &Name) -> Option<Zone> {
    let of_name = known.iter().filter(|known| known.zone.name == *name);
    of_name.max_by_key(|known| known.status).map(|known| known.zone.clone())
}

fn longest(known: &[Known], name: &Name) -> Option<Zone> {
    best(known, name.longest_zone(known.iter().map(|known| &known.zone.name))?)
}

/// That `name` lies in no zone of the account, of whose `total` zones these are the first.
fn unseen_beside(api: &Api, name: &Name, zones: &[String], total: u64) -> Fault {
    let who = api.credential.noun();
    let give = format!(
        "{} Zone.Zone:Read and Zone.DNS:Edit on it (dash.cloudflare.com, My Profile, API Tokens)",
        api.credential.give()
    );
    let fault = |what: String| Fault::new(Class::NoSuchZone, what);
    if total == 0 {
        return fault(format!("the {who} sees no zone at all, so no zone of {name} either"))
            .hint(format!("{give}, or set `zone_id`"));
    }
    let fault = fault(format!("the {who} cannot see a zone of {name}"));
    if zones.is_empty() {
        return fault.hint(format!("check the spelling, or {give}"));
    }
    fault.hint(format!("it sees {}; check the spelling, or {give}", enumerate(zones, total)))
}

/// `a`, `a and b`, `a, b and 3 more`.
fn enumerate(names: &[String], total: u64) -> String {
    let shown = &names[..names.len().min(NAMED)];
    let more = total.saturating_sub(shown.len() as u64);
    match (shown, more) {
        (_, 1..) => format!("{} and {more} more", shown.join(", ")),
        ([most @ .., last], 0) if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        (_, 0) => shown.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::enumerate;

    #[test]
    fn zones_are_enumerated_briefly() {
        let names: Vec<String> = ["a.example", "b.example", "c.example"].map(str::to_owned).into();
        assert_eq!(enumerate(&names[..1], 1), "a.example");
        assert_eq!(enumerate(&names[..2], 2), "a.example and b.example");
        assert_eq!(enumerate(&names, 3), "a.example, b.example and c.example");
        assert_eq!(enumerate(&names, 60), "a.example, b.example, c.example and 57 more");
    }
}
