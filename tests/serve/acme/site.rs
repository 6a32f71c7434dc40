//! A server with a certificate by ACME on loopback, and how its clients see it.

use dynflare::net::http::{Client, Method, Request};
use dynflare::net::{Base, Network, NetworkSettings, Route};
use dynflare::secret::Secret;
use dynflare::server::acme::{self, Acme, Around, Binding, Challenge, News, Settings, Standing, Subject};
use dynflare::server::client::Trust;
use dynflare::server::echo::Echo;
use dynflare::server::front::{Front, Gate, Proofs, Services, Way};
use dynflare::server::listen::{Limits, Server};
use dynflare_core::name::Name;
use dynflare_testkit::pebble::{Options, Pebble};
use dynflare_testkit::port;
use dynflare_testkit::tls::Authority;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::net::{TcpListener, TcpStream};

/// The server's own name, which leads to loopback.
pub(super) const NAME: &str = "ddns.example.org";

/// Ports, a place on the disk and a clock: what stays when the server is started again.
pub(super) struct Place {
    pub(super) tls_port: u16,
    pub(super) http_port: u16,
    pub(super) folder: PathBuf,
    pub(super) authority: Authority,
    ahead: Arc<AtomicU64>,
}

/// A running server.
pub(super) struct Site {
    pub(super) acme: Acme,
    news: Arc<Mutex<Vec<News>>>,
    servers: Vec<Server>,
}

impl Place {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("dynflare-acme-{}-{count}", std::process::id()));
        let port = || port::free().expect("loopback has free ports");
        Self {
            tls_port: port(),
            http_port: port(),
            folder,
            authority: Authority::new(),
            ahead: Arc::default(),
        }
    }

    /// The authority's options that look for proofs here.
    pub(super) fn options(&self) -> Options {
        Options { tls_port: self.tls_port, http_port: self.http_port, ..Options::default() }
    }

    pub(super) fn authority(&self, options: &Options) -> Option<Pebble> {
        Pebble::start(options, &self.authority)
    }

    pub(super) fn settings(&self, pebble: &Pebble, names: &[&str], challenges: &[Challenge]) -> Settings {
        let subject = |name: &&str| match name.parse::<IpAddr>() {
            Ok(address) => Subject::Address(address),
            Err(_) => Subject::Name(Name::parse(name).expect("a name")),
        };
        Settings {
            subjects: names.iter().map(subject).collect(),
            directory: pebble.directory(),
            ca_file: Some(self.authority.file().to_owned()),
            contact: vec!["mailto:admin@example.org".to_owned()],
            binding: None,
            challenges: challenges.to_vec(),
            folder: self.folder.clone(),
        }
    }

    /// Starts a server on all its ports.
    pub(super) async fn open(&self, settings: Settings) -> Site {
        let mut site = self.keep(settings);
        let echo = || Arc::new(Echo { trust: Trust::default(), signer: None });
        for loopback in ["127.0.0.1", "::1"] {
            let loopback: IpAddr = loopback.parse().expect("an address");
            let listen = |port| TcpListener::bind(SocketAddr::new(loopback, port));
            let secure = listen(self.tls_port).await.expect("the port is free");
            let identity = Some(site.acme.identity());
            let server = Server::start(secure, identity, Limits::default(), echo()).expect("it starts");
            site.servers.push(server);
            let open = listen(self.http_port).await.expect("the port is free");
            let answers = site.acme.answers();
            let proofs: Proofs = Arc::new(move |path: &str| answers.find(path));
            let echo = Echo { trust: Trust::default(), signer: None };
            let front = Front::new(Services { echo, update: None, proofs: Some(proofs) });
            let gate = Gate { front, way: Way::Leads };
            let server = Server::start(open, None, Limits::default(), Arc::new(gate)).expect("it starts");
            site.servers.push(server);
        }
        site
    }

    /// Keeps a certificate without any listener.
    pub(super) fn keep(&self, settings: Settings) -> Site {
        let news = Arc::new(Mutex::new(Vec::new()));
        let (told, ahead) = (Arc::clone(&news), Arc::clone(&self.ahead));
        let network = Network::new(NetworkSettings::default());
        let mut around = Around::new(network, move |one| told.lock().expect("nobody panics").push(one));
        around.now = Arc::new(move || SystemTime::now() + Duration::from_secs(ahead.load(Ordering::Relaxed)));
        let acme = acme::start(settings, around).expect("these settings are fit");
        Site { acme, news, servers: Vec::new() }
    }

    /// Keeps nothing: its authority is a port where nobody listens.
    pub(super) fn without_an_authority(&self) -> Site {
        self.keep(Settings {
            subjects: vec![Subject::Name(Name::parse(NAME).expect("a name"))],
            directory: format!("https://127.0.0.1:{}/dir", self.http_port),
            ca_file: None,
            contact: Vec::new(),
            binding: None,
            challenges: vec![Challenge::TlsAlpn],
            folder: self.folder.clone(),
        })
    }

    /// The clock goes ahead.
    pub(super) fn days_pass(&self, days: u64) {
        self.ahead.fetch_add(days * 86_400, Ordering::Relaxed);
    }

    /// Asks for its address over TLS, as somebody who trusts what the authority issues.
    pub(super) async fn ask(&self, pebble: &Pebble, name: &str, at: &str) -> Result<Vec<u8>, String> {
        let root = self.folder.with_extension("root.pem");
        if !root.exists() {
            let pem = self.fetch(pebble.management(), "/roots/0").await;
            std::fs::write(&root, pem).expect("the directory can be written");
        }
        let network = Network::new(NetworkSettings::default()).trusting(root);
        let at: IpAddr = at.parse().expect("an address");
        let tcp = TcpStream::connect((at, self.tls_port)).await.map_err(|error| error.to_string())?;
        let secured = network.trust().secure(tcp, name, &[b"http/1.1"]).await;
        let stream = secured.map_err(|error| error.to_string())?;
        let chain = stream.get_ref().1.peer_certificates().expect("a server shows one");
        Ok(chain[0].to_vec())
    }

    /// A certificate of the authority's own server, and its key, in files.
    pub(super) fn own_files(&self) -> (PathBuf, PathBuf) {
        let pem = self.authority.loopback().pem().clone();
        let files = (self.folder.join("own.pem"), self.folder.join("own.key"));
        std::fs::create_dir_all(&self.folder).expect("the temporary directory can be written");
        std::fs::write(&files.0, pem.certificate).expect("the temporary directory can be written");
        std::fs::write(&files.1, pem.key).expect("the temporary directory can be written");
        files
    }

    /// Asks one of pebble's two servers.
    pub(super) async fn fetch(&self, at: SocketAddr, path: &str) -> Vec<u8> {
        let network = Network::new(NetworkSettings::default()).trusting(self.authority.file().to_owned());
        let base: Base = format!("https://{at}").parse().expect("a URL");
        let asked = Request {
            method: Method::GET,
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_secs(30),
            limit: 65_536,
        };
        Client::new(&network, base, Route::default()).send(asked).await.expect("pebble says").body
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        let _ = std::fs::remove_file(self.folder.with_extension("root.pem"));
    }
}

