//! The name server of `dynflare serve`: from `[serve]` to the engine and what stands before it.
//!
//! Its store belongs to one opening at a time, so other zones or keys mean that it is closed and opened again, and nobody
//! is answered for that moment; everything else is exchanged while it runs.

use super::house::zones_file;
use super::sockets::{Handed, why};
use super::vital::NamesCounted;
use crate::config::Settings;
use crate::config::serve::{Key, Local as Zone, Pattern, Serve};
use crate::provider::Adapter;
use crate::provider::rfc2136::settings::{Algorithm, TsigKey};
use crate::serve::Look;
use crate::serve::local::Local;
use crate::setup::serve::Here;
use dynflare_core::address::{Family, Prefix};
use dynflare_core::name::Name;
use dynflare_core::record::{Key as SetKey, RecordType, RrSet};
use dynflare_nameserver::net::{self, Manners, RateLimit, Secondary, Server, Sockets, Streams};
use dynflare_nameserver::{
    self as engine, Grant, KeySettings, NameServer, Names as Granted, Permit, Store, ZoneSettings,
};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The TTL of the records of the server itself, in seconds.
const OWN_TTL: u32 = 3600;

/// The name server; nothing of it where there is none to be.
pub(super) struct Names(Option<Running>);

struct Running {
    local: Local,
    /// Dropped and started anew where it listens elsewhere.
    server: Arc<Server>,
    at: Vec<SocketAddr>,
    print: Print,
}

/// What an engine was made of, to see whether another configuration needs another one.
#[derive(PartialEq, Eq)]
struct Print(Vec<String>);

impl Names {
    /// Opens the name server, where one is configured.
    pub(super) fn open(settings: &Settings, serve: &Serve, handed: &mut Handed) -> Result<Self, String> {
        if serve.dns.value.is_empty() {
            return Ok(Self(None));
        }
        let engine = open(settings, serve)?;
        let server = listen(serve, engine.clone(), handed)?;
        Ok(Self(Some(Running {
            local: Local::new(engine),
            server: Arc::new(server),
            at: serve.dns.value.clone(),
            print: Print::of(serve),
        })))
    }

    /// Turns to another configuration.
    pub(super) fn turn_to(
        &mut self,
        settings: &Settings,
        serve: &Serve,
        handed: &mut Handed,
    ) -> Result<(), String> {
        let print = Print::of(serve);
        match self.0.take() {
            None => *self = Self::open(settings, serve, handed)?,
            Some(_) if serve.dns.value.is_empty() => {}
            Some(running) if running.print == print && running.at == serve.dns.value => {
                if let Some(engine) = running.local.server() {
                    let (manners, secondaries) = (manners(serve), secondaries(serve)?);
                    running.server.exchange(engine, manners, secondaries);
                }
                self.0 = Some(running);
            }
            Some(Running { local, server, .. }) => {
                // The store can be opened again once nobody has it open.
                local.turn_to(None);
                drop(server);
                let engine = open(settings, serve)?;
                local.turn_to(Some(engine.clone()));
                let server = Arc::new(listen(serve, engine, handed)?);
                self.0 = Some(Running { local, server, at: serve.dns.value.clone(), print });
            }
        }
        Ok(())
    }

    /// What zones that are here are written and looked at with.
    pub(super) fn here(&self) -> Option<Here> {
        self.0.as_ref().map(|running| Here {
            adapter: Adapter::RrSets(Box::new(running.local.clone())),
            look: Arc::new(running.local.clone()) as Arc<dyn Look>,
        })
    }

    /// Where it listens.
    pub(super) fn places(&self) -> Vec<String> {
        let running = self.0.iter().flat_map(|running| running.server.addresses());
        running.map(ToString::to_string).collect()
    }

    /// What it has done.
    pub(super) fn counted(&self) -> Option<NamesCounted> {
        let running = self.0.as_ref()?;
        let (local, server) = (running.local.clone(), Arc::downgrade(&running.server));
        Some(Arc::new(move || {
            let zones = local.server().map(|server| server.zones()).unwrap_or_default();
            let zones = zones.into_iter().map(|zone| (zone.name.to_string(), zone.serial, zone.names));
            let tally = server.upgrade().map(|server| server.tally()).unwrap_or_default();
            (zones.collect(), [tally.datagrams, tally.requests, tally.dropped, tally.slipped])
        }))
    }
}

impl Print {
    fn of(serve: &Serve) -> Self {
        let mut lines = vec![format!("{:?} {:?}", serve.name.value, serve.addresses.value)];
        lines.extend(serve.local().map(|(name, _, local)| format!("{name} {:?}", local.servers)));
        lines.extend(serve.keys.values().map(|key| {
            let TsigKey { name, algorithm, secret } = &key.key;
            let (names, types, secret) = (&key.names, &key.types, secret.expose());
            format!("{name} {algorithm:?} {secret} {names:?} {types:?} {}", key.transfer)
        }));
        lines.extend(serve.secondaries.values().map(|secondary| format!("{secondary:?}")));
        Self(lines)
    }
}

