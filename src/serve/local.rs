//! The provider `local`: zones of the name server that is in this program.
//!
//! What a round writes together is one change there, which is one write to the disk and one serial number. The name
//! server itself sees to it that a change is durable before it is seen, so nothing is noted here.

use super::Look;
use crate::provider::{Answer, RrSets, Zone};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RrSet};
use dynflare_nameserver::{Change, ChangeError, NameServer};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// The name server behind the zones; another one after a reload that changes zones or keys.
#[derive(Clone)]
pub struct Local(Arc<RwLock<Option<NameServer>>>);

impl Local {
    /// Writes to this name server.
    pub fn new(server: NameServer) -> Self {
        Self(Arc::new(RwLock::new(Some(server))))
    }

    /// Writes to another one from now on; to none while that is opened.
    pub fn turn_to(&self, server: Option<NameServer>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = server;
    }

    /// The name server.
    pub fn server(&self) -> Option<NameServer> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, key: &Key) -> Option<RrSet> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref()?.set(&key.name, key.rtype)
    }

    async fn change(&self, zone: &Zone, changes: Vec<Change>) -> Result<(), Fault> {
        let server = self.server().ok_or_else(|| {
            Fault::new(Class::Unavailable, "the name server is being opened with other settings")
        })?;
        server.change(&zone.name, changes).await.map(|_| ()).map_err(|error| fault(&error))
    }
}

fn change(step: &Replace) -> Change {
    let Replace { expect, values, ttl } = step;
    Change {
        set: RrSet { key: expect.key.clone(), ttl: Some(*ttl), values: values.clone() },
        expect: Some(expect.values.clone()),
    }
}

fn fault(error: &ChangeError) -> Fault {
    let class = match error {
        ChangeError::NoZone(_) => Class::NoSuchZone,
        ChangeError::OutsideZone(_) => Class::NoSuchName,
        ChangeError::Malformed { .. } | ChangeError::Clash(_) | ChangeError::TooMuch => Class::Invalid,
        // Somebody else changed it meanwhile: it is read again.
        ChangeError::Unexpected { .. } => Class::Unconfirmed,
        ChangeError::Store(_) | ChangeError::Stopped => Class::Unavailable,
    };
    Fault::new(class, error.to_string())
}

impl RrSets for Local {
    fn locate<'a>(&'a self, zone: Option<&'a Name>, name: &'a Name) -> Answer<'a, Result<Zone, Fault>> {
        let zone = zone.cloned().or_else(|| {
            let zones = self.server()?.zones();
            name.longest_zone(zones.iter().map(|zone| &zone.name)).cloned()
        });
        let none = || Fault::new(Class::NoSuchZone, format!("{name} lies in no zone of this server"));
        Box::pin(std::future::ready(zone.map(|name| Zone { id: name.to_string(), name }).ok_or_else(none)))
    }

    fn get<'a>(&'a self, _: &'a Zone, key: &'a Key) -> Answer<'a, Result<RrSet, Fault>> {
        let set = self.set(key).unwrap_or_else(|| RrSet { key: key.clone(), ttl: None, values: Vec::new() });
        Box::pin(std::future::ready(Ok(set)))
    }

    fn replace<'a>(&'a self, zone: &'a Zone, step: &'a Replace) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.change(zone, vec![change(step)]))
    }

    fn replace_all<'a>(
        &'a self,
        zone: &'a Zone,
        steps: &'a [Replace],
    ) -> Option<Answer<'a, Vec<Result<(), Fault>>>> {
        Some(Box::pin(async move {
            match self.change(zone, steps.iter().map(change).collect()).await {
                Ok(()) => steps.iter().map(|_| Ok(())).collect(),
                Err(fault) if steps.len() == 1 || fault.class == Class::Unavailable => {
                    steps.iter().map(|_| Err(fault.clone())).collect()
                }
                // One of them stood in the way of all; each by itself shows which.
                Err(_) => {
                    let mut results = Vec::with_capacity(steps.len());
                    for step in steps {
                        results.push(self.change(zone, vec![change(step)]).await);
                    }
                    results
                }
            }
        }))
    }
}

impl Look for Local {
    fn look(&self, key: &Key) -> Vec<IpAddr> {
        let set = self.set(key);
        set.map(|set| set.values.iter().filter_map(|value| value.parse().ok()).collect()).unwrap_or_default()
    }
}
