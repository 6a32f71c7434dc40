//! One zone: who waits for what, what is open, and the task that works it off, one round after the other.

use super::known::Known;
use super::noted::{self, Book, Notes};
use super::outcome::{Became, Waits, Who};
use super::rest::Rest;
use super::turn::{self, Came};
use super::{Ground, Knowledge, Wish};
use crate::keeper::Keeper;
use crate::memory::Store;
use crate::report::event::Event;
use crate::server::update::setter::{Set, Want};
use crate::setup;
use dynflare_core::fault::Fault;
use dynflare_core::memory::Memory;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// How often it is looked which changes are too old to be remembered, where a restart would forget them all.
const FORGETTING: Duration = Duration::from_secs(60);

/// How many records one round takes on; the rest is the next one's.
const MOST: usize = 1024;

/// One zone.
pub(super) struct Lane {
    pub(super) zone: Name,
    ground: Mutex<Arc<Ground>>,
    queue: Mutex<Vec<Ask>>,
    /// What is in the queue or open. Locked after `queue`.
    asked: Mutex<HashSet<Key>>,
    known: Mutex<Known>,
    open: AtomicU64,
    rounds: AtomicU64,
    trouble: Mutex<Option<Fault>>,
    bell: Notify,
    fresh: AtomicBool,
    ended: AtomicBool,
}

/// How a zone stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Wishes that are not written yet.
    pub open: u64,
    /// Rounds since the start.
    pub rounds: u64,
    /// Names and types that are known to be right.
    pub known: usize,
    /// What is in the way, where something is.
    pub trouble: Option<Fault>,
}

/// One name and type that somebody waits for.
struct Ask {
    key: Key,
    want: Want<IpAddr>,
    account: Arc<str>,
    tell: oneshot::Sender<Set>,
}

/// One name and type that is not right yet, as far as is known.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) want: Want<IpAddr>,
    pub(super) account: Arc<str>,
    rest: Rest,
    fault: Option<Fault>,
    tells: Vec<oneshot::Sender<Set>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lane {
    /// Begins with what earlier runs left open. Needs a tokio runtime.
    pub(super) fn start(
        zone: Name,
        ground: Ground,
        folder: Option<PathBuf>,
        say: mpsc::UnboundedSender<Event>,
    ) -> Arc<Self> {
        // What is here is as durable as the answer to it.
        let folder = folder.filter(|_| matches!(ground.knowledge, Knowledge::Remembered));
        let lane = Arc::new(Self {
            zone,
            ground: Mutex::new(Arc::new(ground)),
            queue: Mutex::default(),
            asked: Mutex::default(),
            known: Mutex::default(),
            open: AtomicU64::new(0),
            rounds: AtomicU64::new(0),
            trouble: Mutex::default(),
            bell: Notify::new(),
            fresh: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        tokio::spawn(Worker::open(Arc::clone(&lane), folder, say).run());
        lane
    }

    /// Goes on with other settings.
    pub(super) fn turn_to(&self, ground: Ground) {
        *held(&self.ground) = Arc::new(ground);
        held(&self.known).doubt_all();
        self.fresh.store(true, Ordering::Release);
        self.bell.notify_one();
    }

    /// Ends after what it is at.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.bell.notify_one();
    }

    /// Whether it is known that a name is as wanted. While another wish for it is on its way, what is there now says
    /// nothing about what will be.
    pub(super) fn is_known(&self, key: &Key, want: Want<IpAddr>) -> bool {
        if held(&self.asked).contains(key) {
            return false;
        }
        let ground = self.ground();
        match &ground.knowledge {
            Knowledge::Remembered => held(&self.known).is(key, want, ground.audit),
            Knowledge::Here(look) => {
                let there = look.look(key);
                match want {
                    Want::Address(address) => there == [address],
                    Want::Offline => there.is_empty(),
                    Want::Keep => true,
                }
            }
        }
    }

    /// Puts a name into the queue.
    pub(super) fn ask(&self, key: Key, want: Want<IpAddr>, wish: &Wish) -> oneshot::Receiver<Set> {
        let (tell, told) = oneshot::channel();
        let mut queue = held(&self.queue);
        held(&self.asked).insert(key.clone());
        queue.push(Ask { key, want, account: Arc::clone(&wish.account), tell });
        drop(queue);
        self.bell.notify_one();
        told
    }

    /// What is open, beside what is in the queue.
    fn still_asked<'k>(&self, open: impl Iterator<Item = &'k Key>) {
        let queue = held(&self.queue);
        let queued = queue.iter().map(|ask| ask.key.clone());
        *held(&self.asked) = queued.chain(open.cloned()).collect();
    }

    /// How it stands.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            open: self.open.load(Ordering::Relaxed),
            rounds: self.rounds.load(Ordering::Relaxed),
            known: held(&self.known).len(),
            trouble: held(&self.trouble).clone(),
        }
    }

    fn ground(&self) -> Arc<Ground> {
        Arc::clone(&held(&self.ground))
    }
}

