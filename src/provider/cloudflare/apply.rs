//! Writing: one call for one change, one transaction for several, and who is at fault when that is refused.
//!
//! Updates name only what changes, for that leaves proxied, comment, tags and settings alone. Where the API refuses
//! this, one more try repeats the record as it was listed.

use super::Cloudflare;
use super::astray;
use super::errors::{Failure, Verdict};
use super::exchange::Call;
use super::records::{obstacle, path, segment};
use super::side_by_side::side_by_side;
use super::wire::{self, Extent};
use crate::net::http::Method;
use crate::provider::Zone;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::plan::Change;
use dynflare_core::record::{Attributes, Key};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How many operations a batch may hold on every plan:
/// <https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/>.
const BATCH: usize = 200;
/// How many single calls run at once when a batch was refused.
const LANES: usize = 8;

type Outcome = Result<(), Fault>;
/// Changes with their places in what was asked.
type Steps<'a> = Vec<(usize, &'a Change)>;

/// Takes the changes of one zone; one outcome each, in their order.
pub(super) async fn apply(cloudflare: &Cloudflare, zone: &Zone, changes: &[Change]) -> Vec<Outcome> {
    let at = Writer { cloudflare, zone, stop: OnceLock::new() };
    let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
    let mut steps: Steps<'_> = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        match check(change, cloudflare.zones.longest_comment(zone)) {
            Some(outcome) => drop(outcomes.insert(place, outcome)),
            None => steps.push((place, change)),
        }
    }
    if steps.len() == 1 {
        outcomes.extend(at.one_by_one(vec![steps], Extent::Partial).await);
    } else {
        let batches = batches(by_key(steps));
        for done in side_by_side(batches.into_iter().map(|batch| at.batch(batch))).await {
            outcomes.extend(done);
        }
    }
    let untold = || Err(Fault::new(Class::Unexpected, "the adapter lost sight of this step"));
    (0..changes.len()).map(|place| outcomes.remove(&place).unwrap_or_else(untold)).collect()
}

/// What is clear before anything is sent.
fn check(change: &Change, longest: usize) -> Option<Outcome> {
    match change {
        Change::Update { content: None, attributes, .. } if attributes.is_empty() => Some(Ok(())),
        Change::Update { attributes, .. } | Change::Create { attributes, .. } => {
            comment_fault(attributes, longest).map(Err)
        }
        Change::Delete { .. } => None,
    }
}

fn comment_fault(attributes: &Attributes, longest: usize) -> Option<Fault> {
    let comment = attributes.comment.as_ref()?;
    let length = comment.chars().count();
    if length > longest {
        let what = format!("the comment has {length} characters, and the zone's plan allows {longest}");
        return Some(Fault::new(Class::Invalid, what).hint("shorten the comment"));
    }
    if comment.contains(['\r', '\n']) {
        let fault =
            Fault::new(Class::Invalid, "the comment has a line break, which Cloudflare does not take");
        return Some(fault.hint("write the comment on one line"));
    }
    None
}

fn key(change: &Change) -> &Key {
    match change {
        Change::Update { record, .. } | Change::Delete { record } => &record.key,
        Change::Create { key, .. } => key,
    }
}

