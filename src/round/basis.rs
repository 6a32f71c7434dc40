//! What one record has to go by: the detections it needs, and which of its uplinks is followed.

use super::detections::{Detections, Line, Progress, networks, observation, observation_of};
use super::{Detecting, Wanted};
use crate::report::heard::Heard;
use dynflare_core::address::{Family, Observation};
use dynflare_core::desired::Agreed;
use dynflare_core::memory::Memory;
use dynflare_core::quorum::Part;
use dynflare_core::uplink::{Candidate, Choice, Standing, Uplinks, Ways, choose};
use std::sync::Arc;

/// What is known for a record, and from where.
pub(super) struct Basis {
    /// What is known of the families, once per way that adds values.
    pub(super) known: Vec<Agreed>,
    /// The detections that say so.
    pub(super) heard: Vec<Arc<Heard>>,
}

/// The detections that a record may need.
pub(super) fn lines(wanted: &Wanted) -> Vec<Line> {
    if wanted.told.is_some() {
        return Vec::new();
    }
    let families = wanted.wish.families();
    let by = |uplink: Option<&Arc<str>>| {
        let uplink = uplink.cloned();
        families
            .iter()
            .map(move |family| Line { family: *family, uplink: uplink.clone() })
            .collect::<Vec<_>>()
    };
    match &wanted.ways {
        Ways::Default => by(None),
        Ways::InTurn(names) | Ways::All(names) => names.iter().flat_map(|name| by(Some(name))).collect(),
    }
}

/// The same, each with the part of the address that it needs.
pub(super) fn needs(wanted: &Wanted) -> Vec<(Line, Part)> {
    let needs = wanted.wish.needs();
    let of_line = |line: Line| {
        let parts = needs.iter().filter(|(family, _)| *family == line.family).map(|(_, part)| *part);
        parts.map(|part| (line.clone(), part)).collect::<Vec<_>>()
    };
    lines(wanted).into_iter().flat_map(of_line).collect()
}

/// What decides about ways: the detections, what they are made with, and what earlier rounds found.
#[derive(Clone, Copy)]
pub(super) struct Looking<'a> {
    pub(super) detections: &'a Detections,
    pub(super) detecting: &'a Detecting,
    pub(super) earlier: &'a Uplinks,
    pub(super) now: u64,
}

