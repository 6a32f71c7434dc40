//! The signed answer of one's own echo server: what is signed, with which keys, and how it is checked.
//!
//! Server and client share this and nothing else. The client's nonce makes an answer worth nothing for any other
//! question, the time bounds how long one could have been kept. What the signature says is that the server saw this
//! address ask this question; a machine in the way that passes the question on from an address of its own looks to
//! any server like the client, signed or not.

use crate::secret::Secret;
use dynflare_core::address::Family;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use ring::{hmac, signature};
use std::fmt;
use std::fmt::Write as _;
use std::net::IpAddr;

/// The first line of everything that is signed, so that no signature is good for anything else.
const LABEL: &str = "dynflare echo 1";

/// How far the clocks of the two sides may be apart, in seconds.
pub const WINDOW: u64 = 300;

/// What the text of a shared secret begins with.
const SHARED: &str = "hmac-sha256:";

/// What the text of a server's own key begins with.
const OWN: &str = "ed25519:";

/// The fewest bytes of a shared secret: what 128 bits take in hexadecimal.
const SHORTEST: usize = 32;

/// Which kind of key a server signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HMAC-SHA-256 (RFC 2104, FIPS 180-4) with a secret that both sides hold.
    HmacSha256,
    /// Ed25519 (RFC 8032): the server holds the key, clients its public half.
    Ed25519,
}

/// 32 random bytes of the client's, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A fresh one.
    pub fn fresh() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(hex(&bytes)))
    }

    /// One that came in: 64 lower-case hexadecimal digits and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        digits.then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The question's.
    pub nonce: &'a Nonce,
    /// Whose address it was seen to be.
    pub address: IpAddr,
    /// The server's clock, in seconds since 1970.
    pub time: u64,
}

impl Statement<'_> {
    /// Five lines; every part has one form only, so that no two statements have the same text.
    fn text(&self) -> String {
        let family = match Family::of(self.address) {
            Family::V4 => "ipv4",
            Family::V6 => "ipv6",
        };
        format!("{LABEL}\n{}\n{family}\n{}\n{}\n", self.nonce.as_str(), self.address, self.time)
    }
}

/// Why a text is no key. Each is the end of a sentence that begins with what the key is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Too short to be random.
    #[error("is shorter than {SHORTEST} characters")]
    Short,
    /// Not 64 hexadecimal digits.
    #[error("is not 64 hexadecimal digits")]
    Digits,
    /// A server's own key where clients put the shared or the public one.
    #[error("is the server's own; a client needs only its `public_key`")]
    Own,
}

/// What a server signs with.
pub enum Signer {
    /// A shared secret.
    HmacSha256(hmac::Key),
    /// A key of its own.
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({:?})", self.scheme())
    }
}

impl Signer {
    /// Reads `ed25519:SEED` or a shared secret, with or without `hmac-sha256:` before it.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let Some(seed) = text.expose().strip_prefix(OWN) else { return shared(text).map(Self::HmacSha256) };
        let seed: [u8; 32] = bytes(seed).ok_or(KeyError::Digits)?;
        Ed25519KeyPair::from_seed_unchecked(&seed).map(Self::Ed25519).map_err(|_| KeyError::Digits)
    }

    /// With which kind of key.
    pub fn scheme(&self) -> Scheme {
        match self {
            Self::HmacSha256(_) => Scheme::HmacSha256,
            Self::Ed25519(_) => Scheme::Ed25519,
        }
    }

    /// The signature in hexadecimal.
    pub fn sign(&self, statement: &Statement<'_>) -> String {
        let text = statement.text();
        match self {
            Self::HmacSha256(key) => hex(hmac::sign(key, text.as_bytes()).as_ref()),
            Self::Ed25519(key) => hex(key.sign(text.as_bytes()).as_ref()),
        }
    }
}

/// What a client checks with.
#[derive(Clone)]
pub enum Verifier {
    /// The shared secret.
    HmacSha256(hmac::Key),
    /// The public half of the server's key.
    Ed25519([u8; 32]),
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({:?})", self.scheme())
    }
}

impl Verifier {
    /// Reads a shared secret.
    pub fn shared(text: &Secret) -> Result<Self, KeyError> {
        if text.expose().starts_with(OWN) { Err(KeyError::Own) } else { shared(text).map(Self::HmacSha256) }
    }

    /// Reads a public key: 64 hexadecimal digits, with or without `ed25519=` before them.
    pub fn public(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.starts_with(OWN) {
            return Err(KeyError::Own);
        }
        bytes(text.strip_prefix("ed25519=").unwrap_or(text)).map(Self::Ed25519).ok_or(KeyError::Digits)
    }

    /// Which kind of signature it wants.
    pub fn scheme(&self) -> Scheme {
        match self {
            Self::HmacSha256(_) => Scheme::HmacSha256,
            Self::Ed25519(_) => Scheme::Ed25519,
        }
    }