/// The task of a lane.
struct Worker {
    lane: Arc<Lane>,
    open: BTreeMap<Key, Open>,
    rest: Rest,
    /// What the zone rests for.
    fault: Option<Fault>,
    memory: Memory,
    keeper: Option<Keeper>,
    book: Option<Book>,
    /// Answers that are given once what they say is noted.
    answers: Vec<(oneshot::Sender<Set>, Set)>,
    say: mpsc::UnboundedSender<Event>,
    forgot: Instant,
}

impl Worker {
    fn open(lane: Arc<Lane>, folder: Option<PathBuf>, say: mpsc::UnboundedSender<Event>) -> Self {
        let mut worker = Self {
            lane,
            open: BTreeMap::new(),
            rest: Rest::default(),
            fault: None,
            memory: Memory::default(),
            keeper: None,
            book: None,
            answers: Vec::new(),
            say,
            forgot: Instant::now(),
        };
        let Some(folder) = folder else { return worker };
        let (store, memory, warning) = Store::open(&folder);
        if let Some(warning) = warning {
            worker.notice(warning.to_string());
        }
        (worker.memory, worker.keeper) = (memory, Some(Keeper::new(store)));
        let (book, notes) = Book::open(&folder);
        worker.book = Some(book);
        match notes {
            Ok(notes) => worker.resume(notes),
            Err(why) => worker.notice(why),
        }
        worker
    }

    fn resume(&mut self, notes: Notes) {
        for (key, note) in notes {
            let open = Open {
                want: note.want,
                account: note.account.into(),
                rest: Rest::default(),
                fault: None,
                tells: Vec::new(),
            };
            self.open.insert(key, open);
        }
        self.lane.bell.notify_one();
    }

    fn notice(&self, text: String) {
        // Nobody listens any more at the end of the program.
        let _heard = self.say.send(Event::Notice(text));
    }

    async fn run(mut self) {
        loop {
            self.wait().await;
            if self.lane.ended.load(Ordering::Acquire) {
                break;
            }
            if self.lane.fresh.swap(false, Ordering::AcqRel) {
                self.rest.over();
                self.open.values_mut().for_each(|open| open.rest.over());
            }
            self.take();
            let due = self.due();
            self.note().await;
            if due.is_empty() {
                continue;
            }
            let ground = self.lane.ground();
            let wanted = due.iter().map(|key| (key.clone(), self.open[key].want)).collect();
            let turn = turn::Turn { zone: &self.lane.zone, ground: &ground, keeper: self.keeper.as_ref() };
            let came = turn.take(wanted, &mut self.memory).await;
            self.lane.rounds.fetch_add(1, Ordering::Relaxed);
            if self.book.is_none() && self.forgot.elapsed() > FORGETTING {
                turn::forget(&mut self.memory, setup::now());
                self.forgot = Instant::now();
            }
            self.settle(came);
            self.note().await;
        }
    }

    /// Waits until there is something to do.
    async fn wait(&self) {
        if self.open.values().any(|open| open.rest.until().is_none()) && self.rest.until().is_none() {
            return;
        }
        let rests = self.open.values().filter_map(|open| open.rest.until());
        let next: Option<Instant> = match self.rest.until() {
            _ if self.open.is_empty() => None,
            Some(until) => Some(until),
            None => rests.min(),
        };
        let bell = self.lane.bell.notified();
        match next {
            None => bell.await,
            Some(until) => tokio::select! {
                () = bell => {}
                () = sleep_until(until) => {}
            },
        }
    }

