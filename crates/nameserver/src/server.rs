//! The name server: what a request is answered, and the doors for the rest of the program.

use crate::answer::{self, Any, PAYLOAD, Writer};
use crate::change::{Change, ChangeError, WireChange};
use crate::commit::{self, Job, Order, Pattern, Ticket, WAITING, Work};
use crate::draft::Pending;
use crate::message::{self, Rcode, Request};
use crate::name::{self, Key, WireName};
use crate::open::{self, Plan};
use crate::rdata::{self, code};
use crate::sets;
use crate::settings::{KeySettings, OpenError, Settings, ZoneSettings};
use crate::state::{Served, State};
use crate::transfer::{self, Increment, Transfer};
use crate::tsig::{self, Sender, Signing};
use crate::update::Update;
use crate::zone::View;
use dynflare_core::name::Name;
use dynflare_core::record::{Key as SetKey, RecordType, RrSet};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
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
#[expect(clippy::large_enum_variant, reason = "made once per request, on the stack, and taken apart at once")]
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
    /// How many transfers are under way.
    transfers: Arc<AtomicUsize>,
}

/// The thread that changes zones.
struct Committer {
    jobs: Option<mpsc::Sender<Order>>,
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

    /// Makes other settings true, as far as they are durable.
    pub(crate) fn arrange(&self, plan: Plan) {
        let serials = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            plan.carry_out(&mut state);
            state.serials()
        };
        self.serials.send_replace(serials);
    }
}

impl NameServer {
    /// Opens the store and makes its zones what the settings say.
    pub fn open(settings: Settings) -> Result<Self, OpenError> {
        let (state, storage) = open::open(settings)?;
        let serials =
            state.zones.iter().filter_map(|served| Some((served.name.clone()?, served.zone.serial())));
        let serials = watch::Sender::new(serials.collect());
        let shared = Arc::new(Shared { state: RwLock::new(state), serials, transfers: Arc::default() });
        let (jobs, waiting) = mpsc::channel(WAITING);
        let seen = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("dns-commit".to_owned())
            .spawn(move || commit::run(&seen, storage, waiting))
            .map_err(OpenError::Thread)?;
        let committer = Arc::new(Committer { jobs: Some(jobs), thread: Some(thread) });
        Ok(Self { shared, committer })
    }

