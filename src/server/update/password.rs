//! Passwords and tokens as they are kept: argon2id for what people choose, SHA-256 for what is random anyway.
//!
//! Parameters: 19 MiB, two passes, one lane, as OWASP's Password Storage Cheat Sheet has it
//! (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>). Such a hash takes some 20 ms
//! and its memory, so checks have a thread of their own, few at once, and a short queue.

use crate::secret::Secret;
use argon2::password_hash::CustomizedPasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use ring::digest;
use std::fmt::Write as _;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Memory of a hash in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// The most memory in KiB and the most passes of a hash that somebody else made: a check must not take the machine.
const MOST: (u32, u32) = (256 * 1024, 16);

/// How many passwords are checked at once: what they take of memory is this times [`COST`].
const AT_ONCE: usize = 2;

/// How many more wait: a few seconds' worth, so that the clients of an office can all come at once after a restart.
const WAITING: usize = 256;

/// Blocks of 1 KiB that a check sets aside at least, used or not: from 32 MiB on (`M_MMAP_THRESHOLD` in mallopt(3)) the
/// allocator of glibc gives memory back to the system when it is freed. What is less it may keep, once for each thread.
const SET_ASIDE: usize = 33 * 1024;

/// What a token's hash begins with.
const TOKEN: &str = "sha256:";

/// Why a text is no hash. Each is the end of a sentence that begins with what the text is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Not a PHC string with salt and hash.
    #[error("is no hash; `dynflare serve account add NAME` makes one")]
    NoHash,
    /// Another function.
    #[error("is no argon2id hash; `dynflare serve account add NAME` makes one")]
    Function,
    /// It would take too much of the machine.
    #[error("takes more than 256 MiB or 16 passes to check")]
    Costly,
    /// Not `sha256:` and 64 digits.
    #[error("is no hash of a token (`sha256:` and 64 hexadecimal digits)")]
    NoTokenHash,
}

/// A password as it is kept: a PHC string of argon2id.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept(Arc<str>);

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("$argon2id$***")
    }
}

impl Kept {
    /// Reads a PHC string.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let hash = PasswordHash::new(text).map_err(|_| Flaw::NoHash)?;
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err(Flaw::NoHash);
        }
        if hash.algorithm.as_str() != "argon2id" {
            return Err(Flaw::Function);
        }
        let cost = Params::try_from(&hash).map_err(|_| Flaw::NoHash)?;
        if cost.m_cost() > MOST.0 || cost.t_cost() > MOST.1 || cost.p_cost() > 4 {
            return Err(Flaw::Costly);
        }
        Ok(Self(text.into()))
    }

    /// Makes one, with a salt of its own.
    pub fn of(password: &Secret) -> Result<Self, getrandom::Error> {
        Self::costing(password, COST)
    }

    /// A hash that no password is known for and that takes as long to check as this one.
    pub fn alike(&self) -> Result<Self, getrandom::Error> {
        let cost = PasswordHash::new(&self.0).ok().and_then(|hash| Params::try_from(&hash).ok());
        let cost = cost.map_or(COST, |cost| (cost.m_cost(), cost.t_cost(), cost.p_cost()));
        Self::costing(&fresh(Kind::Token)?, cost)
    }

    fn costing(password: &Secret, cost: (u32, u32, u32)) -> Result<Self, getrandom::Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        let cost = Params::new(cost.0, cost.1, cost.2, Some(32)).expect("invariant: within argon2's bounds");
        let hash = Argon2::from(cost.clone())
            .hash_password_customized(
                password.expose().as_bytes(),
                &salt,
                Some(Algorithm::Argon2id.as_str()),
                Some(Version::V0x13.into()),
                cost,
            )
            .expect("invariant: a salt of 16 octets and a password below 4 GiB are always hashed");
        Ok(Self(hash.to_string().into()))
    }

    /// Whether it is this password's. Takes its time and its memory; [`Busy`] where there is none.
    pub fn fits(&self, password: &Secret) -> Result<bool, Busy> {
        let Ok(hash) = PasswordHash::new(&self.0) else { return Ok(false) };
        let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else { return Ok(false) };
        let Ok(cost) = Params::try_from(&hash) else { return Ok(false) };
        let Ok(version) = hash.version.map_or(Ok(Version::V0x13), Version::try_from) else {
            return Ok(false);
        };
        let mut memory = Vec::new();
        memory.try_reserve_exact(cost.block_count().max(SET_ASIDE)).map_err(|_| Busy)?;
        memory.resize(cost.block_count(), Block::new());
        let mut output = vec![0; expected.len()];
        let function = Argon2::new(Algorithm::Argon2id, version, cost);
        let hashed =
            function.hash_password_into_with_memory(password.expose().as_bytes(), &salt, &mut output, memory);
        // `Output` compares in constant time.
        Ok(hashed.is_ok() && Output::new(&output).is_ok_and(|output| output == expected))
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token as it is kept. Two hundred and fifty-six random bits need no slow hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeptToken([u8; 32]);

impl KeptToken {
    /// Reads `sha256:` and 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let digits = text
            .strip_prefix(TOKEN)
            .filter(|digits| digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let digits = digits.ok_or(Flaw::NoTokenHash)?;
        let mut octets = [0; 32];
        for (octet, pair) in octets.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| Flaw::NoTokenHash)?;
            *octet = u8::from_str_radix(pair, 16).map_err(|_| Flaw::NoTokenHash)?;
        }
        Ok(Self(octets))
    }

    /// That of a token.
    pub fn of(token: &Secret) -> Self {
        let digest = digest::digest(&digest::SHA256, token.expose().as_bytes());
        Self(digest.as_ref().try_into().expect("invariant: SHA-256 has 32 octets"))
    }
}

