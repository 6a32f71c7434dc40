//! RRsets from records with identifiers.

use super::answer::Answer;
use super::dialect::{Item, Items, New};
use super::exchange::{About, Exchange, Missing};
use super::zones::Zones;
use crate::net::Effect;
use crate::provider::{Answer as Reply, RrSets, Zone};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RrSet, comparable};
use std::sync::Arc;

/// One account at an API whose records have identifiers.
pub(super) struct ByItem {
    exchange: Exchange,
    dialect: Arc<dyn Items>,
    zones: Zones,
}

/// What has to be done at a name, in the order in which it is safe.
struct Work<'a> {
    /// Records that get another value or TTL.
    changes: Vec<(&'a Item, &'a str)>,
    /// Values that are made.
    additions: Vec<&'a str>,
    /// Records that go.
    removals: Vec<&'a Item>,
}

impl ByItem {
    pub(super) fn new(exchange: Exchange, dialect: Arc<dyn Items>) -> Self {
        Self { exchange, dialect, zones: Zones::default() }
    }

    /// The records that may be ours, and those that are certainly not.
    async fn list(&self, zone: &Zone, key: &Key) -> Result<(Vec<Item>, Vec<Item>), Fault> {
        let call = |page: Option<&str>| self.dialect.list(zone, key, page);
        let read = |answer: &Answer, page: Option<&str>| {
            self.dialect.read(zone, key, answer, page).map_err(|odd| self.exchange.unread(answer, &odd))
        };
        let all = self.exchange.pages(Missing::Answer, call, read).await?;
        Ok(all.into_iter().partition(|item| !self.dialect.is_anothers(item)))
    }

    async fn get(&self, zone: &Zone, key: &Key) -> Result<RrSet, Fault> {
        let items = self.list(zone, key).await;
        items.inspect_err(|fault| self.forget_if_stale(fault)).map(|(ours, _)| set(key, &ours))
    }

    async fn replace(&self, zone: &Zone, step: &Replace) -> Result<(), Fault> {
        let _turn = self.exchange.writing.lock().await;
        let key = &step.expect.key;
        let (there, others) = self.list(zone, key).await?;
        if set(key, &there).values != step.expect.values {
            return Err(Fault::new(Class::Unconfirmed, "somebody else changed the records in the meantime"));
        }
        if let Some(why) = self.dialect.unwritable(&step.expect.key, &step.values) {
            return Err(Fault::new(Class::Invalid, why));
        }
        if let Some(value) = taken(key, &step.values, &others) {
            let what =
                format!("{value} is there already, in an entry of somebody else's, which was left as it is");
            let hint = "remove that entry at the provider, or mark it as ours there";
            return Err(Fault::new(Class::Invalid, what).hint(hint));
        }
        let ttl = lasting(step, &there, self.exchange.info.min_ttl);
        let work = work(key, &there, &step.values, ttl);
        let mut done = 0;
        let result = self.take(zone, key, ttl, work, &mut done).await;
        match result {
            Ok(()) => self.publish(zone, done).await,
            Err(fault) => {
                self.forget_if_stale(&fault);
                // What was done so far is in effect, too; what is there decides about the rest.
                let _published = self.publish(zone, done).await;
                Err(if done > 0 { Fault { class: Class::Unconfirmed, ..fault } } else { fault })
            }
        }
    }

    async fn take(
        &self,
        zone: &Zone,
        key: &Key,
        ttl: u32,
        mut work: Work<'_>,
        done: &mut usize,
    ) -> Result<(), Fault> {
        let mut stuck = false;
        for (item, value) in std::mem::take(&mut work.changes) {
            match self.dialect.update(zone, item, &New { key, value, ttl }) {
                Some(call) => {
                    self.exchange.send(call, Effect::Write, About::Record).await?;
                    *done += 1;
                }
                // Where a record is its value, there cannot be two of it, and its TTL is not worth a moment without it.
                None if comparable(key.rtype, value) == comparable(key.rtype, &item.value) => stuck = true,
                None => {
                    work.additions.push(value);
                    work.removals.push(item);
                }
            }
        }
        for value in work.additions {
            let call = self.dialect.create(zone, &New { key, value, ttl });
            self.exchange.send(call, Effect::Write, About::Zone).await?;
            *done += 1;
        }
        for item in work.removals {
            let call = self.dialect.delete(zone, key, item);
            self.exchange.send(call, Effect::Write, About::Record).await?;
            *done += 1;
        }
        if stuck && *done == 0 {
            let what = format!(
                "{} cannot change the TTL of a record without removing it first",
                self.exchange.info.name
            );
            let hint = "leave its TTL as it is (no `enforce`), or change it by hand";
            return Err(Fault::new(Class::Invalid, what).hint(hint));
        }
        Ok(())
    }

