//! The name server: what a request is answered, and the doors for the rest of the program.

use crate::answer::{self, Any, PAYLOAD, Writer};
use crate::change::{Change, ChangeError, WireChange};
use crate::commit::{self, Job, Ticket, WAITING, Work};
use crate::draft::Pending;
use crate::message::{self, Rcode, Request};
use crate::name::{self, Key, WireName};
use crate::open;
use crate::rdata::{self, code};
use crate::sets;
use crate::settings::{OpenError, Settings};
use crate::state::State;
use crate::transfer::Transfer;
use crate::tsig::{self, Sender, Signing};
use crate::zone::View;
use dynflare_core::name::Name;
use dynflare_core::record::{Key as SetKey, RecordType, RrSet};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;
use tokio::sync::{mpsc, oneshot, watch};

/// The serial number of each zone.
pub type Serials = BTreeMap<Name, u32>;

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// In a datagram.
    Udp,
    /// Over a connection.
    Tcp,
}

/// What became of a request.
#[must_use]
pub enum Answered {
    /// The answer was appended; or nothing was, and nothing is to be sent.
    Done,
    /// The answer comes when the change is durable: submit the ticket.
    Update(Ticket),
    /// The answer is several messages, which are to be sent in this order. Only over TCP.
    Transfer(Transfer),
}

/// An authoritative name server without sockets. Clones are the same server; it ends with the last of them.
#[derive(Clone)]
pub struct NameServer {
    // Its fields are dropped in this order: the thread ends when nobody can ask for changes.
    shared: Arc<Shared>,
    committer: Arc<Committer>,
}

/// What the threads share.
pub(crate) struct Shared {
    state: RwLock<State>,
    serials: watch::Sender<Serials>,
}

/// The thread that changes zones.
struct Committer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != thread::current().id())
        {
            // When this returns the store is closed.
            thread.join().ok();
        }
    }
}

/// A zone as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneInfo {
    /// Its name.
    pub name: Name,
    /// Its serial number.
    pub serial: u32,
    /// How many names own records in it.
    pub names: usize,
}

impl Shared {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        // Whoever panics while reading leaves nothing half done.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what is durable true for readers.
    pub(crate) fn apply(&self, pending: &BTreeMap<Box<[u8]>, Pending>) {
        let mut changed = Vec::with_capacity(pending.len());
        {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            for (zone, names) in pending {
                let Some(place) = state.exactly(zone) else { continue };
                let served = &mut state.zones[place];
                served.apply(names);
                changed.extend(served.name.clone().map(|name| (name, served.zone.serial())));
            }
        }
        self.serials.send_modify(|serials| serials.extend(changed));
    }
}

impl NameServer {
    /// Opens the store and makes its zones what the settings say.
    pub fn open(settings: Settings) -> Result<Self, OpenError> {
        let (state, storage) = open::open(settings)?;
        let serials =
            state.zones.iter().filter_map(|served| Some((served.name.clone()?, served.zone.serial())));
        let serials = watch::Sender::new(serials.collect());
        let shared = Arc::new(Shared { state: RwLock::new(state), serials });
        let (jobs, waiting) = mpsc::channel(WAITING);
        let seen = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("dns-commit".to_owned())
            .spawn(move || commit::run(&seen, storage, waiting))
            .map_err(OpenError::Thread)?;
        let committer = Arc::new(Committer { jobs: Some(jobs), thread: Some(thread) });
        Ok(Self { shared, committer })
    }

    /// Answers one request: appends the answer to `out`, or nothing where silence is right.
    pub fn answer(
        &self,
        request: &[u8],
        from: SocketAddr,
        transport: Transport,
        out: &mut Vec<u8>,
    ) -> Answered {
        let Some(head) = message::Head::read(request).filter(|head| !head.is_response()) else {
            // Answering an answer could go on for ever.
            return Answered::Done;
        };
        let opcode = head.opcode();
        if opcode != message::QUERY {
            answer::bare(request, Rcode::NotImp, out);
            return Answered::Done;
        }
        let Some(request) = Request::read(request) else {
            answer::bare(request, Rcode::FormErr, out);
            return Answered::Done;
        };
        let state = self.shared.read();
        let mut signing = None;
        let mut signer = None;
        if request.tsig.is_some() {
            match tsig::check(&request, state.keys.iter().map(|settings| &settings.key), now()) {
                Sender::Unsigned => {}
                Sender::Holder(number, with) => (signer, signing) = (Some(number), Some(with)),
                Sender::Refused(with) => {
                    reply(&request, transport, Some(with), out, |_| Rcode::NotAuth);
                    return Answered::Done;
                }
                Sender::Malformed => {
                    answer::bare(request.octets, Rcode::FormErr, out);
                    return Answered::Done;
                }
            }
        }
        let _ = (from, signer);
        reply(&request, transport, signing, out, |writer| query(&state, &request, transport, writer));
        Answered::Done
    }

