//! DNS UPDATE (RFC 2136) signed with TSIG (RFC 8945), for BIND, Knot, PowerDNS and every other primary that takes it.
//!
//! Sets are read by asking the primary itself and replaced in one message, all or nothing, under the condition that
//! they still are what was read. A lost race is `Unconfirmed`, so that the caller reads again.
//!
//! Two things a server does not say are found out here. An answer made from a wildcard (RFC 4592) looks like a set of
//! the name itself; what equals the wildcard's set is therefore probed with an update of prerequisites alone. And a
//! server may answer NOERROR to an update that its policy drops (PowerDNS) or that clashes with a CNAME (RFC 2136
//! §3.4.2.2), so the set is read once more after a change.

mod message;
mod refusal;
pub mod settings;
mod transport;

use self::message::{Answer, Request, Set};
use self::refusal::Refusal;
use self::settings::{Server, Settings, SettingsError, Transport};
use crate::net::dns::{Wire, wire};
use crate::net::{Effect, Network, Route, Tally};
use crate::provider::presentation::to_wire;
use crate::provider::{Answer as Reply, RrSets, Zone};
use domain::base::Rtype;
use domain::base::iana::Rcode;
use domain::tsig::Key as Signer;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType, RrSet};
use std::sync::Arc;

/// One primary server.
pub struct Rfc2136 {
    server: Server,
    signer: Option<Arc<Signer>>,
    transport: Transport,
    route: Route,
    tally: Tally,
}

impl Rfc2136 {
    /// Checks the settings; opens nothing.
    pub fn new(settings: Settings, network: &Network) -> Result<Self, SettingsError> {
        let Settings { server, key, transport } = settings;
        let signer = key.map(|key| key.signer()).transpose()?;
        Ok(Self {
            server: server.parse()?,
            signer,
            transport,
            route: Route { way: network.way(), ..Route::default() },
            tally: network.tally().clone(),
        })
    }

    async fn send(&self, request: &Request, effect: Effect) -> Result<Answer, Fault> {
        let Self { server, transport, route, tally, .. } = self;
        let line = transport::Line { server, transport: *transport, route: *route, tally };
        line.exchange(request, effect).await
    }

    async fn ask(&self, name: &Wire, rtype: Rtype) -> Result<Answer, Fault> {
        let request = Request::question(name, rtype, self.signer.as_ref());
        let answer = self.send(&request, Effect::Read).await?;
        match answer.rcode {
            Rcode::NOERROR | Rcode::NXDOMAIN => Ok(answer),
            _ => Err(refused(&answer, Effect::Read)),
        }
    }

    async fn locate(&self, zone: Option<&Name>, name: &Name) -> Result<Zone, Fault> {
        if let Some(zone) = zone {
            return Ok(Zone { name: zone.clone(), id: zone.to_string() });
        }
        let mut at = Some(name.clone());
        while let Some(asked) = at {
            let answer = self.ask(&wire(&asked), Rtype::SOA).await?;
            if !answer.message.header().aa() {
                break;
            }
            let owner = answer.soa_owner().and_then(|owner| Name::parse(&owner.to_string()).ok());
            if let Some(zone) = owner.filter(|zone| name.is_within(zone)) {
                return Ok(Zone { id: zone.to_string(), name: zone });
            }
            // A CNAME answers in place of the SOA record; its parent lies in the same zone.
            at = asked.parent();
        }
        let what = format!("{} has no authority over {name}", self.server);
        Err(Fault::new(Class::NoSuchZone, what)
            .hint("set `server` to the zone's primary server, or name the zone"))
    }

    /// The set as the server shows it, made from a wildcard or not.
    async fn shown(&self, zone: &Zone, key: &Key) -> Result<RrSet, Fault> {
        let owner = wire(&key.name);
        let answer = self.ask(&owner, Rtype::from_int(key.rtype.code())).await?;
        if !answer.message.header().aa() {
            let what = format!("{} has no authority over {}", self.server, zone.name);
            let hint = "set `server` to the zone's primary server";
            return Err(Fault::new(Class::NoSuchZone, what).hint(hint));
        }
        let unreadable =
            |_| Fault::new(Class::Unexpected, format!("the server's answer about {key} cannot be read"));
        let mut records = answer.values(&owner, key.rtype).map_err(unreadable)?;
        if key.rtype != RecordType::Cname
            && let Some((_, target)) = answer.values(&owner, RecordType::Cname).map_err(unreadable)?.first()
        {
            let what = format!("{} is a CNAME to {target}, beside which no other record may stand", key.name);
            return Err(Fault::new(Class::Invalid, what).hint("remove the CNAME record, or use another name"));
        }
        let ttl = records.iter().map(|(ttl, _)| *ttl).min();
        records.sort_by(|a, b| a.1.cmp(&b.1));
        records.dedup_by(|a, b| a.1 == b.1);
        Ok(RrSet { key: key.clone(), ttl, values: records.into_iter().map(|(_, text)| text).collect() })
    }

