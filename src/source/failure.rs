//! How a question fails.

use crate::net::{Effect, NetError};
use dynflare_core::fault::Fault;

/// Why a source has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub fault: Fault,
    /// Whether the reason is this machine: it has no way out over the family.
    pub no_route: bool,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { fault, no_route: false }
    }
}

impl From<NetError> for Failure {
    fn from(error: NetError) -> Self {
        Self { no_route: error.lacks_family().is_some(), fault: error.fault(Effect::Read) }
    }
}
