//! The one place where everything meets: one round, from asking to written.
//!
//! Detection and listing start at the same moment. Each zone works in a task of its own and waits only for the
//! families its records need, so IPv4 trouble never touches AAAA, and a panic in one adapter is the fault of that
//! adapter's records. What is decided here is only the order of things; every decision about addresses and records is
//! core's.

mod detections;
mod settle;
mod zone;

use crate::provider::{Adapter, RrSets, Zone};
use crate::report::event::{Outcome, Progress, RecordEvent};
use crate::report::heard::Heard;
pub use detections::Detecting;
use dynflare_core::desired::Wish;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::guard::Limits;
use dynflare_core::memory::Memory;
use dynflare_core::name::Name;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::{JoinError, JoinSet};

/// One record to be kept right.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The account, a key of [`Round::accounts`].
    pub account: String,
    /// The zone; `None` where the provider is asked for it.
    pub zone: Option<Name>,
    /// The provider's identifier of the zone, which spares looking it up.
    pub zone_id: Option<String>,
    /// What it should hold.
    pub wish: Wish,
    /// Whether it fails where the machine has no address of its family.
    pub need: Need,
}

/// Whether a family must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Without an address the record fails.
    Required,
    /// Without one it is passed over.
    IfPresent,
}

/// Whether steps are taken or only shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Taken.
    Apply,
    /// Shown.
    Plan,
}

/// Everything a round needs.
pub struct Round {
    /// The records.
    pub wanted: Vec<Wanted>,
    /// The accounts they lie in.
    pub accounts: BTreeMap<String, Adapter>,
    /// How addresses are learned.
    pub detecting: Detecting,
    /// The limits of the guards.
    pub limits: Limits,
    /// What earlier rounds left behind.
    pub memory: Memory,
    /// The time, in seconds since 1970.
    pub now: u64,
    /// Whether steps are taken.
    pub mode: Mode,
}

/// What a round came to.
pub struct Finished {
    /// One per wanted record, in their order.
    pub records: Vec<RecordEvent>,
    /// The detections that were needed, IPv4 first.
    pub detections: Vec<Arc<Heard>>,
    /// What the next round needs to know.
    pub memory: Memory,
}

/// A round in progress, as its tasks share it.
struct Shared {
    round: Round,
    memory: Mutex<Memory>,
}

impl Shared {
    fn adapter(&self, account: &str) -> &Adapter {
        self.round.accounts.get(account).expect("an adapter is made for the account of every wanted record")
    }

    fn rrsets(&self, account: &str) -> &dyn RrSets {
        match self.adapter(account) {
            Adapter::RrSets(rrsets) => rrsets.as_ref(),
            Adapter::Records(_) => unreachable!("the shape of an account does not change"),
        }
    }

    fn event(&self, index: usize, zone: Option<&Zone>, outcome: Outcome) -> RecordEvent {
        let wanted = &self.round.wanted[index];
        RecordEvent {
            account: wanted.account.clone(),
            key: wanted.wish.key().clone(),
            zone: zone.map(|zone| zone.name.clone()).or_else(|| wanted.zone.clone()),
            outcome,
            notes: Vec::new(),
            detections: Vec::new(),
        }
    }

    fn failed(&self, index: usize, fault: Fault) -> (usize, RecordEvent) {
        (index, self.event(index, None, Outcome::Failed(fault, Progress::Nothing)))
    }
}

/// Records that are worked on together: one zone of one account, or all of an account whose zones must be asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    account: String,
    zone: Option<Name>,
    zone_id: Option<String>,
}

impl Round {
    /// Runs it.
    pub async fn run(mut self) -> Finished {
        let memory = Mutex::new(std::mem::take(&mut self.memory));
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (index, wanted) in self.wanted.iter().enumerate() {
            let Wanted { account, zone, zone_id, .. } = wanted.clone();
            groups.entry(Group { account, zone, zone_id }).or_default().push(index);
        }
        let families = self.wanted.iter().flat_map(|wanted| wanted.wish.families());
        let detections = self.detecting.start(families);
        let shared = Arc::new(Shared { round: self, memory });

        let mut tasks = JoinSet::new();
        let mut started = BTreeMap::new();
        for (group, indices) in groups {
            let work = zone::work(Arc::clone(&shared), group, indices.clone(), detections.clone());
            started.insert(tasks.spawn(work).id(), indices);
        }
        let mut records: BTreeMap<usize, RecordEvent> = BTreeMap::new();
        while let Some(ended) = tasks.join_next_with_id().await {
            match ended {
                Ok((_, events)) => records.extend(events),
                Err(broken) => {
                    let indices = started.remove(&broken.id()).unwrap_or_default();
                    let fault = broke_off(broken);
                    records.extend(indices.into_iter().map(|index| shared.failed(index, fault.clone())));
                }
            }
        }
        let detections = detections.all().await;
        let memory = shared.memory.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Finished { records: records.into_values().collect(), detections, memory }
    }
}

/// A panic inside an adapter, as the fault of its records. What it had written by then is not known.
fn broke_off(broken: JoinError) -> Fault {
    let fault = Fault::new(Class::Unexpected, "a defect of this program broke the work on this record off")
        .hint("look at the record with `dynflare plan`, and report this");
    let Ok(panic) = broken.try_into_panic() else { return fault };
    let words = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    match words.or_else(|| panic.downcast_ref::<String>().cloned()) {
        Some(words) => fault.said(words),
        None => fault,
    }
}
