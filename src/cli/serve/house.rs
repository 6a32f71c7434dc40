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
    stun: BTreeMap<SocketAddr, Stun>,
}

/// What a configuration needs that is not open yet.
struct Opened {
    web: Vec<(SocketAddr, std::net::TcpListener)>,
    status: Vec<(SocketAddr, std::net::TcpListener)>,
    #[cfg(unix)]
    stun: Vec<(SocketAddr, Stun)>,
}

/// A web listener, and how it is reached.
struct Web {
    server: Server,
    /// The same socket once more, for the server that takes this one's place.
    listener: std::net::TcpListener,
    way: Way,
    /// Whether it speaks TLS, and with what.
    seal: Option<Tls>,
}

impl Web {
    /// Whether it is what a configuration wants at its place.
    fn is(&self, (way, seal): (Way, Option<&Tls>)) -> bool {
        self.way == way && self.seal.as_ref() == seal
    }
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
    pub(super) fn open(
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
            stun: BTreeMap::new(),
        };
        let opened = house.open_new(serve)?;
        match house.listen(serve, opened).pop() {
            None => Ok(house),
            Some(why) => Err(why),
        }
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
        // What can fail comes first, and changes nothing.
        let (fresh, stays) = match (&serve.tls, &self.seal) {
            (None, _) => (None, false),
            (Some(tls), Some(seal)) if seal.from == *tls => (None, true),
            (Some(tls), _) => (Some(Seal::new(tls, settings, &self.say)?), false),
        };
        let seal = if stays { self.seal.as_ref() } else { fresh.as_ref() };
        let told = Endpoint::plan(settings, serve)?;
        let services = services(serve, seal, &self.endpoint)?;
        let opened = self.open_new(serve)?;
        self.names.turn_to(settings, serve, &mut self.handed).await?;
        let network = setup::network(settings);
        let zones = setup::serve::zones(settings, serve, &network, (&self.budgets, self.names.here()));
        self.served.turn_to(zones);
        if !stays {
            self.seal = fresh;
        }
        let mut troubles: Vec<String> = self.endpoint.turn_to(told).err().into_iter().collect();
        self.front.turn_to(services);
        troubles.extend(self.listen(serve, opened));
        Ok(troubles)
    }

    #[cfg(unix)]
    fn stun_places(&self) -> Vec<String> {
        self.stun.values().flat_map(Stun::addresses).map(ToString::to_string).collect()
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "as where there is one")]
    fn stun_places(&self) -> Vec<String> {
        Vec::new()
    }

    /// Opens what is not open yet, and changes nothing: a socket that is there is had once more.
    fn open_new(&mut self, serve: &Serve) -> Result<Opened, String> {
        let cannot = |why: String| format!("cannot listen on {why}");
        let explicit = serve.listen.origin != crate::config::Origin::Default;
        let (mut web, mut refused) = (Vec::new(), None);
        for at in &serve.listen.value {
            let there = match self.web.get(at) {
                Some(there) if there.is(way(serve, *at)) => continue,
                Some(there) => there.listener.try_clone(),
                None => self.handed.tcp(*at),
            };
            match there {
                Ok(listener) => web.push((*at, listener)),
                // A machine without IPv6 has no ::1.
                Err(error) if !explicit && error.kind() != io::ErrorKind::AddrInUse => {
                    refused = Some(why(*at, &error));
                }
                Err(error) => return Err(cannot(why(*at, &error))),
            }
        }
        let stays = self.web.keys().any(|at| serve.listen.value.contains(at));
        if let (true, false, Some(why)) = (web.is_empty(), stays, refused) {
            return Err(cannot(why));
        }
        let mut status = Vec::new();
        for at in serve.status.value.iter().filter(|at| !self.status.contains_key(at)) {
            status.push((*at, self.handed.tcp(*at).map_err(|error| cannot(why(*at, &error)))?));
        }
        #[cfg(unix)]
        let mut stun = Vec::new();
        #[cfg(unix)]
        for at in &serve.stun.value {
            if self.stun.contains_key(at) {
                continue;
            }
            stun.push((*at, self.open_stun(*at).map_err(|error| cannot(why(*at, &error)))?));
        }
        #[cfg(not(unix))]
        if !serve.stun.value.is_empty() {
            return Err("there is no STUN responder on this system".to_owned());
        }
        Ok(Opened {
            web,
            status,
            #[cfg(unix)]
            stun,
        })
    }

    #[cfg(unix)]
    fn open_stun(&mut self, at: SocketAddr) -> io::Result<Stun> {
        match self.handed.tcp_handed(at) {
            Some(listener) => Stun::start(self.handed.udp_handed(at)?, vec![listener?]),
            None => Stun::bind(&[at]),
        }
    }

    /// Lets in whoever comes to what was opened, leaves what stays, and closes the rest. What could not be done comes
    /// back.
    fn listen(&mut self, serve: &Serve, opened: Opened) -> Vec<String> {
        let mut troubles = Vec::new();
        let mut gone = Vec::new();
        for (at, web) in std::mem::take(&mut self.web) {
            if serve.listen.value.contains(&at) && web.is(way(serve, at)) {
                self.web.insert(at, web);
            } else {
                gone.push(web.server);
            }
        }
        for (at, listener) in opened.web {
            match self.open_web(serve, at, listener) {
                Ok(web) => drop(self.web.insert(at, web)),
                Err(error) => troubles.push(format!("cannot listen on {}", why(at, &error))),
            }
        }
        // Answers that are under way are given.
        for server in gone {
            tokio::spawn(server.finish(FAREWELL));
        }
        self.status.retain(|at, _| serve.status.value.contains(at));
        for (at, listener) in opened.status {
            let vital = Arc::new(Numbers(self.counted()));
            let server = TcpListener::from_std(listener).and_then(|listener| vitals::start(listener, vital));
            match server {
                Ok(server) => drop(self.status.insert(at, server)),
                Err(error) => troubles.push(format!("cannot listen on {}", why(at, &error))),
            }
        }
        #[cfg(unix)]
        self.stun.retain(|at, _| serve.stun.value.contains(at));
        #[cfg(unix)]
        self.stun.extend(opened.stun);
        troubles
    }

    fn open_web(
        &mut self,
        serve: &Serve,
        at: SocketAddr,
        listener: std::net::TcpListener,
    ) -> io::Result<Web> {
        let (way, sealed) = way(serve, at);
        let twin = TcpListener::from_std(listener.try_clone()?)?;
        let identity = self.seal.as_ref().filter(|_| sealed.is_some()).map(|seal| Arc::clone(&seal.identity));
        let limits = Limits {
            connections: serve.limits.connections as usize,
            per_address: serve.limits.connections_per_address as usize,
            ..Limits::open()
        };
        let gate = Arc::new(Gate { front: Arc::clone(&self.front), way });
        let server = Server::start(twin, identity, limits, gate)?;
        Ok(Web { server, listener, way, seal: sealed.cloned() })
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
