//! Who may do what: tokens, global keys, and the refusals of those who may not.

use super::answer::Refusal;
use super::zone::FakeZone;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a token or a key may do.
#[derive(Clone, Debug)]
pub struct Grant {
    zones: Option<BTreeSet<String>>,
    account: Option<String>,
    zone_read: ZoneRead,
    dns_edit: bool,
    account_owned: bool,
    refused_location: Option<String>,
    status: &'static str,
    until: Option<String>,
    more: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZoneRead {
    Granted,
    /// Listing gives nothing, as for a token with DNS permissions only.
    SeesNothing,
    /// Listing is refused with code 0.
    Refused,
}

impl Grant {
    /// Everything on every zone.
    pub fn all() -> Self {
        Self {
            zones: None,
            account: None,
            zone_read: ZoneRead::Granted,
            dns_edit: true,
            account_owned: false,
            refused_location: None,
            status: "active",
            until: None,
            more: Vec::new(),
        }
    }

    /// Everything on these zones and nothing on others.
    pub fn on<'a>(zones: impl IntoIterator<Item = &'a str>) -> Self {
        Self { zones: Some(zones.into_iter().map(str::to_owned).collect()), ..Self::all() }
    }

    /// Only the zones of one account.
    #[must_use]
    pub fn in_account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Without Zone:Read: the list of zones is empty.
    #[must_use]
    pub fn without_zone_read(mut self) -> Self {
        self.zone_read = ZoneRead::SeesNothing;
        self
    }

    /// The list of zones is refused with code 0.
    #[must_use]
    pub fn refused_zone_list(mut self) -> Self {
        self.zone_read = ZoneRead::Refused;
        self
    }

    /// Without DNS:Edit: reading works, writing is refused with 10000.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.dns_edit = false;
        self
    }

    /// An account's token: `GET /user/tokens/verify` says 401 although everything else works.
    #[must_use]
    pub fn account_owned(mut self) -> Self {
        self.account_owned = true;
        self
    }

    /// The token's client IP filter refuses this address, and every request comes from it.
    #[must_use]
    pub fn refused_from(mut self, address: &str) -> Self {
        self.refused_location = Some(address.to_owned());
        self
    }

    /// The token is in this state when it is verified: `active`, `disabled`, `expired`.
    #[must_use]
    pub fn status(mut self, status: &'static str) -> Self {
        self.status = status;
        self
    }

    /// The token expires then, as the API writes times.
    #[must_use]
    pub fn until(mut self, time: &str) -> Self {
        self.until = Some(time.to_owned());
        self
    }

    /// With this permission on each zone as well, such as `#ssl:edit`.
    #[must_use]
    pub fn with(mut self, permission: &str) -> Self {
        self.more.push(permission.to_owned());
        self
    }

    /// What a zone lists as permissions.
    pub(super) fn permissions(&self) -> Vec<&str> {
        let edit = self.dns_edit.then_some("#dns_records:edit");
        let usual = edit.into_iter().chain(["#dns_records:read", "#zone:read"]);
        usual.chain(self.more.iter().map(String::as_str)).collect()
    }

    /// What verifying the token says of it.
    pub(super) fn told(&self) -> Value {
        let mut told = json!({ "id": "ed17574386854bf78a67040be0a770b0", "status": self.status });
        if let Some(until) = &self.until {
            told["expires_on"] = json!(until);
        }
        told
    }

    fn reaches(&self, zone: &FakeZone) -> bool {
        self.zones.as_ref().is_none_or(|zones| zones.contains(&zone.name))
            && self.account.as_ref().is_none_or(|account| *account == zone.account)
    }

    pub(super) fn lists(&self, zone: &FakeZone) -> bool {
        self.zone_read == ZoneRead::Granted && self.reaches(zone)
    }

    pub(super) fn may_list(&self) -> Result<(), Refusal> {
        if self.zone_read == ZoneRead::Refused {
            let words = "Actor 'com.cloudflare.api.token.0123456789abcdef' requires permission \
                         'com.cloudflare.api.account.zone.list' to list zones";
            return Err(Refusal::new(403, 0, words));
        }
        Ok(())
    }

    pub(super) fn may_read(&self, zone: &FakeZone) -> Result<(), Refusal> {
        if self.reaches(zone) {
            return Ok(());
        }
        Err(Refusal::new(403, 9109, "Unauthorized to access requested resource"))
    }

    pub(super) fn may_write(&self, zone: &FakeZone) -> Result<(), Refusal> {
        self.may_read(zone)?;
        if self.dns_edit { Ok(()) } else { Err(Refusal::new(403, 10000, "Authentication error")) }
    }

    pub(super) fn may_verify(&self, owned: Owned) -> Result<(), Refusal> {
        if self.account_owned == (owned == Owned::ByAccount) {
            Ok(())
        } else {
            Err(Refusal::new(401, 1000, "Invalid API Token"))
        }
    }
}

/// Whose tokens an endpoint verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owned {
    ByUser,
    ByAccount,
}

#[derive(Default)]
pub(super) struct Access {
    pub(super) tokens: BTreeMap<String, Grant>,
    pub(super) keys: BTreeMap<(String, String), Grant>,
}

impl Access {
    /// Finds out who asks.
    pub(super) fn grant(&self, headers: &HeaderMap) -> Result<Grant, Refusal> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(authorization) = headers.get(AUTHORIZATION) {
            return self.by_token(authorization.to_str().unwrap_or(""));
        }
        match (text("x-auth-email"), text("x-auth-key")) {
            (Some(email), Some(key)) => self.by_key(email, key),
            _ => Err(Refusal::new(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")),
        }
    }

    fn by_token(&self, authorization: &str) -> Result<Grant, Refusal> {
        let malformed = || {
            Refusal::new(400, 6003, "Invalid request headers")
                .because(6111, "Invalid format for Authorization header")
        };
        let token = authorization.strip_prefix("Bearer ").ok_or_else(malformed)?;
        if token.len() < 40 || !token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(malformed());
        }
        let grant = self.tokens.get(token).ok_or_else(|| Refusal::new(403, 9109, "Invalid access token"))?;
        match &grant.refused_location {
            Some(address) => {
                let words = format!("Cannot use the access token from location: {address}");
                Err(Refusal::new(403, 9109, words))
            }
            None => Ok(grant.clone()),
        }
    }

    fn by_key(&self, email: &str, key: &str) -> Result<Grant, Refusal> {
        let malformed = Refusal::new(400, 6003, "Invalid request headers");
        if !email.contains('@') {
            return Err(malformed.because(6102, "Invalid format for X-Auth-Email header"));
        }
        if key.len() < 37 || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(malformed.because(6103, "Invalid format for X-Auth-Key header"));
        }
        let unknown = || Refusal::new(403, 9103, "Unknown X-Auth-Key or X-Auth-Email");
        self.keys.get(&(email.to_owned(), key.to_owned())).cloned().ok_or_else(unknown)
    }
}