fn open(settings: &Settings, serve: &Serve) -> Result<NameServer, String> {
    let zones: Vec<ZoneSettings> = serve.local().map(|(name, _, local)| zone(serve, name, local)).collect();
    let store = match zones_file(settings) {
        _ if zones.is_empty() => Store::Memory,
        Some(file) => {
            let folder = file.parent().unwrap_or(std::path::Path::new("."));
            crate::durable::make_directory(folder)
                .map_err(|error| format!("cannot make the folder {}\n  cause: {error}", folder.display()))?;
            Store::File(file)
        }
        None => return Err("there is nowhere to keep zones\n  hint: set `state_dir`".to_owned()),
    };
    let keys = serve.keys.values().map(key).collect::<Result<Vec<_>, _>>()?;
    let wanted = engine::Settings { zones, keys, store };
    NameServer::open(wanted).map_err(|error| format!("cannot open the name server\n  cause: {error}"))
}

fn zone(serve: &Serve, name: &Name, local: &Zone) -> ZoneSettings {
    let primary = local.servers.first().cloned().unwrap_or_else(|| name.clone());
    let mut own = vec![primary.clone()];
    own.extend(serve.name.value.clone().filter(|own| *own != primary));
    let mut zone = ZoneSettings::new(name.clone(), primary);
    zone.servers.clone_from(&local.servers);
    // An address set that is empty takes away what an earlier configuration put there.
    for own in own.into_iter().filter(|own| own.is_within(name) && serve.zone_of(own) == Some(name)) {
        for family in Family::BOTH {
            let of_family = |address: &&IpAddr| Family::of(**address) == family;
            let values = serve.addresses.value.iter().filter(of_family).map(ToString::to_string).collect();
            let key = SetKey { name: own.clone(), rtype: RecordType::from(family) };
            zone.fixed.push(RrSet { key, ttl: Some(OWN_TTL), values });
        }
    }
    let by_key = |key: &Key| key_name(&key.key).map(|key| Permit { key: Some(key), from: None });
    zone.transfer.extend(serve.keys.values().filter(|key| key.transfer).filter_map(|key| by_key(key).ok()));
    for secondary in serve.secondaries.values().filter(|secondary| secondary.key.is_none()) {
        let address = secondary.address.ip().to_canonical();
        let from = Prefix::covering(address, Family::of(address).bits()).ok();
        zone.transfer.push(Permit { key: None, from });
    }
    zone
}

fn key_name(key: &TsigKey) -> Result<Name, String> {
    Name::parse(&key.name).map_err(|error| format!("the name of the key {}: {error}", key.name))
}

fn signer(key: &TsigKey) -> Result<engine::Key, String> {
    let algorithm = match key.algorithm {
        Algorithm::Sha256 => engine::Algorithm::Sha256,
        Algorithm::Sha384 => engine::Algorithm::Sha384,
        Algorithm::Sha512 => engine::Algorithm::Sha512,
    };
    let octets = key.octets().map_err(|error| error.to_string())?;
    engine::Key::new(key_name(key)?, algorithm, &octets)
        .ok_or_else(|| format!("the secret of the key {} is empty", key.name))
}

fn key(key: &Key) -> Result<KeySettings, String> {
    let types: Vec<u16> = key.types.iter().map(|rtype| rtype.code()).collect();
    let grants = key.names.iter().map(|pattern| Grant {
        names: match pattern {
            Pattern::Exactly(name) => Granted::Exactly(name.clone()),
            Pattern::Below(name) => Granted::Below(name.clone()),
        },
        types: (!types.is_empty()).then(|| types.clone()),
    });
    Ok(KeySettings { key: signer(&key.key)?, grants: grants.collect() })
}

fn manners(serve: &Serve) -> Manners {
    let rate = RateLimit { same: serve.limits.dns_responses_per_second, ..RateLimit::default() };
    Manners { rate: Some(rate), whoami: serve.whoami.value.iter().cloned().collect() }
}

fn secondaries(serve: &Serve) -> Result<Vec<Secondary>, String> {
    let one = |secondary: &crate::config::serve::Secondary| {
        let key = secondary.key.as_ref().and_then(|name| serve.keys.get(name));
        let key = key.map(|key| signer(&key.key)).transpose()?;
        Ok(Secondary { address: secondary.address, zones: None, key, from: None })
    };
    serve.secondaries.values().map(one).collect()
}

/// Takes the sockets that were handed over, and opens the others.
fn listen(serve: &Serve, engine: NameServer, handed: &mut Handed) -> Result<Server, String> {
    let mut sockets = Sockets::default();
    for at in &serve.dns.value {
        let cannot = |error: std::io::Error| format!("cannot listen on {}", why(*at, &error));
        let (udp, tcp) = (handed.udp_handed(*at).map_err(cannot)?, handed.tcp_handed(*at));
        if udp.is_empty() && tcp.is_none() {
            let mut opened = net::bind(&[*at]).map_err(cannot)?;
            sockets.udp.append(&mut opened.udp);
            sockets.tcp.append(&mut opened.tcp);
            continue;
        }
        if udp.is_empty() || tcp.is_none() {
            return Err(format!(
                "a socket for {at} was handed over for only one of UDP and TCP\n  hint: the socket unit needs both \
                 ListenStream= and ListenDatagram="
            ));
        }
        sockets.udp.extend(udp);
        sockets.tcp.extend(tcp.transpose().map_err(cannot)?);
    }
    let around = (manners(serve), secondaries(serve)?);
    Server::start(engine, sockets, Streams::default(), around)
        .map_err(|error| format!("cannot start the name server\n  cause: {error}"))
}