    /// Replaces sets of a zone together; returns the zone's serial number when all of them are durable and seen.
    pub async fn change(&self, zone: &Name, changes: Vec<Change>) -> Result<u32, ChangeError> {
        let key = Key::of(&WireName::of(zone));
        {
            let state = self.shared.read();
            let served = state.exactly(&key).map(|place| &state.zones[place]);
            if served.is_none_or(|served| served.name.is_none()) {
                return Err(ChangeError::NoZone(zone.clone()));
            }
        }
        let changes = changes
            .into_iter()
            .map(|change| WireChange::read(&key, change))
            .collect::<Result<Vec<_>, _>>()?;
        let (tell, told) = oneshot::channel();
        let tell = Box::new(move |result| {
            // Nobody waits any more; it is made all the same.
            let _: Result<(), _> = tell.send(result);
        });
        let job = Job { zone: key.as_ref().into(), work: Work::Change(changes, tell) };
        let jobs = self.committer.jobs.as_ref().ok_or(ChangeError::Stopped)?;
        jobs.send(job).await.map_err(|_| ChangeError::Stopped)?;
        told.await.unwrap_or(Err(ChangeError::Stopped))
    }

    /// The set of exactly this name and type, without wildcards; `None` where there is none.
    pub fn set(&self, name: &Name, rtype: RecordType) -> Option<RrSet> {
        let key = Key::of(&WireName::of(name));
        let state = self.shared.read();
        let (place, key) = state.zone_of(&key)?;
        let set = sets::find(state.zones[place].zone.sets(key)?, rtype.code())?;
        let text = |data| {
            let text = dynflare_presentation::text(rtype, data)
                .and_then(|text| dynflare_presentation::canonical(rtype, &text));
            text.expect("invariant: data is checked before it is stored")
        };
        let mut values: Vec<String> = set.records().map(text).collect();
        values.sort();
        values.dedup();
        Some(RrSet { key: SetKey { name: name.clone(), rtype }, ttl: Some(set.ttl), values })
    }

    /// The zones it answers for.
    pub fn zones(&self) -> Vec<ZoneInfo> {
        let state = self.shared.read();
        let info = |served: &crate::state::Served| {
            let (serial, names) = (served.zone.serial(), served.zone.len());
            served.name.clone().map(|name| ZoneInfo { name, serial, names })
        };
        state.zones.iter().filter_map(info).collect()
    }

    /// The serial numbers, and word of each that is raised.
    pub fn subscribe(&self) -> watch::Receiver<Serials> {
        self.shared.serials.subscribe()
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// How long an answer may be.
fn limit(request: &Request<'_>, transport: Transport) -> usize {
    match (transport, request.edns) {
        (Transport::Tcp, _) => usize::from(u16::MAX),
        (Transport::Udp, Some(edns)) => usize::from(edns.payload.clamp(512, PAYLOAD)),
        (Transport::Udp, None) => 512,
    }
}

/// Writes an answer, cuts it to size, adds EDNS and the signature.
fn reply(
    request: &Request<'_>,
    transport: Transport,
    signing: Option<Signing>,
    out: &mut Vec<u8>,
    fill: impl FnOnce(&mut Writer<'_>) -> Rcode,
) {
    let start = out.len();
    let room = signing.as_ref().map_or(0, Signing::room) + request.edns.map_or(0, |_| answer::OPT);
    let mut writer = Writer::answering(request, out);
    let (length, counts) = (writer.len(), writer.counts());
    let rcode = fill(&mut writer);
    if writer.len() + room > limit(request, transport) {
        // Cut before it is signed; the client comes back over TCP.
        writer.cut(length, counts);
        writer.truncated();
    }
    writer.finish(request.edns, rcode);
    if let Some(mut signing) = signing {
        signing.sign(out, start);
    }
}

fn query(state: &State, request: &Request<'_>, transport: Transport, writer: &mut Writer<'_>) -> Rcode {
    if request.edns.is_some_and(|edns| edns.version > 0) {
        return Rcode::BadVers;
    }
    let question = &request.question;
    if question.class != message::IN {
        return Rcode::Refused;
    }
    if rdata::is_meta(question.rtype) {
        return if matches!(question.rtype, code::AXFR | code::IXFR) {
            Rcode::Refused
        } else {
            Rcode::FormErr
        };
    }
    let key = Key::of(&question.name);
    let Some((place, key)) = state.zone_of(&key) else { return Rcode::Refused };
    // DS stands in the zone above (RFC 4035 §3.1.4.1), which may be ours too.
    let above = (key.is_empty() && question.rtype == code::DS)
        .then(|| name::parent(state.zones[place].zone.key()).and_then(|above| state.zone_of(above)))
        .flatten();
    let any = if transport == Transport::Tcp { Any::All } else { Any::One };
    match above {
        Some((place, _)) => {
            let whole = Key::of(&question.name);
            let zone = &state.zones[place].zone;
            let key = name::relative(&whole, zone.key()).unwrap_or_default();
            answer::from_zone(zone, request, key, any, writer)
        }
        None => answer::from_zone(&state.zones[place].zone, request, key, any, writer),
    }
}
