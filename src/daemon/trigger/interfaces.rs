//! This machine's links, addresses and default routes: what the kernel says of them, held against what was seen last.
//!
//! The kernel says much that changes nothing: lifetimes that begin anew, links that lead nowhere, routes to
//! neighbours. Only what the address to publish may depend on is kept and compared: default routes, addresses beyond
//! the link that are ready for use, and whether their links are up. Routes in other tables than the main one are not
//! looked at; what leads out there comes and goes with addresses. Elsewhere than on Linux the system is asked, every
//! few seconds and without any packet, which address it would speak from.

#[cfg(target_os = "linux")]
mod kernel;
mod polled;
mod seen;

#[cfg(target_os = "linux")]
pub(super) use kernel::watch;
#[cfg(not(target_os = "linux"))]
pub(super) use polled::watch;
