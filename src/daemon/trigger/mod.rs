//! What wakes the daemon beside its timers.
//!
//! Each trigger is a task that watches one thing and sends what it noticed. None of them decides anything: how long
//! to wait for more, whom to ask and what follows is the machine's. None of them is believed: a trigger only starts a
//! round, in which the quorum is asked as always.

use dynflare_core::address::Family;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Something was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Addresses, links or routes of this machine changed.
    Interfaces,
    /// The router said that its outside address changed, or that it lost its state; the address, where it said so.
    Router(Option<IpAddr>),
    /// The machine was asleep.
    Resumed,
    /// The clock was set.
    ClockSet,
    /// Somebody asked for a round: `dynflare kick`, SIGUSR1.
    Kick,
    /// The configuration changed on disk, or SIGHUP came.
    Reload(Cause),
    /// The process is told to end: SIGTERM, SIGINT.
    Stop,
}

/// Why the configuration is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A file changed.
    File,
    /// Somebody asked.
    Asked,
}

/// What the sentinel was told: the address the outside sees, by one witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Over which family it asked.
    pub family: Family,
    /// By which uplink; the system's own way where it is `None`.
    pub uplink: Option<Arc<str>>,
    /// What it was told; `None` where nothing came back.
    pub address: Option<IpAddr>,
}

/// Where triggers go.
pub type Sender = mpsc::Sender<Trigger>;

/// Whether a trigger watches; why not, in one line, where it does not.
pub type Watching = Result<(), String>;
