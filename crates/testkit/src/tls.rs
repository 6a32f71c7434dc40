//! A certification authority made on the spot, and what it issues.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An authority. Its certificate also lies in a file, which goes when this does.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

/// A server's certificate and key, and the HTTP versions it offers.
#[derive(Clone)]
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
    pem: Pem,
    alpn: Vec<Vec<u8>>,
}

/// A certificate and its key in PEM form, for servers that read them from files.
#[derive(Clone)]
pub struct Pem {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// From when to when a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Now, and for a long time.
    Current,
    /// Only until 2001.
    Over,
    /// Only from 2100.
    ToCome,
}

impl Authority {
    /// An authority of its own, with an ECDSA P-256 key.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let key = KeyPair::generate().expect("ring makes keys");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("Test authority {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let pem = params.self_signed(&key).expect("parameters are complete").pem();
        let file = std::env::temp_dir().join(format!("dynflare-ca-{}-{number}.pem", std::process::id()));
        std::fs::write(&file, &pem).expect("the temporary directory can be written");
        Self { pem, issuer: Issuer::new(params, key), file }
    }

    /// Its certificate in PEM form.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The file that holds its certificate, for `SSL_CERT_FILE` and `ca_file`.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A certificate for these names and addresses.
    pub fn issue(&self, names: &[&str], validity: Validity) -> Identity {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names are ASCII");
        let (begin, end) = match validity {
            Validity::Current => (2000, 2200),
            Validity::Over => (2000, 2001),
            Validity::ToCome => (2100, 2200),
        };
        params.not_before = date_time_ymd(begin, 1, 1);
        params.not_after = date_time_ymd(end, 1, 1);
        let key = KeyPair::generate().expect("ring makes keys");
        let certificate = params.signed_by(&key, &self.issuer).expect("parameters are complete");
        let alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let pem = Pem { certificate: certificate.pem(), key: key.serialize_pem() };
        Identity { chain: vec![certificate.der().clone()], key: key.serialize_der(), pem, alpn }
    }

    /// A certificate for loopback: `localhost`, 127.0.0.1 and `::1`.
    pub fn loopback(&self) -> Identity {
        self.issue(&["localhost", "127.0.0.1", "::1"], Validity::Current)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Identity {
    /// The same identity that offers only HTTP/1.1.
    #[must_use]
    pub fn http1_only(mut self) -> Self {
        self.alpn = vec![b"http/1.1".to_vec()];
        self
    }

    /// The same without application protocols, as servers of anything but HTTP show it.
    #[must_use]
    pub fn without_alpn(mut self) -> Self {
        self.alpn = Vec::new();
        self
    }

    /// The certificate and its key for a server that reads them from files.
    pub fn pem(&self) -> &Pem {
        &self.pem
    }

    /// What a TLS 1.3 server needs.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("ring supports TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)
            .expect("the key belongs to the certificate");
        config.alpn_protocols.clone_from(&self.alpn);
        Arc::new(config)
    }
}
