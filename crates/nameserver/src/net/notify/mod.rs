//! Word to secondaries that a zone has changed (RFC 1996): one task for each zone and secondary.
//!
//! When to speak is `course`'s decision, what is said `message`'s. Serial numbers come from the name server; a secondary
//! then asks for the transfer itself.

mod course;
mod message;

use self::course::{Course, Step};
use self::message::{Message, Reply};
use crate::server::{NameServer, Serials};
use crate::tsig::Key;
use dynflare_core::name::Name;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// A server that has zones from this one and wants to know when they change.
#[derive(Clone, Debug)]
pub struct Secondary {
    /// Where it listens.
    pub address: SocketAddr,
    /// The zones; `None`: all.
    pub zones: Option<Vec<Name>>,
    /// What the word is signed with.
    pub key: Option<Key>,
    /// The address it is told from; `None`: the system's choice.
    pub from: Option<IpAddr>,
}

/// What a secondary said to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing so far.
    Silence,
    /// It will look.
    Yes,
    /// It does not want to know, with its response code (9: it does not know the key).
    No(u8),
}

/// What a secondary was told last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// About which zone.
    pub zone: Name,
    /// Which secondary.
    pub secondary: SocketAddr,
    /// The serial number.
    pub serial: u32,
    /// What it said to it.
    pub heard: Heard,
}

/// How long after word of other zones a task looks again.
const GLANCE: Duration = Duration::from_millis(20);
/// The longest wait without a look at the serial number.
const LOOK: Duration = Duration::from_secs(1);
/// How long one message is repeated as it is; the time in its signature must not be too old.
const STALE: Duration = Duration::from_secs(60);

/// Who is to be told of what, and what they said.
pub(super) struct Desk {
    orders: watch::Sender<Orders>,
    words: Mutex<BTreeMap<(Name, SocketAddr), (u32, Heard)>>,
}

#[derive(Clone)]
struct Orders {
    serials: watch::Receiver<Serials>,
    secondaries: Vec<Secondary>,
}

impl Desk {
    pub(super) fn new(engine: &NameServer, secondaries: Vec<Secondary>) -> Self {
        let orders = Orders { serials: engine.subscribe(), secondaries };
        Self { orders: watch::Sender::new(orders), words: Mutex::default() }
    }

    pub(super) fn exchange(&self, engine: &NameServer, secondaries: Vec<Secondary>) {
        self.orders.send_replace(Orders { serials: engine.subscribe(), secondaries });
    }

    pub(super) fn words(&self) -> Vec<Word> {
        let word = |(key, said): (&(Name, SocketAddr), &(u32, Heard))| {
            let ((zone, secondary), (serial, heard)) = (key, said);
            Word { zone: zone.clone(), secondary: *secondary, serial: *serial, heard: *heard }
        };
        self.said().iter().map(word).collect()
    }

    fn said(&self) -> MutexGuard<'_, BTreeMap<(Name, SocketAddr), (u32, Heard)>> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells everybody until this is dropped or nobody can give other orders.
pub(super) async fn run(desk: Arc<Desk>) {
    let mut orders = desk.orders.subscribe();
    loop {
        let Orders { serials, secondaries } = orders.borrow_and_update().clone();
        desk.said().clear();
        let mut tasks = JoinSet::new();
        for secondary in secondaries {
            let zones: Vec<Name> = match &secondary.zones {
                Some(zones) => zones.clone(),
                None => serials.borrow().keys().cloned().collect(),
            };
            for zone in zones {
                let teller = Teller { desk: Arc::clone(&desk), zone, secondary: secondary.clone() };
                tasks.spawn(teller.run(serials.clone()));
            }
        }
        if orders.changed().await.is_err() {
            return;
        }
    }
}

/// One zone and one secondary.
struct Teller {
    desk: Arc<Desk>,
    zone: Name,
    secondary: Secondary,
}

/// A message on its way.
struct Talk {
    serial: u32,
    message: Message,
    socket: UdpSocket,
    since: Instant,
}

impl Teller {
    async fn run(self, mut serials: watch::Receiver<Serials>) {
        let began = Instant::now();
        let serial =
            |serials: &mut watch::Receiver<Serials>| serials.borrow_and_update().get(&self.zone).copied();
        let Some(first) = serial(&mut serials) else { return };
        let mut course = Course::new(first);
        let mut talk: Option<Talk> = None;
        loop {
            let Some(now) = serial(&mut serials) else { return };
            course.changed(now);
            match course.step(began.elapsed()) {
                Step::Rest => {
                    talk = None;
                    if serials.changed().await.is_err() {
                        return;
                    }
                    if serials.borrow().get(&self.zone) == Some(&now) {
                        // It was another zone, and there may be many of them.
                        sleep(GLANCE).await;
                    }
                }
                Step::Tell(serial) => {
                    self.desk.said().insert(self.place(), (serial, Heard::Silence));
                    let same =
                        talk.take().filter(|talk| talk.serial == serial && talk.since.elapsed() < STALE);
                    talk = match same {
                        Some(talk) => Some(talk),
                        // No socket, no word: as if it had been lost.
                        None => self.open(serial).await.ok(),
                    };
                    if let Some(talk) = &talk {
                        let _lost = talk.socket.send(talk.message.octets()).await;
                    }
                    course.told(serial, began.elapsed());
                }
                Step::Wait(until) => {
                    let wait = until.saturating_sub(began.elapsed()).min(LOOK);
                    let heard = async {
                        match &talk {
                            Some(talk) => self.hear(talk).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        () = sleep(wait) => {}
                        rcode = heard => {
                            let serial = talk.take().map_or(now, |talk| talk.serial);
                            if let Some(rcode) = rcode {
                                course.answered();
                                let heard = if rcode == 0 { Heard::Yes } else { Heard::No(rcode) };
                                self.desk.said().insert(self.place(), (serial, heard));
                            }
                        }
                    }
                }
            }
        }
    }

    fn place(&self) -> (Name, SocketAddr) {
        (self.zone.clone(), self.secondary.address)
    }

    async fn open(&self, serial: u32) -> io::Result<Talk> {
        let any = match self.secondary.address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((self.secondary.from.unwrap_or(any), 0)).await?;
        socket.connect(self.secondary.address).await?;
        let message = Message::new(&self.zone, self.secondary.key.as_ref(), seconds());
        Ok(Talk { serial, message, socket, since: Instant::now() })
    }

    /// The response code of the answer; `None` where the socket is of no more use.
    async fn hear(&self, talk: &Talk) -> Option<u8> {
        let mut room = [0; 1232];
        loop {
            let length = talk.socket.recv(&mut room).await.ok()?;
            match talk.message.hear(&room[..length], self.secondary.key.as_ref(), seconds()) {
                Reply::Answer(rcode) => return Some(rcode),
                Reply::Foreign => {}
            }
        }
    }
}

/// Since 1970.
fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
