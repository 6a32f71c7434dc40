//! Everything that `dynflare serve` has open: listeners, lanes, name server, certificate; and how it turns to another
//! configuration.

use super::endpoint::Endpoint;
use super::names::Names;
use super::sockets::{Handed, why};
use super::vital::{Counted, Expiry, Numbers};
use crate::config::Settings;
use crate::config::serve::{Serve, Tls};
use crate::provider::Budgets;
use crate::report::event::Event;
use crate::serve::Served;
#[cfg(feature = "acme")]
use crate::server::acme::{self, Acme};
use crate::server::client::Trust;
use crate::server::echo::Echo;
use crate::server::front::{Front, Gate, Proofs, Services, Way};
use crate::server::listen::{Limits, Server};
#[cfg(unix)]
use crate::server::stun::Stun;
use crate::server::tls::{Certificate, Identity};
use crate::server::vitals;
use crate::setup;
use crate::signed::Signer;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// How long answers that are under way may take at the end.
const FAREWELL: Duration = Duration::from_secs(3);

/// The port that leads to HTTPS where there is a certificate.
const PLAIN: u16 = 80;

/// All of it.
pub(super) struct House {
    handed: Handed,
    say: mpsc::UnboundedSender<Event>,
    budgets: Budgets,
    served: Arc<Served>,
    endpoint: Endpoint,
    front: Arc<Front>,
    web: BTreeMap<SocketAddr, Web>,
    status: BTreeMap<SocketAddr, Server>,
    names: Names,
    seal: Option<Seal>,
    #[cfg(unix)]
    stun: Option<(Vec<SocketAddr>, Stun)>,
}

/// A web listener, and how it is reached.
struct Web {
    server: Server,
    way: Way,
    /// Whether it speaks TLS, and with what.
    seal: Option<Tls>,
}

/// Who the server is in TLS.
struct Seal {
    from: Tls,
    identity: Arc<dyn Identity>,
    #[cfg(feature = "acme")]
    acme: Option<Acme>,
}

impl House {
    /// Opens everything. The error is a sentence with its cause.
    pub(super) async fn open(
        settings: &Settings,
        mut handed: Handed,
        say: mpsc::UnboundedSender<Event>,
    ) -> Result<Self, String> {
        let serve = settings.serve.as_ref().expect("invariant: the caller has looked");
        let network = setup::network(settings);
        let budgets = Budgets::new();
        let names = Names::open(settings, serve, &mut handed)?;
        let zones = setup::serve::zones(settings, serve, &network, (&budgets, names.here()));
        let served = Arc::new(Served::start(zones, folder(settings), say.clone()));
        let seal = match &serve.tls {
            None => None,
            Some(tls) => Some(Seal::new(tls, settings, &say)?),
        };
        let endpoint = Endpoint::new((settings, serve), &served, folder(settings).as_deref(), &say)?;
        let front = Front::new(services(serve, seal.as_ref(), &endpoint)?);
        let mut house = Self {
            handed,
            say,
            budgets,
            served,
            endpoint,
            front,
            web: BTreeMap::new(),
            status: BTreeMap::new(),
            names,
            seal,
            #[cfg(unix)]
            stun: None,
        };
        house.listen_for_stun(serve)?;
        house.listen(serve).await?;
        Ok(house)
    }

    /// What was handed over and is of no use.
    pub(super) fn unused(&self) -> Vec<String> {
        self.handed.unused()
    }

    /// Where everything is: web, names, status.
    pub(super) fn places(&self) -> Vec<(&'static str, Vec<String>)> {
        let scheme = |web: &Web| if web.seal.is_some() { "https" } else { "http" };
        let web = self.web.values().map(|web| format!("{}://{}", scheme(web), web.server.address()));
        let status = self.status.values().map(|server| format!("http://{}", server.address()));
        vec![
            ("web", web.collect()),
            ("names", self.names.places()),
            ("stun", self.stun_places()),
            ("status", status.collect()),
        ]
    }

