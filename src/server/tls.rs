//! What a handshake is answered with, decided by what the client says first; and the certificate of two PEM files,
//! read again when they change, as renewals do every few weeks.

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Who the server is in TLS. Asked at every handshake.
pub trait Identity: std::fmt::Debug + Send + Sync {
    /// Decides by the name that is asked for and the protocols that are offered.
    fn choose(&self, hello: &ClientHello<'_>) -> Choice;
}

/// How a handshake goes on.
#[derive(Clone, Debug)]
pub enum Choice {
    /// With this, and then requests are taken.
    Serve(Arc<ServerConfig>),
    /// With this, and the connection ends after the handshake, whatever came of it.
    End(Arc<ServerConfig>),
}

/// A certificate chain and its key, in use.
#[derive(Debug)]
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    current: Mutex<(Option<SystemTime>, Arc<ServerConfig>)>,
}

impl Certificate {
    /// Reads both files. The error is the end of a sentence that names neither file's content.
    pub fn load(chain: &Path, key: &Path) -> Result<Self, String> {
        let changed = changed(chain);
        let config = config(chain, key)?;
        Ok(Self { chain: chain.to_owned(), key: key.to_owned(), current: Mutex::new((changed, config)) })
    }

    /// What a handshake needs now. Files that changed and are no good leave the old certificate in use.
    pub fn config(&self) -> Arc<ServerConfig> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = changed(&self.chain);
        if changed != current.0
            && let Ok(config) = config(&self.chain, &self.key)
        {
            *current = (changed, config);
        }
        Arc::clone(&current.1)
    }
}

impl Identity for Certificate {
    fn choose(&self, _: &ClientHello<'_>) -> Choice {
        Choice::Serve(self.config())
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn config(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
    let cannot = |path: &Path, why: String| format!("{}: {why}", path.display());
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| {
            let text = error.to_string();
            cannot(path, text.split(" (os error").next().unwrap_or_default().to_lowercase())
        })
    };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(chain)?).collect();
    let certificates = certificates.map_err(|_| cannot(chain, "it is not PEM throughout".to_owned()))?;
    if certificates.is_empty() {
        return Err(cannot(chain, "it holds no certificate in PEM form".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|_| cannot(key, "it holds no private key in PEM form".to_owned()))?;
    let provider = rustls::crypto::ring::default_provider();
    let pair = CertifiedKey::from_der(certificates, private, &provider)
        .map_err(|error| cannot(chain, error.to_string().to_lowercase()))?;
    Ok(Arc::new(serving(Arc::new(SingleCertAndKey::from(pair)), HTTP)))
}

/// The protocol that requests are taken in.
pub(super) const HTTP: &[u8] = b"http/1.1";

/// TLS 1.2 and 1.3 with one application protocol and whatever certificate the resolver has.
pub(super) fn serving(resolver: Arc<dyn ResolvesServerCert>, protocol: &[u8]) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![protocol.to_vec()];
    config
}
