//! Who holds the places of a listener: how many each address has, and whether there are few left.
//!
//! An IPv6 client has a whole /64 at least (RFC 6177), so there the /64 is what is counted.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The part of an address that stands for whoever uses it: an IPv4 address itself, the /64 of an IPv6 address.
pub(super) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

/// The places of a listener. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Guests(Arc<Places>);

#[derive(Debug)]
struct Places {
    all: usize,
    each: usize,
    taken: AtomicUsize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Guest {
    places: Arc<Places>,
    from: Option<IpAddr>,
}

impl Guests {
    /// So many places, and so many of them for each address.
    pub(super) fn new(all: usize, each: usize) -> Self {
        Self(Arc::new(Places { all, each, taken: AtomicUsize::new(0), by_address: Mutex::default() }))
    }

    /// A place for somebody at this address; for nobody's in particular where there is none, as for a proxy. Nothing
    /// where the address has all that it may have.
    pub(super) fn enter(&self, address: Option<IpAddr>) -> Option<Guest> {
        let from = address.map(neighbourhood);
        if let Some(from) = from {
            let mut by_address = self.0.by_address.lock().unwrap_or_else(PoisonError::into_inner);
            let count = by_address.entry(from).or_default();
            if *count >= self.0.each {
                return None;
            }
            *count += 1;
        }
        self.0.taken.fetch_add(1, Ordering::Relaxed);
        Some(Guest { places: Arc::clone(&self.0), from })
    }

    /// Whether less than a quarter of the places is left.
    pub(super) fn scarce(&self) -> bool {
        let left = self.0.all.saturating_sub(self.0.taken.load(Ordering::Relaxed));
        left.saturating_mul(4) < self.0.all
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.places.taken.fetch_sub(1, Ordering::Relaxed);
        let Some(from) = self.from else { return };
        let mut by_address = self.places.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_so_many_places_and_an_ipv6_client_is_its_network() {
        let guests = Guests::new(8, 2);
        let first = guests.enter(Some(ip("2001:db8:0:1::1"))).expect("a place");
        let _second = guests.enter(Some(ip("2001:db8:0:1:ffff::2"))).expect("a place");
        assert!(guests.enter(Some(ip("2001:db8:0:1::3"))).is_none());
        assert!(guests.enter(Some(ip("2001:db8:0:2::3"))).is_some(), "another network");
        let _v4 = guests.enter(Some(ip("::ffff:192.0.2.1"))).expect("a place");
        let _same = guests.enter(Some(ip("192.0.2.1"))).expect("a place");
        assert!(guests.enter(Some(ip("192.0.2.1"))).is_none());
        assert!(guests.enter(Some(ip("192.0.2.2"))).is_some());
        drop(first);
        assert!(guests.enter(Some(ip("2001:db8:0:1::3"))).is_some(), "a place that was left is free");
    }

    #[test]
    fn proxies_are_not_counted_by_address_and_nothing_is_remembered_of_who_left() {
        let guests = Guests::new(8, 1);
        let proxies: Vec<Guest> = (0..6).filter_map(|_| guests.enter(None)).collect();
        assert_eq!(proxies.len(), 6);
        assert!(!guests.scarce());
        let last = guests.enter(Some(ip("192.0.2.1"))).expect("a place");
        assert!(guests.scarce());
        drop((proxies, last));
        assert!(!guests.scarce());
        assert!(guests.0.by_address.lock().expect("not poisoned").is_empty());
    }
}