    async fn publish(&self, zone: &Zone, done: usize) -> Result<(), Fault> {
        if let (1.., Some(call)) = (done, self.dialect.publish(zone)) {
            self.exchange.send(call, Effect::Write, About::Zone).await?;
        }
        Ok(())
    }

    fn forget_if_stale(&self, fault: &Fault) {
        if matches!(fault.class, Class::NoSuchZone | Class::Denied) {
            self.zones.forget();
        }
    }
}

/// A value that is wanted and that somebody else's record holds.
fn taken<'v>(key: &Key, wanted: &'v [String], others: &[Item]) -> Option<&'v str> {
    let form = |value: &str| comparable(key.rtype, value);
    let is_held = |value: &&String| others.iter().any(|item| form(&item.value) == form(value));
    wanted.iter().find(is_held).map(String::as_str)
}

/// The TTL that is written. What is there already is one that this account may set, if others may not.
pub(super) fn lasting(step: &Replace, there: &[Item], least: u32) -> u32 {
    if there.iter().any(|item| item.ttl == Some(step.ttl)) { step.ttl } else { step.ttl.max(least) }
}

/// The set that these records make.
pub(super) fn set(key: &Key, items: &[Item]) -> RrSet {
    let mut values: Vec<String> = items.iter().map(|item| item.value.clone()).collect();
    values.sort();
    values.dedup_by_key(|value| comparable(key.rtype, value));
    let ttl = items.iter().filter_map(|item| item.ttl).min();
    // An API that shows no TTL still has one; a set without values has none.
    let ttl = if values.is_empty() { None } else { ttl.or(Some(dynflare_core::plan::DEFAULT_TTL)) };
    RrSet { key: key.clone(), ttl, values }
}

fn work<'a>(key: &Key, there: &'a [Item], wanted: &'a [String], ttl: u32) -> Work<'a> {
    let form = |value: &str| comparable(key.rtype, value);
    let mut missing: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let mut surplus = Vec::new();
    let mut changes = Vec::new();
    for item in there {
        match missing.iter().position(|value| form(value) == form(&item.value)) {
            Some(at) => {
                let value = missing.swap_remove(at);
                if item.ttl.is_some_and(|there| there != ttl) {
                    changes.push((item, value));
                }
            }
            None => surplus.push(item),
        }
    }
    let pairs = surplus.len().min(missing.len());
    changes.splice(0..0, surplus.drain(..pairs).zip(missing.drain(..pairs)));
    Work { changes, additions: missing, removals: surplus }
}

impl RrSets for ByItem {
    fn locate<'a>(&'a self, zone: Option<&'a Name>, name: &'a Name) -> Reply<'a, Result<Zone, Fault>> {
        Box::pin(self.zones.locate(&self.exchange, self.dialect.as_ref(), zone, name))
    }

    fn zones(&self) -> Option<Reply<'_, Result<Vec<Zone>, Fault>>> {
        self.zones.every(&self.exchange, self.dialect.as_ref())
    }

    fn get<'a>(&'a self, zone: &'a Zone, key: &'a Key) -> Reply<'a, Result<RrSet, Fault>> {
        Box::pin(self.get(zone, key))
    }

    fn replace<'a>(&'a self, zone: &'a Zone, step: &'a Replace) -> Reply<'a, Result<(), Fault>> {
        Box::pin(self.replace(zone, step))
    }
}
