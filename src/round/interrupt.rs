//! Ending the detections of a round from outside: what they would say is no longer of interest.

use std::future::pending;
use tokio::sync::watch;

/// Ends the detections of one round.
#[derive(Debug)]
pub struct Interrupter(watch::Sender<bool>);

impl Interrupter {
    /// Ends them. What is being written is finished; what was not decided is not known.
    pub fn interrupt(&self) {
        self.0.send_replace(true);
    }
}

/// What a round listens to.
#[derive(Clone, Debug)]
pub struct Interrupt(Option<watch::Receiver<bool>>);

impl Interrupt {
    /// A round that nobody interrupts.
    pub fn never() -> Self {
        Self(None)
    }

    /// One that somebody may.
    pub fn new() -> (Interrupter, Self) {
        let (sender, receiver) = watch::channel(false);
        (Interrupter(sender), Self(Some(receiver)))
    }

    /// Waits until the round is interrupted.
    pub async fn wait(mut self) {
        if let Some(receiver) = &mut self.0
            && receiver.wait_for(|interrupted| *interrupted).await.is_ok()
        {
            return;
        }
        // Nobody can interrupt it, or nobody any more.
        pending::<()>().await;
    }
}
