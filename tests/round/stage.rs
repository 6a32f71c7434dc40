//! Adapters and sources that do as they are told, and rounds over them.

use dynflare::net::{Network, NetworkSettings};
use dynflare::provider::{Adapter, Answer, Push, Records, RrSets, Scope, Zone};
use dynflare::report::event::Outcome;
use dynflare::round::{Detecting, Finished, Interrupt, Keep, Mode, Need, Round, Wanted};
use dynflare::source::{Answering, Engine, Failure, Filters, Question, Source};
use dynflare_core::address::Family;
use dynflare_core::condition::Conditions;
use dynflare_core::desired::{OwnerMark, Wish};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::guard::Limits;
use dynflare_core::memory::{Memory, Place};
use dynflare_core::name::Name;
use dynflare_core::plan::{Change, Replace};
use dynflare_core::quorum::{Opinion, Rule, Rules};
use dynflare_core::record::{Attributes, Key, Record, RecordType, RrSet};
use dynflare_core::uplink::Ways;
use std::collections::BTreeMap;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(crate) fn key(text: &str, rtype: RecordType) -> Key {
    Key { name: name(text), rtype }
}

/// What an adapter does when it is told to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// As told.
    Done,
    /// As told, and then it panics.
    DonePanic,
    /// It panics.
    Panic,
    /// Nothing, and it forgets to say so.
    Forgotten,
    /// The first of several steps only; how it ended nobody knows.
    FirstUnclear,
    /// Nothing: refused for good.
    Denied,
}

/// What an account holds, and how its adapter behaves from call to call; the last behaviour stays.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) records: Vec<Record>,
    pub(crate) sets: BTreeMap<Key, RrSet>,
    pub(crate) writes: BTreeMap<String, Vec<Write>>,
    pub(crate) lists_that_panic: Vec<String>,
    pub(crate) written: usize,
}

#[derive(Clone, Default)]
pub(crate) struct Account(pub(crate) Arc<Mutex<Held>>);

impl Account {
    /// How writes to a zone, or to a set of this name, go.
    pub(crate) fn writing(&self, what: &str, behaviour: &[Write]) {
        self.held().writes.insert(what.to_owned(), behaviour.to_vec());
    }

    pub(crate) fn record(&self, at: &str, content: &str) {
        let id = format!("id{}", self.held().records.len());
        let attributes = Attributes { comment: Some("dynflare".to_owned()), ..Attributes::default() };
        let record = Record { id, key: key(at, RecordType::A), content: content.to_owned(), attributes };
        self.held().records.push(record);
    }

    pub(crate) fn contents(&self, at: &str) -> Vec<String> {
        let held = self.held();
        let records = held.records.iter().filter(|record| record.key.name == name(at));
        let mut contents: Vec<String> = records.map(|record| record.content.clone()).collect();
        contents.sort();
        contents
    }

    pub(crate) fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn behaviour(&self, what: &str) -> Write {
        let mut held = self.held();
        held.written += 1;
        match held.writes.get_mut(what) {
            None => Write::Done,
            Some(list) if list.len() > 1 => list.remove(0),
            Some(list) => list[0],
        }
    }

    fn take(&self, change: &Change) {
        let mut held = self.held();
        match change {
            Change::Update { record, content, .. } => {
                let found = held.records.iter_mut().find(|other| other.id == record.id).expect("still there");
                if let Some(content) = content {
                    found.content.clone_from(content);
                }
            }
            Change::Create { key, content, attributes } => {
                let id = format!("id{}", held.records.len());
                let (key, content, attributes) = (key.clone(), content.clone(), attributes.clone());
                held.records.push(Record { id, key, content, attributes });
            }
            Change::Delete { record } => held.records.retain(|other| other.id != record.id),
        }
    }
}

/// The last two labels are the zone.
fn zone_of(at: &Name) -> Zone {
    let labels: Vec<&str> = at.labels().collect();
    let zone = name(&labels[labels.len() - 2..].join("."));
    Zone { id: zone.to_string(), name: zone }
}

impl Records for Account {
    fn warm(&self) -> Answer<'_, ()> {
        Box::pin(ready(()))
    }

    fn locate<'a>(&'a self, _: Option<&'a Name>, at: &'a Name) -> Answer<'a, Result<Zone, Fault>> {
        Box::pin(ready(Ok(zone_of(at))))
    }

    fn list<'a>(&'a self, zone: &'a Zone, scope: Scope<'a>) -> Answer<'a, Result<Vec<Record>, Fault>> {
        Box::pin(async move {
            assert!(!self.held().lists_that_panic.contains(&zone.id), "planted in the list of {}", zone.id);
            let Scope::Keys(keys) = scope else { unreachable!("a round asks for keys") };
            Ok(self.held().records.iter().filter(|record| keys.contains(&record.key)).cloned().collect())
        })
    }

    fn apply<'a>(&'a self, zone: &'a Zone, changes: &'a [Change]) -> Answer<'a, Vec<Result<(), Fault>>> {
        Box::pin(async move {
            let behaviour = self.behaviour(&zone.id);
            let unclear = || Err(Fault::new(Class::Unconfirmed, "the line was cut"));
            match behaviour {
                Write::Done | Write::DonePanic => changes.iter().for_each(|change| self.take(change)),
                Write::FirstUnclear => self.take(&changes[0]),
                Write::Panic | Write::Forgotten | Write::Denied => {}
            }
            match behaviour {
                Write::Done => changes.iter().map(|_| Ok(())).collect(),
                Write::DonePanic | Write::Panic => panic!("planted in the writing to {}", zone.id),
                Write::Forgotten => Vec::new(),
                Write::FirstUnclear => changes.iter().map(|_| unclear()).collect(),
                Write::Denied => changes.iter().map(|_| Err(Fault::new(Class::Denied, "refused"))).collect(),
            }
        })
    }
}

