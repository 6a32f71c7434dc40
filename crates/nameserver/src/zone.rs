//! One zone in memory: an ordered set of entries, each of them one allocation with a name's key and its sets.
//!
//! It knows what there is (names, empty ones included, delegations, the wildcard that answers) and nothing of messages.

use crate::name::{self, WireName};
use crate::rdata::code;
use crate::sets::{self, Set};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;

/// A name and all it owns: the length of its key in two octets, the key below the zone's, its sets.
#[derive(Clone)]
pub(crate) struct Entry(Box<[u8]>);

impl Entry {
    fn new(key: &[u8], sets: &[u8]) -> Self {
        let length = u16::try_from(key.len()).expect("invariant: a key has 510 octets at most");
        Self([&length.to_be_bytes(), key, sets].concat().into_boxed_slice())
    }

    fn split(&self) -> (&[u8], &[u8]) {
        let (length, rest) = self.0.split_first_chunk::<2>().expect("invariant: made by `new`");
        rest.split_at(usize::from(u16::from_be_bytes(*length)))
    }

    /// The name's key, relative to the zone.
    pub(crate) fn key(&self) -> &[u8] {
        self.split().0
    }

    /// Its sets; never empty.
    pub(crate) fn sets(&self) -> &[u8] {
        self.split().1
    }
}

impl Borrow<[u8]> for Entry {
    fn borrow(&self) -> &[u8] {
        self.key()
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(other.key())
    }
}

/// What is read of a zone; the state before a commit and the one that a commit is about to make look the same.
pub(crate) trait View {
    /// The sets of a name; `None` where it owns nothing.
    fn sets(&self, key: &[u8]) -> Option<&[u8]>;
}

/// A zone.
pub(crate) struct Zone {
    /// Its name in lower case, in wire form.
    origin: WireName,
    /// The key of its name.
    key: Box<[u8]>,
    names: BTreeSet<Entry>,
    /// How many names below the apex are delegated; while there are none, nobody looks for them.
    cuts: usize,
    /// How many wildcards there are.
    wildcards: usize,
    /// Octets of all entries.
    size: usize,
}

impl View for Zone {
    fn sets(&self, key: &[u8]) -> Option<&[u8]> {
        self.names.get(key).map(Entry::sets)
    }
}

/// Where the data that answers for a name is.
pub(crate) enum Found<'z> {
    /// The name's own sets, or a wildcard's; nothing for an empty non-terminal.
    Sets(&'z [u8]),
    /// At a delegation: the key of the delegated name, and its NS set.
    Cut(&'z [u8], Set<'z>),
    /// Nowhere: the name does not exist.
    Nowhere,
}

impl Zone {
    /// An empty zone.
    pub(crate) fn new(origin: WireName) -> Self {
        let origin = origin.lower();
        let key = name::Key::of(&origin).to_vec().into_boxed_slice();
        Self { origin, key, names: BTreeSet::new(), cuts: 0, wildcards: 0, size: 0 }
    }

    pub(crate) fn origin(&self) -> &WireName {
        &self.origin
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// Every name that owns records, in canonical order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Entry> {
        self.names.iter()
    }

    /// How many names own records.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// What its names and sets take, in octets, without the allocator's share.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Replaces all that a name owns; nothing takes the name away.
    pub(crate) fn put(&mut self, key: &[u8], sets: &[u8]) {
        let old =
            if sets.is_empty() { self.names.take(key) } else { self.names.replace(Entry::new(key, sets)) };
        let marks = |sets: &[u8]| {
            let delegated = !key.is_empty() && sets::find(sets, code::NS).is_some();
            (usize::from(delegated), usize::from(!sets.is_empty() && is_wildcard(key)))
        };
        let before = marks(old.as_ref().map_or(&[], |old| old.sets()));
        let after = marks(sets);
        let length = |entry: &Entry| entry.0.len();
        let new = if sets.is_empty() { 0 } else { 2 + key.len() + sets.len() };
        self.size = self.size + new - old.as_ref().map_or(0, length);
        self.cuts = self.cuts + after.0 - before.0;
        self.wildcards = self.wildcards + after.1 - before.1;
    }