impl std::fmt::Display for KeptToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = TOKEN.to_owned();
        for octet in self.0 {
            write!(text, "{octet:02x}")?;
        }
        f.write_str(&text)
    }
}

/// What a fresh secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For the input field of a router: 26 letters and digits, 130 bits.
    Password,
    /// For a program: 52 letters and digits, 256 bits and a little.
    Token,
}

/// A secret that nobody has yet, of small letters and digits: every router and every URL takes them as they are.
pub fn fresh(kind: Kind) -> Result<Secret, getrandom::Error> {
    // The alphabet of RFC 4648 §6 in small letters; five bits of each octet.
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let length = match kind {
        Kind::Password => 26,
        Kind::Token => 52,
    };
    let mut octets = [0; 52];
    getrandom::fill(&mut octets)?;
    let letters = octets[..length].iter().map(|octet| char::from(LETTERS[usize::from(octet & 31)]));
    Ok(Secret::new(letters.collect::<String>()))
}

/// Too many wait already, or there is no memory for a check: nothing is known about the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Checks passwords apart from everything else.
#[derive(Clone, Debug)]
pub struct Desk {
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)) }
    }
}

impl Desk {
    /// Whether a password fits. Needs a tokio runtime.
    pub async fn fits(&self, kept: Kept, password: Secret) -> Result<bool, Busy> {
        let queued = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| Busy)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Busy)?;
        // The places go along: whoever hangs up does not free the memory that is in use.
        let checked = tokio::task::spawn_blocking(move || {
            let fits = kept.fits(&password);
            drop((place, queued));
            fits
        });
        // A check that broke off says nothing about the password.
        checked.await.unwrap_or(Err(Busy))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A hash that is made and checked at once.
    pub(crate) fn quick(password: &str) -> Kept {
        Kept::costing(&Secret::new(password), (8, 1, 1)).expect("randomness")
    }

    #[test]
    fn a_password_is_kept_as_owasp_has_it_and_fits_itself_alone() {
        let password = Secret::new("correct horse");
        let kept = Kept::of(&password).expect("randomness");
        assert!(kept.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.as_str());
        assert_eq!(kept.fits(&password), Ok(true));
        assert_eq!(kept.fits(&Secret::new("correct horsf")), Ok(false));
        assert_ne!(kept, Kept::of(&password).expect("randomness"), "a salt of its own");
        assert_eq!(Kept::parse(kept.as_str()), Ok(kept.clone()));
        let alike = kept.alike().expect("randomness");
        assert!(alike.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(alike.fits(&password), Ok(false));
        assert!(!format!("{kept:?}").contains(kept.as_str()));
    }

    #[test]
    fn hashes_of_the_reference_implementation_fit() {
        // From the tests of its own (phc-winner-argon2, src/test.c, version 0x13).
        let password = Secret::new("password");
        for kept in [
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        ] {
            let kept = Kept::parse(kept).expect("a hash");
            assert_eq!((kept.fits(&password), kept.fits(&Secret::new("passwore"))), (Ok(true), Ok(false)));
        }
    }

    #[test]
    fn what_is_no_such_hash_is_refused_with_a_reason() {
        let kept = quick("x");
        let text = kept.as_str();
        for (text, flaw) in [
            ("hunter2".to_owned(), Flaw::NoHash),
            ("$argon2id$v=19$m=8,t=1,p=1".to_owned(), Flaw::NoHash),
            (text.replace("argon2id", "argon2i"), Flaw::Function),
            (text.replace("argon2id", "bcrypt"), Flaw::Function),
            (text.replace("m=8,", "m=4000000,"), Flaw::Costly),
            (text.replace("t=1,", "t=1000,"), Flaw::Costly),
        ] {
            assert_eq!(Kept::parse(&text), Err(flaw), "{text}");
        }
    }

    #[test]
    fn tokens_are_random_and_kept_as_digests() {
        let token = fresh(Kind::Token).expect("randomness");
        assert_eq!(token.expose().len(), 52);
        assert_eq!(fresh(Kind::Password).expect("randomness").expose().len(), 26);
        assert!(token.expose().bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit()));
        let kept = KeptToken::of(&token);
        assert_eq!(KeptToken::parse(&kept.to_string()), Ok(kept));
        // FIPS 180-4, the digest of "abc".
        let known = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(KeptToken::of(&Secret::new("abc")).to_string(), known);
        for wrong in ["", "sha256:", &known[7..], &known.replace(":ba78", ":+a78"), "sha256:zz"] {
            assert_eq!(KeptToken::parse(wrong), Err(Flaw::NoTokenHash), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_flood_of_checks_is_turned_away_and_uses_no_more_memory_than_two() {
        let desk = Desk::default();
        let held = Arc::clone(&desk.places).acquire_many_owned(2).await.expect("it is open");
        let waiting: Vec<_> = (0..AT_ONCE + WAITING)
            .map(|_| {
                let desk = desk.clone();
                tokio::spawn(async move { desk.fits(quick("right"), Secret::new("right")).await })
            })
            .collect();
        tokio::task::yield_now().await;
        while desk.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(desk.fits(quick("right"), Secret::new("right")).await, Err(Busy));
        drop(held);
        for one in waiting {
            assert_eq!(one.await.expect("it ends"), Ok(true));
        }
        assert_eq!(desk.fits(quick("right"), Secret::new("wrong")).await, Ok(false));
    }
}
