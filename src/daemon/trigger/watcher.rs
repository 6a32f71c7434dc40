//! One watcher: what it needs to tell what it notices, and who starts it again when it fails.

use super::{Name, Sender, States, Trigger};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The first wait before a watcher that failed is started again, and the longest; each is twice as long as the one
/// before.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Where a watcher tells things.
#[derive(Clone, Debug)]
pub(super) struct Post {
    name: Name,
    sender: Sender,
    states: watch::Sender<States>,
    ground: watch::Sender<()>,
}

/// Why a watcher does not watch any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// This cannot be watched here, or need not be; in one line.
    Never(String),
    /// It failed; in one line. It will be tried again.
    Failed(String),
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        let text = error.to_string();
        let words = text.split(" (os error").next().unwrap_or(&text);
        // The system's own words begin with a capital; ours may hold names.
        Self::Failed(if error.raw_os_error().is_some() { words.to_lowercase() } else { words.to_owned() })
    }
}

impl Post {
    pub(super) fn new(
        name: Name,
        sender: Sender,
        states: watch::Sender<States>,
        ground: watch::Sender<()>,
    ) -> Self {
        Self { name, sender, states, ground }
    }

    /// Says to the other watchers that what they stand on may have changed: addresses and routes, or the router.
    pub(super) fn shake(&self) {
        self.ground.send_replace(());
    }

    /// Hears that, from now on.
    #[cfg(feature = "router")]
    pub(super) fn ground(&self) -> watch::Receiver<()> {
        self.ground.subscribe()
    }

    /// It watches. Returns whether it did not for a while, in which something may have been missed.
    pub(super) fn watching(&self) -> bool {
        let mut after_a_gap = false;
        self.states.send_if_modified(|states| {
            let before = states.insert(self.name, Ok(()));
            after_a_gap = matches!(before, Some(Err(_)));
            before != Some(Ok(()))
        });
        after_a_gap
    }

    /// It does not.
    pub(super) fn not_watching(&self, why: String) {
        self.states.send_if_modified(|states| {
            let now = Err(why);
            let changed = states.get(&self.name) != Some(&now);
            states.insert(self.name, now);
            changed
        });
    }

    /// Something was noticed. Waits while the loop has more to do than it can take.
    pub(super) async fn fire(&self, trigger: Trigger) {
        if trigger == Trigger::Interfaces {
            self.shake();
        }
        // Nobody listens any more where the loop has ended, and this task ends with it.
        let _unheard = self.sender.send(trigger).await;
    }
}

/// Keeps a watcher going: one that fails, or breaks off, is started again after a while.
pub(super) async fn keep<W>(post: Post, watcher: impl Fn(Post) -> W)
where
    W: Future<Output = End> + Send + 'static,
{
    let mut wait = FIRST_WAIT;
    loop {
        // A task of its own: a defect in one watcher stops no other. It ends with this one.
        let mut task = JoinSet::new();
        let began = Instant::now();
        task.spawn(watcher(post.clone()));
        match task.join_next().await {
            Some(Ok(End::Never(why))) => return post.not_watching(why),
            Some(Ok(End::Failed(why))) => post.not_watching(why),
            Some(Err(_)) | None => post.not_watching("a defect of this program broke it off".to_owned()),
        }
        if began.elapsed() > LONGEST_WAIT {
            wait = FIRST_WAIT;
        }
        tokio::time::sleep(wait).await;
        wait = LONGEST_WAIT.min(wait * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::mpsc;

    #[tokio::test(start_paused = true)]
    async fn a_watcher_that_fails_or_breaks_off_is_started_again_and_says_that_there_was_a_gap() {
        static TURN: AtomicU32 = AtomicU32::new(0);
        let (sender, mut heard) = mpsc::channel(4);
        let states = watch::Sender::new(States::new());
        let mut seen = states.subscribe();
        let post = Post::new(Name::Interfaces, sender, states, watch::Sender::new(()));
        let watcher = |post: Post| async move {
            match TURN.fetch_add(1, Ordering::Relaxed) {
                0 => End::Failed("no socket".to_owned()),
                1 => panic!("a defect"),
                _ => {
                    if post.watching() {
                        post.fire(Trigger::Interfaces).await;
                    }
                    std::future::pending().await
                }
            }
        };
        let mut task = JoinSet::new();
        task.spawn(keep(post, watcher));
        let mut why = async |part: &str| {
            let of = |states: &States| {
                let state = states.get(&Name::Interfaces);
                state.is_some_and(|state| matches!(state, Err(why) if why.contains(part)))
            };
            seen.wait_for(of).await.expect("the watcher is there");
        };
        why("no socket").await;
        why("defect").await;
        assert_eq!(heard.recv().await, Some(Trigger::Interfaces));
        assert_eq!(seen.borrow().get(&Name::Interfaces), Some(&Ok(())));
    }

    #[tokio::test]
    async fn what_cannot_be_watched_is_not_tried_again() {
        let (sender, _heard) = mpsc::channel(1);
        let states = watch::Sender::new(States::new());
        let seen = states.subscribe();
        let post = Post::new(Name::Config, sender, states, watch::Sender::new(()));
        keep(post, |_| async { End::Never("not here".to_owned()) }).await;
        assert_eq!(seen.borrow().get(&Name::Config), Some(&Err("not here".to_owned())));
    }
}
