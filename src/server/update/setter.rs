//! What the endpoint asks of whoever writes records, and what it is told.
//!
//! By the time a [`Wish`] is made its account is known, may set the name and the types, and every address in it may be
//! published. Zones, plans, guards, batches, providers and what is remembered are all on the other side of
//! [`Setter`]; so is trying again what failed for now.

use dynflare_core::address::Family;
use dynflare_core::fault::Fault;
use dynflare_core::name::Name;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// What one family of a name is to become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Want<A> {
    /// It stays as it is.
    #[default]
    Keep,
    /// This address, and no other.
    Address(A),
    /// No address.
    Offline,
}

/// What an account wishes for one name. At least one family is not [`Want::Keep`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The account's name in the configuration.
    pub account: Arc<str>,
    /// The name; it may be a wildcard.
    pub name: Name,
    /// Its A record.
    pub v4: Want<Ipv4Addr>,
    /// Its AAAA record.
    pub v6: Want<Ipv6Addr>,
    /// Who asked, seen through trusted proxies.
    pub from: IpAddr,
}

impl Wish {
    /// What a family is to become.
    pub fn of(&self, family: Family) -> Want<IpAddr> {
        match family {
            Family::V4 => self.v4.into(),
            Family::V6 => self.v6.into(),
        }
    }

    /// The addresses that are to be set, IPv4 first.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let given = |family| match self.of(family) {
            Want::Address(address) => Some(address),
            Want::Keep | Want::Offline => None,
        };
        Family::BOTH.into_iter().filter_map(given)
    }
}

impl From<Want<Ipv4Addr>> for Want<IpAddr> {
    fn from(want: Want<Ipv4Addr>) -> Self {
        match want {
            Want::Keep => Self::Keep,
            Want::Address(address) => Self::Address(address.into()),
            Want::Offline => Self::Offline,
        }
    }
}

impl From<Want<Ipv6Addr>> for Want<IpAddr> {
    fn from(want: Want<Ipv6Addr>) -> Self {
        match want {
            Want::Keep => Self::Keep,
            Want::Address(address) => Self::Address(address.into()),
            Want::Offline => Self::Offline,
        }
    }
}

/// How long a [`Setter`] takes at most: the clients' own patience is 20 seconds and more, and the endpoint needs a moment
/// for its answer.
pub const PATIENCE: Duration = Duration::from_secs(13);

/// What became of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// It is written; answered `good`.
    Changed,
    /// Everything was as wished; answered `nochg`.
    Unchanged,
    /// It will not be done however often it is repeated.
    Refused(Why),
    /// It is not written yet; it is noted, and tried until it is right or until something else is wished. Answered `911`.
    ///
    /// Not `good`, though the wish is kept: whoever hears `good` remembers the address, and ddclient and inadyn then do
    /// not come again for weeks, while a provider that refuses the token would never take it; and a FRITZ!Box would show
    /// a name as set that nobody finds. Whoever hears `911` comes again after minutes, which costs no call while the
    /// provider rests, and is told `good` or `nochg` once it is true.
    Later(Fault),
}

/// Why a wish will not be done. The texts are for the audit log, never for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The name lies in no zone that is served; answered `nohost`.
    NoZone,
    /// What stands there is somebody else's: another owner's record, a CNAME; answered `!yours`.
    Foreign(String),
    /// A guard, or the provider for good; answered `dnserr`.
    Rejected(String),
}

/// The future of [`Setter::set`].
pub type Setting<'a> = Pin<Box<dyn Future<Output = Vec<Set>> + Send + 'a>>;

/// Whoever writes records.
pub trait Setter: Send + Sync {
    /// Does what is wished, one [`Set`] per wish in their order, no name twice among them. Returns when what it calls
    /// [`Set::Changed`] will survive the end of the process, and soon: clients wait. A future that is dropped, since
    /// its client went away, may leave its wishes done or not, each whole.
    fn set(&self, wishes: Vec<Wish>) -> Setting<'_>;
}

/// A setter for tests: it holds addresses in memory and does as it is told.
#[cfg(test)]
pub(crate) mod fake {
    use super::{Set, Setter, Setting, Want, Wish};
    use dynflare_core::address::Family;
    use dynflare_core::name::Name;
    use std::collections::BTreeMap;
    use std::net::IpAddr;
    use std::sync::{Mutex, PoisonError};

    /// The setter.
    #[derive(Debug, Default)]
    pub(crate) struct Fake {
        held: Mutex<BTreeMap<(Name, &'static str), IpAddr>>,
        /// Every wish, in order.
        pub(crate) heard: Mutex<Vec<Wish>>,
        /// What is said of a name instead of the truth.
        pub(crate) says: Mutex<BTreeMap<Name, Set>>,
    }

    impl Fake {
        /// What a name has of a family.
        pub(crate) fn held(&self, name: &str, family: Family) -> Option<IpAddr> {
            let name = Name::parse(name).expect("a name in a test");
            let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.get(&(name, family.as_str())).copied()
        }

        fn one(&self, wish: &Wish) -> Set {
            let says = self.says.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(said) = says.get(&wish.name) {
                return said.clone();
            }
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let mut outcome = Set::Unchanged;
            for family in Family::BOTH {
                let key = (wish.name.clone(), family.as_str());
                let before = held.get(&key).copied();
                let after = match wish.of(family) {
                    Want::Keep => before,
                    Want::Address(address) => Some(address),
                    Want::Offline => None,
                };
                if before != after {
                    outcome = Set::Changed;
                    match after {
                        Some(address) => held.insert(key, address),
                        None => held.remove(&key),
                    };
                }
            }
            outcome
        }
    }

    impl Setter for Fake {
        fn set(&self, wishes: Vec<Wish>) -> Setting<'_> {
            let said = wishes.iter().map(|wish| self.one(wish)).collect();
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend(wishes);
            Box::pin(async move { said })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fake::Fake;
    use super::*;

    #[tokio::test]
    async fn the_fake_keeps_what_is_not_mentioned_and_takes_back_what_is_offline() {
        let fake = Fake::default();
        let v4: Ipv4Addr = "203.0.113.7".parse().expect("an address");
        let v6: Ipv6Addr = "2001:db8::7".parse().expect("an address");
        let wish = |v4, v6| Wish {
            account: "home".into(),
            name: Name::parse("home.example.org").expect("a name"),
            v4,
            v6,
            from: IpAddr::from([203, 0, 113, 7]),
        };
        let both = wish(Want::Address(v4), Want::Address(v6));
        assert_eq!(both.addresses().collect::<Vec<_>>(), [IpAddr::from(v4), IpAddr::from(v6)]);
        assert_eq!(fake.set(vec![both.clone(), both]).await, [Set::Changed, Set::Unchanged]);
        assert_eq!(fake.set(vec![wish(Want::Offline, Want::Keep)]).await, [Set::Changed]);
        assert_eq!(fake.held("home.example.org", Family::V4), None);
        assert_eq!(fake.held("home.example.org", Family::V6), Some(IpAddr::from(v6)));
    }
}
