//! `dynflare run`: rounds when they are due, for years.
//!
//! What is done next is decided by `dynflare_core::machine`; [`run`](run()) is the loop around it, [`trigger`] what wakes
//! it beside the clock, [`calendar`] when rounds are due regularly, [`service`] who is told that it lives. The `ledger`
//! keeps what is known from round to round and makes the snapshot that the control socket, the health and metrics
//! endpoints and `dynflare status` show. Whoever starts the daemon gives it its [`Parts`].

pub mod calendar;
mod clock;
mod confirming;
mod hands;
mod ledger;
mod parts;
mod run;
pub mod service;
mod translate;
pub mod trigger;

use crate::config::Settings;
use crate::report::status::Status;
pub use hands::{Hands, Own, Task};
pub use parts::{Load, Loading, Parts, Pulse, Say, Spread};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::watch;

/// The daemon, which runs until it is told to end, and the snapshots it gives of itself.
pub fn run(settings: Settings, parts: Parts) -> (impl Future<Output = ()>, watch::Receiver<Arc<Status>>) {
    let (daemon, snapshots) = run::Daemon::new(settings, parts);
    (daemon.run(), snapshots)
}
