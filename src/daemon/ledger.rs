//! What the daemon knows of its records and addresses, kept from round to round, and the snapshot made of it.

use super::clock::Clock;
use super::translate;
use crate::report::cause;
use crate::report::clean::Cleaner;
use crate::report::event::{Outcome, Reading, RecordEvent};
use crate::report::heard::{Heard, Told};
use crate::report::news::{Said, Subject};
use crate::report::status::{
    AddressStatus, Confirmation, Counters, Detected, NextRound, RecordStatus, RoundStatus, Status,
    TriggerStatus,
};
use crate::round::Wanted;
use dynflare_core::address::Family;
use dynflare_core::desired::Desired;
use dynflare_core::machine::{Agreement, Line, Machine, Now};
use dynflare_core::memory::Place;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One record.
#[derive(Clone, Debug, Default)]
struct Entry {
    settled: Option<Desired>,
    status: RecordStatus,
    /// The trouble that was told last, so that it is not told at every try.
    told: Option<String>,
}

fn digit(family: Family) -> u8 {
    match family {
        Family::V4 => 4,
        Family::V6 => 6,
    }
}

/// Everything that is known.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    places: Vec<Place>,
    entries: Vec<Entry>,
    addresses: BTreeMap<Line, AddressStatus>,
    pub(super) triggers: BTreeMap<&'static str, TriggerStatus>,
    pub(super) counters: Counters,
    pub(super) round: Option<RoundStatus>,
    pub(super) config_mistake: Option<String>,
    pub(super) started: u64,
    pub(super) interval: Option<u64>,
}

impl Ledger {
    /// An empty one of a daemon that starts now.
    pub(super) fn new(started: u64) -> Self {
        Self { started, ..Self::default() }
    }

    /// Turns to these records, keeping what is known of those that stay.
    pub(super) fn turn_to(&mut self, wanted: &[Wanted], now: u64) {
        let old = std::mem::take(&mut self.places).into_iter().zip(std::mem::take(&mut self.entries));
        let mut old: BTreeMap<Place, Entry> = old.collect();
        for one in wanted {
            let place = Place { account: one.account.clone(), key: one.wish.key().clone() };
            let mut entry = old.remove(&place).unwrap_or_else(|| Entry {
                status: RecordStatus {
                    record: Subject {
                        account: one.account.clone(),
                        name: place.key.name.to_string(),
                        rtype: place.key.rtype.to_string(),
                    },
                    state: "new".to_owned(),
                    since: now,
                    ..RecordStatus::default()
                },
                ..Entry::default()
            });
            // Another wish is settled anew.
            entry.settled = None;
            entry.told = None;
            self.places.push(place);
            self.entries.push(entry);
        }
        let lines: Vec<Line> = wanted.iter().flat_map(|one| translate::want(one).lines.into_iter()).collect();
        self.addresses.retain(|line, _| lines.contains(line));
    }

    /// What the record was last found right with.
    pub(super) fn settled(&self, record: usize) -> Option<Desired> {
        self.entries.get(record)?.settled.clone()
    }

    /// The record as news call it.
    pub(super) fn subject(&self, record: usize) -> Subject {
        self.entries.get(record).map(|entry| entry.status.record.clone()).unwrap_or_default()
    }

    /// Why the record is not right.
    pub(super) fn cause(&self, record: usize) -> String {
        self.entries.get(record).and_then(|entry| entry.status.cause.clone()).unwrap_or_default()
    }

