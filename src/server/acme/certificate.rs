//! A certificate with its key in one PEM text, and the few things that have to be known of it.

use super::schedule::Window;
use super::settings::Subject;
use instant_acme::CertificateIdentifier;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, Der, IpAddr, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use yasna::tags::{TAG_BOOLEAN, TAG_UTCTIME};
use yasna::{ASN1Result, BERReader, BERReaderSeq, Tag};

/// A certificate that can be used.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) pair: Arc<CertifiedKey>,
    pub(super) validity: Window,
    /// How the authority calls it when it is asked for renewal information (RFC 9773 §4.1); not every one has this.
    pub(super) identifier: Option<CertificateIdentifier<'static>>,
    /// The same for the same certificate, and even among all.
    pub(super) draw: u32,
}

impl Certificate {
    /// Reads a key and a chain, in any order but the chain's own. The error is the end of a sentence.
    pub(super) fn parse(pem: &[u8]) -> Result<Self, String> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let chain = chain.map_err(|_| "it is not PEM throughout".to_owned())?;
        let Some(leaf) = chain.first() else { return Err("it holds no certificate".to_owned()) };
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| "it holds no private key".to_owned())?;
        let fields = fields(leaf).map_err(|_| "the certificate is not understood".to_owned())?;
        let digest = ring::digest::digest(&ring::digest::SHA256, leaf);
        let draw = digest.as_ref().first_chunk().map_or(0, |octets| u32::from_be_bytes(*octets));
        let identifier = fields.authority.as_deref().map(|authority| {
            CertificateIdentifier::new(Der::from_slice(authority), Der::from_slice(&fields.serial))
                .into_owned()
        });
        let provider = rustls::crypto::ring::default_provider();
        let pair = CertifiedKey::from_der(chain, key, &provider)
            .map_err(|error| format!("key and certificate cannot be used: {error}"))?;
        Ok(Self { pair: Arc::new(pair), validity: fields.validity, identifier, draw })
    }

    /// The first of these that the certificate is not for.
    pub(super) fn lacks<'s>(&self, subjects: &'s [Subject]) -> Option<&'s Subject> {
        let leaf = self.pair.cert.first().and_then(|leaf| ParsedCertificate::try_from(leaf).ok());
        subjects.iter().find(|subject| {
            let named = leaf.as_ref().zip(server_name(subject));
            named.is_none_or(|(leaf, name)| verify_server_name(leaf, &name).is_err())
        })
    }
}

fn server_name(subject: &Subject) -> Option<ServerName<'static>> {
    match subject {
        Subject::Name(name) => ServerName::try_from(name.to_string()).ok(),
        Subject::Address(address) => Some(ServerName::IpAddress(IpAddr::from(*address))),
    }
}

pub(super) struct Fields {
    pub(super) serial: Vec<u8>,
    pub(super) validity: Window,
    pub(super) authority: Option<Vec<u8>>,
}

/// `Certificate` of RFC 5280 §4.1.
pub(super) fn fields(der: &[u8]) -> ASN1Result<Fields> {
    yasna::parse_der(der, |certificate| {
        certificate.read_sequence(|parts| {
            let fields = parts.next().read_sequence(to_be_signed)?;
            // The algorithm and the signature.
            parts.next().read_der()?;
            parts.next().read_der()?;
            Ok(fields)
        })
    })
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the methods themselves are of one lifetime only"
)]
fn to_be_signed(parts: &mut BERReaderSeq<'_, '_>) -> ASN1Result<Fields> {
    let _version =
        parts.read_optional(|version| version.read_tagged(Tag::context(0), |version| version.read_u8()))?;
    let serial = parts.next().read_tagged_der()?.value().to_vec();
    // The algorithm and the issuer.
    parts.next().read_der()?;
    parts.next().read_der()?;
    let validity = parts
        .next()
        .read_sequence(|times| Ok(Window { start: time(times.next())?, end: time(times.next())? }))?;
    // The subject and its key.
    parts.next().read_der()?;
    parts.next().read_der()?;
    for unique_identifier in [1, 2] {
        let tag = Tag::context(unique_identifier);
        parts.read_optional(|one| one.read_tagged_implicit(tag, |bits| bits.read_bitvec_bytes()))?;
    }
    let mut authority = None;
    parts.read_optional(|extensions| {
        extensions.read_tagged(Tag::context(3), |extensions| {
            extensions.read_sequence_of(|extension| {
                extension.read_sequence(|extension| {
                    let kind = extension.next().read_oid()?;
                    if extension.next().lookahead_tag()? == TAG_BOOLEAN {
                        extension.next().read_bool()?;
                    }
                    let content = extension.next().read_bytes()?;
                    // authorityKeyIdentifier (RFC 5280 §4.2.1.1)
                    if kind.components().as_slice() == [2, 5, 29, 35] {
                        authority = key_identifier(&content)?;
                    }
                    Ok(())
                })
            })
        })
    })?;
    Ok(Fields { serial, validity, authority })
}

fn key_identifier(content: &[u8]) -> ASN1Result<Option<Vec<u8>>> {
    yasna::parse_der(content, |identifier| {
        let mut key = None;
        identifier.read_sequence_of(|part| {
            let part = part.read_tagged_der()?;
            if part.tag() == Tag::context(0) {
                key = Some(part.value().to_vec());
            }
            Ok(())
        })?;
        Ok(key)
    })
}

fn time(reader: BERReader<'_, '_>) -> ASN1Result<SystemTime> {
    let seconds = if reader.lookahead_tag()? == TAG_UTCTIME {
        reader.read_utctime()?.datetime().unix_timestamp()
    } else {
        reader.read_generalized_time()?.datetime().unix_timestamp()
    };
    Ok(UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}