    /// Takes in what was asked meanwhile. Of two wishes for one name the later one counts, for both who asked.
    fn take(&mut self) {
        let asks = std::mem::take(&mut *held(&self.lane.queue));
        for Ask { key, want, account, tell } in asks {
            let resting = self.rest.until().and(self.fault.clone());
            let open = self.open.entry(key).or_insert_with(|| Open {
                want,
                account: Arc::clone(&account),
                rest: Rest::default(),
                fault: None,
                tells: Vec::new(),
            });
            if open.want != want {
                (open.want, open.account) = (want, account);
                open.rest.over();
            }
            let own = open.rest.until().and(open.fault.clone());
            match resting.or(own) {
                // Whoever repeats himself learns what he learnt before, and nobody is called.
                Some(fault) => self.answers.push((tell, Set::Later(fault))),
                None => open.tells.push(tell),
            }
        }
    }

    /// What is to be tried now.
    fn due(&self) -> Vec<Key> {
        if self.rest.until().is_some() {
            return Vec::new();
        }
        let due = self.open.iter().filter(|(_, open)| open.rest.until().is_none());
        due.take(MOST).map(|(key, _)| key.clone()).collect()
    }

    /// Takes note of what came of a round.
    fn settle(&mut self, came: Vec<Came>) {
        let mut tired: Option<Waits> = None;
        let mut told = 0;
        let local = matches!(self.lane.ground().knowledge, Knowledge::Here(_));
        let failures = came.iter().filter(|one| matches!(one.became, Became::Waits(_))).count();
        for Came { key, want, became, event } in came {
            let right = matches!(became, Became::Right(_));
            // One that fails says what a thousand beside it would say.
            if (right && !local) || (!right && told < SAID) {
                told += usize::from(!right);
                let _heard = self.say.send(Event::Record(Box::new(event)));
            }
            let mut known = held(&self.lane.known);
            if right && !local {
                known.note(key.clone(), want);
            } else {
                known.doubt(&key);
            }
            drop(known);
            match became {
                Became::Right(set) => self.answer(&key, &set),
                Became::Refused(why) => self.answer(&key, &Set::Refused(why)),
                Became::Waits(waits) => {
                    if let Some(open) = self.open.get_mut(&key) {
                        open.fault = Some(waits.fault.clone());
                        let set = Set::Later(waits.fault.clone());
                        self.answers.extend(open.tells.drain(..).map(|tell| (tell, set.clone())));
                        if waits.who == Who::Name {
                            open.rest.failed(&waits, setup::seed());
                        } else {
                            tired.get_or_insert(waits);
                        }
                    }
                }
            }
        }
        if failures > SAID {
            let more = failures - SAID;
            self.notice(format!(
                "{more} more records of {} wait for the same or for other reasons",
                self.lane.zone
            ));
        }
        match &tired {
            Some(waits) => self.rest.failed(waits, setup::seed()),
            None => self.rest.over(),
        }
        self.fault = tired.map(|waits| waits.fault);
        let any = || self.open.values().find_map(|open| open.fault.clone());
        *held(&self.lane.trouble) = self.fault.clone().or_else(any);
    }

    /// A name is done with.
    fn answer(&mut self, key: &Key, set: &Set) {
        if let Some(open) = self.open.remove(key) {
            self.answers.extend(open.tells.into_iter().map(|tell| (tell, set.clone())));
        }
    }

    /// Notes what is open, and gives the answers that waited for that.
    async fn note(&mut self) {
        self.lane.open.store(self.open.len() as u64, Ordering::Relaxed);
        self.lane.still_asked(self.open.keys());
        if let Some(mut book) = self.book.take() {
            let notes = noted::notes(&self.open);
            let written = tokio::task::spawn_blocking(move || {
                let written = book.write(notes);
                (book, written)
            });
            match written.await {
                Ok((book, written)) => {
                    self.book = Some(book);
                    if let Err(why) = written {
                        self.notice(format!("{why}; what is open now would be forgotten at the end"));
                    }
                }
                Err(_) => self.notice("notes are not kept any more: writing them broke off".to_owned()),
            }
        }
        for (tell, set) in self.answers.drain(..) {
            // The client may be gone.
            let _heard = tell.send(set);
        }
    }
}

/// How many records that failed are told of after one round.
const SAID: usize = 3;
