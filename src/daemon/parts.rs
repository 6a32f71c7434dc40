//! What the daemon is given: everything that the command line decides, or that tests replace.

use super::hands::Hands;
use super::service::Service;
use super::trigger::{States, Trigger};
use crate::config::Settings;
use crate::confirm;
use crate::keeper::Keeper;
use crate::report::clean::Cleaner;
use crate::report::event::Event;
use crate::report::news::News;
use crate::report::status::Status;
use dynflare_core::memory::Memory;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// A configuration that was read, with what is worth knowing about it; or why it cannot be used, in one line.
pub type Loading = Result<(Settings, Vec<String>), String>;

/// Reads the configuration.
pub type Load = Arc<dyn Fn() -> Loading + Send + Sync>;

/// Says an event without the secrets of the configuration as it is by now.
pub type Say = Box<dyn Fn(&Event, &Cleaner)>;

/// The beginning or the end of a round.
#[derive(Clone, Debug)]
pub enum Pulse {
    /// It began.
    Began,
    /// It ended, and this is how everything stands.
    Ended(Arc<Status>),
}

/// Takes news somewhere.
pub type Spread = Box<dyn FnMut(&News, &Cleaner)>;

/// What the daemon is given.
pub struct Parts {
    /// Who does what takes time.
    pub hands: Box<dyn Hands>,
    /// Reads the configuration again.
    pub load: Load,
    /// Says an event.
    pub say: Say,
    /// Takes news to history and to whoever wants to be told.
    pub spread: Spread,
    /// Turns what stands around the daemon to another configuration.
    pub turn_to: Box<dyn FnMut(&Settings)>,
    /// Is told of every round.
    pub pulse: Box<dyn FnMut(&Pulse)>,
    /// How many notifications were delivered, and how many could not be.
    pub notified: Box<dyn Fn() -> [u64; 2]>,
    /// What wakes it.
    pub triggers: mpsc::Receiver<Trigger>,
    /// Which triggers watch.
    pub watching: watch::Receiver<States>,
    /// How changes are confirmed; the deadline is the configuration's.
    pub confirming: confirm::Options,
    /// Who is told that it lives.
    pub service: Service,
    /// What earlier runs left behind.
    pub memory: Memory,
    /// Where that is kept.
    pub keeper: Option<Keeper>,
    /// The clock: seconds since 1970-01-01 UTC.
    pub wall: fn() -> u64,
    /// What jitter and back-off are drawn with.
    pub seed: u64,
}