    /// The data of the SOA record; `None` only while a zone is being made.
    pub(crate) fn soa(&self) -> Option<Set<'_>> {
        self.sets(&[]).and_then(|sets| sets::find(sets, code::SOA))
    }

    /// The serial number; 0 only while a zone is being made.
    pub(crate) fn serial(&self) -> u32 {
        self.soa().map_or(0, |soa| serial_of(soa.first()))
    }

    /// RFC 1034 §4.3.2, step 3, for one name; DS is asked of the parent's side of a delegation (RFC 4035 §3.1.4.1).
    pub(crate) fn find<'z>(&'z self, key: &[u8], rtype: u16) -> Found<'z> {
        let cut = if self.cuts > 0 { self.cut(key) } else { None };
        let asked_above = |cut: &[u8]| rtype == code::DS && cut.len() == key.len();
        if let Some((cut, servers)) = cut.filter(|(cut, _)| !asked_above(cut)) {
            return Found::Cut(cut, servers);
        }
        if let Some(sets) = self.sets(key) {
            return Found::Sets(sets);
        }
        if self.has_below(key) {
            return Found::Sets(&[]);
        }
        if self.wildcards == 0 {
            return Found::Nowhere;
        }
        // The closest encloser's wildcard, and no other (RFC 4592 §3.3.1).
        let mut encloser = name::parent(key);
        while let Some(at) = encloser {
            if at.is_empty() || self.sets(at).is_some() || self.has_below(at) {
                let wildcard = if at.is_empty() { b"*".to_vec() } else { [at, b"\0*"].concat() };
                return self.sets(&wildcard).map_or(Found::Nowhere, Found::Sets);
            }
            encloser = name::parent(at);
        }
        Found::Nowhere
    }

    /// The topmost delegation on the way to a name.
    fn cut(&self, key: &[u8]) -> Option<(&[u8], Set<'_>)> {
        let ends = key.iter().enumerate().filter(|(_, octet)| **octet == 0).map(|(at, _)| at);
        ends.chain([key.len()]).filter(|end| *end > 0).find_map(|end| {
            let entry = self.names.get(&key[..end])?;
            Some((entry.key(), sets::find(entry.sets(), code::NS)?))
        })
    }

    /// Whether something lies below a name.
    fn has_below(&self, key: &[u8]) -> bool {
        let next = self.names.range::<[u8], _>((Bound::Excluded(key), Bound::Unbounded)).next();
        next.is_some_and(|next| name::is_below(next.key(), key))
    }
}

/// Whether the first label of a name is `*` alone (RFC 4592 §2.1.1).
fn is_wildcard(key: &[u8]) -> bool {
    key == b"*" || key.ends_with(b"\0*")
}

/// The serial number in the data of a SOA record.
pub(crate) fn serial_of(soa: &[u8]) -> u32 {
    let octets = soa.len().checked_sub(20).and_then(|at| soa[at..].first_chunk::<4>());
    u32::from_be_bytes(*octets.expect("invariant: SOA data is checked before it is stored"))
}

/// For how long a denial may be kept, in seconds (RFC 2308 §4).
pub(crate) fn minimum_of(soa: &[u8]) -> u32 {
    u32::from_be_bytes(*soa.last_chunk::<4>().expect("invariant: SOA data is checked before it is stored"))
}

/// The data of a SOA record with another serial number.
pub(crate) fn with_serial(soa: &[u8], serial: u32) -> Vec<u8> {
    let mut soa = soa.to_vec();
    let at = soa.len() - 20;
    soa[at..at + 4].copy_from_slice(&serial.to_be_bytes());
    soa
}

/// Serial number arithmetic (RFC 1982 §3.2).
pub(crate) fn is_newer(new: u32, old: u32) -> bool {
    new != old && new.wrapping_sub(old) < 1 << 31
}

/// The serial number after this one. Zero is left out, since some software takes it for "unset".
pub(crate) fn next_serial(serial: u32) -> u32 {
    serial.checked_add(1).unwrap_or(1)
}