    /// Turns to another configuration; what could not be done of it comes back. After an error all is as it was.
    pub(super) async fn turn_to(&mut self, settings: &Settings) -> Result<Vec<String>, String> {
        let serve = settings.serve.as_ref().expect("invariant: the caller has looked");
        let seal = match (&serve.tls, &self.seal) {
            (None, _) => None,
            (Some(tls), Some(seal)) if seal.from == *tls => self.seal.take(),
            (Some(tls), _) => Some(Seal::new(tls, settings, &self.say)?),
        };
        let planned = Endpoint::plan(settings, serve);
        let planned = planned.and_then(|told| Ok((services(serve, seal.as_ref(), &self.endpoint)?, told)));
        let (services, told) = match planned {
            Ok(planned) => planned,
            Err(why) => {
                self.seal = self.seal.take().or(seal);
                return Err(why);
            }
        };
        let mut troubles = Vec::new();
        if let Err(why) = self.names.turn_to(settings, serve, &mut self.handed) {
            troubles.push(why);
        }
        let network = setup::network(settings);
        let zones = setup::serve::zones(settings, serve, &network, (&self.budgets, self.names.here()));
        self.served.turn_to(zones);
        self.seal = seal;
        troubles.extend(self.endpoint.turn_to(told).err());
        self.front.turn_to(services);
        troubles.extend(self.listen_for_stun(serve).err());
        if let Err(why) = self.listen(serve).await {
            troubles.push(format!("cannot listen on {why}"));
        }
        Ok(troubles)
    }

