//! When a source's seat is offered, by what earlier rounds saw of it.

use super::Source;
use dynflare_core::address::Family;
use dynflare_core::breaker::{Tracks, Turn};

/// The turns of one source, over IPv4 and IPv6.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turns([Turn; 2]);

impl Source {
    /// The same source, whose seats are offered when these tracks say.
    #[must_use]
    pub fn in_turn(mut self, tracks: &Tracks, now: u64) -> Self {
        self.turns = Turns(Family::BOTH.map(|family| tracks.of(&self.id, family).turn(now)));
        self
    }

    /// When its seat is offered.
    pub fn turn(&self, family: Family) -> Turn {
        let Turns([v4, v6]) = self.turns;
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }
}
