//! One record to be kept right, and what its user asked for.

use dynflare_core::condition::Conditions;
use dynflare_core::desired::{Agreed, Desired, Wish};
use dynflare_core::memory::Place;
use dynflare_core::name::Name;
use dynflare_core::uplink::Ways;
use std::sync::Arc;

/// One record to be kept right.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The account, as reports and memory call it.
    pub account: String,
    /// The zone; `None` where the provider is asked for it.
    pub zone: Option<Name>,
    /// The provider's identifier of the zone, which spares looking it up.
    pub zone_id: Option<String>,
    /// What it should hold.
    pub wish: Wish,
    /// Whether it fails where the machine has no address of its family.
    pub need: Need,
    /// The ways out whose addresses it holds.
    pub ways: Ways,
    /// The uplink that its provider is spoken to by, where it is not the system's own way.
    pub calls: Option<Arc<str>>,
    /// What is known of the addresses from somebody whose they are: then nobody is asked. Only `serve` is told.
    pub told: Option<Agreed>,
    /// What its provider was last found to hold, where that need not be read again: unless something else is desired by
    /// now, nobody is asked.
    pub settled: Option<Desired>,
    /// When what is ours goes, and when what is right is written again.
    pub conditions: Conditions,
}

/// Whether a family must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Without an address the record fails.
    Required,
    /// Without one it is passed over.
    IfPresent,
}

impl Wanted {
    /// The key of its adapter in [`Round::accounts`](super::Round::accounts): an account has one for each way that it
    /// is spoken to by.
    pub fn adapter(&self) -> String {
        match &self.calls {
            None => self.account.clone(),
            Some(uplink) => format!("{} by {uplink}", self.account),
        }
    }

    /// What memory calls it.
    pub fn place(&self) -> Place {
        Place { account: self.account.clone(), key: self.wish.key().clone() }
    }

    /// How many values it holds where every way out has an address.
    pub(super) fn values(&self) -> usize {
        let ways = match &self.ways {
            Ways::All(names) => names.len(),
            Ways::Default | Ways::InTurn(_) => 1,
        };
        self.wish.breadth().saturating_mul(ways)
    }
}
