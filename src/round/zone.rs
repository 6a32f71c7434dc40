//! One zone's part of a round: find it, list it, wait for the families its records need, settle what is ready.

use super::apart;
use super::basis::{self, Basis};
use super::detections::{Detections, Line, Progress};
use super::settle::{Listing, Settling};
use super::{Group, Need, Shared};
use crate::provider::{Adapter, Zone};
use crate::report::event::{Outcome, RecordEvent};
use crate::report::heard::Heard;
use dynflare_core::desired::{Derived, Desired};
use dynflare_core::fault::Fault;
use dynflare_core::name::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::identity;
use std::sync::Arc;

/// Events with the place of their record among the wanted ones.
pub(super) type Events = Vec<(usize, RecordEvent)>;

/// Works on a group of records. Never fails: what goes wrong is the event of the record it went wrong for.
pub(super) async fn work(
    shared: Arc<Shared>,
    group: Group,
    indices: Vec<usize>,
    detections: Detections,
) -> Events {
    if let (Some(name), Some(id)) = (&group.zone, &group.zone_id) {
        let zone = Zone { name: name.clone(), id: id.clone() };
        return one_zone(shared, zone, indices, detections).await;
    }
    let mut events = Events::new();
    let mut zones: BTreeMap<Zone, Vec<usize>> = BTreeMap::new();
    for (found, indices) in locate(&shared, &group, &indices).await {
        match found {
            Ok(zone) => zones.entry(zone).or_default().extend(indices),
            Err(fault) => events.extend(indices.into_iter().map(|index| shared.failed(index, fault.clone()))),
        }
    }
    let pieces = zones.into_iter().map(|(zone, indices)| {
        let work = one_zone(Arc::clone(&shared), zone, indices.clone(), detections.clone());
        (indices, work)
    });
    for (indices, of_zone) in apart::each(pieces).await {
        events.extend(of_zone.unwrap_or_else(|fault| shared.broke_off(&indices, &fault)));
    }
    events
}

type Located = (Result<Zone, Fault>, Vec<usize>);

/// Asks for the zones of a group: once where the zone is given, once per name where it is not.
async fn locate(shared: &Arc<Shared>, group: &Group, indices: &[usize]) -> Vec<Located> {
    let mut names: BTreeMap<Option<Name>, Vec<usize>> = BTreeMap::new();
    for index in indices {
        let name = shared.round.wanted[*index].wish.key().name.clone();
        names.entry(group.zone.is_none().then_some(name)).or_default().push(*index);
    }
    let pieces = names.into_values().map(|indices| {
        let (shared, group, first) = (Arc::clone(shared), group.clone(), indices[0]);
        let work = async move {
            let name = &shared.round.wanted[first].wish.key().name;
            let zone = group.zone.as_ref();
            match shared.adapter(&group.account) {
                Adapter::Records(records) => records.locate(zone, name).await,
                Adapter::RrSets(rrsets) => rrsets.locate(zone, name).await,
            }
        };
        (indices, work)
    });
    apart::each(pieces)
        .await
        .into_iter()
        .map(|(indices, found)| (found.and_then(identity), indices))
        .collect()
}

async fn one_zone(shared: Arc<Shared>, zone: Zone, indices: Vec<usize>, detections: Detections) -> Events {
    let first = &shared.round.wanted[indices[0]];
    let (account, adapter) = (first.account.clone(), first.adapter());
    let settling = Settling { shared: &shared, account: &account, adapter: &adapter, zone: &zone };
    let listing = settling.list(&indices).await;
    let lines: BTreeSet<Line> =
        indices.iter().flat_map(|index| basis::lines(&shared.round.wanted[*index])).collect();
    let lines: Vec<Line> = lines.into_iter().collect();
    let mut known: Vec<Line> = Vec::new();
    let mut waiting = indices;
    let mut events = Events::new();
    while !waiting.is_empty() {
        detections.next(&lines, &known).await;
        let over = |line: &&Line| !matches!(detections.progress(line), Progress::Pending);
        known = lines.iter().filter(over).cloned().collect();
        let mut ready = Vec::new();
        waiting.retain(|index| match shared.looking(&detections).basis(&shared.round.wanted[*index]) {
            Some(basis) => {
                ready.push((*index, basis));
                false
            }
            None => true,
        });
        events.extend(settle(&settling, &listing, ready).await);
    }
    events
}

/// Settles the records for which it is known what they have to go by.
async fn settle(settling: &Settling<'_>, listing: &Listing, ready: Vec<(usize, Basis)>) -> Events {
    let mut desired: Vec<(usize, Desired)> = Vec::new();
    let mut events = Events::new();
    let mut heard: BTreeMap<usize, Vec<Arc<Heard>>> = BTreeMap::new();
    for (index, basis) in ready {
        let wanted = &settling.shared.round.wanted[index];
        let without = match wanted.wish.derive_all(&basis.known) {
            Derived::Desired(value) => {
                desired.push((index, value));
                None
            }
            Derived::Unknown(family) | Derived::Absent(family) => Some(family),
        };
        if let Some(family) = without {
            let mut of_family = basis.heard.iter().filter(|heard| heard.family() == family).peekable();
            let absent = of_family.peek().is_some() && of_family.all(|heard| heard.is_absent());
            let outcome = match wanted.need {
                Need::IfPresent if absent => Outcome::Absent(family),
                Need::IfPresent | Need::Required => Outcome::NotAgreed(family),
            };
            events.push((index, settling.event(index, outcome)));
        }
        heard.insert(index, basis.heard);
    }
    events.extend(settling.settle(listing, desired).await);
    for (index, event) in &mut events {
        event.detections = heard.remove(index).unwrap_or_default();
    }
    events
}
