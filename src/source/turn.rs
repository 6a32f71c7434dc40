//! When a source's seat is offered, by what earlier rounds saw of it.

use super::Source;
use dynflare_core::address::Family;
use dynflare_core::breaker::{Tracks, Turn};

/// The turns of one source, over IPv4 and IPv6.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turns([Turn; 2]);

impl Source {
    /// The same sources, whose seats are offered when these tracks say.
    #[must_use]
    pub fn in_turn(mut sources: Vec<Self>, tracks: &Tracks, now: u64) -> Vec<Self> {
        let turns = Family::BOTH.map(|family| {
            let named: Vec<(&str, &str)> =
                sources.iter().map(|source| (source.id.as_str(), source.operator.as_str())).collect();
            tracks.turns(&named, family, now)
        });
        let [v4, v6] = turns;
        for (source, turns) in sources.iter_mut().zip(v4.into_iter().zip(v6)) {
            source.turns = Turns([turns.0, turns.1]);
        }
        sources
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
