//! Several futures at once on one task.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Runs all of them and gives their results in their order. Dropped, it drops them all.
///
/// Every wake-up polls whoever is not done; meant for tens, not thousands.
pub(super) async fn side_by_side<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Lane<F>> =
        futures.into_iter().map(|future| Lane { future: Some(Box::pin(future)), done: None }).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for lane in &mut running {
            let Some(future) = &mut lane.future else { continue };
            match future.as_mut().poll(context) {
                Poll::Ready(output) => (lane.future, lane.done) = (None, Some(output)),
                Poll::Pending => waiting = true,
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|lane| lane.done).collect()
}

struct Lane<F: Future> {
    future: Option<Pin<Box<F>>>,
    done: Option<F::Output>,
}

/// Nothing is pinned in place: the futures are boxed and the results are moved out.
impl<F: Future> Unpin for Lane<F> {}

#[cfg(test)]
mod tests {
    use super::side_by_side;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn results_come_in_the_order_of_the_futures_whoever_ends_first() {
        let (give, take) = oneshot::channel::<()>();
        let mut take = Some(take);
        let mut give = Some(give);
        let results = side_by_side((0..3).map(|number| {
            let (give, take) =
                (if number == 2 { give.take() } else { None }, if number == 0 { take.take() } else { None });
            async move {
                if let Some(give) = give {
                    let _ = give.send(());
                }
                if let Some(take) = take {
                    let _ = take.await;
                }
                number
            }
        }))
        .await;
        assert_eq!(results, [0, 1, 2]);
    }
}
