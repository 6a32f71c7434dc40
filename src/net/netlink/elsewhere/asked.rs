//! The libraries that ask, and that say when something changes.

use super::{Address, Found, Mark, State, translate};
use crate::net::netlink::Snapshot;
use crate::net::{Way, sender};
use dynflare_core::address::Family;
use netdev::Interface;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Notify;

/// Asks for everything. Blocks, for milliseconds as a rule; where a gateway of Windows is not known on its link, for the
/// seconds in which the system looks for it.
pub fn snapshot() -> io::Result<Snapshot> {
    let found: Vec<Found> = netdev::get_interfaces().iter().map(found).collect();
    if found.is_empty() {
        // Every machine has a loopback: the library tells of no error but this.
        return Err(io::Error::other("the system tells of no interface"));
    }
    let towards = |family| sender::towards_internet(family, Way::default());
    let speaks: Vec<IpAddr> = Family::BOTH.into_iter().filter_map(towards).collect();
    Ok(translate(&found, &speaks))
}

fn found(interface: &Interface) -> Found {
    let state = match (interface.is_loopback(), interface.is_up() && interface.is_running()) {
        (true, _) => State::Loopback,
        (false, true) => State::Up,
        (false, false) => State::Down,
    };
    let v4 = interface.ipv4.iter().map(|net| Address {
        ip: net.addr().into(),
        length: net.prefix_len(),
        marks: Vec::new(),
    });
    let v6 = interface.ipv6.iter().enumerate().map(|(at, net)| {
        let said = interface.ipv6_addr_flags.get(at).copied().unwrap_or_default();
        let marks = [
            (said.deprecated, Mark::Deprecated),
            (said.duplicated, Mark::Duplicate),
            (said.temporary, Mark::Temporary),
            (said.tentative, Mark::Tentative),
        ];
        let marks = marks.into_iter().filter_map(|(is, mark)| is.then_some(mark)).collect();
        Address { ip: net.addr().into(), length: net.prefix_len(), marks }
    });
    let gateways = interface.gateway.iter().flat_map(|gateway| {
        let v4 = gateway.ipv4.iter().copied().map(IpAddr::from);
        v4.chain(gateway.ipv6.iter().copied().map(IpAddr::from))
    });
    // Windows calls its interfaces by numbers, and people see another name.
    let shown = interface.friendly_name.clone().filter(|_| cfg!(windows));
    Found {
        index: interface.index,
        name: shown.unwrap_or_else(|| interface.name.clone()),
        state,
        addresses: v4.chain(v6).collect(),
        gateways: gateways.collect(),
    }
}

/// A subscription to changes of addresses.
pub struct Events {
    told: Arc<Notify>,
    /// Ends it when it goes.
    _watch: netwatcher::WatchHandle,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

impl Events {
    /// Hears everything from now on.
    pub fn subscribe() -> io::Result<Self> {
        let told = Arc::new(Notify::new());
        let teller = Arc::clone(&told);
        let watch = netwatcher::watch_interfaces_with_callback(move |_| teller.notify_one());
        let watch =
            watch.map_err(|error| io::Error::other(format!("the system tells of no change: {error}")))?;
        Ok(Self { told, _watch: watch })
    }

    /// Waits for the next change; the first wait ends at once. May be dropped at any time.
    pub async fn next(&mut self) {
        self.told.notified().await;
    }
}
