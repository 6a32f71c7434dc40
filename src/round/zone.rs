//! One zone's part of a round: find it, list it, wait for the families its records need, settle what is ready.

use super::apart;
use super::basis::{self, Basis};
use super::detections::{Detections, Line, Progress};
use super::settle::{Listing, Settling};
use super::{Group, Mode, Need, Shared};
use crate::provider::push::PerCall;
use crate::provider::{Adapter, Zone};
use crate::report::event::{Outcome, Reading, RecordEvent};
use crate::report::heard::Heard;
use dynflare_core::address::Family;
use dynflare_core::condition::Leftover;
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
    if indices.iter().all(|index| shared.is_settled(*index)) {
        return if_changed(shared, group, indices, detections).await;
    }
    read(shared, group, indices, detections).await
}

/// Works on records that were all found right: waits for what is desired now, and asks their provider about those only
/// for which that is something else.
async fn if_changed(
    shared: Arc<Shared>,
    group: Group,
    indices: Vec<usize>,
    detections: Detections,
) -> Events {
    let mut events = Events::new();
    let mut waiting = Waiting::new(&shared, indices, &detections);
    while let Some(ready) = waiting.next().await {
        let mut changed = Vec::new();
        for (index, basis) in ready {
            let wanted = &shared.round.wanted[index];
            match (wanted.wish.derive_all(&basis.known), &wanted.settled) {
                (Derived::Desired(desired), Some(settled)) if desired == *settled => {
                    shared.not_absent(index);
                    let mut event = shared.event(index, None, Outcome::Unchanged(desired.values.clone()));
                    event.detections = basis.heard;
                    event.desired = Some(desired);
                    event.reading = Reading::Earlier;
                    events.push((index, event));
                }
                (Derived::Desired(_), _) => changed.push(index),
                (Derived::Absent(_), _) if wanted.conditions.on_no_address == Leftover::Delete => {
                    changed.push(index);
                }
                (Derived::Unknown(family) | Derived::Absent(family), _) => {
                    shared.not_absent(index);
                    events.push((index, without(&shared, (index, None), family, basis.heard)));
                }
            }
        }
        if !changed.is_empty() {
            events.extend(read(Arc::clone(&shared), group.clone(), changed, detections.clone()).await);
        }
    }
    events
}