    /// What all threads read.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.shared.read()
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
        if opcode != message::QUERY && opcode != message::UPDATE {
            answer::bare(request, Rcode::NotImp, out);
            return Answered::Done;
        }
        let Some(request) = Request::read(request) else {
            answer::bare(request, Rcode::FormErr, out);
            return Answered::Done;
        };
        let asked = Asked { request, from, transport };
        let state = self.shared.read();
        if request.tsig.is_none() {
            return self.answer_checked(&state, &asked, None, out);
        }
        match tsig::check(&request, state.keys.iter().map(|settings| &settings.key), now()) {
            Sender::Unsigned => self.answer_checked(&state, &asked, None, out),
            Sender::Holder(number, signing) => {
                let sender = Arc::clone(&state.keys[number]);
                self.answer_checked(&state, &asked, Some((sender, signing)), out)
            }
            Sender::Refused(signing) => {
                reply(&asked, Some(signing), out, |_| Rcode::NotAuth);
                Answered::Done
            }
            Sender::Malformed => {
                answer::bare(request.octets, Rcode::FormErr, out);
                Answered::Done
            }
        }
    }

    /// Answers a request whose signature, if any, is right.
    fn answer_checked(
        &self,
        state: &State,
        asked: &Asked<'_>,
        signed: Signed,
        out: &mut Vec<u8>,
    ) -> Answered {
        let question = &asked.request.question;
        if asked.request.edns.is_some_and(|edns| edns.version > 0) {
            reply(asked, signed.map(|signed| signed.1), out, |_| Rcode::BadVers);
            return Answered::Done;
        }
        if asked.request.head.opcode() == message::UPDATE {
            return self.update(state, asked, signed, out);
        }
        if question.class == message::IN && matches!(question.rtype, code::AXFR | code::IXFR) {
            return self.transfer(state, asked, signed, out);
        }
        reply(asked, signed.map(|signed| signed.1), out, |writer| query(state, asked, writer));
        Answered::Done
    }

    /// RFC 2136 §3.1: which zone, and whether the sender is anybody.
    fn update(&self, state: &State, asked: &Asked<'_>, signed: Signed, out: &mut Vec<u8>) -> Answered {
        let question = &asked.request.question;
        let Some((sender, signing)) = signed else {
            reply(asked, None, out, |_| Rcode::Refused);
            return Answered::Done;
        };
        let zone = Key::of(&question.name);
        let served = state.exactly(&zone).filter(|place| state.zones[*place].name.is_some());
        let update = match served {
            _ if question.rtype != code::SOA => Err(Rcode::FormErr),
            Some(_) if question.class == message::IN => Update::read(&asked.request, &zone, sender),
            _ => Err(Rcode::NotAuth),
        };
        match (update, &self.committer.jobs) {
            (Ok(update), Some(jobs)) => {
                let pattern = Pattern::new(&asked.request, signing);
                Answered::Update(Ticket::new(jobs.clone(), (*zone).into(), update, pattern))
            }
            (update, _) => {
                let rcode = update.err().unwrap_or(Rcode::ServFail);
                reply(asked, Some(signing), out, |_| rcode);
                Answered::Done
            }
        }
    }

    /// RFC 5936 §2 and RFC 1995 §2.
    fn transfer(&self, state: &State, asked: &Asked<'_>, signed: Signed, out: &mut Vec<u8>) -> Answered {
        let (request, tcp) = (&asked.request, asked.transport == Transport::Tcp);
        let place = state
            .exactly(&Key::of(&request.question.name))
            .filter(|place| state.zones[*place].name.is_some());
        let (sender, signing) = signed.unzip();
        let key = sender.as_ref().map(|sender| sender.key.name());
        let served = place.map(|place| &state.zones[place]);
        let permitted =
            served.filter(|served| served.transfer.iter().any(|permit| permit.holds(asked.from.ip(), key)));
        let incremental = request.question.rtype == code::IXFR;
        let refusal = match (served, permitted) {
            (None, _) => Some(Rcode::NotAuth),
            (Some(_), None) => Some(Rcode::Refused),
            // Whole zones do not go into datagrams (RFC 5936 §4.2).
            _ if !tcp && !incremental => Some(Rcode::FormErr),
            _ => None,
        };
        let (None, Some(served)) = (refusal, permitted) else {
            reply(asked, signing, out, |_| refusal.unwrap_or(Rcode::Refused));
            return Answered::Done;
        };
        let increment = if incremental {
            let Some(serial) = transfer::serial_of(request) else {
                reply(asked, signing, out, |_| Rcode::FormErr);
                return Answered::Done;
            };
            transfer::since(served, serial)
        } else {
            Some(Increment::Unknown)
        };
        if !tcp {
            let limit = asked.limit() - asked.room(signing.as_ref());
            reply(asked, signing, out, |writer| datagram(served, asked, (increment, limit), writer));
            return Answered::Done;
        }
        let records = match increment {
            Some(Increment::Current(soa)) => Some(Box::new(std::iter::once(soa)) as transfer::Records),
            Some(Increment::Differences(records)) => Some(Box::new(records.into_iter()) as transfer::Records),
            Some(Increment::Unknown) | None => transfer::whole(served),
        };
        let begun = records.and_then(|records| {
            Transfer::new(request, served, records, signing.clone(), &self.shared.transfers)
        });
        if let Some(transfer) = begun {
            return Answered::Transfer(transfer);
        }
        reply(asked, signing, out, |_| Rcode::ServFail);
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
        jobs.send(Order::Job(job)).await.map_err(|_| ChangeError::Stopped)?;
        told.await.unwrap_or(Err(ChangeError::Stopped))
    }

    /// Gives it other zones and keys; returns when that is durable and seen. What the settings leave out is kept in the
    /// store and not served. With an error all is as it was.
    pub async fn reconfigure(
        &self,
        zones: Vec<ZoneSettings>,
        keys: Vec<KeySettings>,
    ) -> Result<(), OpenError> {
        let ended = || OpenError::Thread(io::Error::other("it has ended"));
        let (tell, told) = oneshot::channel();
        let orders = self.committer.jobs.as_ref().ok_or_else(ended)?;
        orders.send(Order::Settings(zones, keys, tell)).await.map_err(|_| ended())?;
        told.await.unwrap_or_else(|_| Err(ended()))
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
        let info = |served: &Served| {
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

/// A request, where it comes from, and how.
struct Asked<'m> {
    request: Request<'m>,
    from: SocketAddr,
    transport: Transport,
}

/// Whose key a request is signed with, and what the answer's signature needs.
type Signed = Option<(Arc<KeySettings>, Signing)>;

impl Asked<'_> {
    /// How long an answer may be, in octets.
    fn limit(&self) -> usize {
        match (self.transport, self.request.edns) {
            (Transport::Tcp, _) => usize::from(u16::MAX),
            (Transport::Udp, Some(edns)) => usize::from(edns.payload.clamp(512, PAYLOAD)),
            (Transport::Udp, None) => 512,
        }
    }

    /// What OPT and the signature will take of that.
    fn room(&self, signing: Option<&Signing>) -> usize {
        signing.map_or(0, Signing::room) + self.request.edns.map_or(0, |_| answer::OPT)
    }
}

