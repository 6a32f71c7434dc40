//! Which way out a record follows, where a site has several.
//!
//! A record names one uplink, several in turn or all of them. Of several in turn the first that an address was agreed
//! on over is followed; a better one that comes back is followed again only after it has held for its hold-down, so
//! that a line which comes and goes does not move records with it. [`choose`] is that decision, [`Uplinks`] what a
//! later round must know for it. How sockets are bound to an uplink is the edge's business.

use crate::address::Family;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;

/// The uplinks of a record, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ways {
    /// Whatever way the system takes.
    #[default]
    Default,
    /// The first of these that leads out; at least one.
    InTurn(Vec<Arc<str>>),
    /// All of these, one value each; at least one.
    All(Vec<Arc<str>>),
}

impl Ways {
    /// The names; none for the system's own way.
    pub fn names(&self) -> &[Arc<str>] {
        match self {
            Self::Default => &[],
            Self::InTurn(names) | Self::All(names) => names,
        }
    }

    /// What lists are told apart by in memory.
    pub fn key(&self) -> String {
        self.names().join(",")
    }
}

/// One family over one way out: what one detection is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// The family.
    pub family: Family,
    /// The uplink; the system's own way where it is `None`.
    pub uplink: Option<Arc<str>>,
}

/// What is known of one uplink in this round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// An address was agreed on over it.
    Agreed,
    /// None was.
    Silent,
    /// Its detection goes on.
    Pending,
}

/// One uplink of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What this round knows of it.
    pub standing: Standing,
    /// Since when it has been agreed on in every round, in seconds since 1970; `None` where the last round did not.
    pub since: Option<u64>,
    /// How long that must be before it is gone back to, in seconds.
    pub hold_down: u64,
}

/// What became of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one, by its place in the list.
    Follow(usize),
    /// None of them leads out.
    Nowhere,
    /// It depends on a detection that goes on.
    Wait,
}

/// Which of the candidates, best first, is followed at `now` by who followed `current` in the round before.
///
/// Decided as soon as nothing that is still to come can change it.
pub fn choose(candidates: &[Candidate], current: Option<usize>, now: u64) -> Choice {
    let with = |own: Standing, others: Standing| {
        let agrees = |place: usize| match (candidates[place].standing, Some(place) == current) {
            (Standing::Pending, true) => own == Standing::Agreed,
            (Standing::Pending, false) => others == Standing::Agreed,
            (standing, _) => standing == Standing::Agreed,
        };
        let held = |place: usize| {
            let Candidate { since, hold_down, .. } = candidates[place];
            since.map_or(hold_down == 0, |since| now.saturating_sub(since) >= hold_down)
        };
        match current.filter(|place| *place < candidates.len() && agrees(*place)) {
            Some(current) => (0..current).find(|place| agrees(*place) && held(*place)).or(Some(current)),
            None => (0..candidates.len()).find(|place| agrees(*place)),
        }
    };
    // More uplinks that agree only ever move the choice forward, as long as the current one is the same.
    let mut possible = [Standing::Agreed, Standing::Silent]
        .into_iter()
        .flat_map(|own| [with(own, Standing::Agreed), with(own, Standing::Silent)]);
    let chosen = possible.next().flatten();
    match chosen {
        _ if possible.any(|other| other != chosen) => Choice::Wait,
        Some(place) => Choice::Follow(place),
        None => Choice::Nowhere,
    }
}

/// What is remembered of one uplink over one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When an address was agreed on last, in seconds since 1970.
    pub last: u64,
    /// Since when every round agreed on an address, in seconds since 1970; `None` where the last one did not.
    pub since: Option<u64>,
    /// The address agreed on last.
    pub address: IpAddr,
}

/// What is remembered of uplinks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uplinks {
    seen: BTreeMap<(String, Family), Seen>,
    followed: BTreeMap<(String, Family), String>,
}

impl Uplinks {
    /// Takes note that a round agreed on the network over an uplink and not on the address in it: it leads out, and the
    /// address known before stays.
    pub fn hold(&mut self, uplink: &str, family: Family, now: u64) {
        if let Some(seen) = self.seen(uplink, family) {
            self.note(uplink, family, Some(seen.address), now);
        }
    }

    /// Takes note of what a round found over an uplink: an address, or nothing.
    pub fn note(&mut self, uplink: &str, family: Family, found: Option<IpAddr>, now: u64) {
        let place = (uplink.to_owned(), family);
        match (self.seen.get_mut(&place), found) {
            (Some(seen), Some(address)) => {
                *seen = Seen { since: Some(seen.since.unwrap_or(now).min(now)), last: now, address }
            }
            (Some(seen), None) => seen.since = None,
            (None, Some(address)) => {
                self.seen.insert(place, Seen { since: Some(now), last: now, address });
            }
            (None, None) => {}
        }
    }

    /// What is remembered of an uplink.
    pub fn seen(&self, uplink: &str, family: Family) -> Option<Seen> {
        self.seen.get(&(uplink.to_owned(), family)).copied()
    }

    /// Takes note of which uplink of a list is followed.
    pub fn follow(&mut self, list: &str, family: Family, uplink: &str) {
        self.followed.insert((list.to_owned(), family), uplink.to_owned());
    }

    /// Which uplink of a list was followed last.
    pub fn followed(&self, list: &str, family: Family) -> Option<&str> {
        self.followed.get(&(list.to_owned(), family)).map(String::as_str)
    }

    /// Everything seen, sorted, for keeping.
    pub fn all_seen(&self) -> impl Iterator<Item = (&str, Family, Seen)> {
        self.seen.iter().map(|((uplink, family), seen)| (uplink.as_str(), *family, *seen))
    }

