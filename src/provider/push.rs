//! The contract of providers that take addresses and show none: dyndns2, and everything else that is one GET.
//!
//! Such a provider is compared with memory, so its adapter is told what memory says beside the steps, and says of every
//! refusal how long it stands: who repeats what was refused for good is blocked for abuse.

use super::Answer;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use std::time::Duration;

/// A provider that takes addresses and shows none.
pub trait Push: Send + Sync {
    /// What the provider asks of its callers.
    fn limits(&self) -> PushLimits;

    /// A digest of everything that decides about the answer to a refused account: provider, address, credentials.
    /// Another salt gives another digest of the same.
    fn mark(&self, salt: u64) -> Mark;

    /// Sends steps of one account, several names in a call where the provider takes that. One result per step, in
    /// order. After an answer that refuses the account nothing more is sent; what was not carries the same refusal.
    fn push<'a>(&'a self, steps: &'a [Pushing]) -> Answer<'a, Vec<Result<Pushed, Refused>>>;
}

/// Three octets of a salted digest: enough to see that settings have changed, and too little to test a guess at a
/// password with, since one guess in 16 million fits whatever it is.
pub type Mark = [u8; 3];

/// What a provider asks of its callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushLimits {
    /// The least time between two pushes for one name and type.
    pub cooldown: Duration,
    /// After what time addresses are sent again so that the name does not lapse; `None` where names do not.
    pub refresh: Option<Duration>,
    /// How many names one call carries at most.
    pub names: usize,
    /// What one call does to the two families of a name.
    pub per_call: PerCall,
}

/// What one call does to the two families of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PerCall {
    /// It takes one address; the other family stays as it is.
    #[default]
    OneFamily,
    /// It takes one or both; what is not sent stays as it is.
    BothFamilies,
    /// It replaces both; what is not sent goes.
    WholeName,
}

/// One step: from now on these values at this name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushing {
    /// The zone, where the record says it.
    pub zone: Option<Name>,
    /// Name and type.
    pub key: Key,
    /// The values in presentation form; none takes the name back.
    pub values: Vec<String>,
    /// What memory says the name has of the other family; empty where it says nothing, which is not the same as none.
    pub beside: Vec<String>,
}

/// What an accepted push did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The provider took the values.
    Updated,
    /// It had them.
    Unchanged,
}

/// A push that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What happened.
    pub fault: Box<Fault>,
    /// Whom the answer is about.
    pub about: About,
    /// How long the same must not be sent again; `None` where nothing forbids it.
    pub stands: Option<Stands>,
    /// Whether a request was sent for this step.
    pub sent: Sent,
}

/// Whether a request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It was, or may have been.
    Yes,
    /// It certainly was not.
    No,
}

/// Whom an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// The whole account.
    Account,
    /// The one name.
    Name,
}

/// How long a refusal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Until somebody has changed something.
    UntilChanged,
    /// For so long.
    For(Duration),
}

impl Refused {
    /// A refusal of one name that forbids nothing later, by a request that was sent.
    pub fn once(fault: Fault) -> Self {
        Self { fault: Box::new(fault), about: About::Name, stands: None, sent: Sent::Yes }
    }

    /// A step that was not sent at all.
    pub fn unsent(fault: Fault) -> Self {
        Self { sent: Sent::No, ..Self::once(fault) }
    }

    /// An answer that says nothing understood about a step.
    pub fn untold(what: impl Into<String>) -> Self {
        Self::once(Fault::new(Class::Unconfirmed, what))
    }
}
