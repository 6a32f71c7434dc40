//! Targets that hang, fail and want to wait, on a clock that stands still.

use super::super::channel::{Ping, Sending, Twice};
use super::super::message::Message;
use super::super::queue::LENGTH;
use super::*;
use dynflare_core::fault::Class;
use std::collections::VecDeque;
use tokio::task::JoinHandle;

/// What a scripted target does with one attempt.
#[derive(Clone)]
enum Act {
    Take,
    Fail(Fault),
    Hang,
}

/// Does one act after the other, then takes everything; keeps what it was sent and when.
#[derive(Clone)]
struct Scripted {
    acts: Arc<Mutex<VecDeque<Act>>>,
    sent: Arc<Mutex<Vec<(Duration, String)>>>,
    begin: Instant,
}

impl Channel for Scripted {
    fn send<'a>(&'a self, job: &'a Job) -> Sending<'a> {
        Box::pin(async move {
            let title = match job {
                Job::Message(message) => message.at.to_string(),
                Job::Ping(_) | Job::Standing(_) => job.title().to_owned(),
            };
            self.sent.lock().expect("nobody panics").push((self.begin.elapsed(), title));
            let act = self.acts.lock().expect("nobody panics").pop_front().unwrap_or(Act::Take);
            match act {
                Act::Take => Ok(()),
                Act::Fail(fault) => Err(fault),
                Act::Hang => std::future::pending().await,
            }
        })
    }

    fn twice(&self, _job: &Job) -> Twice {
        Twice::Told
    }
}

struct World {
    queue: Arc<Queue>,
    tally: Arc<Mutex<Tally>>,
    outcomes: mpsc::Receiver<Outcome>,
    task: JoinHandle<()>,
    scripted: Scripted,
}

impl World {
    fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let acts = Arc::new(Mutex::new(acts.into_iter().collect()));
        let scripted = Scripted { acts, sent: Arc::default(), begin: Instant::now() };
        let (queue, tally) = (Arc::new(Queue::default()), Arc::default());
        let (sender, outcomes) = mpsc::channel(64);
        let target = Target {
            name: "x".into(),
            channel: Box::new(scripted.clone()),
            queue: Arc::clone(&queue),
            tally: Arc::clone(&tally),
            outcomes: sender,
        };
        Self { queue, tally, outcomes, task: tokio::spawn(target.run()), scripted }
    }

    fn message(&self, number: u64) {
        self.queue.push(Job::Message(Arc::new(Message::test(number))));
    }

    /// The whole seconds of all attempts.
    fn seconds(&self) -> Vec<u64> {
        self.scripted.sent.lock().expect("nobody panics").iter().map(|(at, _)| at.as_secs()).collect()
    }

    fn sent(&self) -> Vec<String> {
        self.scripted.sent.lock().expect("nobody panics").iter().map(|(_, what)| what.clone()).collect()
    }

    async fn outcome(&mut self) -> What {
        self.outcomes.recv().await.expect("the task goes on").what
    }
}

fn failing(class: Class) -> Act {
    Act::Fail(Fault::new(class, "it failed"))
}

#[tokio::test(start_paused = true)]
async fn what_fails_for_now_is_tried_again_and_arrives_once() {
    let mut world = World::new([failing(Class::Unavailable), failing(Class::Unavailable)]);
    world.message(1);
    assert!(matches!(world.outcome().await, What::Delivered { .. }));
    let seconds = world.seconds();
    assert_eq!(seconds.len(), 3);
    assert!((1..=2).contains(&seconds[1]) && (5..=10).contains(&seconds[2]), "{seconds:?}");
    assert_eq!(read(&world.tally), Tally { delivered: 1, ..Tally::default() });
}

#[tokio::test(start_paused = true)]
async fn after_five_attempts_it_has_failed_and_the_next_message_has_its_turn() {
    let mut world = World::new(vec![failing(Class::Unavailable); 5]);
    world.message(1);
    world.message(2);
    assert!(matches!(world.outcome().await, What::Failed { attempts: 5, .. }));
    assert!(matches!(world.outcome().await, What::Delivered { .. }));
    assert_eq!(world.sent(), ["1", "1", "1", "1", "1", "2"]);
    assert_eq!(read(&world.tally), Tally { delivered: 1, failed: 1, dropped: 0 });
}

#[tokio::test(start_paused = true)]
async fn ur_48_a_wait_that_was_asked_for_is_kept_to_the_second() {
    let asked = Fault::new(Class::RateLimited, "slow down").retry_after(Some(Duration::from_secs(90)));
    let mut world = World::new([Act::Fail(asked)]);
    world.message(1);
    assert!(matches!(world.outcome().await, What::Delivered { .. }));
    assert_eq!(world.seconds(), [0, 90]);
}

#[tokio::test(start_paused = true)]
async fn ur_60_a_target_that_hangs_holds_up_neither_the_caller_nor_another_target() {
    let (stuck, mut well) = (World::new([Act::Hang]), World::new([]));
    for number in 0..100 {
        // Not even a turn of the runtime is given away here.
        stuck.message(number);
        well.message(number);
        assert!(matches!(well.outcome().await, What::Delivered { .. }));
    }
    assert_eq!(read(&well.tally), Tally { delivered: 100, ..Tally::default() });
    assert_eq!(stuck.sent(), ["0"], "one message, once");
    assert_eq!(Instant::now().duration_since(well.scripted.begin), Duration::ZERO, "and no time passed");
}

#[tokio::test(start_paused = true)]
async fn what_a_slow_target_could_not_take_is_dropped_and_told() {
    let mut world = World::new([failing(Class::Unavailable)]);
    world.message(0);
    tokio::task::yield_now().await;
    for number in 1..=LENGTH as u64 + 3 {
        world.message(number);
    }
    assert!(matches!(world.outcome().await, What::Delivered { .. }));
    assert!(matches!(world.outcome().await, What::Dropped { count: 3 }));
    for _ in 0..LENGTH {
        assert!(matches!(world.outcome().await, What::Delivered { .. }));
    }
    assert_eq!(world.sent()[2], "4", "the oldest three are gone");
    assert_eq!(read(&world.tally), Tally { delivered: LENGTH as u64 + 1, failed: 0, dropped: 3 });
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_is_waiting_to_be_tried_again_gives_way_to_a_newer_one() {
    let mut world = World::new([failing(Class::Unavailable)]);
    world.queue.push(Job::Ping(Ping::Failed("why".to_owned())));
    tokio::task::yield_now().await;
    world.queue.push(Job::Ping(Ping::Fine));
    assert!(matches!(world.outcome().await, What::Delivered { .. }));
    assert_eq!((world.seconds(), world.sent().len()), (vec![0, 0], 2));
}

#[tokio::test(start_paused = true)]
async fn a_stop_delivers_what_waits_and_waits_for_no_second_attempt() {
    let world = World::new([failing(Class::Unavailable)]);
    world.message(1);
    world.message(2);
    world.queue.close();
    world.task.await.expect("it ends");
    assert_eq!(world.scripted.sent.lock().expect("nobody panics").len(), 2);
    assert_eq!(read(&world.tally), Tally { delivered: 1, failed: 1, dropped: 0 });
}