/// Works on records whose provider is asked whatever is desired.
async fn read(shared: Arc<Shared>, group: Group, indices: Vec<usize>, detections: Detections) -> Events {
    if let (Some(name), Some(id)) = (&group.zone, &group.zone_id) {
        let zone = Zone { name: name.clone(), id: id.clone() };
        return one_zone(shared, Some(zone), indices, detections).await;
    }
    if shared.pushes(&group.account) {
        return one_zone(shared, None, indices, detections).await;
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
        let work = one_zone(Arc::clone(&shared), Some(zone), indices.clone(), detections.clone());
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
                Adapter::Push(_) => unreachable!("no zone is looked for where nothing is shown"),
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

async fn one_zone(
    shared: Arc<Shared>,
    zone: Option<Zone>,
    indices: Vec<usize>,
    detections: Detections,
) -> Events {
    let first = &shared.round.wanted[indices[0]];
    let (account, adapter) = (first.account.clone(), first.adapter());
    let settling = Settling { shared: &shared, account: &account, adapter: &adapter, zone: zone.as_ref() };
    let listing = settling.list(&indices).await;
    if shared.round.mode == Mode::Withdraw {
        let nothing = |index: usize| (index, shared.round.wanted[index].wish.nothing());
        return settling.settle(&listing, indices.into_iter().map(nothing).collect()).await;
    }
    let mut waiting = Waiting::new(&shared, indices, &detections);
    let mut events = Events::new();
    if shared.limits(&adapter).is_some_and(|limits| limits.per_call != PerCall::OneFamily) {
        // Both addresses of a name go in one call: a second one would come too soon after the first.
        let mut all = Vec::new();
        while let Some(ready) = waiting.next().await {
            all.extend(ready);
        }
        return settle(&settling, &listing, all).await;
    }
    while let Some(ready) = waiting.next().await {
        events.extend(settle(&settling, &listing, ready).await);
    }
    events
}

/// Records that wait for their detections.
struct Waiting<'a> {
    shared: &'a Shared,
    detections: &'a Detections,
    lines: Vec<Line>,
    known: Vec<Line>,
    records: Vec<usize>,
}

impl<'a> Waiting<'a> {
    fn new(shared: &'a Shared, records: Vec<usize>, detections: &'a Detections) -> Self {
        let lines: BTreeSet<Line> =
            records.iter().flat_map(|index| basis::lines(&shared.round.wanted[*index])).collect();
        Self { shared, detections, lines: lines.into_iter().collect(), known: Vec::new(), records }
    }

    /// Those for which it is known by now what they have to go by, once there is one; `None` when all were given.
    async fn next(&mut self) -> Option<Vec<(usize, Basis)>> {
        if self.records.is_empty() {
            return None;
        }
        self.detections.next(&self.lines, &self.known).await;
        let over = |line: &&Line| !matches!(self.detections.progress(line), Progress::Pending);
        self.known = self.lines.iter().filter(over).cloned().collect();
        let looking = self.shared.looking(self.detections);
        let mut ready = Vec::new();
        self.records.retain(|index| match looking.basis(&self.shared.round.wanted[*index]) {
            Some(basis) => {
                ready.push((*index, basis));
                false
            }
            None => true,
        });
        Some(ready)
    }
}

/// What is said of a record that nothing can be derived for.
fn without(
    shared: &Shared,
    (index, zone): (usize, Option<&Zone>),
    family: Family,
    heard: Vec<Arc<Heard>>,
) -> RecordEvent {
    let mut of_family = heard.iter().filter(|heard| heard.family() == family).peekable();
    let absent = of_family.peek().is_some() && of_family.all(|heard| heard.is_absent());
    let outcome = match shared.round.wanted[index].need {
        Need::IfPresent if absent => Outcome::Absent(family),
        Need::IfPresent | Need::Required => Outcome::NotAgreed(family),
    };
    let mut event = shared.event(index, zone, outcome);
    event.detections = heard;
    event
}

/// Settles the records for which it is known what they have to go by.
async fn settle(settling: &Settling<'_>, listing: &Listing, ready: Vec<(usize, Basis)>) -> Events {
    let mut desired: Vec<(usize, Desired)> = Vec::new();
    let mut events = Events::new();
    let mut heard: BTreeMap<usize, (Desired, Vec<Arc<Heard>>)> = BTreeMap::new();
    for (index, basis) in ready {
        let wanted = &settling.shared.round.wanted[index];
        match wanted.wish.derive_all(&basis.known) {
            Derived::Desired(value) => {
                settling.shared.not_absent(index);
                heard.insert(index, (value.clone(), basis.heard));
                desired.push((index, value));
            }
            Derived::Absent(family) if wanted.conditions.on_no_address == Leftover::Delete => {
                match settling.absent(listing, index, family) {
                    Ok(nothing) => {
                        heard.insert(index, (nothing.clone(), basis.heard));
                        desired.push((index, nothing));
                    }
                    Err(mut event) => {
                        event.detections = basis.heard;
                        events.push((index, *event));
                    }
                }
            }
            Derived::Unknown(family) | Derived::Absent(family) => {
                settling.shared.not_absent(index);
                let at = (index, settling.zone);
                events.push((index, without(settling.shared, at, family, basis.heard)));
            }
        }
    }
    let mut settled = settling.settle(listing, desired).await;
    for (index, event) in &mut settled {
        if let Some((desired, heard)) = heard.remove(index) {
            (event.desired, event.detections) = (Some(desired), heard);
        }
    }
    events.extend(settled);
    events
}