impl Looking<'_> {
    /// What the record has to go by; `None` while that depends on a detection that goes on.
    pub(super) fn basis(&self, wanted: &Wanted) -> Option<Basis> {
        if let Some(told) = &wanted.told {
            return Some(Basis { known: vec![told.clone()], heard: Vec::new() });
        }
        let families = wanted.wish.families();
        let mut heard = Vec::new();
        let mut take = |family: Family, uplink: Option<&Arc<str>>| match self.progress(family, uplink) {
            Progress::Pending => None,
            Progress::Broken => Some(Observation::Unknown("the detection broke off".to_owned())),
            Progress::Heard(one) => {
                let found = observation(&one);
                heard.push(one);
                Some(found)
            }
        };
        let with_networks =
            |agreed: Agreed, uplink: Option<&Arc<str>>| match self.progress(Family::V6, uplink) {
                Progress::Heard(one) if families.contains(&Family::V6) => networks(&one)
                    .into_iter()
                    .fold(agreed, |agreed, (length, network)| agreed.with_network(length, network)),
                Progress::Heard(_) | Progress::Broken | Progress::Pending => agreed,
            };
        let mut known = match &wanted.ways {
            Ways::Default => vec![with_networks(agreed(&families, |family| take(family, None))?, None)],
            Ways::InTurn(names) => {
                let known = agreed(&families, |family| match self.followed(wanted, family) {
                    Choice::Wait => None,
                    Choice::Follow(place) => take(family, Some(&names[place])),
                    Choice::Nowhere => {
                        let found: Vec<Observation> =
                            names.iter().map(|name| take(family, Some(name))).collect::<Option<_>>()?;
                        let absent = found.iter().all(|one| *one == Observation::NoAddress);
                        let unknown = || Observation::Unknown("no uplink leads out".to_owned());
                        Some(if absent { Observation::NoAddress } else { unknown() })
                    }
                })?;
                vec![match self.followed(wanted, Family::V6) {
                    Choice::Follow(place) => with_networks(known, Some(&names[place])),
                    Choice::Wait | Choice::Nowhere => known,
                }]
            }
            Ways::All(names) => {
                let mut known = Vec::new();
                for name in names {
                    let of_name = agreed(&families, |family| {
                        let found = take(family, Some(name))?;
                        Some(self.kept(wanted, family, name, found))
                    })?;
                    known.push(with_networks(of_name, Some(name)));
                }
                known
            }
        };
        for one in &heard {
            let of_its_way = one.uplink.as_ref().and_then(|uplink| match &wanted.ways {
                Ways::All(names) => names.iter().position(|name| name == uplink),
                Ways::Default | Ways::InTurn(_) => None,
            });
            let base = known[of_its_way.unwrap_or(0)].clone();
            let beside = one.beside().into_iter().map(|address| base.beside(address));
            known.extend(beside);
        }
        Some(Basis { known, heard })
    }

    /// An uplink of a whole set that is silent keeps the address it had, as long as another one speaks: the set goes on
    /// being right about the others, and loses nothing on no knowledge, however long that lasts.
    fn kept(&self, wanted: &Wanted, family: Family, name: &Arc<str>, found: Observation) -> Observation {
        let Observation::Unknown(_) = found else { return found };
        let speaks = |name: &Arc<str>| self.standing(wanted, family, name) == Standing::Agreed;
        let seen = self.earlier.seen(name, family).filter(|_| wanted.ways.names().iter().any(speaks));
        match seen {
            // What was agreed on of its network says more than what was known before.
            Some(seen) if !speaks(name) => Observation::Address(seen.address),
            Some(_) | None => found,
        }
    }

    fn progress(&self, family: Family, uplink: Option<&Arc<str>>) -> Progress {
        self.detections.progress(&Line { family, uplink: uplink.cloned() })
    }

    /// Whether everything that the record needs of a family was agreed on over an uplink.
    fn standing(&self, wanted: &Wanted, family: Family, uplink: &Arc<str>) -> Standing {
        let needs = wanted.wish.needs();
        let mut parts = needs.iter().filter(|(other, _)| *other == family).map(|(_, part)| *part);
        match self.progress(family, Some(uplink)) {
            Progress::Pending => Standing::Pending,
            Progress::Heard(heard)
                if parts.all(|part| matches!(observation_of(&heard, part), Observation::Address(_))) =>
            {
                Standing::Agreed
            }
            Progress::Heard(_) | Progress::Broken => Standing::Silent,
        }
    }

    /// Which uplink of a list is followed over a family.
    fn followed(&self, wanted: &Wanted, family: Family) -> Choice {
        let (ways, names) = (&wanted.ways, wanted.ways.names());
        let candidates: Vec<Candidate> = names
            .iter()
            .map(|name| Candidate {
                standing: self.standing(wanted, family, name),
                since: self.earlier.seen(name, family).and_then(|seen| seen.since),
                hold_down: self.detecting.uplinks.get(name).map_or(0, |uplink| uplink.hold_down.as_secs()),
            })
            .collect();
        let current = self.earlier.followed(&ways.key(), family);
        let current = current.and_then(|current| names.iter().position(|name| **name == *current));
        choose(&candidates, current, self.now)
    }

    /// Takes note of what a later round needs to know of the ways of this record; all its detections are over.
    pub(super) fn remember(&self, wanted: &Wanted, memory: &mut Memory) {
        for family in wanted.wish.families() {
            if let (Ways::InTurn(names), Choice::Follow(place)) =
                (&wanted.ways, self.followed(wanted, family))
            {
                memory.uplinks.follow(&wanted.ways.key(), family, &names[place]);
            }
        }
    }
}

/// Each family on its own; those not needed are not known.
fn agreed(families: &[Family], mut of: impl FnMut(Family) -> Option<Observation>) -> Option<Agreed> {
    let mut one = |family: Family| {
        if families.contains(&family) {
            of(family)
        } else {
            Some(Observation::Unknown("not asked for".to_owned()))
        }
    };
    Some(Agreed::new(one(Family::V4)?, one(Family::V6)?))
}
