//! What is behind the update endpoint: wishes for names become rounds of the zones they lie in.
//!
//! Each zone has a [`lane`]: a queue, a task that works it off, and what is known of its names. What arrives while a
//! round is under way is the next one, so updates that come together are written together; what is known to be right
//! already costs no call. A round is that of [`crate::round`], with the same plans, guards, memory and ownership as any
//! other; only that nobody is asked for an address, since the client says its own. What could not be written is
//! [`noted`] durably and tried again until it is right, or until somebody wishes something else.
//!
//! Who may wish what is the endpoint's business ([`crate::server::update`]).

mod known;
mod lane;
#[cfg(feature = "nameserver")]
pub mod local;
mod noted;
mod outcome;
mod rest;
mod turn;

#[cfg(test)]
mod tests;

use crate::provider::Adapter;
use crate::report::event::Event;
use crate::round::Detecting;
use crate::server::update::setter::{PATIENCE, Set, Setter, Setting, Want, Why, Wish};
use dynflare_core::address::Family;
use dynflare_core::desired::OwnerMark;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::guard::Limits;
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use lane::Lane;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

pub use lane::Standing;

/// What the rounds of one zone are made of; another configuration brings another one.
#[derive(Clone)]
pub struct Ground {
    /// The accounts, by name.
    pub accounts: Arc<BTreeMap<String, Adapter>>,
    /// The account that this zone lies in.
    pub account: String,
    /// The provider's identifier of the zone.
    pub zone_id: Option<String>,
    /// The TTL of new records.
    pub ttl: Option<u32>,
    /// How records are marked as ours.
    pub owner: OwnerMark,
    /// The guards.
    pub limits: Limits,
    /// After what time what is known of a name is looked at again.
    pub audit: Duration,
    /// Nobody is asked, but a round wants to know who it would be.
    pub detecting: Detecting,
    /// What is known of the zone's names without asking.
    pub knowledge: Knowledge,
}

/// What is known of a zone's names without asking its provider.
#[derive(Clone)]
pub enum Knowledge {
    /// What earlier rounds found.
    Remembered,
    /// Everything: the zone is here.
    Here(Arc<dyn Look>),
}

/// A look at a zone that is here.
pub trait Look: Send + Sync {
    /// The addresses of a name, of the family that the type has.
    fn look(&self, key: &Key) -> Vec<IpAddr>;
}

/// Everything that is served.
pub struct Served {
    lanes: RwLock<Arc<BTreeMap<Name, Arc<Lane>>>>,
    folder: Option<PathBuf>,
    say: mpsc::UnboundedSender<Event>,
}

impl Served {
    /// Begins, with what earlier runs noted and did not finish. Needs a tokio runtime. `folder` is where notes are kept;
    /// without one they end with the process. What becomes of records is said to `say`.
    pub fn start(
        zones: BTreeMap<Name, Ground>,
        folder: Option<PathBuf>,
        say: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let served = Self { lanes: RwLock::default(), folder, say };
        served.turn_to(zones);
        served
    }

    /// Serves other zones from now on, or the same with other settings: what is known of names is looked at again, and
    /// what had to wait is tried at once. A zone that is gone finishes what it is at.
    pub fn turn_to(&self, zones: BTreeMap<Name, Ground>) {
        let before = self.lanes();
        let mut lanes = BTreeMap::new();
        for (zone, ground) in zones {
            let lane = if let Some(lane) = before.get(&zone) {
                lane.turn_to(ground);
                Arc::clone(lane)
            } else {
                let folder = self.folder.as_ref().map(|folder| folder.join(zone.as_str()));
                Lane::start(zone.clone(), ground, folder, self.say.clone())
            };
            lanes.insert(zone, lane);
        }
        for (zone, lane) in before.iter() {
            if !lanes.contains_key(zone) {
                lane.end();
            }
        }
        *self.lanes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(lanes);
    }

    /// How each zone stands.
    pub fn standing(&self) -> Vec<(Name, Standing)> {
        self.lanes().iter().map(|(zone, lane)| (zone.clone(), lane.standing())).collect()
    }

    fn lanes(&self) -> Arc<BTreeMap<Name, Arc<Lane>>> {
        Arc::clone(&self.lanes.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins one wish; what is not known at once comes later.
    fn begin(&self, wish: &Wish) -> Begun {
        let lanes = self.lanes();
        let Some(lane) = lane_of(&lanes, &wish.name) else { return Begun::Known(Set::Refused(Why::NoZone)) };
        let mut asked = Vec::new();
        for family in Family::BOTH {
            let want = wish.of(family);
            let key = Key { name: wish.name.clone(), rtype: RecordType::from(family) };
            if want != Want::Keep && !lane.is_known(&key, want) {
                asked.push(lane.ask(key, want, wish));
            }
        }
        if asked.is_empty() { Begun::Known(Set::Unchanged) } else { Begun::Asked(asked) }
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served")
            .field("zones", &self.lanes().keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        for lane in self.lanes().values() {
            lane.end();
        }
    }
}

/// The lane of the longest zone that holds a name.
fn lane_of<'l>(lanes: &'l BTreeMap<Name, Arc<Lane>>, name: &Name) -> Option<&'l Arc<Lane>> {
    let mut at = Some(name.clone());
    while let Some(zone) = at {
        if let Some(lane) = lanes.get(&zone) {
            return Some(lane);
        }
        at = zone.parent();
    }
    None
}

enum Begun {
    Known(Set),
    Asked(Vec<oneshot::Receiver<Set>>),
}

impl Setter for Served {
    fn set(&self, wishes: Vec<Wish>) -> Setting<'_> {
        let begun: Vec<Begun> = wishes.iter().map(|wish| self.begin(wish)).collect();
        Box::pin(async move {
            let until = tokio::time::Instant::now() + PATIENCE;
            let mut told = Vec::with_capacity(begun.len());
            for one in begun {
                told.push(match one {
                    Begun::Known(set) => set,
                    Begun::Asked(asked) => {
                        let mut worst = Set::Unchanged;
                        for one in asked {
                            let set = match tokio::time::timeout_at(until, one).await {
                                Ok(Ok(set)) => set,
                                Ok(Err(_)) => later("the zone is not served any more"),
                                Err(_) => later("the provider takes its time, and the update is on its way"),
                            };
                            worst = outcome::worse(worst, set);
                        }
                        worst
                    }
                });
            }
            told
        })
    }
}

fn later(what: &str) -> Set {
    Set::Later(Fault::new(Class::Unavailable, what))
}
