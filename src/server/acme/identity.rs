//! What handshakes and plain requests are answered with: the certificate, and the proofs while an order is under way.

use super::certificate::Certificate;
use super::settings::Subject;
use crate::server::tls::{self, Choice, Identity};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The protocol of TLS-ALPN-01 (RFC 8737 §6.2).
const PROOF: &[u8] = b"acme-tls/1";

/// What the server is asked for and shows. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown(Arc<Mutex<Showing>>);

#[derive(Debug, Default)]
struct Showing {
    serving: Option<Arc<ServerConfig>>,
    /// By the name that the authority will send.
    handshakes: HashMap<String, Arc<ServerConfig>>,
    /// By token.
    files: HashMap<String, String>,
}

/// The answers to HTTP-01, for the server on port 80. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Answers(Shown);

impl Answers {
    /// What `path` holds, where it is of a challenge that is under way (RFC 8555 §8.3); `application/octet-stream`.
    pub fn find(&self, path: &str) -> Option<String> {
        let token = path.strip_prefix("/.well-known/acme-challenge/")?;
        self.0.lock().files.get(token).cloned()
    }
}

/// A proof; it is shown until this is dropped.
#[derive(Debug)]
pub(super) struct Proof {
    shown: Shown,
    key: Key,
}

#[derive(Debug)]
enum Key {
    Handshake(String),
    File(String),
}

impl Shown {
    /// From now on this certificate is used, by new connections.
    pub(super) fn serve(&self, certificate: &Certificate) {
        let resolver = SingleCertAndKey::from(Arc::clone(&certificate.pair));
        self.lock().serving = Some(Arc::new(tls::serving(Arc::new(resolver), tls::HTTP)));
    }

    /// Answers TLS-ALPN-01 for a name (RFC 8737 §3) with this digest of the key authorization.
    pub(super) fn prove_by_handshake(&self, subject: &Subject, digest: &[u8]) -> Result<Proof, rcgen::Error> {
        let mut params = CertificateParams::new([subject.to_string()])?;
        params.distinguished_name = DistinguishedName::new();
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = any_ecdsa_type(&der).map_err(|_| rcgen::Error::KeyGenerationUnavailable)?;
        let pair = CertifiedKey::new(vec![certificate.der().clone()], key);
        let mut config = tls::serving(Arc::new(SingleCertAndKey::from(pair)), PROOF);
        // Every attempt to validate sees the certificate itself.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        let name = asked_for(subject);
        self.lock().handshakes.insert(name.clone(), Arc::new(config));
        Ok(Proof { shown: self.clone(), key: Key::Handshake(name) })
    }

    /// Answers HTTP-01.
    pub(super) fn prove_by_file(&self, token: &str, authorization: &str) -> Proof {
        self.lock().files.insert(token.to_owned(), authorization.to_owned());
        Proof { shown: self.clone(), key: Key::File(token.to_owned()) }
    }

    pub(super) fn answers(&self) -> Answers {
        Answers(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Showing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Proof {
    fn drop(&mut self) {
        let mut showing = self.shown.lock();
        match &self.key {
            Key::Handshake(name) => drop(showing.handshakes.remove(name)),
            Key::File(token) => drop(showing.files.remove(token)),
        }
    }
}

impl Identity for Shown {
    fn choose(&self, hello: &ClientHello<'_>) -> Choice {
        let showing = self.lock();
        // Whoever wants a proof offers nothing else (RFC 8737 §3); a list that only holds it too wants to be served.
        let mut offered = hello.alpn().into_iter().flatten();
        if offered.next() == Some(PROOF) && offered.next().is_none() {
            let name = hello.server_name().map(str::to_ascii_lowercase);
            let proof = name.and_then(|name| showing.handshakes.get(&name).cloned());
            return Choice::End(proof.unwrap_or_else(refusal));
        }
        showing.serving.clone().map_or_else(|| Choice::End(refusal()), Choice::Serve)
    }
}

/// The name in the handshake: for an address that of its reverse zone (RFC 8738 §6).
fn asked_for(subject: &Subject) -> String {
    match subject {
        Subject::Name(name) => name.to_string(),
        Subject::Address(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Subject::Address(IpAddr::V6(address)) => {
            let nibbles: Vec<String> = address
                .octets()
                .iter()
                .rev()
                .map(|octet| format!("{:x}.{:x}", octet & 15, octet >> 4))
                .collect();
            format!("{}.ip6.arpa", nibbles.join("."))
        }
    }
}

/// Ends a handshake with an alert: there is no certificate yet, or no proof of that name. A self-made one would only
/// teach clients to send their passwords to whoever has any certificate.
fn refusal() -> Arc<ServerConfig> {
    #[derive(Debug)]
    struct Nothing;
    impl ResolvesServerCert for Nothing {
        fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            None
        }
    }
    static REFUSAL: std::sync::OnceLock<Arc<ServerConfig>> = std::sync::OnceLock::new();
    let refusal = REFUSAL.get_or_init(|| Arc::new(tls::serving(Arc::new(Nothing), tls::HTTP)));
    Arc::clone(refusal)
}
