//! Accounts: who may set which names, and how somebody shows to be one.
//!
//! A password is checked once, which takes its time; from then on a keyed digest of what was right is enough, under a
//! key that this process alone has and that is written nowhere. Nobody can tell from an answer, or from how long it
//! takes, whether an account exists.

use super::credential::Credential;
use super::lock::Print;
use super::password::{Kept, KeptToken};
use crate::secret::Secret;
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use ring::hmac;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The names of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This name.
    Exactly(Name),
    /// Every name below this one, at any depth, and wildcards there.
    Below(Name),
}

impl Pattern {
    /// Reads a name: `*.lab.example.org` is every name below `lab.example.org`.
    pub fn of(name: Name) -> Self {
        match name.parent() {
            Some(parent) if name.is_wildcard() => Self::Below(parent),
            Some(_) | None => Self::Exactly(name),
        }
    }

    fn holds(&self, name: &Name) -> bool {
        match self {
            Self::Exactly(own) => own == name,
            Self::Below(above) => name != above && name.is_within(above),
        }
    }
}

/// An account, as it is configured.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name, which is its user name, too.
    pub name: Arc<str>,
    /// Its password's hash.
    pub password: Option<Kept>,
    /// Its token's hash.
    pub token: Option<KeptToken>,
    /// The names that it may set.
    pub names: Vec<Pattern>,
    /// The types that it may set: those of these families.
    pub families: Vec<Family>,
}

impl Account {
    /// Whether it may set a name.
    pub fn may(&self, name: &Name) -> bool {
        self.names.iter().any(|pattern| pattern.holds(name))
    }
}

/// What is known of a credential without a slow check.
#[derive(Clone, Debug)]
pub enum Known {
    /// It is this account's.
    Right(Arc<Account>),
    /// It certainly is nobody's.
    Wrong,
    /// Only a slow check can tell; with this hash, which is nobody's where there is no such account.
    Unknown(Kept),
}

/// All accounts.
pub struct Accounts {
    by_name: HashMap<Arc<str>, Held>,
    by_token: HashMap<KeptToken, Arc<Account>>,
    nobody: Kept,
    key: Key,
}

struct Held {
    account: Arc<Account>,
    /// What was right, under the process's key.
    right: Mutex<Option<hmac::Tag>>,
}

/// The key of this process.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// A fresh one.
    pub fn fresh() -> Result<Self, getrandom::Error> {
        let mut octets = [0; 32];
        getrandom::fill(&mut octets)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &octets)))
    }

    fn tag(&self, user: &str, secret: &str) -> hmac::Tag {
        hmac::sign(&self.0, text(user, secret).expose().as_bytes())
    }

    /// Takes as long whatever differs.
    fn fits(&self, tag: &hmac::Tag, user: &str, secret: &str) -> bool {
        hmac::verify(&self.0, text(user, secret).expose().as_bytes(), tag.as_ref()).is_ok()
    }

    /// Short digests of a credential's account and of its secret.
    pub fn prints(&self, credential: &Credential) -> (Print, Print) {
        let print = |tag: hmac::Tag| {
            let beginning = tag.as_ref().first_chunk().expect("invariant: a tag has 32 octets");
            Print::from_be_bytes(*beginning)
        };
        match credential {
            Credential::Password { user, secret } => {
                (print(self.tag(user, "")), print(self.tag(user, secret.expose())))
            }
            Credential::Token(token) => (0, print(self.tag("", token.expose()))),
        }
    }
}

/// The length goes first, so that no two pairs have the same text.
fn text(user: &str, secret: &str) -> Secret {
    Secret::new(format!("{}:{user}{secret}", user.len()))
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.by_name.keys()).finish()
    }
}

impl Accounts {
    /// These accounts. With a key that was used before, and the accounts before, what was right stays right as long as
    /// the hash is the same.
    pub fn new(accounts: Vec<Account>, key: Key, before: Option<&Self>) -> Result<Self, getrandom::Error> {
        let alike = accounts.iter().find_map(|account| account.password.as_ref());
        let nobody = match (before, alike) {
            (Some(before), None) => before.nobody.clone(),
            (_, Some(alike)) => alike.alike()?,
            (None, None) => Kept::of(&super::password::fresh(super::password::Kind::Password)?)?,
        };
        let (mut by_name, mut by_token) = (HashMap::new(), HashMap::new());
        for account in accounts.into_iter().map(Arc::new) {
            let old = before.and_then(|before| before.by_name.get(&account.name));
            let same = old.filter(|old| old.account.password == account.password);
            let right = same.and_then(|old| *old.right.lock().unwrap_or_else(PoisonError::into_inner));
            if let Some(token) = account.token {
                by_token.insert(token, Arc::clone(&account));
            }
            by_name.insert(Arc::clone(&account.name), Held { account, right: Mutex::new(right) });
        }
        Ok(Self { by_name, by_token, nobody, key })
    }

    /// The key that what was right is kept under.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Whether there is an account of this name. For the log alone.
    pub fn known_name(&self, credential: &Credential) -> Option<Arc<str>> {
        match credential {
            Credential::Password { user, .. } => {
                self.by_name.get(user.as_str()).map(|held| held.account.name.clone())
            }
            Credential::Token(_) => None,
        }
    }

