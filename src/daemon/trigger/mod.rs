//! What wakes the daemon beside its timers.
//!
//! Each trigger is a task that watches one thing and sends what it noticed. None of them decides anything: how long
//! to wait for more, whom to ask and what follows is the machine's. None of them is believed: a trigger only starts a
//! round, in which the quorum is asked as always. [`Triggers`] starts them, keeps them going and tells which of them
//! watch; [`Sentinel`] is no task, the loop asks it when the machine says so.

pub mod clock;
mod files;
mod interfaces;
#[cfg_attr(not(feature = "router"), path = "routerless.rs")]
mod router;
pub mod sentinel;
mod signals;
mod watcher;

pub use crate::source::router::events::RouterEvents;
pub use sentinel::Sentinel;

use crate::net::Network;
use dynflare_core::address::Family;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use watcher::{End, Post, keep};

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

/// The triggers by name, as `dynflare status` calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// Files of the configuration.
    Config,
    /// This machine's links, addresses and routes.
    Interfaces,
    /// Signals.
    Kick,
    /// The clocks.
    Resume,
    /// The router's announcements and events.
    Router,
    /// The cheap question between rounds.
    Sentinel,
}

impl Name {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Interfaces => "interfaces",
            Self::Kick => "kick",
            Self::Resume => "resume",
            Self::Router => "router",
            Self::Sentinel => "sentinel",
        }
    }
}

impl Trigger {
    /// Whose it is; `None` for the end.
    pub fn name(&self) -> Option<Name> {
        match self {
            Self::Interfaces => Some(Name::Interfaces),
            Self::Router(_) => Some(Name::Router),
            Self::Resumed | Self::ClockSet => Some(Name::Resume),
            Self::Kick | Self::Reload(Cause::Asked) => Some(Name::Kick),
            Self::Reload(Cause::File) => Some(Name::Config),
            Self::Stop => None,
        }
    }
}

/// What there is to watch.
#[derive(Clone, Debug)]
pub struct Subjects {
    /// The network, for speaking to the router.
    pub network: Network,
    /// Files whose change is a changed configuration; none is watched where there are none.
    pub files: Vec<PathBuf>,
    /// What the router may do.
    pub router: RouterEvents,
}

/// Which trigger watches, of those that were started.
pub type States = BTreeMap<Name, Watching>;

/// The watchers, running. They end when this is dropped.
#[derive(Debug)]
pub struct Triggers {
    sender: Sender,
    states: watch::Sender<States>,
    ground: watch::Sender<()>,
    running: BTreeMap<Name, JoinSet<()>>,
    router_stop: watch::Sender<bool>,
    subjects: Subjects,
}

/// How long the end may take.
const FAREWELL: Duration = Duration::from_secs(1);

impl Triggers {
    /// Starts everything that watches. Needs a tokio runtime.
    pub fn start(subjects: Subjects, sender: Sender) -> Self {
        let mut triggers = Self::begin(subjects, sender);
        triggers.run(Name::Interfaces, interfaces::watch);
        triggers.run(Name::Resume, clock::watch);
        triggers.run_files();
        triggers.run_router();
        triggers
    }

    /// Starts what a server watches: signals, and these files. Needs a tokio runtime.
    pub fn of_files(network: Network, files: Vec<PathBuf>, sender: Sender) -> Self {
        let mut triggers = Self::begin(Subjects { network, files, router: RouterEvents::Off }, sender);
        triggers.run_files();
        triggers
    }

    /// Watches these files from now on, where they are other ones.
    pub fn turn_to_files(&mut self, files: Vec<PathBuf>) {
        self.turn_to(Subjects { files, ..self.subjects.clone() });
    }

    fn begin(subjects: Subjects, sender: Sender) -> Self {
        let states = watch::Sender::new(States::new());
        let mut triggers = Self {
            sender,
            states,
            ground: watch::Sender::new(()),
            running: BTreeMap::new(),
            router_stop: watch::Sender::new(false),
            subjects,
        };
        // Before anything else: a signal that nobody holds ends the process.
        let signals = Mutex::new(signals::Signals::hold().ok());
        triggers.run(Name::Kick, move |post| {
            let held = signals.lock().unwrap_or_else(PoisonError::into_inner).take();
            signals::watch(post, held)
        });
        triggers
    }

    fn run_router(&mut self) {
        self.router_stop = watch::Sender::new(false);
        let (network, events) = (self.subjects.network.clone(), self.subjects.router);
        let stop = self.router_stop.subscribe();
        self.run(Name::Router, move |post| router::watch(post, network.clone(), events, stop.clone()));
    }

    fn run_files(&mut self) {
        let files = self.subjects.files.clone();
        self.run(Name::Config, move |post| files::watch(post, files.clone()));
    }

    /// Watches something else from now on, where that is something else: after the configuration was read again.
    pub fn turn_to(&mut self, subjects: Subjects) {
        let before = std::mem::replace(&mut self.subjects, subjects);
        if before.files != self.subjects.files {
            self.run_files();
        }
        if before.router != self.subjects.router {
            let (old, stop) = (self.running.remove(&Name::Router), self.router_stop.clone());
            // The old one says farewell while the new one begins.
            tokio::spawn(farewell(old, stop));
            self.run_router();
        }
    }

    /// Which of them watch, and every change of that. A trigger that has not come so far yet is not among them.
    pub fn states(&self) -> watch::Receiver<States> {
        self.states.subscribe()
    }

    /// Ends everything in good order, within a second: the router is told that nobody listens any more.
    pub async fn stop(mut self) {
        let router = self.running.remove(&Name::Router);
        self.running.clear();
        if self.subjects.router == RouterEvents::Subscribe {
            farewell(router, self.router_stop).await;
        }
    }

    fn run<W>(&mut self, name: Name, watcher: impl Fn(Post) -> W + Send + 'static)
    where
        W: Future<Output = End> + Send + 'static,
    {
        let post = Post::new(name, self.sender.clone(), self.states.clone(), self.ground.clone());
        let mut task = JoinSet::new();
        task.spawn(keep(post, watcher));
        self.running.insert(name, task);
    }
}

/// Tells a watcher of the router to stop and waits for its end, for a second at most.
async fn farewell(task: Option<JoinSet<()>>, stop: watch::Sender<bool>) {
    stop.send_replace(true);
    if let Some(mut task) = task {
        let _in_time = tokio::time::timeout(FAREWELL, task.join_next()).await;
    }
}
