//! Certificates by ACME (RFC 8555): ordered, kept in the state directory, renewed in time.
//!
//! [`settings`] says for which names and where, `schedule` when, `order` how; `identity` shows the certificate and the
//! proofs to handshakes, and [`Answers`] to the server on port 80. The protocol's messages and signatures are the
//! library's; it speaks through our own HTTP client. The old certificate stays in use while renewal fails. Until the
//! first is there, handshakes are refused. What is logged and counted is its reader's business: [`Acme::standing`].

mod certificate;
mod fault;
mod identity;
mod news;
mod order;
mod run;
mod schedule;
pub mod settings;
mod shelf;
#[cfg(test)]
mod tests;
mod transport;

pub use identity::Answers;
pub use news::News;
pub use settings::{Binding, Challenge, LETS_ENCRYPT, Settings, Subject, Unfit};

use crate::net::Network;
use crate::server::tls::Identity;
use identity::Shown;
use run::Keeping;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// What keeps a certificate current. Orders end when it is dropped, and go on when it is started again.
#[derive(Debug)]
pub struct Acme {
    shown: Shown,
    standing: watch::Receiver<Standing>,
    look: Arc<Notify>,
    _task: JoinSet<()>,
}

/// How things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Until when the certificate in use is valid; nothing where there is none, and handshakes are refused.
    pub valid_until: Option<SystemTime>,
    /// When the next order is due, or the next attempt where one failed.
    pub next: Option<SystemTime>,
    /// Why the last attempt failed; nothing after one that succeeded.
    pub failing: Option<String>,
    /// Certificates got since the start.
    pub issued: u64,
    /// Attempts that failed since the start.
    pub failed: u64,
}

/// Who is told what happens.
pub type Tell = Arc<dyn Fn(News) + Send + Sync>;

/// What is around it.
#[derive(Clone)]
pub struct Around {
    /// The way out.
    pub network: Network,
    /// Who is told what happens.
    pub tell: Tell,
    /// The time of day: certificates are valid by it.
    pub now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Around {
    /// With the system's clock.
    pub fn new(network: Network, tell: impl Fn(News) + Send + Sync + 'static) -> Self {
        Self { network, tell: Arc::new(tell), now: Arc::new(SystemTime::now) }
    }
}

impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Around").field("network", &self.network).finish_non_exhaustive()
    }
}

/// Why it cannot start. What fails later is told as [`News`] and tried again.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The directory for keys and certificates.
    #[error("cannot use the directory {}: {error}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
}

/// Starts to keep a certificate for these names. To start is to agree to the authority's terms of service, so the
/// user must have said so. Needs a tokio runtime. Returns before anything is ordered; what was kept is in use at once.
pub fn start(settings: Settings, around: Around) -> Result<Acme, StartError> {
    settings.check()?;
    let shown = Shown::default();
    let look = Arc::new(Notify::new());
    let (told, standing) = watch::channel(Standing::default());
    let open = {
        let (shown, settings, around) = (shown.clone(), settings.clone(), around.clone());
        move || Keeping::open(settings.clone(), around.clone(), shown.clone(), told.clone())
    };
    let first = open().map_err(|error| StartError::Folder { folder: settings.folder, error })?;
    let mut task = JoinSet::new();
    task.spawn(run::always(first, open, Arc::clone(&look), around.tell));
    Ok(Acme { shown, standing, look, _task: task })
}

impl Acme {
    /// What listeners ask at each handshake.
    pub fn identity(&self) -> Arc<dyn Identity> {
        Arc::new(self.shown.clone())
    }

    /// What the server on port 80 answers challenges with.
    pub fn answers(&self) -> Answers {
        self.shown.answers()
    }

    /// How things stand.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    /// Tries now, where the certificate is due and the authority need not be spared: the user has changed something.
    pub fn look_again(&self) {
        self.look.notify_one();
    }
}

/// `3 hours`: the largest unit that fits, for messages.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