    /// Whether a signature in hexadecimal is one of this statement. The comparison takes the same time wherever the
    /// difference is.
    pub fn is_signed(&self, statement: &Statement<'_>, signature: &str) -> bool {
        let text = statement.text();
        match self {
            Self::HmacSha256(key) => {
                bytes::<32>(signature).is_some_and(|tag| hmac::verify(key, text.as_bytes(), &tag).is_ok())
            }
            Self::Ed25519(key) => bytes::<64>(signature).is_some_and(|signature: [u8; 64]| {
                UnparsedPublicKey::new(&ED25519 as &dyn signature::VerificationAlgorithm, key)
                    .verify(text.as_bytes(), &signature)
                    .is_ok()
            }),
        }
    }
}

/// A fresh key: the text for the server, and the text for clients, which is the same for a shared secret.
pub fn fresh(scheme: Scheme) -> Result<(Secret, Secret), getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let digits = hex(&seed);
    Ok(match scheme {
        Scheme::HmacSha256 => {
            (Secret::new(format!("{SHARED}{digits}")), Secret::new(format!("{SHARED}{digits}")))
        }
        Scheme::Ed25519 => {
            let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("invariant: a seed has 32 bytes");
            (Secret::new(format!("{OWN}{digits}")), Secret::new(hex(pair.public_key().as_ref())))
        }
    })
}

fn shared(text: &Secret) -> Result<hmac::Key, KeyError> {
    let text = text.expose().strip_prefix(SHARED).unwrap_or(text.expose());
    if text.len() < SHORTEST {
        return Err(KeyError::Short);
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

fn bytes<const COUNT: usize>(digits: &str) -> Option<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    if digits.len() != COUNT * 2 || !digits.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(0)? << 4 | digit(1)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(scheme: Scheme) -> (Signer, Verifier) {
        let (server, client) = fresh(scheme).expect("randomness");
        let verifier = match scheme {
            Scheme::HmacSha256 => Verifier::shared(&client),
            Scheme::Ed25519 => Verifier::public(client.expose()),
        };
        (Signer::parse(&server).expect("a key"), verifier.expect("a key"))
    }

    #[test]
    fn a_signature_is_good_for_its_statement_and_for_no_other() {
        for scheme in [Scheme::HmacSha256, Scheme::Ed25519] {
            let (signer, verifier) = pair(scheme);
            let nonce = Nonce::fresh().expect("randomness");
            let address = "203.0.113.7".parse().expect("an address");
            let statement = Statement { nonce: &nonce, address, time: 1_700_000_000 };
            let signature = signer.sign(&statement);
            assert!(verifier.is_signed(&statement, &signature));
            let other = Nonce::fresh().expect("randomness");
            for changed in [
                Statement { nonce: &other, ..statement },
                Statement { address: "203.0.113.8".parse().expect("an address"), ..statement },
                Statement { address: "::ffff:203.0.113.7".parse().expect("an address"), ..statement },
                Statement { time: 1_700_000_001, ..statement },
            ] {
                assert!(!verifier.is_signed(&changed, &signature), "{changed:?}");
            }
            let mut flipped = signature.clone().into_bytes();
            flipped[9] ^= 1;
            for bad in [String::from_utf8(flipped).expect("ASCII").as_str(), "", &signature[2..], "é"] {
                assert!(!verifier.is_signed(&statement, bad));
            }
            assert!(!pair(scheme).1.is_signed(&statement, &signature), "another key");
        }
    }

    #[test]
    fn the_known_answers_of_the_standards_come_out() {
        // RFC 8032 §7.1, test 1: the public key of a seed.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let Ok(Signer::Ed25519(key)) = Signer::parse(&Secret::new(format!("{OWN}{seed}"))) else {
            panic!("a key")
        };
        assert_eq!(
            hex(key.public_key().as_ref()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        // What another implementation has to sign: openssl dgst -sha256 -hmac, over the five lines.
        let signer = Signer::parse(&Secret::new("0123456789abcdef0123456789abcdef")).expect("a key");
        let nonce = Nonce::parse(&"ab".repeat(32)).expect("a nonce");
        let statement = Statement {
            nonce: &nonce,
            address: "203.0.113.7".parse().expect("an address"),
            time: 1_700_000_000,
        };
        assert_eq!(
            signer.sign(&statement),
            "ad1a49277c8bb4758a96afe4ec1e9aa2f45678e9e84d7a3ec6300b098f26e702"
        );
    }

    #[test]
    fn keys_that_are_none_are_told_apart() {
        let shared = |text: &str| Verifier::shared(&Secret::new(text)).map(|_| ()).expect_err("refused");
        assert_eq!(shared("short"), KeyError::Short);
        assert_eq!(shared(&format!("{OWN}{}", "0".repeat(64))), KeyError::Own);
        assert_eq!(Verifier::public("00").map(|_| ()), Err(KeyError::Digits));
        assert_eq!(Verifier::public(&format!("{OWN}{}", "0".repeat(64))).map(|_| ()), Err(KeyError::Own));
        assert_eq!(Signer::parse(&Secret::new("ed25519:zz")).map(|_| ()), Err(KeyError::Digits));
        for bad in ["", "AB", &"AB".repeat(32), &"ab".repeat(33), &"é".repeat(32)] {
            assert!(Nonce::parse(bad).is_none(), "{bad}");
        }
    }
}
