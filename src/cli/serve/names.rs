//! The name server of `dynflare serve`: from `[serve]` to the engine and what stands before it.
//!
//! Everything is exchanged while it runs: zones and keys in the open store, the rest before the sockets, and sockets that
//! stay go over to whoever answers next with all that waits in them.

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
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The TTL of the records of the server itself, in seconds.
const OWN_TTL: u32 = 3600;

/// The name server; nothing of it where there is none to be.
pub(super) struct Names(Option<Running>);

struct Running {
    local: Local,
    /// Dropped and started anew where it listens elsewhere.
    server: Arc<Server>,
    /// The sockets that it has, for the one that takes its place.
    sockets: Vec<(SocketAddr, Sockets)>,
    print: Print,
    /// Where its zones are kept; in memory alone while there are none.
    file: Option<PathBuf>,
}

/// What an engine was made of, to see whether another configuration needs another one.
#[derive(PartialEq, Eq)]
struct Print(Vec<String>);

/// What a configuration makes of the engine and of what stands before it.
struct Wanted {
    zones: Vec<ZoneSettings>,
    keys: Vec<KeySettings>,
    manners: Manners,
    secondaries: Vec<Secondary>,
    file: Option<PathBuf>,
}

impl Names {
    /// Opens the name server, where one is configured.
    pub(super) fn open(settings: &Settings, serve: &Serve, handed: &mut Handed) -> Result<Self, String> {
        if serve.dns.value.is_empty() {
            return Ok(Self(None));
        }
        let Wanted { zones, keys, manners, secondaries, file } = wanted(settings, serve)?;
        let sockets = sockets(serve, &[], handed)?;
        let engine = open(zones, keys, file.as_ref())?;
        let server = start(engine.clone(), &sockets, (manners, secondaries))?;
        let (local, print) = (Local::new(engine), Print::of(serve));
        Ok(Self(Some(Running { local, server: Arc::new(server), sockets, print, file })))
    }

    /// Turns to another configuration, and everybody is answered all the time. After an error all is as it was.
    pub(super) async fn turn_to(
        &mut self,
        settings: &Settings,
        serve: &Serve,
        handed: &mut Handed,
    ) -> Result<(), String> {
        if serve.dns.value.is_empty() {
            self.0 = None;
            return Ok(());
        }
        let Some(running) = &mut self.0 else {
            *self = Self::open(settings, serve, handed)?;
            return Ok(());
        };
        let Wanted { zones, keys, manners, secondaries, file } = wanted(settings, serve)?;
        let print = Print::of(serve);
        // Sockets first: they are what most likely cannot be had.
        let elsewhere = !running.sockets.iter().map(|(at, _)| at).eq(&serve.dns.value);
        let moved = if elsewhere { Some(sockets(serve, &running.sockets, handed)?) } else { None };
        let there = running.local.server();
        let engine = match there {
            Some(engine) if running.file == file || file.is_none() => {
                if running.print != print {
                    let done = engine.reconfigure(zones, keys).await;
                    done.map_err(|error| format!("cannot change the name server\n  cause: {error}"))?;
                }
                engine
            }
            // Its zones are kept elsewhere from now on.
            Some(_) | None => {
                let engine = open(zones, keys, file.as_ref())?;
                running.local.turn_to(Some(engine.clone()));
                running.file = file;
                engine
            }
        };
        running.print = print;
        match moved {
            None => running.server.exchange(engine, manners, secondaries),
            Some(sockets) => {
                running.server = Arc::new(start(engine, &sockets, (manners, secondaries))?);
                running.sockets = sockets;
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

fn wanted(settings: &Settings, serve: &Serve) -> Result<Wanted, String> {
    let zones: Vec<ZoneSettings> = serve.local().map(|(name, _, local)| zone(serve, name, local)).collect();
    let file = match zones_file(settings) {
        _ if zones.is_empty() => None,
        Some(file) => Some(file),
        None => return Err("there is nowhere to keep zones\n  hint: set `state_dir`".to_owned()),
    };
    let keys = serve.keys.values().map(key).collect::<Result<Vec<_>, _>>()?;
    Ok(Wanted { zones, keys, manners: manners(serve), secondaries: secondaries(serve)?, file })
}

fn open(
    zones: Vec<ZoneSettings>,
    keys: Vec<KeySettings>,
    file: Option<&PathBuf>,
) -> Result<NameServer, String> {
    let store = match file {
        None => Store::Memory,
        Some(file) => {
            let folder = file.parent().unwrap_or(Path::new("."));
            crate::durable::make_directory(folder)
                .map_err(|error| format!("cannot make the folder {}\n  cause: {error}", folder.display()))?;
            Store::File(file.clone())
        }
    };
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

/// The sockets for each address: those there are, those that were handed over, and the others opened.
fn sockets(
    serve: &Serve,
    there: &[(SocketAddr, Sockets)],
    handed: &mut Handed,
) -> Result<Vec<(SocketAddr, Sockets)>, String> {
    let mut all = Vec::with_capacity(serve.dns.value.len());
    for at in &serve.dns.value {
        let cannot = |error: io::Error| format!("cannot listen on {}", why(*at, &error));
        let sockets = match there.iter().find(|(other, _)| other == at) {
            Some((_, sockets)) => twins(sockets).map_err(cannot)?,
            None => opened(*at, handed)?,
        };
        all.push((*at, sockets));
    }
    Ok(all)
}

fn opened(at: SocketAddr, handed: &mut Handed) -> Result<Sockets, String> {
    let cannot = |error: io::Error| format!("cannot listen on {}", why(at, &error));
    let (udp, tcp) = (handed.udp_handed(at).map_err(cannot)?, handed.tcp_handed(at));
    if udp.is_empty() && tcp.is_none() {
        return net::bind(&[at]).map_err(cannot);
    }
    if udp.is_empty() || tcp.is_none() {
        return Err(format!(
            "a socket for {at} was handed over for only one of UDP and TCP\n  hint: the socket unit needs both \
             ListenStream= and ListenDatagram="
        ));
    }
    Ok(Sockets { udp, tcp: tcp.transpose().map_err(cannot)?.into_iter().collect() })
}

/// The same sockets once more: what waits in them is had by whoever is first.
fn twins(sockets: &Sockets) -> io::Result<Sockets> {
    Ok(Sockets {
        udp: sockets.udp.iter().map(UdpSocket::try_clone).collect::<io::Result<_>>()?,
        tcp: sockets.tcp.iter().map(TcpListener::try_clone).collect::<io::Result<_>>()?,
    })
}

fn start(
    engine: NameServer,
    sockets: &[(SocketAddr, Sockets)],
    around: (Manners, Vec<Secondary>),
) -> Result<Server, String> {
    let cannot = |error: io::Error| format!("cannot start the name server\n  cause: {error}");
    let mut all = Sockets::default();
    for (_, sockets) in sockets {
        let Sockets { udp, tcp } = twins(sockets).map_err(cannot)?;
        all.udp.extend(udp);
        all.tcp.extend(tcp);
    }
    Server::start(engine, all, Streams::default(), around).map_err(cannot)
}