    /// Everything followed, sorted, for keeping.
    pub fn all_followed(&self) -> impl Iterator<Item = (&str, Family, &str)> {
        self.followed.iter().map(|((list, family), uplink)| (list.as_str(), *family, uplink.as_str()))
    }

    /// Puts back what was kept.
    pub fn restore(&mut self, uplink: String, family: Family, seen: Seen) {
        self.seen.insert((uplink, family), seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Standing::{Agreed, Pending, Silent};
    use alloc::vec;

    const NOW: u64 = 10_000;

    fn one(standing: Standing, since: Option<u64>) -> Candidate {
        Candidate { standing, since, hold_down: 300 }
    }

    #[test]
    fn the_first_that_leads_out_is_followed() {
        let list = [one(Silent, None), one(Agreed, None), one(Agreed, None)];
        assert_eq!(choose(&list, None, NOW), Choice::Follow(1));
        assert_eq!(choose(&[one(Silent, None)], Some(0), NOW), Choice::Nowhere);
        assert_eq!(choose(&[], None, NOW), Choice::Nowhere);
    }

    #[test]
    fn a_better_one_is_gone_back_to_after_its_hold_down_and_not_before() {
        let back = |since| choose(&[one(Agreed, since), one(Agreed, Some(0))], Some(1), NOW);
        assert_eq!(back(None), Choice::Follow(1));
        assert_eq!(back(Some(NOW - 299)), Choice::Follow(1));
        assert_eq!(back(Some(NOW - 300)), Choice::Follow(0));
        assert_eq!(back(Some(NOW + 5_000)), Choice::Follow(1), "a clock that was set back");
    }

    #[test]
    fn who_has_lost_its_own_waits_for_no_hold_down() {
        assert_eq!(choose(&[one(Agreed, None), one(Silent, None)], Some(1), NOW), Choice::Follow(0));
    }

    #[test]
    fn what_is_followed_and_best_waits_for_nobody() {
        assert_eq!(choose(&[one(Agreed, None), one(Pending, None)], Some(0), NOW), Choice::Follow(0));
        assert_eq!(choose(&[one(Pending, None), one(Agreed, None)], None, NOW), Choice::Wait);
        assert_eq!(choose(&[one(Pending, None), one(Agreed, None)], Some(1), NOW), Choice::Follow(1));
        assert_eq!(choose(&[one(Pending, Some(0)), one(Agreed, None)], Some(1), NOW), Choice::Wait);
    }

    /// Every list of three: standings, held or not, and every current.
    #[test]
    fn what_is_chosen_early_is_what_would_be_chosen_late() {
        let kinds: Vec<Candidate> = [Agreed, Silent, Pending]
            .into_iter()
            .flat_map(|standing| [None, Some(0)].map(|since| one(standing, since)))
            .collect();
        for number in 0..kinds.len().pow(3) {
            let list: Vec<Candidate> =
                [1, 6, 36].iter().map(|divisor| kinds[number / divisor % kinds.len()]).collect();
            for current in [None, Some(0), Some(1), Some(2)] {
                let early = choose(&list, current, NOW);
                if early == Choice::Wait {
                    continue;
                }
                for outcomes in 0..8_usize {
                    let mut late = list.clone();
                    for (place, candidate) in late.iter_mut().enumerate() {
                        if candidate.standing == Pending {
                            candidate.standing = if outcomes >> place & 1 == 1 { Agreed } else { Silent };
                        }
                    }
                    assert_eq!(choose(&late, current, NOW), early, "{list:?} {current:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_followed_that_was_not_agreed_on() {
        for standings in [vec![Silent, Pending], vec![Silent, Agreed], vec![Pending, Pending]] {
            let list: Vec<Candidate> = standings.iter().map(|standing| one(*standing, Some(0))).collect();
            for current in [None, Some(0), Some(1)] {
                if let Choice::Follow(place) = choose(&list, current, NOW) {
                    assert_eq!(list[place].standing, Agreed);
                }
            }
        }
    }

    #[test]
    fn an_address_that_was_agreed_on_is_kept_when_only_its_network_is_agreed_on() {
        let mut uplinks = Uplinks::default();
        let address = "192.0.2.1".parse().expect("an address");
        uplinks.note("fibre", Family::V4, Some(address), 100);
        let seen = uplinks.seen("fibre", Family::V4).expect("seen");
        uplinks.hold("fibre", Family::V4, seen.last + 7);
        let held = uplinks.seen("fibre", Family::V4).expect("seen");
        assert_eq!((held.address, held.last), (address, seen.last + 7));
        uplinks.hold("copper", Family::V4, 1);
        assert_eq!(uplinks.seen("copper", Family::V4), None, "no address has been agreed on over it");
    }

    #[test]
    fn the_time_an_uplink_holds_begins_anew_when_it_fails() {
        let mut uplinks = Uplinks::default();
        let address = "192.0.2.1".parse().expect("an address");
        let since = |uplinks: &Uplinks| uplinks.seen("fibre", Family::V4).and_then(|seen| seen.since);
        uplinks.note("fibre", Family::V4, None, 50);
        assert_eq!(uplinks.seen("fibre", Family::V4), None);
        uplinks.note("fibre", Family::V4, Some(address), 100);
        uplinks.note("fibre", Family::V4, Some(address), 200);
        assert_eq!(since(&uplinks), Some(100));
        uplinks.note("fibre", Family::V4, None, 300);
        assert_eq!(since(&uplinks), None);
        assert_eq!(uplinks.seen("fibre", Family::V4).map(|seen| seen.address), Some(address));
        uplinks.note("fibre", Family::V4, Some(address), 400);
        assert_eq!(since(&uplinks), Some(400));
    }
}