impl Site {
    /// Waits until things stand so.
    pub(super) async fn until(&self, what: &str, so: impl FnMut(&Standing) -> bool) -> Standing {
        let mut standing = self.acme.standing();
        let found = tokio::time::timeout(Duration::from_secs(120), standing.wait_for(so)).await;
        let Ok(found) = found else {
            panic!("{what}: {:?}; {}", self.acme.standing().borrow(), self.told());
        };
        found.unwrap_or_else(|_| panic!("{what}: it ended; {}", self.told())).clone()
    }

    pub(super) async fn issued(&self, count: u64) -> Standing {
        self.until("a certificate is issued", |standing| standing.issued == count).await
    }

    pub(super) async fn failed(&self, count: u64) -> String {
        let standing = self.until("an attempt fails", |standing| standing.failed >= count).await;
        standing.failing.expect("a failure has a reason")
    }

    /// Everything that was told, a line each.
    pub(super) fn told(&self) -> String {
        let news = self.news.lock().expect("nobody panics");
        news.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// Ends it, and gives its ports back.
    pub(super) async fn close(self) {
        for server in self.servers {
            server.finish(Duration::from_secs(5)).await;
        }
    }
}

pub(super) fn binding(key_id: &str, key: &str) -> Binding {
    Binding { key_id: key_id.to_owned(), key: Secret::new(key) }
}

/// The notes that are kept beside the certificate.
pub(super) fn notes(folder: &Path) -> serde_json::Value {
    let text = std::fs::read(folder.join("acme.json")).expect("it was written");
    serde_json::from_slice(&text).expect("it is JSON")
}
