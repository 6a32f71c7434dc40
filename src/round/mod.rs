//! The one place where everything meets: one round, from asking to written.
//!
//! Detection and listing start at the same moment. Each zone works in a task of its own and waits only for the
//! families its records need, so IPv4 trouble never touches AAAA, and a panic in one adapter is the fault of that
//! adapter's records. What is decided here is only the order of things; every decision about addresses and records is
//! core's.

mod apart;
mod basis;
mod detections;
mod interrupt;
mod keep;
mod mode;
mod push;
mod settle;
mod shape;
mod tracks;
mod wanted;
mod zone;

use crate::provider::{Adapter, Zone};
use crate::report::event::{Outcome, Progress, Reading, RecordEvent};
use crate::report::heard::Heard;
use crate::report::tracks::Opened;
use basis::Looking;
use detections::Detections;
pub use detections::{Detecting, Line, Uplink};
use dynflare_core::condition::Leftover;
use dynflare_core::fault::Fault;
use dynflare_core::guard::Limits;
use dynflare_core::memory::Memory;
use dynflare_core::name::Name;
use dynflare_core::plan::Refresh;
use dynflare_core::quorum::Opinion;
use dynflare_core::uplink::Uplinks;
pub use interrupt::{Interrupt, Interrupter};
pub use keep::{Keep, Kept};
pub use mode::Mode;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
pub use wanted::{Need, Wanted};

/// Everything a round needs.
pub struct Round {
    /// The records.
    pub wanted: Vec<Wanted>,
    /// The accounts they lie in, by [`Wanted::adapter`].
    pub accounts: Arc<BTreeMap<String, Adapter>>,
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
    /// Who may end its detections.
    pub interrupt: Interrupt,
    /// Where memory is kept while the round is under way; without one, what a crash would make forgotten is forgotten.
    pub keeper: Option<Arc<dyn Keep>>,
}

/// What a round came to.
pub struct Finished {
    /// One per wanted record, in their order.
    pub records: Vec<RecordEvent>,
    /// The detections that were needed, IPv4 first.
    pub detections: Vec<Arc<Heard>>,
    /// What the next round needs to know.
    pub memory: Memory,
    /// Sources that have failed so often by now that they are asked last for a while.
    pub opened: Vec<Opened>,
}

/// A round in progress, as its tasks share it.
struct Shared {
    round: Round,
    memory: Mutex<Memory>,
    /// What earlier rounds found over each uplink.
    earlier: Uplinks,
    /// Held while memory is kept, so that a later state is never followed by an earlier one.
    keeping: tokio::sync::Mutex<()>,
}

impl Shared {
    /// Whether nobody need be asked about a record unless something else is desired by now.
    fn is_settled(&self, index: usize) -> bool {
        let wanted = &self.round.wanted[index];
        wanted.settled.is_some() && self.refresh(wanted, &self.memory()) == Refresh::NotDue
    }

    /// Takes note that a record has an address, or that nobody knows.
    fn not_absent(&self, index: usize) {
        if self.round.mode.writes() {
            let mut memory = self.memory();
            memory.end_absence(&self.round.wanted[index].place());
        }
    }

    /// How ways are decided about.
    fn looking<'a>(&'a self, detections: &'a Detections) -> Looking<'a> {
        Looking { detections, detecting: &self.round.detecting, earlier: &self.earlier, now: self.round.now }
    }

