//! Request budgets by credential, and counts of requests by account, for all adapters of the process.
//!
//! A provider counts requests by who sends them, whatever account, uplink or round they are for. So the budgets are
//! held outside of adapters and outlive them; an adapter is given its credential's. What a budget is, is core's; what
//! the limits are, the adapter's.

use crate::net::Tally;
use dynflare_core::schedule::{Budget, Moment};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A credential, as far as it is kept here: a digest of it and of where it is sent.
type Fingerprint = [u8; 32];

/// All budgets of the process; a clone is another handle on the same.
#[derive(Clone)]
pub struct Budgets {
    start: Instant,
    by_credential: Arc<Mutex<BTreeMap<Fingerprint, Arc<Mutex<Budget>>>>>,
    tallies: Arc<Mutex<BTreeMap<String, Tally>>>,
}

impl Budgets {
    /// No request was sent yet.
    pub fn new() -> Self {
        Self { start: Instant::now(), by_credential: Arc::default(), tallies: Arc::default() }
    }

    /// The count of an account's requests, which outlives its adapters.
    pub(crate) fn tally(&self, account: &str) -> Tally {
        let mut all = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(account.to_owned()).or_default().clone()
    }

    /// How many requests were sent so far, by account.
    pub(crate) fn sent(&self) -> BTreeMap<String, u64> {
        let all = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(account, tally)| (account.clone(), tally.sent())).collect()
    }

    /// The budget of a credential, which `parts` tell from all others; made by `fresh` where it is the first use.
    pub(super) fn of(&self, parts: &[&str], fresh: impl FnOnce() -> Budget) -> CredentialBudget {
        let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
        for part in parts {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part.as_bytes());
        }
        let fingerprint = digest.finish().as_ref().try_into().expect("invariant: SHA-256 gives 32 octets");
        let mut all = self.by_credential.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = all.entry(fingerprint).or_insert_with(|| Arc::new(Mutex::new(fresh())));
        CredentialBudget { start: self.start, budget: Arc::clone(budget) }
    }
}

impl Default for Budgets {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Budgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Budgets")
    }
}

/// The budget of one credential.
pub(super) struct CredentialBudget {
    start: Instant,
    budget: Arc<Mutex<Budget>>,
}

/// Why nothing may be sent, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The provider asked for a rest.
    Resting(Duration),
    /// The limit is reached.
    Spent(Duration),
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It begins something.
    Begin,
    /// It finishes what was begun, and may use the reserve.
    Finish,
}

impl CredentialBudget {
    /// Takes a request that is sent now.
    pub(super) fn take(&self, purpose: Purpose) -> Result<(), Wait> {
        let now = self.now();
        let mut budget = self.budget();
        let taken = match purpose {
            Purpose::Begin => budget.take(now),
            Purpose::Finish => budget.take_reserved(now),
        };
        taken.map_err(|wait| match budget.rests(now) {
            Some(_) => Wait::Resting(wait),
            None => Wait::Spent(wait),
        })
    }

    /// The provider wants no request from this credential for a while.
    pub(super) fn rest(&self, wait: Duration) {
        let now = self.now();
        self.budget().rest_until(now + wait, now);
    }

    fn now(&self) -> Moment {
        Moment::START + self.start.elapsed()
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
