//! What wakes the daemon, with real kernels and routers: each trigger fires when it should and not otherwise.

mod interfaces;
mod router;

use dynflare::daemon::trigger::{Name, RouterEvents, Subjects, Trigger, Triggers};
use dynflare::net::{Network, NetworkSettings};
use dynflare_testkit::lab::{Lab, Place};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long something is waited for; a generous limit for a busy machine, never a measure.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long nothing has to happen before it is believed that nothing will.
const QUIET: Duration = Duration::from_millis(300);

/// Triggers that run at home, and what they notice.
struct Watched {
    triggers: Triggers,
    noticed: mpsc::Receiver<Trigger>,
}

impl Watched {
    /// Starts everything; called inside a runtime.
    fn start(router: RouterEvents) -> Self {
        let (sender, noticed) = mpsc::channel(64);
        let network = Network::new(NetworkSettings::default());
        let triggers = Triggers::start(Subjects { network, files: Vec::new(), router }, sender);
        Self { triggers, noticed }
    }

    /// Waits until one of them watches.
    async fn watches(&self, name: Name) {
        let mut states = self.triggers.states();
        let watching = states.wait_for(|states| states.get(&name) == Some(&Ok(())));
        let watching = timeout(PATIENCE, watching).await;
        assert!(watching.is_ok(), "{name:?}: {:?}", self.triggers.states().borrow().get(&name));
    }

    /// Waits for the next thing noticed.
    async fn next(&mut self) -> Trigger {
        let next = timeout(PATIENCE, self.noticed.recv()).await;
        next.expect("something is noticed").expect("the triggers run")
    }

    /// Nothing more is noticed.
    async fn quiet(&mut self) {
        let next = timeout(QUIET, self.noticed.recv()).await;
        assert!(next.is_err(), "{next:?} was noticed");
    }
}

/// Runs a test's future at a place, on a runtime of its own.
fn at<F: Future>(lab: &Lab, place: Place, test: impl FnOnce() -> F + Send) -> F::Output
where
    F::Output: Send,
{
    lab.enter(place, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(async { test().await })
    })
}
