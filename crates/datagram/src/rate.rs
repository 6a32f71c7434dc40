//! How often: a bounded number of keys, each let through so many times a second.
//!
//! Pure: the time comes from whoever asks. Every key has a bucket of tokens, kept as the one moment at which it will be
//! full again (the generic cell rate algorithm). Buckets live in groups of eight by the hash of their key; a new key takes
//! the place of the one in its group that is fullest, so many keys that come once push out nobody who comes often. Hashes
//! are keyed anew by every [`Rates`], or somebody could choose keys that meet in one group.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Buckets in a group: what is looked through for one key.
const GROUP: usize = 8;
/// Units of time in a second; time wraps around after 74 hours, which [`Slot::ahead`] does not mind.
const UNITS: u64 = 16_000;

/// How often one key is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tokens that come back every second, 1 to 16,000.
    pub per_second: u32,
    /// Tokens that a bucket holds: how many times at once, at least 1 and at most what comes back in an hour.
    pub burst: u32,
}

/// Buckets for a bounded number of keys, 8 octets each and a lock for every eight.
#[derive(Debug)]
pub struct Rates {
    groups: Box<[Mutex<[Slot; GROUP]>]>,
    hashes: RandomState,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    tag: u32,
    /// When the bucket will be full.
    full: u32,
}

impl Slot {
    /// How long until the bucket is full, at most `most`; what would be longer has been full for long.
    fn ahead(self, now: u32, most: u64) -> u64 {
        let ahead = u64::from(self.full.wrapping_sub(now));
        if ahead > most { 0 } else { ahead }
    }
}

impl Rates {
    /// Room for about `keys` keys.
    pub fn new(keys: usize) -> Self {
        let groups = keys.div_ceil(GROUP).next_power_of_two();
        Self { groups: (0..groups).map(|_| Mutex::default()).collect(), hashes: RandomState::new() }
    }

    /// Takes a token of `key` at `now`, a time since some fixed moment; false where there is none.
    ///
    /// A key must always come with the same rate. Where there are more keys than room, somebody may get tokens too soon.
    pub fn take(&self, key: impl Hash, now: Duration, rate: Rate) -> bool {
        let hash = self.hashes.hash_one(key);
        let [tag, place] =
            [hash >> 32, hash & 0xffff_ffff].map(|half| u32::try_from(half).unwrap_or_default());
        // Wraps around on purpose.
        let now = u32::try_from(units(now) & 0xffff_ffff).unwrap_or_default();
        let each = UNITS.div_ceil(u64::from(rate.per_second.max(1)));
        let whole = each * u64::from(rate.burst.max(1));
        let place = place as usize & (self.groups.len() - 1);
        // Whatever a panic left there is a number of tokens.
        let mut group = self.groups[place].lock().unwrap_or_else(PoisonError::into_inner);
        let same = group.iter().position(|slot| slot.tag == tag);
        let fullest = || (0..GROUP).min_by_key(|place| group[*place].ahead(now, HOUR)).unwrap_or_default();
        let slot = same.unwrap_or_else(fullest);
        // Of another key: a full bucket.
        let ahead = if same.is_some() { group[slot].ahead(now, whole) } else { 0 };
        let taken = ahead + each <= whole;
        if taken {
            let full = u32::try_from(ahead + each).unwrap_or(u32::MAX);
            group[slot] = Slot { tag, full: now.wrapping_add(full) };
        }
        taken
    }
}

const HOUR: u64 = UNITS * 3600;

fn units(time: Duration) -> u64 {
    time.as_secs().wrapping_mul(UNITS).wrapping_add(u64::from(time.subsec_nanos()) * UNITS / 1_000_000_000)
}

/// The network that a client counts as: of IPv4 its /24, of IPv6 its /56, as other name servers have it.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & (!0 << 8)).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 72)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 5, burst: 5 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How many of `tries` are let through.
    fn count(rates: &Rates, key: &str, now: Duration, tries: usize) -> usize {
        (0..tries).filter(|_| rates.take(key, now, RATE)).count()
    }

    #[test]
    fn a_key_has_its_burst_and_then_what_comes_back() {
        let rates = Rates::new(1024);
        assert_eq!(count(&rates, "a", ms(0), 100), 5);
        assert_eq!(count(&rates, "b", ms(0), 100), 5, "everybody has a bucket");
        assert_eq!(count(&rates, "a", ms(199), 100), 0);
        assert_eq!(count(&rates, "a", ms(200), 100), 1);
        assert_eq!(count(&rates, "a", ms(800), 100), 3);
        assert_eq!(count(&rates, "a", ms(60_000), 100), 5, "a bucket never holds more");
    }

    #[test]
    fn a_flood_gets_its_rate_and_no_more() {
        let rates = Rates::new(1024);
        let through = (0..100_000).filter(|ms| rates.take("a", self::ms(*ms), RATE)).count();
        assert!((500..=505).contains(&through), "{through} in 100 seconds");
    }

    #[test]
    fn time_may_wrap_around() {
        let rates = Rates::new(8);
        let wrap = (1_u64 << 32) / 16;
        assert_eq!(count(&rates, "a", ms(wrap - 100), 100), 5);
        assert_eq!(count(&rates, "a", ms(wrap + 100), 100), 1, "the same bucket on the other side");
        assert_eq!(count(&rates, "a", ms(wrap * 3), 100), 5);
    }

    #[test]
    fn those_who_come_once_push_out_nobody_who_comes_often() {
        let rates = Rates::new(64);
        assert_eq!(count(&rates, "loud", ms(0), 100), 5);
        for stranger in 0..10_000_u64 {
            let now = ms(1 + stranger / 100);
            assert!(rates.take(stranger, now, RATE), "a stranger has a full bucket");
        }
        assert_eq!(count(&rates, "loud", ms(102), 100), 0, "it is still known");
    }

    #[test]
    fn the_networks_are_those_of_other_servers() {
        for (address, expected) in [
            ("192.0.2.77", "192.0.2.0"),
            ("::ffff:192.0.2.77", "192.0.2.0"),
            ("2001:db8:1:2ff:3::4", "2001:db8:1:200::"),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(network(address).to_string(), expected);
        }
    }
}
