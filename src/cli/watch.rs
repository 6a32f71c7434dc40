//! What stands around the daemon for those who watch it: the control socket and the status pages.

use crate::config::Settings;
use crate::daemon::trigger;
use crate::report::status::Status;
use crate::server::listen::Server;
use crate::server::status::{self as pages, Shown};
use crate::setup;
use dynflare_core::schedule::Backoff;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The control socket; nothing where there can be none.
#[derive(Debug, Default)]
pub(super) struct Ear {
    #[cfg(unix)]
    _control: Option<crate::server::control::Control>,
}

/// Listens in the state directory; beside it, why nobody can ask. Another daemon there is the one trouble that ends
/// this one, with the error as it is to be said: without a directory that can be written it does its work all the same.
#[cfg(unix)]
pub(super) fn ear(
    settings: &Settings,
    status: watch::Receiver<Arc<Status>>,
    triggers: trigger::Sender,
) -> Result<(Ear, Option<String>), String> {
    use crate::report::human::block;
    use crate::server::control::{Control, Error};
    let Some(folder) = settings.state_dir.value.as_deref() else { return Ok((Ear::default(), None)) };
    let started = match crate::durable::make_directory(folder) {
        Ok(()) => Control::start(folder, status, triggers),
        Err(error) => Err(Error::System { path: folder.to_owned(), error }),
    };
    match started {
        Ok(control) => Ok((Ear { _control: Some(control) }, None)),
        Err(error @ Error::Running { .. }) => {
            let hint = "stop it, or give each its own `state_dir`";
            Err(block("cannot start", &error.to_string(), Some(hint), ""))
        }
        Err(error @ (Error::TooLong { .. } | Error::System { .. })) => {
            let why = format!("{error}; `dynflare status` and `dynflare kick` cannot reach this daemon");
            Ok((Ear::default(), Some(why)))
        }
    }
}

/// There are no control sockets on this system.
#[cfg(not(unix))]
pub(super) fn ear(
    _: &Settings,
    _: watch::Receiver<Arc<Status>>,
    _: trigger::Sender,
) -> Result<(Ear, Option<String>), String> {
    Ok((Ear::default(), None))
}

/// Between tries to listen somewhere: another process may have the place, or the address is not this machine's yet.
const AGAIN: Backoff = Backoff { first: Duration::from_secs(2), cap: Duration::from_secs(60) };

/// Says something at any time.
pub(super) type Say = Arc<dyn Fn(String) + Send + Sync>;

/// The status pages, wherever they are asked for.
pub(super) struct Pages {
    shown: Shown,
    say: Say,
    /// Each is held, or tried for, by a task of its own.
    open: BTreeMap<SocketAddr, JoinSet<()>>,
    #[cfg(feature = "page")]
    recalled: bool,
}

impl Pages {
    /// None yet.
    pub(super) fn new(shown: Shown, say: Say) -> Self {
        Self {
            shown,
            say,
            open: BTreeMap::new(),
            #[cfg(feature = "page")]
            recalled: false,
        }
    }

    /// Has what earlier runs left in the history shown, once, without holding anybody up.
    #[cfg(feature = "page")]
    pub(super) fn recall(&mut self, settings: &Settings) {
        if let (Some(folder), false) = (settings.state_dir.value.clone(), self.recalled) {
            self.recalled = true;
            let past = Arc::clone(&self.shown.past);
            drop(tokio::task::spawn_blocking(move || past.read(&folder)));
        }
    }

    /// Opens those that the settings ask for, closes the others, and says what is worth saying. A place that cannot be
    /// listened at is tried again until it can, and leaves the daemon at its work.
    pub(super) fn turn_to(&mut self, settings: &Settings) {
        self.shown.names.set(&settings.listen_names.value);
        let wanted = &settings.listen.value;
        #[cfg(feature = "page")]
        if !wanted.is_empty() {
            self.recall(settings);
        }
        self.open.retain(|at, _| wanted.contains(at));
        for at in wanted {
            if self.open.contains_key(at) {
                continue;
            }
            if !at.ip().to_canonical().is_loopback() {
                (self.say)(format!(
                    "the status pages at {at} are open to whoever can reach them: there is no authentication"
                ));
            }
            let place = Place { at: *at, shown: self.shown.clone(), say: Arc::clone(&self.say) };
            let mut task = JoinSet::new();
            match place.open() {
                Ok(server) => drop(task.spawn(hold(server))),
                Err(error) => {
                    (self.say)(format!("cannot listen on {at}: {error}; it is tried again until it works"));
                    task.spawn(place.insist());
                }
            }
            self.open.insert(*at, task);
        }
    }
}

/// Keeps a server for as long as it is wanted.
async fn hold(server: Server) {
    std::future::pending::<()>().await;
    drop(server);
}

/// Where to listen.
struct Place {
    at: SocketAddr,
    shown: Shown,
    say: Say,
}

impl Place {
    fn open(&self) -> io::Result<Server> {
        let listener = std::net::TcpListener::bind(self.at)?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let server = pages::from_listener(listener, self.shown.clone())?;
        (self.say)(format!("status pages at http://{}", server.address()));
        Ok(server)
    }

    /// Tries until it can.
    async fn insist(self) {
        for tries in 1.. {
            sleep(AGAIN.after(tries, setup::seed())).await;
            if let Ok(server) = self.open() {
                return hold(server).await;
            }
        }
    }
}
