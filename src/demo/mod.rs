//! The parts of `dynflare demo`: everything that is elsewhere on the Internet, on loopback instead.

pub mod echo;
pub mod nameserver;
