//! This machine's links, addresses and default routes: what the kernel says of them, held against what was seen last.
//!
//! The kernel says much that changes nothing: lifetimes that begin anew, links that lead nowhere, routes to
//! neighbours. Only what the address to publish may depend on is kept and compared: default routes, addresses beyond
//! the link that are ready for use, and whether their links are up. Routes in other tables than the main one are not
//! looked at; what leads out there comes and goes with addresses.

#[cfg(target_os = "linux")]
mod kernel;
mod seen;
#[cfg(not(target_os = "linux"))]
mod told;

#[cfg(target_os = "linux")]
pub(super) use kernel::watch;
#[cfg(not(target_os = "linux"))]
pub(super) use told::watch;

use crate::net::netlink::snapshot;
use seen::Seen;
use std::io;

/// What there is now.
async fn look() -> io::Result<Seen> {
    // The system answers at once unless its tables are locked, and everything else goes on meanwhile.
    let asked = tokio::task::spawn_blocking(snapshot).await.map_err(io::Error::other)?;
    asked.map(|snapshot| Seen::of(&snapshot))
}
