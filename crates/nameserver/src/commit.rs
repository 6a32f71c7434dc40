//! The one thread that changes zones. What waits for it is made together, written together, and answered when it is
//! durable; readers see it from that moment on, and never wait for the disk.

use crate::answer::Writer;
use crate::change::{self, ChangeError, WireChange};
use crate::draft::{Draft, Pending};
use crate::message::{Rcode, Request};
use crate::name::WireName;
use crate::open::Plan;
use crate::server::Shared;
use crate::settings::{KeySettings, OpenError, ZoneSettings};
use crate::state::State;
use crate::store::Storage;
use crate::tsig::Signing;
use crate::update::Update;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::oneshot;

/// The most changes that are made together.
const TOGETHER: usize = 1024;
/// How many changes may wait.
pub(crate) const WAITING: usize = 4096;

/// An update that has been checked as far as that goes without its zone. Nothing is done until it is submitted.
#[must_use = "an update that is not submitted is neither made nor answered"]
pub struct Ticket {
    jobs: mpsc::Sender<Order>,
    zone: Box<[u8]>,
    update: Update,
    pattern: Pattern,
}

/// The answer to an update but for how it went, which is not known yet.
pub(crate) struct Pattern {
    octets: Vec<u8>,
    signing: Signing,
}

impl Pattern {
    pub(crate) fn new(request: &Request<'_>, signing: Signing) -> Self {
        let mut octets = Vec::with_capacity(128);
        Writer::answering(request, &mut octets).finish(request.edns, Rcode::NoError);
        Self { octets, signing }
    }

    fn fill(mut self, rcode: Rcode) -> Vec<u8> {
        self.octets[3] |= (rcode as u16).to_be_bytes()[1] & 15;
        self.signing.sign(&mut self.octets, 0);
        self.octets
    }
}

impl Ticket {
    pub(crate) fn new(jobs: mpsc::Sender<Order>, zone: Box<[u8]>, update: Update, pattern: Pattern) -> Self {
        Self { jobs, zone, update, pattern }
    }

    /// Submits it. `answer` gets the answer in wire form when the change is durable, on the thread that makes changes:
    /// it sends and returns. Where too many wait already it gets a failure at once.
    pub fn submit(self, answer: impl FnOnce(&[u8]) + Send + 'static) {
        let Self { jobs, zone, update, pattern } = self;
        let tell = Box::new(move |rcode| answer(&pattern.fill(rcode)));
        let refused = jobs.try_send(Order::Job(Job { zone, work: Work::Update(update, tell) })).err();
        if let Some(Order::Job(Job { work: Work::Update(_, tell), .. })) =
            refused.map(mpsc::error::TrySendError::into_inner)
        {
            tell(Rcode::ServFail);
        }
    }

    /// Submits it and waits for the answer in wire form; `None` when the server ends before.
    pub async fn wait(self) -> Option<Vec<u8>> {
        let (tell, told) = oneshot::channel();
        self.submit(move |answer| {
            // Whoever waited is gone.
            let _: Result<(), _> = tell.send(answer.to_vec());
        });
        told.await.ok()
    }
}

/// A change to be made, and whom to tell.
pub(crate) struct Job {
    /// The key of the zone.
    pub(crate) zone: Box<[u8]>,
    pub(crate) work: Work,
}

/// Whom to tell of a change by the program itself.
type TellChange = Box<dyn FnOnce(Result<u32, ChangeError>) + Send>;
/// Whom to tell of an update.
type TellUpdate = Box<dyn FnOnce(Rcode) + Send>;

/// The two kinds of changes.
pub(crate) enum Work {
    /// From the program itself.
    Change(Vec<WireChange>, TellChange),
    /// From the network.
    Update(Update, TellUpdate),
}

/// What the one thread is asked for.
pub(crate) enum Order {
    /// A change of one zone.
    Job(Job),
    /// Other settings: zones, keys.
    Settings(Vec<ZoneSettings>, Vec<KeySettings>, oneshot::Sender<Result<(), OpenError>>),
}

