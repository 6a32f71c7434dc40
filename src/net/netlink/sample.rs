//! Values as tests write them.

use super::{DefaultRoute, Flags, Held, Lifetime, Link, Snapshot};
use dynflare_core::address::Family;

impl Snapshot {
    /// An interface `lan0` that is up, with the default routes, and these addresses: text, flags as the kernel has
    /// them, seconds preferred.
    pub(crate) fn sample(addresses: &[(&str, u32, u32)]) -> Self {
        let held = |(text, flags, preferred): &(&str, u32, u32)| {
            let (address, length) = text.split_once('/').expect("an address and a length");
            let address = address.parse().expect("an address");
            Held {
                index: 2,
                address,
                length: length.parse().expect("a length"),
                flags: Flags::of(Family::of(address), *flags),
                preferred: Lifetime(*preferred),
                valid: Lifetime::FOREVER,
            }
        };
        let route = |family| DefaultRoute { family, index: 2, gateway: None, metric: 100 };
        Self {
            links: vec![
                Link { index: 1, name: "lo".to_owned(), flags: 0x49 },
                Link { index: 2, name: "lan0".to_owned(), flags: 0x1043 },
                Link { index: 3, name: "off0".to_owned(), flags: 0x1002 },
            ],
            addresses: addresses.iter().map(held).collect(),
            routes: Family::BOTH.map(route).to_vec(),
            interrupted: false,
        }
    }

    /// The same without default routes.
    pub(crate) fn stranded(mut self) -> Self {
        self.routes.clear();
        self
    }
}
