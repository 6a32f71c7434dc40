//! TLS: the trust store, and the handshake over a connection that is up.
//!
//! Trusted are the system's certificates (the bundled Mozilla set where the system has none) and every configured
//! CA file: added, never instead. They are read once per process, off the runtime's thread, while the first TCP
//! handshake is under way.

use super::NetError;
use super::error::Flaw;
#[cfg(all(unix, not(target_os = "macos")))]
use super::pem;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, CipherSuite, ClientConfig, InvalidMessage, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
pub use tokio_rustls::client::TlsStream;

/// A set of application protocols to offer (RFC 7301), in order of preference.
pub type Alpn = &'static [&'static [u8]];

/// What the HTTP client offers.
pub const HTTP: Alpn = &[b"h2", b"http/1.1"];

/// Sessions kept for resumption: a handful of servers; each takes about a kilobyte up front.
const SESSIONS: usize = 16;

/// Where systems keep all trusted certificates in one file (the places OpenSSL and Go look at). One file reads five
/// times faster than the directory of single ones beside it, which holds the same.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) const BUNDLES: [&str; 8] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem",
    "/opt/etc/ssl/certs/ca-certificates.crt",
    "/usr/local/etc/ssl/cert.pem",
];

/// Where they are single files.
#[cfg(all(unix, not(target_os = "macos")))]
const DIRECTORIES: [&str; 3] = ["/etc/ssl/certs", "/etc/pki/tls/certs", "/usr/local/share/certs"];

/// The trust store, read at its first use.
#[derive(Debug)]
pub struct Trust {
    ca_files: Vec<PathBuf>,
    loaded: OnceLock<watch::Receiver<Option<Loaded>>>,
    configs: Mutex<Vec<(Alpn, Arc<ClientConfig>)>>,
}

type Loaded = Result<Arc<ClientConfig>, NetError>;

impl Trust {
    /// A store that trusts these PEM files besides the system's certificates. Reads nothing yet.
    pub fn new(ca_files: Vec<PathBuf>) -> Self {
        Self { ca_files, loaded: OnceLock::new(), configs: Mutex::new(Vec::new()) }
    }

    /// The configured files.
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.ca_files
    }

    /// Starts to read the store if that has not begun. Needs a tokio runtime.
    pub fn start(&self) -> watch::Receiver<Option<Loaded>> {
        let begin = || {
            let (done, loaded) = watch::channel(None);
            let ca_files = self.ca_files.clone();
            tokio::task::spawn_blocking(move || done.send_replace(Some(load(&ca_files))));
            loaded
        };
        self.loaded.get_or_init(begin).clone()
    }

    /// The one client configuration that offers `alpn`. Fails where a CA file is no good.
    pub async fn config(&self, alpn: Alpn) -> Result<Arc<ClientConfig>, NetError> {
        let mut loading = self.start();
        let loaded = match loading.wait_for(Option::is_some).await {
            Ok(loaded) => loaded.clone(),
            Err(_) => None,
        };
        let Some(base) = loaded else {
            let reason = "reading the system's certificates was interrupted".to_owned();
            return Err(NetError::Tls { to: "any server".to_owned(), reason });
        };
        let base = base?;
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = configs.iter().find(|(offered, _)| *offered == alpn) {
            return Ok(Arc::clone(config));
        }
        let mut config = ClientConfig::clone(&base);
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let config = Arc::new(config);
        configs.push((alpn, Arc::clone(&config)));
        Ok(config)
    }

    /// Does the handshake with `host`, which has to show a certificate for that name or address.
    pub async fn secure(
        &self,
        tcp: TcpStream,
        host: &str,
        alpn: Alpn,
    ) -> Result<TlsStream<TcpStream>, NetError> {
        let config = self.config(alpn).await?;
        let name = host.strip_suffix('.').unwrap_or(host);
        let server = ServerName::try_from(name.to_owned()).map_err(|_| NetError::Tls {
            to: host.to_owned(),
            reason: "this is no name a certificate can be for".to_owned(),
        })?;
        let connected = TlsConnector::from(config).connect(server, tcp).await;
        connected.map_err(|error| handshake_error(name, &error))
    }
}

