//! The one thread that changes zones. What waits for it is made together, written together, and answered when it is
//! durable; readers see it from that moment on, and never wait for the disk.

use crate::change::{self, ChangeError, WireChange};
use crate::draft::{Draft, Pending};
use crate::server::Shared;
use crate::store::Storage;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::oneshot;

/// The most changes that are made together.
const TOGETHER: usize = 1024;
/// How many changes may wait.
pub(crate) const WAITING: usize = 4096;

/// An update that has been checked as far as that goes without its zone. Nothing is done until it is submitted.
#[must_use = "an update that is not submitted is neither made nor answered"]
pub struct Ticket {
    jobs: mpsc::Sender<Job>,
    job: Job,
}

impl Ticket {
    /// Submits it. `answer` gets the answer in wire form when the change is durable, on the thread that makes changes:
    /// it sends and returns.
    pub fn submit(self, answer: impl FnOnce(&[u8]) + Send + 'static) {
        let _ = (self.jobs, self.job, answer);
    }

    /// Submits it and waits for the answer in wire form; `None` when the server ends before.
    pub async fn wait(self) -> Option<Vec<u8>> {
        let (tell, told) = oneshot::channel();
        self.submit(move |answer| {
            // Whoever waited is gone.
            let _: Result<(), _> = tell.send(answer.to_vec());
        });
        told.await.ok()
    }
}

/// A change to be made, and whom to tell.
pub(crate) struct Job {
    /// The key of the zone.
    pub(crate) zone: Box<[u8]>,
    pub(crate) work: Work,
}

/// The two kinds of changes.
pub(crate) enum Work {
    /// From the program itself.
    Change(Vec<WireChange>, Box<dyn FnOnce(Result<u32, ChangeError>) + Send>),
}

/// How the making of a change went, and whom to tell.
enum Made {
    Change(Result<u32, ChangeError>, Box<dyn FnOnce(Result<u32, ChangeError>) + Send>),
}

/// Makes changes until nobody can ask for one any more.
pub(crate) fn run(shared: &Arc<Shared>, mut storage: Storage, mut jobs: Receiver<Job>) {
    let mut batch = Vec::with_capacity(TOGETHER);
    while jobs.blocking_recv_many(&mut batch, TOGETHER) > 0 {
        commit(shared, &mut storage, batch.drain(..));
    }
}

fn commit(shared: &Arc<Shared>, storage: &mut Storage, jobs: impl Iterator<Item = Job>) {
    let mut pending: BTreeMap<Box<[u8]>, Pending> = BTreeMap::new();
    let made: Vec<Made> = {
        // Nobody else writes, so what is read here is still there when it is changed below.
        let state = shared.read();
        jobs.map(|job| {
            let served = state.exactly(&job.zone).map(|place| &state.zones[place]);
            let batch = pending.entry(job.zone).or_default();
            match job.work {
                Work::Change(changes, tell) => {
                    let result = served
                        .filter(|served| served.name.is_some())
                        .map_or(Err(ChangeError::Stopped), |served| {
                            change::apply(Draft::new(&served.zone, batch), &changes)
                        });
                    Made::Change(result.map(|(names, serial)| (batch.extend(names), serial).1), tell)
                }
            }
        })
        .collect()
    };
    pending.retain(|_, names| !names.is_empty());
    let written = if pending.is_empty() {
        Ok(())
    } else {
        storage.commit(&pending.iter().map(|(zone, names)| (&**zone, names)).collect::<Vec<_>>())
    };
    if written.is_ok() && !pending.is_empty() {
        shared.apply(&pending);
    }
    let failure = written.err().map(|error| error.to_string());
    for one in made {
        match one {
            Made::Change(result, tell) => tell(match &failure {
                Some(error) => result.and(Err(ChangeError::Store(error.clone()))),
                None => result,
            }),
        }
    }
}