    /// Takes note of what became of a record. Returns whether that is worth telling: trouble that stays is told once.
    pub(super) fn note(&mut self, record: usize, event: &RecordEvent, now: u64, cleaner: &Cleaner) -> bool {
        let Some(entry) = self.entries.get_mut(record) else { return false };
        let status = &mut entry.status;
        event.outcome.as_str().clone_into(&mut status.state);
        if let Some(zone) = &event.zone {
            status.zone = Some(zone.to_string());
        }
        let (right, values) = match &event.outcome {
            Outcome::Unchanged(values) => (true, Some(values.clone())),
            Outcome::Changed(..) => {
                status.changed = Some(now);
                status.confirmation = None;
                self.counters.changes += 1;
                (true, event.desired.as_ref().map(|desired| desired.values.clone()))
            }
            Outcome::Absent(_) => (true, Some(Vec::new())),
            // What it holds is what it was last right with.
            Outcome::Grace(..) => (true, None),
            Outcome::Failed(fault, _) | Outcome::Unconfirmed(fault) => {
                *self.counters.failures.entry(fault.class.as_str().to_owned()).or_default() += 1;
                (false, None)
            }
            Outcome::Pending(..) | Outcome::NotAgreed(_) | Outcome::Refused(_) | Outcome::Guarded(_) => {
                (false, None)
            }
        };
        if values.is_some() {
            status.values = values;
        }
        if status.right != right {
            (status.right, status.since) = (right, now);
        }
        entry.settled = match (right, event.reading) {
            (true, Reading::AtProvider) => event.desired.clone(),
            (true, Reading::Earlier) => entry.settled.take(),
            (false, _) => None,
        };
        (status.cause, status.hint) = match cause::of(event, cleaner) {
            Some(why) => (Some(why.cause), why.hint),
            None => (None, None),
        };
        let news = status.cause.is_none() || entry.told != status.cause;
        entry.told.clone_from(&status.cause);
        news
    }

    /// Takes note of what authoritative servers say of a record.
    pub(super) fn confirmed(&mut self, place: &Place, confirmation: Confirmation) {
        let found = self.places.iter().position(|other| other == place);
        if let Some(entry) = found.and_then(|record| self.entries.get_mut(record)) {
            entry.status.confirmation = Some(confirmation);
        }
    }

    /// Takes note of a detection.
    pub(super) fn heard(&mut self, heard: &Heard, now: u64, cleaner: &Cleaner) {
        let line = translate::line(heard);
        let status = self.addresses.entry(line).or_insert_with(|| AddressStatus {
            family: digit(heard.family()),
            uplink: heard.uplink.as_deref().map(str::to_owned),
            ..AddressStatus::default()
        });
        heard.verdict().outcome.as_str().clone_into(&mut status.verdict);
        status.ballots = Said::all(heard, cleaner);
        let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        (status.panel, status.quorum) = (small(heard.verdict().panel), small(heard.verdict().quorum));
        let took_ms = u64::try_from(heard.detection.took.as_millis()).unwrap_or(u64::MAX);
        let agreed = heard.verdict().outcome.agreed().is_some();
        status.add(Detected { at: now, took_ms, agreed });
        if let Some((_, agreement)) = translate::agreement(heard) {
            let address = match agreement {
                Agreement::Address(address) => Some(address),
                Agreement::NoAddress => {
                    "none".clone_into(&mut status.verdict);
                    None
                }
            };
            if status.address != address || status.agreed_at.is_none() {
                (status.address, status.since) = (address, Some(now));
            }
            status.agreed_at = Some(now);
        }
        for (source, told, _) in heard.told() {
            let counts = match told {
                Told::Says(opinion) => {
                    let agreed = heard.verdict().outcome.agreed();
                    if agreed.is_some_and(|agreed| agreed != opinion) { [1, 0, 1] } else { [1, 0, 0] }
                }
                Told::Failed(_) => [0, 1, 0],
                Told::NotNeeded => [0, 0, 0],
            };
            let sum = self.counters.sources.entry(source.id.clone()).or_default();
            for (total, one) in sum.iter_mut().zip(counts) {
                *total += one;
            }
        }
    }

    /// The snapshot.
    pub(super) fn status(&self, machine: &Machine, now: Now) -> Arc<Status> {
        let wall = |moment| Clock::wall_of(now, moment);
        let record = |(place, entry): (usize, &Entry)| RecordStatus {
            failures: machine.failures(place),
            next_try: machine.next_try(place).map(wall),
            ..entry.status.clone()
        };
        let next = machine.next_round();
        Arc::new(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started: self.started,
            at: now.wall,
            in_round: machine.under_way().is_some(),
            interval: self.interval,
            fine: machine.fine(),
            healthy_until: machine.healthy_until(),
            round: self.round.clone(),
            next: next.map(|(at, cause)| NextRound { at: wall(at), cause: cause.as_str().to_owned() }),
            addresses: self.addresses.values().cloned().collect(),
            records: self.entries.iter().enumerate().map(record).collect(),
            triggers: self.triggers.values().cloned().collect(),
            config_mistake: self.config_mistake.clone(),
            counters: self.counters.clone(),
        })
    }
}