/// Writes an answer, cuts it to size, adds EDNS and the signature.
fn reply(
    asked: &Asked<'_>,
    signing: Option<Signing>,
    out: &mut Vec<u8>,
    fill: impl FnOnce(&mut Writer<'_>) -> Rcode,
) {
    let start = out.len();
    let edns = asked.request.edns;
    let room = asked.room(signing.as_ref());
    let mut writer = Writer::answering(&asked.request, out);
    let (length, counts) = (writer.len(), writer.counts());
    let rcode = fill(&mut writer);
    if writer.len() + room > asked.limit() {
        // Cut before it is signed; the client comes back over TCP.
        writer.cut(length, counts);
        writer.truncated();
    }
    writer.finish(edns, rcode);
    if let Some(mut signing) = signing {
        signing.sign(out, start);
    }
}

/// The answer to IXFR over UDP: all of it if it fits, else the SOA record, which sends the client to TCP (RFC 1995 §2).
fn datagram(
    served: &Served,
    asked: &Asked<'_>,
    (increment, limit): (Option<Increment>, usize),
    writer: &mut Writer<'_>,
) -> Rcode {
    let (length, counts) = (writer.len(), writer.counts());
    match increment {
        Some(Increment::Differences(records)) => {
            transfer::write_all(&records, served, &asked.request, writer);
            if writer.len() > limit {
                writer.cut(length, counts);
                transfer::write_all(&records[..1], served, &asked.request, writer);
            }
        }
        Some(Increment::Current(soa)) => transfer::write_all(&[soa], served, &asked.request, writer),
        Some(Increment::Unknown) | None => match transfer::soa(served) {
            Some(soa) => transfer::write_all(&[soa], served, &asked.request, writer),
            None => return Rcode::ServFail,
        },
    }
    Rcode::NoError
}

fn query(state: &State, asked: &Asked<'_>, writer: &mut Writer<'_>) -> Rcode {
    let request = &asked.request;
    let question = &request.question;
    if question.class != message::IN {
        return Rcode::Refused;
    }
    if rdata::is_meta(question.rtype) {
        return Rcode::FormErr;
    }
    let whole = Key::of(&question.name);
    let Some((mut place, mut key)) = state.zone_of(&whole) else { return Rcode::Refused };
    if key.is_empty() && question.rtype == code::DS {
        // DS stands in the zone above (RFC 4035 §3.1.4.1), which may be ours too.
        let above = name::parent(&whole).and_then(|above| state.zone_of(above));
        if let Some((above, _)) = above {
            (place, key) = (above, name::relative(&whole, state.zones[above].zone.key()).unwrap_or_default());
        }
    }
    let any = if asked.transport == Transport::Tcp { Any::All } else { Any::One };
    answer::from_zone(&state.zones[place].zone, request, key, any, writer)
}