    async fn get(&self, zone: &Zone, key: &Key) -> Result<RrSet, Fault> {
        // Asked below the name's parent, `*` is answered by the same wildcard as the name itself.
        let parent =
            key.name.parent().filter(|parent| parent.is_within(&zone.name) && !key.name.is_wildcard());
        let Some(wildcard) = parent.and_then(|parent| Name::parse(&format!("*.{parent}")).ok()) else {
            return self.shown(zone, key).await;
        };
        let wildcard = Key { name: wildcard, rtype: key.rtype };
        let (set, other) = tokio::join!(self.shown(zone, key), self.shown(zone, &wildcard));
        let set = set?;
        if set.values.is_empty() {
            return Ok(set);
        }
        let same = match other {
            Ok(other) => other.values == set.values,
            // A CNAME at the wildcard would have answered for the name, too.
            Err(fault) if fault.class == Class::Invalid => false,
            Err(fault) => return Err(fault),
        };
        if !same || self.stands(zone, &set).await? {
            return Ok(set);
        }
        Ok(RrSet { key: key.clone(), ttl: None, values: Vec::new() })
    }

    /// Whether the set of this very name holds these values.
    async fn stands(&self, zone: &Zone, set: &RrSet) -> Result<bool, Fault> {
        let values = encoded(set.key.rtype, &set.values)?;
        let expect = Set { name: &set.key.name, rtype: set.key.rtype, values: &values };
        let probe = Request::probe(&wire(&zone.name), &expect, self.signer.as_ref());
        let answer = self.send(&probe, Effect::Read).await?;
        match answer.rcode {
            Rcode::NOERROR => Ok(true),
            Rcode::NXRRSET | Rcode::NXDOMAIN => Ok(false),
            _ => Err(refused(&answer, Effect::Write)),
        }
    }

    async fn replace(&self, zone: &Zone, step: &Replace) -> Result<(), Fault> {
        let Replace { expect, values, ttl } = step;
        let rtype = expect.key.rtype;
        let before = encoded(rtype, &expect.values)?;
        let after = encoded(rtype, values)?;
        let set = Set { name: &expect.key.name, rtype, values: &before };
        let request = Request::replace(&wire(&zone.name), &set, &after, *ttl, self.signer.as_ref());
        let answer = self.send(&request, Effect::Write).await?;
        if answer.rcode != Rcode::NOERROR {
            return Err(refused(&answer, Effect::Write));
        }
        self.confirm(zone, &expect.key, &after).await
    }

    /// Looks whether the server shows what it was told to hold.
    async fn confirm(&self, zone: &Zone, key: &Key, wanted: &[Vec<u8>]) -> Result<(), Fault> {
        let unconfirmed = |what: &str| Fault::new(Class::Unconfirmed, what);
        // Where a set is gone a wildcard may answer, which only `get` tells apart.
        let shown = if wanted.is_empty() { self.get(zone, key).await } else { self.shown(zone, key).await };
        let shown = match shown {
            Ok(shown) => shown,
            Err(fault) if fault.class == Class::Invalid => return Err(fault),
            Err(fault) => {
                let what = format!(
                    "the server accepted the update and could not be asked afterwards: {}",
                    fault.what
                );
                return Err(Fault { class: Class::Unconfirmed, what, ..fault });
            }
        };
        let mut there = encoded(key.rtype, &shown.values)?;
        let mut wanted = wanted.to_vec();
        there.sort_unstable();
        wanted.sort_unstable();
        wanted.dedup();
        if there == wanted {
            return Ok(());
        }
        Err(unconfirmed("the server accepted the update, but does not show it").hint(
            "let the server's update policy grant this key this name and type, and set `server` to the primary itself",
        ))
    }
}

/// The wire forms of values.
fn encoded(rtype: RecordType, values: &[String]) -> Result<Vec<Vec<u8>>, Fault> {
    let encode = |value: &String| {
        to_wire(rtype, value)
            .map_err(|error| Fault::new(Class::Invalid, format!("{value:?} is no {rtype} record: {error}")))
    };
    values.iter().map(encode).collect()
}

fn refused(answer: &Answer, effect: Effect) -> Fault {
    let Answer { rcode, tsig, signature, .. } = *answer;
    Refusal { rcode, tsig, signature, effect }.fault()
}

impl RrSets for Rfc2136 {
    fn locate<'a>(&'a self, zone: Option<&'a Name>, name: &'a Name) -> Reply<'a, Result<Zone, Fault>> {
        Box::pin(self.locate(zone, name))
    }

    fn get<'a>(&'a self, zone: &'a Zone, key: &'a Key) -> Reply<'a, Result<RrSet, Fault>> {
        Box::pin(self.get(zone, key))
    }

    fn replace<'a>(&'a self, zone: &'a Zone, step: &'a Replace) -> Reply<'a, Result<(), Fault>> {
        Box::pin(self.replace(zone, step))
    }
}
