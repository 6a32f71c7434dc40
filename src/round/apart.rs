//! Work in tasks of its own: what breaks off is the fault of one piece, and all the others go on.

use dynflare_core::fault::{Class, Fault};
use std::collections::HashMap;
use std::future::Future;
use tokio::task::{JoinError, JoinSet};

/// Does one piece of work; a panic in it is a fault.
pub(super) async fn one<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Fault> {
    tokio::spawn(work).await.map_err(broke_off)
}

/// Does all pieces side by side. Returned in the order in which they end, each with what it is about.
pub(super) async fn each<K, T, W>(pieces: impl IntoIterator<Item = (K, W)>) -> Vec<(K, Result<T, Fault>)>
where
    T: Send + 'static,
    W: Future<Output = T> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    let mut about: HashMap<_, K> =
        pieces.into_iter().map(|(about, work)| (tasks.spawn(work).id(), about)).collect();
    let mut ended = Vec::with_capacity(about.len());
    while let Some(one) = tasks.join_next_with_id().await {
        let (id, result) = match one {
            Ok((id, value)) => (id, Ok(value)),
            Err(broken) => (broken.id(), Err(broke_off(broken))),
        };
        let about = about.remove(&id).expect("every task was entered when it was spawned, and ends once");
        ended.push((about, result));
    }
    ended
}

/// A panic, as the fault it is.
fn broke_off(broken: JoinError) -> Fault {
    let fault = Fault::new(Class::Unexpected, "a defect of this program broke the work on this record off")
        .hint("look at the record with `dynflare plan`, and report this");
    let Ok(panic) = broken.try_into_panic() else { return fault };
    let words = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    match words.or_else(|| panic.downcast_ref::<String>().cloned()) {
        Some(words) => fault.said(words),
        None => fault,
    }
}