fn load(ca_files: &[PathBuf]) -> Loaded {
    let mut roots = RootCertStore::empty();
    let mut own = Vec::new();
    for path in ca_files {
        own.extend(ca_file(path)?);
    }
    for (path, certificate) in own {
        roots.add(certificate).map_err(|error| NetError::CaFile {
            path: path.display().to_string(),
            reason: error.to_string(),
        })?;
    }
    let before = roots.len();
    add_system(&mut roots);
    if roots.len() == before {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let mut provider = rustls::crypto::ring::default_provider();
    // AES-128 first, as browsers have it: as strong as what signs the certificates, and its SHA-256 key schedule is
    // half the work. Servers with a preference of their own do not care.
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    let provider = Arc::new(provider);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(Arc::new(config))
}

/// How many certificate authorities the system trusts; reads its store.
#[cfg(feature = "doctor")]
pub fn system_authorities() -> usize {
    let mut roots = RootCertStore::empty();
    add_system(&mut roots);
    roots.len()
}

fn ca_file(path: &Path) -> Result<Vec<(&Path, CertificateDer<'static>)>, NetError> {
    let error = |reason: String| NetError::CaFile { path: path.display().to_string(), reason };
    let text = std::fs::read(path).map_err(|error_| {
        let words = error_.to_string();
        error(words.split(" (os error").next().unwrap_or(&words).to_lowercase())
    })?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text)
        .map(|found| found.map(|certificate| (path, certificate)))
        .collect();
    match found {
        Ok(found) if found.is_empty() => Err(error("it holds no certificate in PEM form".to_owned())),
        Ok(found) => Ok(found),
        Err(_) => Err(error("it is not PEM throughout".to_owned())),
    }
}

/// Adds the system's certificates; none where there is no store.
#[cfg(all(unix, not(target_os = "macos")))]
fn add_system(roots: &mut RootCertStore) {
    let before = roots.len();
    for bundle in BUNDLES {
        let Ok(file) = std::fs::File::open(bundle) else { continue };
        let read = pem::read(file, |der| {
            // One that the library does not take is one that it could not verify with either.
            let _ = roots.add(CertificateDer::from(der));
        });
        if read.is_ok() && roots.len() > before {
            return;
        }
    }
    for directory in DIRECTORIES {
        // An explicit path: without it the library would let SSL_CERT_FILE replace the system's store.
        let found = rustls_native_certs::load_certs_from_paths(None, Some(Path::new(directory)));
        roots.add_parsable_certificates(found.certs);
        if roots.len() > before {
            return;
        }
    }
}

/// Adds the system's certificates; none where there is no store.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn add_system(roots: &mut RootCertStore) {
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
}

fn handshake_error(name: &str, error: &std::io::Error) -> NetError {
    let to = name.to_owned();
    let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        let reason = if error.kind() == std::io::ErrorKind::UnexpectedEof {
            "it closed the connection during the handshake".to_owned()
        } else {
            error.to_string()
        };
        return NetError::Tls { to, reason };
    };
    match inner {
        rustls::Error::InvalidCertificate(flaw) => NetError::Certificate { name: to, flaw: flaw_of(flaw) },
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            NetError::Tls { to, reason: "it does not speak TLS on this port".to_owned() }
        }
        other => NetError::Tls { to, reason: other.to_string() },
    }
}

fn flaw_of(error: &CertificateError) -> Flaw {
    match error {
        CertificateError::UnknownIssuer => Flaw::UnknownIssuer,
        CertificateError::NotValidForName => Flaw::WrongName { presented: Vec::new() },
        CertificateError::NotValidForNameContext { presented, .. } => {
            Flaw::WrongName { presented: presented.iter().take(4).map(|name| plain(name)).collect() }
        }
        CertificateError::ExpiredContext { time, not_after } => {
            Flaw::Expired { end: not_after.as_secs(), now: time.as_secs() }
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            Flaw::NotYetValid { begin: not_before.as_secs(), now: time.as_secs() }
        }
        other => Flaw::Other(other.to_string()),
    }
}

/// `www.example.com` out of the TLS library's `DnsName("www.example.com")`.
fn plain(presented: &str) -> String {
    presented.split('"').nth(1).unwrap_or(presented).to_owned()
}