/// How the making of a change went, and whom to tell.
enum Made {
    Change(Result<u32, ChangeError>, TellChange),
    Update(Rcode, TellUpdate),
}

/// Makes changes until nobody can ask for one any more.
pub(crate) fn run(shared: &Arc<Shared>, mut storage: Storage, mut orders: Receiver<Order>) {
    let mut batch = Vec::with_capacity(TOGETHER);
    while orders.blocking_recv_many(&mut batch, TOGETHER) > 0 {
        let mut jobs = Vec::with_capacity(batch.len());
        for order in batch.drain(..) {
            match order {
                Order::Job(job) => jobs.push(job),
                Order::Settings(zones, keys, tell) => {
                    commit(shared, &mut storage, std::mem::take(&mut jobs));
                    // Whoever waited is gone.
                    let _: Result<(), _> = tell.send(arrange(shared, &mut storage, zones, keys));
                }
            }
        }
        commit(shared, &mut storage, jobs);
    }
}

/// Makes the zones what other settings say.
fn arrange(
    shared: &Arc<Shared>,
    storage: &mut Storage,
    zones: Vec<ZoneSettings>,
    keys: Vec<KeySettings>,
) -> Result<(), OpenError> {
    let state = shared.read();
    let plan = Plan::new(&state, zones, keys)?;
    storage.commit(&state, &plan.changes()).map_err(|error| storage.failed(&error))?;
    drop(state);
    shared.arrange(plan);
    Ok(())
}

/// Makes changes on top of one another, writes them, and tells everybody.
fn commit(shared: &Arc<Shared>, storage: &mut Storage, jobs: Vec<Job>) {
    let mut pending: BTreeMap<Box<[u8]>, Pending> = BTreeMap::new();
    // Nobody else writes, so what is read here is still there when it is changed below.
    let state = shared.read();
    let made: Vec<Made> = jobs.into_iter().map(|job| make(&state, &mut pending, job)).collect();
    pending.retain(|_, names| !names.is_empty());
    let changes: Vec<(&WireName, &Pending)> = pending
        .iter()
        .filter_map(|(zone, names)| Some((state.zones[state.exactly(zone)?].zone.origin(), names)))
        .collect();
    let written = if changes.is_empty() { Ok(()) } else { storage.commit(&state, &changes) };
    drop(state);
    if written.is_ok() && !pending.is_empty() {
        shared.apply(&pending);
    }
    let failure = written.err().map(|error| error.to_string());
    for one in made {
        match (one, &failure) {
            (Made::Change(result, tell), None) => tell(result),
            (Made::Change(result, tell), Some(error)) => {
                tell(result.and(Err(ChangeError::Store(error.clone()))));
            }
            (Made::Update(Rcode::NoError, tell), Some(_)) => tell(Rcode::ServFail),
            (Made::Update(rcode, tell), _) => tell(rcode),
        }
    }
}

/// Makes one change on top of those of its batch, or leaves them as they are.
fn make(state: &State, pending: &mut BTreeMap<Box<[u8]>, Pending>, job: Job) -> Made {
    let served =
        state.exactly(&job.zone).map(|place| &state.zones[place]).filter(|served| served.name.is_some());
    let batch = pending.entry(job.zone).or_default();
    match job.work {
        Work::Change(changes, tell) => {
            let result = served.ok_or(ChangeError::Stopped);
            let result = result.and_then(|served| change::apply(Draft::new(&served.zone, batch), &changes));
            Made::Change(result.map(|(names, serial)| (batch.extend(names), serial).1), tell)
        }
        Work::Update(update, tell) => {
            let result = served.ok_or(Rcode::NotAuth);
            let result = result.and_then(|served| update.apply(Draft::new(&served.zone, batch)));
            Made::Update(
                result.map_or_else(|rcode| rcode, |(names, _)| (batch.extend(names), Rcode::NoError).1),
                tell,
            )
        }
    }
}
