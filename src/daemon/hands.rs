//! Who does what takes time: rounds, the sentinel's questions, the reading of the configuration.
//!
//! The loop says what is done and when, and never waits for it. What it is done with stands here, so that a test can
//! put itself in its place and let things take as long, and end, as it likes.

use super::parts::{Load, Loading};
use super::trigger::Sentinel;
use crate::round::{Finished, Round};
use dynflare_core::machine::{Cause, Line};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

/// Something under way. Who drops it wants it no more.
pub type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Who does it.
pub trait Hands: Send + Sync {
    /// A round that is started for this reason.
    fn round(&self, round: Round, cause: Cause) -> Task<Finished>;

    /// The last round, which takes back what is ours.
    fn withdraw(&self, round: Round) -> Task<Finished>;

    /// The address of a line by one witness; `None` where nothing came back.
    fn ask(&self, sentinel: Arc<Sentinel>, line: Line) -> Task<Option<IpAddr>>;

    /// Reads the configuration.
    fn load(&self, load: Load) -> Task<Loading>;
}

/// The program's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Own;

impl Hands for Own {
    fn round(&self, round: Round, _: Cause) -> Task<Finished> {
        Box::pin(round.run())
    }

    fn withdraw(&self, round: Round) -> Task<Finished> {
        Box::pin(round.run())
    }

    fn ask(&self, sentinel: Arc<Sentinel>, line: Line) -> Task<Option<IpAddr>> {
        Box::pin(async move { sentinel.ask(&line).await.address })
    }

    fn load(&self, load: Load) -> Task<Loading> {
        Box::pin(async move {
            // A secret may come from a program that takes its time.
            let loading = tokio::task::spawn_blocking(move || load()).await;
            loading.unwrap_or_else(|_| Err("a defect of this program broke the reading off".into()))
        })
    }
}