/// The steps of each name and type in their order.
fn by_key(steps: Steps<'_>) -> Vec<Steps<'_>> {
    let mut groups: BTreeMap<&Key, Steps<'_>> = BTreeMap::new();
    for (place, change) in steps {
        groups.entry(key(change)).or_default().push((place, change));
    }
    groups.into_values().collect()
}

/// Whole groups, as many as one batch holds. A group that is larger than a batch is cut in its order.
fn batches(groups: Vec<Steps<'_>>) -> Vec<Vec<Steps<'_>>> {
    let mut batches: Vec<Vec<Steps<'_>>> = Vec::new();
    let mut room = 0;
    for group in groups {
        for part in group.chunks(BATCH) {
            if part.len() > room {
                batches.push(Vec::new());
                room = BATCH;
            }
            room -= part.len();
            batches.last_mut().expect("invariant: pushed above when there was no room").push(part.to_vec());
        }
    }
    batches
}

/// One zone while it is written to.
struct Writer<'a> {
    cloudflare: &'a Cloudflare,
    zone: &'a Zone,
    /// The fault after which nothing more is sent: credentials refused, limit reached, no answer.
    stop: OnceLock<Fault>,
}

impl Writer<'_> {
    /// All in one transaction; where that is refused, one by one.
    async fn batch(&self, groups: Vec<Steps<'_>>) -> Vec<(usize, Outcome)> {
        let mut extent = Extent::Partial;
        let mut sent = self.send_batch(&groups, extent).await;
        if sent.as_ref().is_err_and(Failure::may_want_whole_record) && groups.iter().flatten().any(is_update)
        {
            extent = Extent::Whole;
            sent = self.send_batch(&groups, extent).await;
        }
        match sent {
            Ok(()) => groups.into_iter().flatten().map(|(place, _)| (place, Ok(()))).collect(),
            Err(failure) if failure.verdict == Verdict::Other => {
                let fault = *failure.fault;
                groups.into_iter().flatten().map(|(place, _)| (place, Err(fault.clone()))).collect()
            }
            // A transaction that was refused left nothing behind, and names only the first of its troubles.
            Err(_) => self.one_by_one(groups, Extent::Partial).await,
        }
    }

    async fn send_batch(&self, groups: &[Steps<'_>], extent: Extent) -> Result<(), Failure> {
        let body = wire::batch(groups.iter().flatten().map(|step| step.1), extent);
        let call = Call {
            method: Method::POST,
            path: format!("{}/batch", path(self.zone)),
            body: Some(body),
            zone: Some(self.zone.name.as_str()),
            key: None,
        };
        let answer = self.cloudflare.api.write(call).await?;
        let made = answer.get("posts").and_then(Value::as_array).into_iter().flatten();
        self.check_made(made, groups.iter().flatten().map(|step| step.1)).await
    }

    /// Each by itself: the steps of one name and type in their order, names side by side.
    async fn one_by_one(&self, groups: Vec<Steps<'_>>, extent: Extent) -> Vec<(usize, Outcome)> {
        let mut lanes: Vec<Vec<Steps<'_>>> = (0..LANES.min(groups.len())).map(|_| Vec::new()).collect();
        let count = lanes.len().max(1);
        for (number, group) in groups.into_iter().enumerate() {
            lanes[number % count].push(group);
        }
        let lanes = lanes.into_iter().map(|lane| async move {
            let mut outcomes = Vec::new();
            for group in lane {
                outcomes.extend(self.group(group, extent).await);
            }
            outcomes
        });
        side_by_side(lanes).await.into_iter().flatten().collect()
    }

    /// The steps of one name and type. After a failure nothing more is deleted: what was to go may be all there is.
    async fn group(&self, steps: Steps<'_>, extent: Extent) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::new();
        let mut failed: Option<Fault> = None;
        for (place, change) in steps {
            let outcome = match (self.stop.get(), &failed, change) {
                (Some(fault), ..) | (None, Some(fault), Change::Delete { .. }) => Err(untried(fault)),
                (None, ..) => self.single(change, extent).await,
            };
            if let Err(fault) = &outcome {
                failed.get_or_insert_with(|| fault.clone());
            }
            outcomes.push((place, outcome));
        }
        outcomes
    }

    async fn single(&self, change: &Change, extent: Extent) -> Outcome {
        let mut sent = self.send_single(change, extent).await;
        let partial = extent == Extent::Partial && matches!(change, Change::Update { .. });
        if partial && sent.as_ref().is_err_and(Failure::may_want_whole_record) {
            sent = self.send_single(change, Extent::Whole).await;
        }
        let failure = match sent {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        if failure.verdict != Verdict::Refused {
            // Several lanes may say so; the first is as good as the others.
            let _ = self.stop.set(*failure.fault.clone());
        }
        if failure.is_clash() {
            return Err(self.explain_clash(*failure.fault, key(change)).await);
        }
        Err(*failure.fault)
    }

    async fn send_single(&self, change: &Change, extent: Extent) -> Result<(), Failure> {
        let records = path(self.zone);
        let (method, path, body) = match change {
            Change::Update { record, content, attributes } => {
                let body = wire::update(record, content.as_deref(), attributes, extent);
                (Method::PATCH, format!("{records}/{}", segment(&record.id)), Some(body))
            }
            Change::Create { key, content, attributes } => {
                (Method::POST, records, Some(wire::create(key, content, attributes)))
            }
            Change::Delete { record } => (Method::DELETE, format!("{records}/{}", segment(&record.id)), None),
        };
        let zone = Some(self.zone.name.as_str());
        let answer =
            self.cloudflare.api.write(Call { method, path, body, zone, key: Some(key(change)) }).await?;
        self.check_made([&answer], [change]).await
    }

    /// That what was made stands where it was asked for.
    async fn check_made<'a>(
        &self,
        made: impl IntoIterator<Item = &'a Value>,
        changes: impl IntoIterator<Item = &'a Change>,
    ) -> Result<(), Failure> {
        let asked = changes.into_iter().filter_map(|change| match change {
            Change::Create { key, .. } => Some(&key.name),
            Change::Update { .. } | Change::Delete { .. } => None,
        });
        let asked: Vec<&Name> = asked.collect();
        match astray::take_back(&self.cloudflare.api, self.zone, made, &asked).await {
            Some(fault) => Err(Failure::other(fault)),
            None => Ok(()),
        }
    }

    /// Says which record stands in the way. One more request, and only then.
    async fn explain_clash(&self, fault: Fault, key: &Key) -> Fault {
        match obstacle(&self.cloudflare.api, self.zone, key).await {
            Some(other) => Fault {
                what: format!("{} holds {other}, which excludes {} records", key.name, key.rtype),
                hint: Some(format!("remove that record, or leave {key} out")),
                ..fault
            },
            None => fault,
        }
    }
}

/// The fault of a step that was not taken because of another's. What was not sent cannot have taken effect.
fn untried(fault: &Fault) -> Fault {
    let class = if fault.class == Class::Unconfirmed { Class::Unavailable } else { fault.class };
    Fault { class, what: format!("not tried after another step failed: {}", fault.what), ..fault.clone() }
}

fn is_update(step: &(usize, &Change)) -> bool {
    matches!(step.1, Change::Update { .. })
}