    /// Whose a credential is, as far as that can be told at once.
    pub fn known(&self, credential: &Credential) -> Known {
        let (user, secret) = match credential {
            // Whoever finds a digest in a table of digests has the token: the table tells nothing of its keys' octets.
            Credential::Token(token) => {
                let account = self.by_token.get(&KeptToken::of(token));
                return account.map_or(Known::Wrong, |account| Known::Right(Arc::clone(account)));
            }
            Credential::Password { user, secret } => (user, secret),
        };
        if let Some(account) =
            self.by_token.get(&KeptToken::of(secret)).filter(|account| *account.name == **user)
        {
            return Known::Right(Arc::clone(account));
        }
        let held = self.by_name.get(user.as_str());
        let right = held.and_then(|held| *held.right.lock().unwrap_or_else(PoisonError::into_inner));
        let fits = right.is_some_and(|right| self.key.fits(&right, user, secret.expose()));
        match held {
            Some(held) if fits => Known::Right(Arc::clone(&held.account)),
            Some(held) => {
                Known::Unknown(held.account.password.clone().unwrap_or_else(|| self.nobody.clone()))
            }
            None => Known::Unknown(self.nobody.clone()),
        }
    }

    /// The slow check of a hash said yes: whose it is, from now on known at once.
    pub fn remember(&self, credential: &Credential, checked: &Kept) -> Option<Arc<Account>> {
        let Credential::Password { user, secret } = credential else { return None };
        let held = self.by_name.get(user.as_str())?;
        // The accounts may have changed during the check.
        if held.account.password.as_ref() != Some(checked) {
            return None;
        }
        let tag = self.key.tag(user, secret.expose());
        *held.right.lock().unwrap_or_else(PoisonError::into_inner) = Some(tag);
        Some(Arc::clone(&held.account))
    }
}

#[cfg(test)]
mod tests {
    use super::super::password::tests::quick;
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    fn account(own: &str, password: &Kept) -> Account {
        Account {
            name: own.into(),
            password: Some(password.clone()),
            token: Some(KeptToken::of(&Secret::new(format!("token of {own}")))),
            names: vec![Pattern::of(name("home.example.org")), Pattern::of(name("*.lab.example.org"))],
            families: Family::BOTH.to_vec(),
        }
    }

    fn shown(user: &str, secret: &str) -> Credential {
        Credential::Password { user: user.into(), secret: Secret::new(secret) }
    }

    #[test]
    fn an_account_may_set_its_names_and_none_beside_them() {
        let account = account("home", &quick("x"));
        for may in ["home.example.org", "a.lab.example.org", "a.b.lab.example.org", "*.lab.example.org"] {
            assert!(account.may(&name(may)), "{may}");
        }
        for not in
            ["lab.example.org", "xlab.example.org", "a.home.example.org", "*.example.org", "example.org"]
        {
            assert!(!account.may(&name(not)), "{not}");
        }
    }

    #[test]
    fn what_was_right_once_is_known_and_what_is_not_is_checked_against_some_hash() {
        let kept = quick("right");
        let accounts = vec![account("home", &kept), account("away", &quick("else"))];
        let accounts = Accounts::new(accounts, Key::fresh().expect("randomness"), None).expect("randomness");
        let Known::Unknown(hash) = accounts.known(&shown("home", "right")) else {
            panic!("nothing is known yet")
        };
        assert_eq!(hash, kept);
        assert!(accounts.remember(&shown("home", "right"), &hash).is_some());
        assert!(matches!(accounts.known(&shown("home", "right")), Known::Right(_)));
        assert!(matches!(accounts.known(&shown("home", "wrong")), Known::Unknown(_)));
        assert!(matches!(accounts.known(&shown("away", "right")), Known::Unknown(_)));
        let Known::Unknown(nobody) = accounts.known(&shown("nobody", "right")) else {
            panic!("nobody is known")
        };
        assert!(nobody != kept && nobody.as_str().contains("m=8,t=1,p=1"), "as long to check as any other");
        let token = |text: &str| Credential::Token(Secret::new(text));
        assert!(
            matches!(accounts.known(&token("token of away")), Known::Right(account) if &*account.name == "away")
        );
        assert!(matches!(accounts.known(&token("token of nobody")), Known::Wrong));
        assert!(matches!(accounts.known(&shown("away", "token of away")), Known::Right(_)));
        assert!(matches!(accounts.known(&shown("home", "token of away")), Known::Unknown(_)));
    }

    #[test]
    fn a_reload_keeps_what_was_right_for_the_same_hash_alone() {
        let (same, other) = (quick("right"), quick("other"));
        let key = Key::fresh().expect("randomness");
        let accounts = vec![account("home", &same), account("away", &same)];
        let before = Accounts::new(accounts, key.clone(), None).expect("randomness");
        for user in ["home", "away"] {
            assert!(before.remember(&shown(user, "right"), &same).is_some());
        }
        let accounts = vec![account("home", &same), account("away", &other)];
        let after = Accounts::new(accounts, key, Some(&before)).expect("randomness");
        assert!(matches!(after.known(&shown("home", "right")), Known::Right(_)));
        assert!(matches!(after.known(&shown("away", "right")), Known::Unknown(_)));
        assert!(
            after.remember(&shown("away", "right"), &same).is_none(),
            "a check of the hash before says nothing"
        );
    }
}