    #[cfg(unix)]
    fn stun_places(&self) -> Vec<String> {
        self.stun.iter().flat_map(|(_, stun)| stun.addresses()).map(ToString::to_string).collect()
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "as where there is one")]
    fn stun_places(&self) -> Vec<String> {
        Vec::new()
    }

    /// Opens the STUN responder where it is to be, if that is somewhere else than it is.
    #[cfg(unix)]
    fn listen_for_stun(&mut self, serve: &Serve) -> Result<(), String> {
        let wanted = &serve.stun.value;
        if self.stun.as_ref().is_some_and(|(at, _)| at == wanted) {
            return Ok(());
        }
        self.stun = None;
        if wanted.is_empty() {
            return Ok(());
        }
        let (mut udp, mut tcp, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for at in wanted {
            let cannot = |error: io::Error| format!("cannot listen on {}", why(*at, &error));
            match self.handed.tcp_handed(*at) {
                Some(listener) => {
                    tcp.push(listener.map_err(cannot)?);
                    udp.extend(self.handed.udp_handed(*at).map_err(cannot)?);
                }
                None => rest.push(*at),
            }
        }
        let stun = if tcp.is_empty() { Stun::bind(&rest) } else { Stun::start(udp, tcp) };
        let stun = stun.map_err(|error| format!("cannot start the STUN responder\n  cause: {error}"))?;
        self.stun = Some((wanted.clone(), stun));
        Ok(())
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "as where there is one")]
    fn listen_for_stun(&mut self, serve: &Serve) -> Result<(), String> {
        if serve.stun.value.is_empty() {
            return Ok(());
        }
        Err("there is no STUN responder on this system".to_owned())
    }

    /// Opens what is to be open, leaves what is, and closes the rest.
    async fn listen(&mut self, serve: &Serve) -> Result<(), String> {
        let explicit = serve.listen.origin != crate::config::Origin::Default;
        let mut gone = BTreeMap::new();
        for (at, web) in std::mem::take(&mut self.web) {
            let (way, seal) = way(serve, at);
            if serve.listen.value.contains(&at) && web.way == way && web.seal.as_ref() == seal {
                self.web.insert(at, web);
            } else {
                gone.insert(at, web);
            }
        }
        // Their addresses are free once they take no more connections.
        let farewells = gone.into_values().map(|web| tokio::spawn(web.server.finish(FAREWELL)));
        for farewell in farewells.collect::<Vec<_>>() {
            let _ended = farewell.await;
        }
        let mut refused = None;
        for at in &serve.listen.value {
            if self.web.contains_key(at) {
                continue;
            }
            match self.open_web(serve, *at) {
                Ok(web) => {
                    self.web.insert(*at, web);
                }
                // A machine without IPv6 has no ::1.
                Err(error) if !explicit && error.kind() != io::ErrorKind::AddrInUse => {
                    refused = Some(why(*at, &error));
                }
                Err(error) => return Err(why(*at, &error)),
            }
        }
        if let (true, Some(why)) = (self.web.is_empty(), refused) {
            return Err(why);
        }
        self.status.retain(|at, _| serve.status.value.contains(at));
        for at in &serve.status.value {
            if !self.status.contains_key(at) {
                let vital = Arc::new(Numbers(self.counted()));
                let opened = self.handed.tcp(*at).and_then(TcpListener::from_std);
                let server = opened.and_then(|listener| vitals::start(listener, vital));
                self.status.insert(*at, server.map_err(|error| why(*at, &error))?);
            }
        }
        Ok(())
    }

    fn open_web(&mut self, serve: &Serve, at: SocketAddr) -> io::Result<Web> {
        let (way, sealed) = way(serve, at);
        let listener = TcpListener::from_std(self.handed.tcp(at)?)?;
        let identity = self.seal.as_ref().filter(|_| sealed.is_some()).map(|seal| Arc::clone(&seal.identity));
        let limits = Limits {
            connections: serve.limits.connections as usize,
            per_address: serve.limits.connections_per_address as usize,
            ..Limits::open()
        };
        let gate = Arc::new(Gate { front: Arc::clone(&self.front), way });
        let server = Server::start(listener, identity, limits, gate)?;
        Ok(Web { server, way, seal: sealed.cloned() })
    }

    fn counted(&self) -> Counted {
        Counted {
            served: Arc::clone(&self.served),
            names: self.names.counted(),
            endpoint: Some(self.endpoint.counted()),
            certificate: self.seal.as_ref().and_then(Seal::expiry),
        }
    }

    /// Ends everything in good order: answers that are under way are given.
    pub(super) async fn end(self) {
        let servers = self.web.into_values().map(|web| web.server).chain(self.status.into_values());
        let farewells: Vec<_> = servers.map(|server| tokio::spawn(server.finish(FAREWELL))).collect();
        for farewell in farewells {
            let _ended = farewell.await;
        }
        // Its threads end with it, which may take a moment.
        let _ended = tokio::task::spawn_blocking(move || {
            let _names = self.names;
        })
        .await;
    }
}

/// Where notes, zones and certificates are kept.
fn folder(settings: &Settings) -> Option<PathBuf> {
    settings.state_dir.value.as_ref().map(|folder| folder.join("serve"))
}

/// How a listener is reached, and with what it speaks TLS.
fn way(serve: &Serve, at: SocketAddr) -> (Way, Option<&Tls>) {
    match &serve.tls {
        Some(_) if at.port() == PLAIN => (Way::Leads, None),
        Some(tls) => (Way::Private, Some(tls)),
        None if at.ip().to_canonical().is_loopback() => (Way::Private, None),
        None => (Way::Behind, None),
    }
}

/// What answers, as configured.
fn services(serve: &Serve, seal: Option<&Seal>, endpoint: &Endpoint) -> Result<Services, String> {
    let trust = Trust { proxies: serve.proxies.value.clone(), way: serve.way.value };
    let signer = serve.echo_key.as_ref().map(Signer::parse).transpose();
    let signer = signer.map_err(|error| format!("`echo_key` {error}"))?;
    let proofs = seal.and_then(Seal::proofs);
    Ok(Services { echo: Echo { trust, signer }, update: Some(endpoint.service()), proofs })
}

