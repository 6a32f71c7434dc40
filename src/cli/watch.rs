//! What stands around the daemon for those who watch it: the control socket and the status pages.

use crate::config::Settings;
use crate::daemon::trigger;
use crate::report::human::block;
use crate::report::status::Status;
use crate::server::listen::Server;
use crate::server::status as pages;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;

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
    use crate::server::control::{Control, Error};
    let Some(folder) = settings.state_dir.value.as_deref() else { return Ok((Ear::default(), None)) };
    let started = match crate::memory::make_directory(folder) {
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

/// The status pages, wherever they are asked for.
#[derive(Debug)]
pub(super) struct Pages {
    status: watch::Receiver<Arc<Status>>,
    open: BTreeMap<SocketAddr, Server>,
}

impl Pages {
    /// None yet.
    pub(super) fn new(status: watch::Receiver<Arc<Status>>) -> Self {
        Self { status, open: BTreeMap::new() }
    }

    /// Opens those that the settings ask for, closes the others, and returns what is worth saying. A place that
    /// cannot be listened at leaves the daemon at its work.
    pub(super) fn turn_to(&mut self, settings: &Settings) -> Vec<String> {
        let wanted = &settings.listen.value;
        self.open.retain(|at, _| wanted.contains(at));
        let mut said = Vec::new();
        for at in wanted.iter().filter(|at| !at.ip().to_canonical().is_loopback()) {
            if !self.open.contains_key(at) {
                said.push(format!(
                    "the status pages at {at} are open to whoever can reach them: there is no authentication"
                ));
            }
        }
        for at in wanted {
            if self.open.contains_key(at) {
                continue;
            }
            let listener = std::net::TcpListener::bind(at).and_then(|listener| {
                listener.set_nonblocking(true)?;
                tokio::net::TcpListener::from_std(listener)
            });
            match listener.and_then(|listener| pages::from_listener(listener, self.status.clone())) {
                Ok(server) => {
                    said.push(format!("status pages at http://{}", server.address()));
                    self.open.insert(*at, server);
                }
                Err(error) => said.push(format!("cannot listen on {at}: {error}; there are no status pages")),
            }
        }
        said
    }
}
