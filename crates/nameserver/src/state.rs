//! What all threads read: zones with their recent differences, keys. Only the committer writes it, and only what is durable.

use crate::draft::Pending;
use crate::name;
use crate::server::Serials;
use crate::settings::{KeySettings, Permit};
use crate::zone::{View, Zone, is_newer};
use dynflare_core::name::Name;
use std::collections::VecDeque;
use std::sync::Arc;

/// The least that the differences of one zone may take, in octets.
const DIFFERENCES: usize = 64 * 1024;
/// What a name costs in a difference beside its octets.
const NAME_COST: usize = 48;

/// All of it.
pub(crate) struct State {
    /// Sorted by key, so that the zone of a name is found by the ends of its labels.
    pub(crate) zones: Vec<Served>,
    pub(crate) keys: Vec<Arc<KeySettings>>,
}

/// One zone and how it is served.
pub(crate) struct Served {
    pub(crate) zone: Zone,
    /// Its name, where the settings have it. Zones that only the store has are kept and not served.
    pub(crate) name: Option<Name>,
    pub(crate) transfer: Vec<Permit>,
    /// From one serial number to the next, without a gap; the last one leads to what the zone holds now.
    pub(crate) differences: VecDeque<Difference>,
    /// What the differences take, about, in octets.
    kept: usize,
}

/// What one commit did to a zone.
pub(crate) struct Difference {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) names: Box<[Changed]>,
}

/// What one commit did to a name: all that it owned, all that it owns.
pub(crate) struct Changed {
    pub(crate) key: Box<[u8]>,
    pub(crate) old: Box<[u8]>,
    pub(crate) new: Box<[u8]>,
}

impl Difference {
    pub(crate) fn size(&self) -> usize {
        let size = |name: &Changed| NAME_COST + name.key.len() + name.old.len() + name.new.len();
        self.names.iter().map(size).sum()
    }
}

impl State {
    /// The served zone that holds a name most closely: its place, and the name's key below it.
    pub(crate) fn zone_of<'k>(&self, key: &'k [u8]) -> Option<(usize, &'k [u8])> {
        if let [only] = self.zones.as_slice() {
            let relative = only.name.as_ref().and_then(|_| name::relative(key, only.zone.key()))?;
            return Some((0, relative));
        }
        let mut above = Some(key);
        while let Some(at) = above {
            if let Some(place) = self.exactly(at).filter(|place| self.zones[*place].name.is_some()) {
                return Some((place, name::relative(key, at).unwrap_or_default()));
            }
            above = name::parent(at);
        }
        None
    }

    /// The serial number of each zone that is served.
    pub(crate) fn serials(&self) -> Serials {
        let served = self.zones.iter();
        served.filter_map(|served| Some((served.name.clone()?, served.zone.serial()))).collect()
    }

    /// The zone with exactly this key.
    pub(crate) fn exactly(&self, key: &[u8]) -> Option<usize> {
        self.zones.binary_search_by(|served| served.zone.key().cmp(key)).ok()
    }
}

impl Served {
    pub(crate) fn new(zone: Zone) -> Self {
        Self { zone, name: None, transfer: Vec::new(), differences: VecDeque::new(), kept: 0 }
    }

    /// Makes what has been written true for readers, and keeps the difference.
    pub(crate) fn apply(&mut self, pending: &Pending) {
        let made = self.zone.soa().is_none();
        let from = self.zone.serial();
        let mut names = Vec::with_capacity(pending.len());
        for (key, new) in pending {
            let old = self.zone.sets(key).unwrap_or_default().into();
            self.zone.put(key, new);
            names.push(Changed { key: key.clone(), old, new: new.as_slice().into() });
        }
        if !made {
            self.keep(Difference { from, to: self.zone.serial(), names: names.into() });
        }
    }

    /// Adds a difference, and lets go of the oldest ones when all take more than the zone itself: then a whole
    /// transfer is cheaper.
    pub(crate) fn keep(&mut self, difference: Difference) {
        let follows = self.differences.back().is_none_or(|last| last.to == difference.from);
        if !follows || !is_newer(difference.to, difference.from) {
            // A gap would make a secondary wrong.
            self.differences.clear();
            self.kept = 0;
        }
        if is_newer(difference.to, difference.from) {
            self.kept += difference.size();
            self.differences.push_back(difference);
        }
        while self.kept > self.zone.size().max(DIFFERENCES) {
            let Some(oldest) = self.differences.pop_front() else { break };
            self.kept -= oldest.size();
        }
    }
}
