//! What the daemon is given: everything that the command line decides, or that tests replace.

use super::service::Service;
use super::trigger::{Sighting, States, Trigger};
use crate::config::Settings;
use crate::confirm;
use crate::memory::Store;
use crate::report::clean::Cleaner;
use crate::report::event::Event;
use crate::report::news::News;
use dynflare_core::machine::Line;
use dynflare_core::memory::Memory;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// A configuration that was read, with what is worth knowing about it; or why it cannot be used, in one line.
pub type Loading = Result<(Settings, Vec<String>), String>;

/// Reads the configuration.
pub type Load = Arc<dyn Fn() -> Loading + Send + Sync>;

/// Asks a witness for the address of a line.
pub type Sentinel = Arc<dyn Fn(Line) -> Pin<Box<dyn Future<Output = Sighting> + Send>> + Send + Sync>;

/// What the daemon is given.
pub struct Parts {
    /// Reads the configuration again.
    pub load: Load,
    /// Says an event.
    pub say: Box<dyn Fn(&Event, &Cleaner)>,
    /// Takes news to history and to whoever wants to be told.
    pub spread: Box<dyn FnMut(&News, &Cleaner)>,
    /// Turns what stands around the daemon to another configuration.
    pub turn_to: Box<dyn FnMut(&Settings)>,
    /// What wakes it.
    pub triggers: mpsc::Receiver<Trigger>,
    /// Which triggers watch.
    pub watching: watch::Receiver<States>,
    /// Who is asked between rounds.
    pub sentinel: Option<Sentinel>,
    /// How changes are confirmed; the deadline is the configuration's.
    pub confirming: confirm::Options,
    /// Who is told that it lives.
    pub service: Service,
    /// What earlier runs left behind.
    pub memory: Memory,
    /// Where that is kept.
    pub store: Option<Store>,
    /// The clock: seconds since 1970-01-01 UTC.
    pub wall: fn() -> u64,
    /// What jitter and back-off are drawn with.
    pub seed: u64,
}
