//! The adapters of a round by the shape of their provider. Who asks for one has seen the shape before.

use super::Shared;
use crate::provider::{Adapter, Push, Records, RrSets};

impl Shared {
    pub(super) fn adapter(&self, account: &str) -> &Adapter {
        self.round.accounts.get(account).expect("an adapter is made for the account of every wanted record")
    }

    pub(super) fn records(&self, account: &str) -> &dyn Records {
        match self.adapter(account) {
            Adapter::Records(records) => records.as_ref(),
            Adapter::RrSets(_) | Adapter::Push(_) => unreachable!("the shape of an account does not change"),
        }
    }

    pub(super) fn rrsets(&self, account: &str) -> &dyn RrSets {
        match self.adapter(account) {
            Adapter::RrSets(rrsets) => rrsets.as_ref(),
            Adapter::Records(_) | Adapter::Push(_) => {
                unreachable!("the shape of an account does not change")
            }
        }
    }

    pub(super) fn push(&self, account: &str) -> &dyn Push {
        match self.adapter(account) {
            Adapter::Push(push) => push.as_ref(),
            Adapter::Records(_) | Adapter::RrSets(_) => {
                unreachable!("the shape of an account does not change")
            }
        }
    }

    /// Whether an account shows no records.
    pub(super) fn pushes(&self, account: &str) -> bool {
        matches!(self.adapter(account), Adapter::Push(_))
    }
}
