//! The driver's clock for an engine whose far end takes a while to be there: how much of a question's time is left,
//! and when it may try once more. Engines neither sleep nor choose how often they ask; here it is bounded for all.

#![cfg(feature = "tunnel")]

use super::Question;
use std::time::Duration;
use tokio::time::Instant;

/// How long after the beginning of a fruitless try the next one begins, at the earliest.
const AGAIN: Duration = Duration::from_millis(300);

/// The time of one question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    end: Instant,
    next: Instant,
}

impl Question<'_> {
    /// Its time, which begins now.
    pub(super) fn pace(&self) -> Pace {
        let now = Instant::now();
        Pace { end: now + self.timeout, next: now + AGAIN }
    }
}

impl Pace {
    /// What is left of the question's time.
    pub(super) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Waits until the next try is due; false, at once, where no time would be left for it.
    pub(super) async fn again(&mut self) -> bool {
        let due = self.next.max(Instant::now());
        if due >= self.end {
            return false;
        }
        tokio::time::sleep_until(due).await;
        self.next = due + AGAIN;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn tries_are_apart_and_end_with_the_time() {
        let began = Instant::now();
        let mut pace = Pace { end: began + Duration::from_secs(1), next: began + AGAIN };
        let mut tries = Vec::new();
        while pace.again().await {
            tries.push(began.elapsed().as_millis());
            // The second try takes longer than the wait.
            if tries.len() == 2 {
                tokio::time::advance(Duration::from_millis(350)).await;
            }
        }
        assert_eq!(tries, [300, 600, 950]);
        assert_eq!(pace.left(), Duration::from_millis(50));
    }
}
