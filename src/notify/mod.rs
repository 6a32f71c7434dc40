//! Telling people and other programs what happened, wherever they want to be told.
//!
//! Owns the targets: what each kind of them is sent ([`kinds`]), in which words ([`message`]), how often that is tried
//! ([`delivery`]), and that none delays another or the caller. A target is a task with a short queue of its own
//! ([`queue`]); [`Notifier::tell`] only queues. When there is news, and that there is one piece for each incident, is
//! decided by the daemon; what became of a message is handed back as an [`Outcome`], to be shown or counted.
//!
//! Nearly every kind is one HTTP request and so only a row of a table. The others have a file each: `mail`, `mqtt` and
//! `program`.

pub mod channel;
pub mod delivery;
mod http;
pub mod kinds;
#[cfg(feature = "mail")]
mod mail;
pub mod message;
#[cfg(feature = "mqtt")]
mod mqtt;
pub mod program;
mod queue;
pub mod settings;
mod target;
pub mod template;

pub use channel::{Ended, Health, Standing};
pub use message::Message;
pub use settings::Settings;
pub use target::{Outcome, Tally, What};

use crate::net::Network;
use crate::report::clean::Cleaner;
use crate::report::news::News;
use channel::{Job, Ping};
use dynflare_core::fault::Fault;
use kinds::Sort;
use queue::Queue;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use target::Target;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How long [`Notifier::stop`] waits for what is queued.
pub const FLUSH: Duration = Duration::from_millis(1_500);

/// How many outcomes wait to be taken; what comes beyond is only counted.
const OUTCOMES: usize = 64;

/// The targets, each with its queue.
#[derive(Debug)]
pub struct Notifier {
    targets: Vec<Entry>,
    tasks: JoinSet<()>,
    cleaner: Cleaner,
}

#[derive(Debug)]
struct Entry {
    name: Arc<str>,
    settings: Settings,
    queue: Arc<Queue>,
    tally: Arc<Mutex<Tally>>,
}

impl Notifier {
    /// Starts a task for each target. Needs a tokio runtime.
    ///
    /// What becomes of messages comes out of the receiver; nobody has to listen.
    pub fn start(
        targets: &BTreeMap<String, Settings>,
        network: &Network,
        cleaner: Cleaner,
    ) -> (Self, mpsc::Receiver<Outcome>) {
        let (outcomes, receiver) = mpsc::channel(OUTCOMES);
        let mut tasks = JoinSet::new();
        let mut entries = Vec::new();
        for (name, settings) in targets {
            let name: Arc<str> = name.as_str().into();
            let (queue, tally) = (Arc::new(Queue::default()), Arc::default());
            let target = Target {
                name: Arc::clone(&name),
                channel: channel::open(settings, network),
                queue: Arc::clone(&queue),
                tally: Arc::clone(&tally),
                outcomes: outcomes.clone(),
            };
            tasks.spawn(target.run());
            entries.push(Entry { name, settings: settings.clone(), queue, tally });
        }
        (Self { targets: entries, tasks, cleaner }, receiver)
    }

    /// Queues a piece of news for every target that wants its kind, and returns at once.
    pub fn tell(&self, news: &News) {
        let wanted = |entry: &&Entry| entry.settings.wants(news.what.kind());
        let mut targets = self.targets.iter().filter(wanted).peekable();
        if targets.peek().is_none() {
            return;
        }
        let message = Arc::new(Message::of(news, &self.cleaner));
        targets.for_each(|entry| entry.queue.push(Job::Message(Arc::clone(&message))));
    }

    /// Queues the ping that a round began, for targets that measure how long one takes.
    pub fn round_started(&self) {
        self.ping(&Ping::Started);
    }

    /// Queues the ping that a round ended, in the place of any that waits.
    pub fn round_ended(&self, ended: &Ended) {
        self.ping(&match ended {
            Ended::Fine => Ping::Fine,
            Ended::Failed(cause) => Ping::Failed(self.cleaner.whole(cause)),
        });
    }

    /// Queues how all records stand, for targets that keep a state of each (MQTT); in the place of what waits. They
    /// are told only what is new to them, so this may be called after every round.
    pub fn standing(&self, records: &[Standing]) {
        let mut targets = self.targets.iter().filter(|entry| entry.settings.keeps_state()).peekable();
        if targets.peek().is_none() {
            return;
        }
        let records: Arc<[Standing]> = records.into();
        targets.for_each(|entry| entry.queue.push(Job::Standing(Arc::clone(&records))));
    }

    fn ping(&self, ping: &Ping) {
        let pinged = self.targets.iter().filter(|entry| entry.settings.kind.sort == Sort::Pings);
        pinged.for_each(|entry| entry.queue.push(Job::Ping(ping.clone())));
    }

    /// What has become of everything so far, by target.
    pub fn tallies(&self) -> Vec<(&str, Tally)> {
        self.targets.iter().map(|entry| (entry.name.as_ref(), target::read(&entry.tally))).collect()
    }

    /// Delivers what is queued if that takes no longer than [`FLUSH`], and ends.
    pub async fn stop(mut self) {
        self.targets.iter().for_each(|entry| entry.queue.close());
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // What is not delivered by then is not: the process has to end.
        let _ = tokio::time::timeout(FLUSH, all).await;
    }
}

/// Sends a test message to each target, all at the same time and once, and says what came of it, in their order.
pub async fn test(
    targets: &BTreeMap<String, Settings>,
    network: &Network,
    now: u64,
) -> Vec<(String, Result<(), Fault>)> {
    let message = Arc::new(Message::test(now));
    let mut sending = JoinSet::new();
    for (name, settings) in targets {
        let (name, channel) = (name.clone(), channel::open(settings, network));
        let job = match settings.kind.sort {
            Sort::News => Job::Message(Arc::clone(&message)),
            Sort::Pings => Job::Ping(Ping::Test),
        };
        sending.spawn(async move { (name, channel.send(&job).await) });
    }
    let mut ended: BTreeMap<String, Result<(), Fault>> = BTreeMap::new();
    while let Some(one) = sending.join_next().await {
        ended.extend(one.ok());
    }
    let broke = || Err(Fault::new(dynflare_core::fault::Class::Unexpected, "the target's code broke off"));
    targets.keys().map(|name| (name.clone(), ended.remove(name).unwrap_or_else(broke))).collect()
}
