//! Adapters against the real programs that speak their API, or the best stand-in somebody else wrote.

mod described;
mod powerdns;
mod route53;

use crate::world::{key, name};
use dynflare::net::{Network, NetworkSettings};
use dynflare::provider::{Account, Adapter, Budgets, RrSets, Zone, registry, rest};
use dynflare::secret::Secret;
use dynflare_core::fault::Fault;
use dynflare_core::plan::Replace;
use dynflare_core::record::{RecordType, RrSet};
use std::time::{SystemTime, UNIX_EPOCH};

/// An account at a peer, whose clock is the real one.
pub(crate) fn open(id: &str, base: Option<&str>, fields: &[(&str, &str)]) -> Box<dyn RrSets> {
    let info = registry::find(id).expect("a provider of this id");
    let field = |key: &str| info.fields.iter().find(|field| field.key == key).expect("a field").key;
    let fields = fields.iter().map(|(key, value)| (field(key), Secret::new(*value))).collect();
    let base = base.map(|base| base.parse().expect("a base"));
    let account = Account { provider: info.id, base, fields };
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let network = Network::new(NetworkSettings::default());
    let Some(Adapter::RrSets(adapter)) = rest::open(&account, &network, &Budgets::new(), clock) else {
        panic!("{id} is no REST provider");
    };
    adapter
}

/// The zone, told or found.
pub(crate) async fn zone(adapter: &dyn RrSets, told: Option<&str>) -> Zone {
    let told = told.map(name);
    adapter.locate(told.as_ref(), &name("home.example.org")).await.expect("the zone is there")
}

pub(crate) async fn get(adapter: &dyn RrSets, text: &str, rtype: RecordType) -> RrSet {
    let zone = zone(adapter, Some("example.org")).await;
    adapter.get(&zone, &key(text, rtype)).await.expect("the set can be read")
}

/// Reads the set and writes these values.
pub(crate) async fn put(
    adapter: &dyn RrSets,
    (text, rtype): (&str, RecordType),
    values: &[&str],
    ttl: u32,
) -> Result<(), Fault> {
    let zone = zone(adapter, Some("example.org")).await;
    let expect = adapter.get(&zone, &key(text, rtype)).await?;
    let mut values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    values.sort();
    adapter.replace(&zone, &Replace { expect, values, ttl }).await
}
