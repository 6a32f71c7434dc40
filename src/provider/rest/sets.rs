//! RRsets of APIs that have them.

use super::answer::{Answer, Odd, Page};
use super::call::Call;
use super::dialect::{Dialect, Item, Part, Sets, Wholes};
use super::exchange::{About, Exchange, Missing};
use super::items::{lasting, set};
use super::zones::Zones;
use crate::net::Effect;
use crate::provider::{Answer as Reply, RrSets, Zone};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RrSet, comparable};
use serde_json::Value;
use std::sync::Arc;

/// What is written at once.
pub(super) enum Unit {
    Set(Arc<dyn Sets>),
    Whole(Arc<dyn Wholes>),
}

impl Unit {
    fn dialect(&self) -> &dyn Dialect {
        match self {
            Self::Set(dialect) => dialect.as_ref(),
            Self::Whole(dialect) => dialect.as_ref(),
        }
    }

    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        match self {
            Self::Set(dialect) => dialect.get(zone, key, page),
            Self::Whole(dialect) => dialect.get(zone, key, page),
        }
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Part>, Odd> {
        match self {
            Self::Set(dialect) => {
                let Page { items, next } = dialect.read(zone, key, answer, page)?;
                Ok(Page { items: items.into_iter().map(Part::Item).collect(), next })
            }
            Self::Whole(dialect) => dialect.read(zone, key, answer, page),
        }
    }

    fn write(&self, zone: &Zone, step: &Replace, there: &[Item], rest: &[Value]) -> Call {
        match self {
            Self::Set(dialect) if step.values.is_empty() => dialect.remove(zone, step, there),
            Self::Set(dialect) => dialect.replace(zone, step, there),
            Self::Whole(dialect) => dialect.write(zone, step, there, rest),
        }
    }

    fn retime(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Option<Call> {
        match self {
            Self::Set(_) if step.values.is_empty() => None,
            Self::Set(dialect) => dialect.retime(zone, step, there),
            Self::Whole(_) => None,
        }
    }
}

/// One account at an API whose unit is the set, or more.
pub(super) struct BySet {
    exchange: Exchange,
    unit: Unit,
    zones: Zones,
}

impl BySet {
    pub(super) fn new(exchange: Exchange, unit: Unit) -> Self {
        Self { exchange, unit, zones: Zones::default() }
    }

    async fn read(&self, zone: &Zone, key: &Key) -> Result<(Vec<Item>, Vec<Value>), Fault> {
        let call = |page: Option<&str>| self.unit.get(zone, key, page);
        let read = |answer: &Answer, page: Option<&str>| {
            self.unit.read(zone, key, answer, page).map_err(|odd| self.exchange.unread(answer, &odd))
        };
        let (mut items, mut rest) = (Vec::new(), Vec::new());
        for part in self.exchange.pages(Missing::Answer, call, read).await? {
            match part {
                Part::Item(item) => items.push(item),
                Part::Rest(value) => rest.push(value),
            }
        }
        Ok((items, rest))
    }

    async fn get(&self, zone: &Zone, key: &Key) -> Result<RrSet, Fault> {
        let items = self.read(zone, key).await;
        items.inspect_err(|fault| self.forget_if_stale(fault)).map(|(items, _)| set(key, &items))
    }

    async fn replace(&self, zone: &Zone, step: &Replace) -> Result<(), Fault> {
        let _turn = self.exchange.writing.lock().await;
        let (there, rest) = self.read(zone, &step.expect.key).await?;
        if set(&step.expect.key, &there).values != step.expect.values {
            return Err(Fault::new(Class::Unconfirmed, "somebody else changed the set in the meantime"));
        }
        if let Some(why) = self.unit.dialect().unwritable(&step.expect.key, &step.values) {
            return Err(Fault::new(Class::Invalid, why));
        }
        let ttl = lasting(step, &there, self.exchange.info.min_ttl);
        let step = Replace { ttl, ..step.clone() };
        let call = self.written(zone, &step, (&there, &rest)).await?;
        let retime = self.unit.retime(zone, &step, &there);
        let about = if there.is_empty() { About::Zone } else { About::Record };
        let written = self.exchange.send(call, Effect::Write, about).await;
        written.inspect_err(|fault| self.forget_if_stale(fault))?;
        if let Some(call) = retime {
            let written = self.exchange.send(call, Effect::Write, About::Record).await;
            written.map_err(|fault| Fault { class: Class::Unconfirmed, ..fault })?;
        }
        if let Some(call) = self.unit.dialect().publish(zone) {
            self.exchange.send(call, Effect::Write, About::Zone).await?;
        }
        Ok(())
    }

    async fn written(
        &self,
        zone: &Zone,
        step: &Replace,
        (there, rest): (&[Item], &[Value]),
    ) -> Result<Call, Fault> {
        if let (Unit::Set(dialect), false) = (&self.unit, step.values.is_empty())
            && let Some(draft) = dialect.draft(zone, step, there)
        {
            let drafted = self.exchange.send(draft, Effect::Read, About::Zone).await?;
            let call = dialect.replace_drafted(zone, step, there, &drafted);
            return call.map_err(|odd| self.exchange.odd(&odd, Effect::Read));
        }
        Ok(self.unit.write(zone, step, there, rest))
    }

    fn forget_if_stale(&self, fault: &Fault) {
        if matches!(fault.class, Class::NoSuchZone | Class::Denied) {
            self.zones.forget();
        }
    }
}

/// Which of the records that are there each wanted value comes from, so that what else is set on it stays: the one with
/// that value, else one whose value goes; `None` for a value that is added.
pub(super) fn heirs<'a>(step: &'a Replace, there: &'a [Item]) -> Vec<(&'a str, Option<&'a Item>)> {
    let form = |value: &str| comparable(step.expect.key.rtype, value);
    let wanted = |item: &&Item| step.values.iter().any(|value| form(value) == form(&item.value));
    let mut leaving = there.iter().filter(|item| !wanted(item));
    let values = step.values.iter().map(|value| {
        let same = there.iter().find(|item| form(&item.value) == form(value));
        (value.as_str(), same.or_else(|| leaving.next()))
    });
    values.collect()
}

impl RrSets for BySet {
    fn locate<'a>(&'a self, zone: Option<&'a Name>, name: &'a Name) -> Reply<'a, Result<Zone, Fault>> {
        Box::pin(self.zones.locate(&self.exchange, self.unit.dialect(), zone, name))
    }

    fn zones(&self) -> Option<Reply<'_, Result<Vec<Zone>, Fault>>> {
        self.zones.every(&self.exchange, self.unit.dialect())
    }

    fn get<'a>(&'a self, zone: &'a Zone, key: &'a Key) -> Reply<'a, Result<RrSet, Fault>> {
        Box::pin(self.get(zone, key))
    }

    fn replace<'a>(&'a self, zone: &'a Zone, step: &'a Replace) -> Reply<'a, Result<(), Fault>> {
        Box::pin(self.replace(zone, step))
    }
}