impl RrSets for Account {
    fn locate<'a>(&'a self, _: Option<&'a Name>, at: &'a Name) -> Answer<'a, Result<Zone, Fault>> {
        Box::pin(ready(Ok(zone_of(at))))
    }

    fn get<'a>(&'a self, _: &'a Zone, key: &'a Key) -> Answer<'a, Result<RrSet, Fault>> {
        let empty = || RrSet { key: key.clone(), ttl: None, values: Vec::new() };
        Box::pin(ready(Ok(self.held().sets.get(key).cloned().unwrap_or_else(empty))))
    }

    fn replace<'a>(&'a self, _: &'a Zone, step: &'a Replace) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            let key = &step.expect.key;
            let behaviour = self.behaviour(key.name.as_str());
            if matches!(behaviour, Write::Done | Write::DonePanic) {
                let set = RrSet { key: key.clone(), ttl: Some(step.ttl), values: step.values.clone() };
                self.held().sets.insert(key.clone(), set);
            }
            match behaviour {
                Write::Done => Ok(()),
                Write::DonePanic | Write::Panic => panic!("planted in the writing of {key}"),
                Write::Forgotten | Write::FirstUnclear => Err(Fault::new(Class::Unconfirmed, "cut")),
                Write::Denied => Err(Fault::new(Class::Denied, "refused")),
            }
        })
    }
}

/// What the only source says about a family.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Says {
    Address(&'static str),
    /// This address, and this one beside it.
    Both(&'static str, &'static str),
    NoAddress,
    NoRoute,
    Nothing,
}

#[derive(Debug)]
struct Scripted {
    v4: Says,
    v6: Says,
}

impl Engine for Scripted {
    fn kind(&self) -> &'static str {
        "scripted"
    }

    fn serves(&self, _: Family) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        let says = match question.family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        };
        Box::pin(async move {
            match says {
                Says::Address(text) => Ok(Opinion::Address(text.parse().expect("an address"))),
                Says::Both(text, other) => {
                    question.beside(vec![other.parse().expect("an address")]);
                    Ok(Opinion::Address(text.parse().expect("an address")))
                }
                Says::NoAddress => Ok(Opinion::NoAddress),
                Says::NoRoute => {
                    let fault = Fault::new(Class::Unavailable, "this machine has no way out");
                    Err(Failure { fault, no_route: true })
                }
                Says::Nothing => pending().await,
            }
        })
    }
}

/// A round that wants these names, each `A` or `AAAA`, of one account.
pub(crate) struct Play {
    pub(crate) account: Account,
    pub(crate) v4: Says,
    pub(crate) v6: Says,
    pub(crate) need: Need,
    pub(crate) mode: Mode,
    pub(crate) memory: Memory,
    pub(crate) conditions: Conditions,
    pub(crate) now: u64,
    pub(crate) keeper: Option<Arc<dyn Keep>>,
}

impl Play {
    pub(crate) fn new(account: &Account) -> Self {
        Self {
            account: account.clone(),
            v4: Says::Address("203.0.113.7"),
            v6: Says::Address("2001:db8::7"),
            need: Need::Required,
            mode: Mode::Apply,
            memory: Memory::default(),
            conditions: Conditions::default(),
            now: 1_000_000,
            keeper: None,
        }
    }

    pub(crate) async fn records(self, keys: &[Key]) -> Finished {
        let adapter = Adapter::Records(Box::new(self.account.clone()));
        self.run(keys, adapter).await
    }

    pub(crate) async fn sets(self, keys: &[Key]) -> Finished {
        let adapter = Adapter::RrSets(Box::new(self.account.clone()));
        self.run(keys, adapter).await
    }

    pub(crate) async fn pushes(self, keys: &[Key], adapter: impl Push + 'static) -> Finished {
        self.run(keys, Adapter::Push(Box::new(adapter))).await
    }

    /// What memory calls a name and type of the account.
    pub(crate) fn place(key: &Key) -> Place {
        Place { account: "account".to_owned(), key: key.clone() }
    }

    async fn run(self, keys: &[Key], adapter: Adapter) -> Finished {
        let wanted = |key: &Key| Wanted {
            account: "account".to_owned(),
            zone: None,
            zone_id: None,
            wish: Wish::new(key.clone(), OwnerMark::plain(), Vec::new()).expect("a wish"),
            need: self.need,
            ways: Ways::Default,
            calls: None,
            settled: None,
            told: None,
            conditions: self.conditions,
        };
        let allow = ["203.0.113.0/24", "198.51.100.0/24", "2001:db8::/32"];
        let allow = allow.map(|block| block.parse().expect("a prefix")).to_vec();
        let detecting = Detecting {
            sources: vec![Source::new("scripted", Scripted { v4: self.v4, v6: self.v6 })].into(),
            rules: Rules::new(Some(1), None, Rule::Majority).expect("rules"),
            filters: Filters { allow: allow.clone(), deny: Vec::new() },
            network: Network::new(NetworkSettings::default()),
            uplinks: BTreeMap::new(),
            seed: 1,
        };
        Round {
            wanted: keys.iter().map(wanted).collect(),
            accounts: Arc::new(BTreeMap::from([("account".to_owned(), adapter)])),
            detecting,
            limits: Limits { allow, ..Limits::default() },
            memory: self.memory,
            now: self.now,
            mode: self.mode,
            interrupt: Interrupt::never(),
            keeper: self.keeper,
        }
        .run()
        .await
    }
}

/// The outcomes as words, in the order of the records.
pub(crate) fn outcomes(finished: &Finished) -> Vec<&'static str> {
    finished.records.iter().map(|record| Outcome::as_str(&record.outcome)).collect()
}
