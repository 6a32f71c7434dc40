//! Signatures, computed anew from what arrived, the way a server checks them.

use crate::asked::Asked;
use ring::{digest, hmac};

/// The key of RFC 7515, appendix A.2, as PKCS #8.
pub(crate) const PEM: &str = include_str!("keys/rfc7515-a2.pem");

/// Its modulus, in Base64 for URLs.
const MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

/// The RSA key of [`PEM`] as the other side knows it.
pub(crate) fn public() -> ring::signature::RsaPublicKeyComponents<Vec<u8>> {
    ring::signature::RsaPublicKeyComponents { n: from_url(MODULUS), e: vec![1, 0, 1] }
}

/// Whether a JSON Web Token is signed by [`PEM`], and its claims.
pub(crate) fn claims(
    token: &str,
    scheme: &'static ring::signature::RsaParameters,
) -> Option<(serde_json::Value, serde_json::Value)> {
    let (text, signature) = token.rsplit_once('.')?;
    let (header, claims) = text.split_once('.')?;
    public().verify(scheme, text.as_bytes(), &from_url(signature)).ok()?;
    Some((serde_json::from_slice(&from_url(header)).ok()?, serde_json::from_slice(&from_url(claims)).ok()?))
}

fn from_url(text: &str) -> Vec<u8> {
    let padding = "=".repeat((4 - text.len() % 4) % 4);
    let text = format!("{}{padding}", text.replace('-', "+").replace('_', "/"));
    domain::utils::base64::decode(&text).expect("Base64")
}

pub(crate) fn base64(octets: &[u8]) -> String {
    domain::utils::base64::encode_string(octets)
}

pub(crate) fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().concat()
}

pub(crate) fn sha256(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// RFC 3986 §2.3.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The canonical request over the headers of these names.
pub(crate) fn canonical(asked: &Asked, path: &str, names: &str) -> String {
    let mut query: Vec<String> =
        asked.query.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
    query.sort();
    let headers: Vec<String> =
        names.split(';').map(|name| format!("{name}:{}\n", asked.header(name).unwrap_or_default())).collect();
    let headers = headers.concat();
    format!("{}\n{path}\n{}\n{headers}\n{names}\n{}", asked.method, query.join("&"), sha256(&asked.body))
}

/// What stands behind `name=` in an Authorization header, up to the next comma.
pub(crate) fn part<'h>(header: &'h str, name: &str) -> &'h str {
    let at = header.find(&format!("{name}=")).map(|at| at + name.len() + 1);
    at.and_then(|at| header[at..].split(',').next()).unwrap_or_default().trim()
}