    /// Takes note of what the detections taught about uplinks and sources.
    fn remember(&self, under_way: &Detections, found: &[Arc<Heard>]) -> Vec<Opened> {
        let mut opened = Vec::new();
        let mut memory = self.memory();
        for wanted in &self.round.wanted {
            self.looking(under_way).remember(wanted, &mut memory);
        }
        for heard in found {
            opened.extend(tracks::note(&mut memory.tracks, heard, self.round.now));
            if let Some(uplink) = &heard.uplink {
                let address = match heard.verdict().outcome.agreed() {
                    Some(Opinion::Address(address)) => Some(address),
                    Some(Opinion::NoAddress) | None => None,
                };
                if address.is_none() && !heard.networks().is_empty() {
                    memory.uplinks.hold(uplink, heard.family(), self.round.now);
                } else {
                    memory.uplinks.note(uplink, heard.family(), address, self.round.now);
                }
            }
        }
        opened
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
            desired: None,
            reading: Reading::AtProvider,
            next_try: None,
        }
    }

    fn failed(&self, index: usize, fault: Fault) -> (usize, RecordEvent) {
        (index, self.event(index, None, Outcome::Failed(fault, Progress::Nothing)))
    }

    /// What is said of records whose work ended in a panic: what it had written by then is not known.
    fn broke_off(&self, indices: &[usize], fault: &Fault) -> zone::Events {
        let outcome = || match self.round.mode {
            Mode::Apply | Mode::Withdraw => Outcome::Unconfirmed(fault.clone()),
            Mode::Plan => Outcome::Failed(fault.clone(), Progress::Nothing),
        };
        indices.iter().map(|index| (*index, self.event(*index, None, outcome()))).collect()
    }
}

/// Records that are worked on together: one zone of one account, or all of an account whose zones must be asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    /// The key of the adapter.
    account: String,
    zone: Option<Name>,
    zone_id: Option<String>,
}

impl Round {
    /// The round for the end of the program: takes back what is ours of the records whose user asked for that
    /// (`on_stop`). `None` where nobody did.
    pub fn at_stop(mut self) -> Option<Self> {
        self.wanted.retain(|wanted| wanted.conditions.on_stop == Leftover::Delete);
        self.wanted.iter_mut().for_each(|wanted| wanted.settled = None);
        self.mode = Mode::Withdraw;
        (!self.wanted.is_empty()).then_some(self)
    }

    /// Runs it.
    pub async fn run(mut self) -> Finished {
        let memory = std::mem::take(&mut self.memory);
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (index, wanted) in self.wanted.iter().enumerate() {
            let Wanted { mut zone, mut zone_id, .. } = wanted.clone();
            let account = wanted.adapter();
            if matches!(self.accounts.get(&account), Some(Adapter::Push(_))) {
                // One call may carry names of several zones.
                (zone, zone_id) = (None, None);
            }
            groups.entry(Group { account, zone, zone_id }).or_default().push(index);
        }
        let needs: Vec<_> = match self.mode {
            Mode::Apply | Mode::Plan => self.wanted.iter().flat_map(basis::needs).collect(),
            Mode::Withdraw => Vec::new(),
        };
        let detections = self.detecting.start(&needs, &self.interrupt);
        let earlier = memory.uplinks.clone();
        let shared = Arc::new(Shared {
            round: self,
            memory: Mutex::new(memory),
            earlier,
            keeping: tokio::sync::Mutex::default(),
        });

        let pieces = groups.into_iter().map(|(group, indices)| {
            let work = zone::work(Arc::clone(&shared), group, indices.clone(), detections.clone());
            (indices, work)
        });
        let mut records: BTreeMap<usize, RecordEvent> = BTreeMap::new();
        for (indices, events) in apart::each(pieces).await {
            records.extend(events.unwrap_or_else(|fault| shared.broke_off(&indices, &fault)));
        }
        let under_way = detections;
        let detections = under_way.all().await;
        let opened = match shared.round.mode {
            Mode::Apply => shared.remember(&under_way, &detections),
            Mode::Plan | Mode::Withdraw => Vec::new(),
        };
        if detections.iter().all(|heard| heard.is_absent()) {
            records.values_mut().for_each(not_passed_over);
        }
        let memory = shared.memory().clone();
        Finished { records: records.into_values().collect(), detections, memory, opened }
    }
}

/// Where no family is there at all, the machine is offline, and nothing about its records is as desired.
fn not_passed_over(record: &mut RecordEvent) {
    if let Outcome::Absent(family) = record.outcome {
        record.outcome = Outcome::NotAgreed(family);
    }
}
