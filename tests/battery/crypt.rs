//! What the fakes recompute signatures with.

use ring::{digest, hmac};
use std::fmt::Write as _;

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").expect("a string takes everything");
        text
    })
}

pub(crate) fn sha1(text: &str) -> String {
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
}

pub(crate) fn sha256(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

pub(crate) fn hmac_sha1(key: &str, text: &str) -> Vec<u8> {
    sign(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes(), text)
}

pub(crate) fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    sign(hmac::HMAC_SHA256, key, text)
}

fn sign(algorithm: hmac::Algorithm, key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, key), text.as_bytes()).as_ref().to_vec()
}

/// Whether a request is signed by AWS Signature Version 4 with this key, for this service in us-east-1.
pub(crate) fn is_signed_v4(asked: &crate::asked::Asked, key_id: &str, secret: &str, service: &str) -> bool {
    let (Some(header), Some(time)) = (asked.header("authorization"), asked.header("x-amz-date")) else {
        return false;
    };
    let Some(day) = time.get(..8) else { return false };
    let scope = format!("{day}/us-east-1/{service}/aws4_request");
    let start = format!("AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders=");
    let parts = header.strip_prefix(&start).and_then(|rest| rest.split_once(", Signature="));
    let Some((names, signature)) = parts else { return false };
    let names_there: Vec<&str> = names.split(';').collect();
    assert!(names_there.is_sorted() && names_there.contains(&"host") && names_there.contains(&"x-amz-date"));
    let encode = |text: &str| {
        text.bytes().fold(String::new(), |mut all, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                all.push(char::from(byte));
            } else {
                write!(all, "%{byte:02X}").expect("a string takes everything");
            }
            all
        })
    };
    let mut query: Vec<String> =
        asked.query.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    query.sort();
    let mut canonical = format!("{}\n{}\n{}\n", asked.method, asked.path, query.join("&"));
    for name in &names_there {
        let Some(value) = asked.header(name) else { return false };
        writeln!(canonical, "{name}:{}", value.trim()).expect("a string takes everything");
    }
    write!(canonical, "\n{names}\n{}", sha256(&asked.body)).expect("a string takes everything");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", sha256(&canonical));
    let key = [day, "us-east-1", service, "aws4_request"]
        .into_iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac_sha256(&key, part));
    signature == hex(&hmac_sha256(&key, &text))
}
