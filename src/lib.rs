//! Dynflare keeps DNS records pointing at this machine's current public address.
pub mod cli;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod memory;
pub mod net;
pub mod provider;
pub mod report;
pub mod round;
pub mod secret;
pub mod source;