impl Seal {
    fn new(tls: &Tls, settings: &Settings, say: &mpsc::UnboundedSender<Event>) -> Result<Self, String> {
        match tls {
            Tls::Files { certificate, key } => {
                let loaded = Certificate::load(certificate, key)
                    .map_err(|why| format!("cannot use the certificate\n  cause: {why}"))?;
                Ok(Self {
                    from: tls.clone(),
                    identity: Arc::new(loaded),
                    #[cfg(feature = "acme")]
                    acme: None,
                })
            }
            Tls::Acme { contact, directory, ca_file } => {
                Self::ordered(tls, (contact, directory.as_ref(), ca_file.as_ref()), settings, say)
            }
        }
    }

    #[cfg(not(feature = "acme"))]
    fn ordered(
        _: &Tls,
        _: (&[String], Option<&String>, Option<&PathBuf>),
        _: &Settings,
        _: &mpsc::UnboundedSender<Event>,
    ) -> Result<Self, String> {
        Err("this program was built without ACME\n  hint: use one that was built with the feature `acme`, or \
             certificate files"
            .to_owned())
    }

    #[cfg(feature = "acme")]
    fn ordered(
        tls: &Tls,
        (contact, directory, ca_file): (&[String], Option<&String>, Option<&PathBuf>),
        settings: &Settings,
        say: &mpsc::UnboundedSender<Event>,
    ) -> Result<Self, String> {
        let serve = settings.serve.as_ref().expect("invariant: the caller has looked");
        let name = serve.name.value.clone().expect("invariant: the configuration has checked the name");
        let folder = folder(settings)
            .ok_or_else(|| "there is nowhere to keep a certificate\n  hint: set `state_dir`".to_owned())?;
        let plain = serve.listen.value.iter().any(|at| at.port() == PLAIN);
        let sealed = serve.listen.value.iter().any(|at| at.port() != PLAIN);
        let tls_alpn = sealed.then_some(acme::Challenge::TlsAlpn);
        let wanted = acme::Settings {
            subjects: vec![acme::Subject::Name(name)],
            directory: directory.cloned().unwrap_or_else(|| acme::LETS_ENCRYPT.to_owned()),
            ca_file: ca_file.cloned(),
            contact: contact.to_vec(),
            binding: None,
            challenges: tls_alpn.into_iter().chain(plain.then_some(acme::Challenge::Http)).collect(),
            folder: folder.join("certificates"),
        };
        let say = say.clone();
        let tell = move |news: acme::News| {
            // Nobody listens any more at the end of the program.
            let _heard = say.send(Event::Notice(news.to_string()));
        };
        let around = acme::Around::new(setup::network(settings), tell);
        let acme = acme::start(wanted, around).map_err(|error| error.to_string())?;
        Ok(Self { from: tls.clone(), identity: acme.identity(), acme: Some(acme) })
    }

    #[cfg(feature = "acme")]
    fn proofs(&self) -> Option<Proofs> {
        let answers = self.acme.as_ref()?.answers();
        Some(Arc::new(move |path: &str| answers.find(path)))
    }

    #[cfg(not(feature = "acme"))]
    #[expect(clippy::unused_self, reason = "as in a build with ACME")]
    fn proofs(&self) -> Option<Proofs> {
        None
    }

    /// When the certificate ends, how often getting one failed, and why the last time.
    #[cfg(feature = "acme")]
    fn expiry(&self) -> Option<Expiry> {
        let standing = self.acme.as_ref()?.standing();
        Some(Arc::new(move || {
            let standing = standing.borrow().clone();
            (standing.valid_until, standing.failed, standing.failing)
        }))
    }

    #[cfg(not(feature = "acme"))]
    #[expect(clippy::unused_self, reason = "as in a build with ACME")]
    fn expiry(&self) -> Option<Expiry> {
        None
    }
}

/// Where zones that are here are kept.
#[cfg(feature = "nameserver")]
pub(super) fn zones_file(settings: &Settings) -> Option<PathBuf> {
    folder(settings).map(|folder| folder.join("zones.db"))
}
