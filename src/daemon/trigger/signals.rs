//! Signals: SIGUSR1 asks for a round, SIGHUP for the configuration, SIGTERM and SIGINT for the end.
//!
//! On Windows the end is asked for by Ctrl-C, Ctrl-Break, a console that closes and a machine that shuts down; there is
//! nothing like the others.

use super::Trigger;
use super::watcher::{End, Post};
use std::io;

#[cfg(unix)]
use super::Cause;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows;

/// Signals, held from the moment this is made: from then on they do not end the process by themselves.
#[cfg(unix)]
pub(super) struct Signals {
    kick: Signal,
    reload: Signal,
    terminate: Signal,
    interrupt: Signal,
}

#[cfg(unix)]
impl Signals {
    /// Holds them. Needs a tokio runtime.
    pub(super) fn hold() -> io::Result<Self> {
        Ok(Self {
            kick: signal(SignalKind::user_defined1())?,
            reload: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next. May be dropped at any time.
    async fn next(&mut self) -> io::Result<Trigger> {
        let Self { kick, reload, terminate, interrupt } = self;
        let (come, trigger) = tokio::select! {
            come = kick.recv() => (come, Trigger::Kick),
            come = reload.recv() => (come, Trigger::Reload(Cause::Asked)),
            come = terminate.recv() => (come, Trigger::Stop),
            come = interrupt.recv() => (come, Trigger::Stop),
        };
        come.map(|()| trigger).ok_or_else(|| io::Error::other("the runtime hears no signals"))
    }
}

/// What Windows tells the programs of a console.
#[cfg(windows)]
pub(super) struct Signals {
    interrupt: windows::CtrlC,
    broken_off: windows::CtrlBreak,
    closed: windows::CtrlClose,
    shut_down: windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    /// Holds them. Needs a tokio runtime.
    pub(super) fn hold() -> io::Result<Self> {
        Ok(Self {
            interrupt: windows::ctrl_c()?,
            broken_off: windows::ctrl_break()?,
            closed: windows::ctrl_close()?,
            shut_down: windows::ctrl_shutdown()?,
        })
    }

    /// Waits for the next. May be dropped at any time.
    async fn next(&mut self) -> io::Result<Trigger> {
        let Self { interrupt, broken_off, closed, shut_down } = self;
        let come = tokio::select! {
            come = interrupt.recv() => come,
            come = broken_off.recv() => come,
            come = closed.recv() => come,
            come = shut_down.recv() => come,
        };
        come.map(|()| Trigger::Stop).ok_or_else(|| io::Error::other("the runtime hears no signals"))
    }
}

/// Passes them on; those that are held already, or held now.
pub(super) async fn watch(post: Post, held: Option<Signals>) -> End {
    let held = held.map_or_else(Signals::hold, Ok);
    let mut signals = match held {
        Ok(signals) => signals,
        Err(error) => return error.into(),
    };
    post.watching();
    loop {
        match signals.next().await {
            Ok(trigger) => post.fire(trigger).await,
            Err(error) => return error.into(),
        }
    }
}
