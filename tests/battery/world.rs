//! A fake provider that is running, and an account at it.

use crate::asked::Asked;
use crate::fake::{Fake, SECRET};
use crate::store::{FakeRecord, Store};
use dynflare::net::{Network, NetworkSettings};
use dynflare::provider::registry::{self, Info};
use dynflare::provider::{Account, Adapter, Budgets, RrSets, Zone, rest};
use dynflare::secret::Secret;
use dynflare_core::fault::Fault;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType, RrSet};
use dynflare_testkit::serve::{Server, handler, reply};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// The zone that every fake has.
pub(crate) const ZONE: &str = "example.org";

/// What goes wrong, and with which requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The credentials are not let in any more.
    ShutOut,
    /// A status without anything to read.
    Status(u16),
    /// Too many requests.
    Busy,
    /// The API is out of order.
    Broken,
    /// The connection ends in place of an answer.
    Cut,
    /// A page that is not the API's.
    Garbage,
    /// No answer.
    Silence,
}

/// Which requests go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum With {
    Everything,
    Writes,
}

/// What happens at the server.
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) trouble: Option<(With, Trouble)>,
    /// Every request, and whether it writes.
    pub(crate) asked: Vec<(Asked, bool)>,
    /// The values at [`World::key`]'s place after each request.
    pub(crate) seen: Vec<Vec<String>>,
}

pub(crate) struct World {
    pub(crate) info: &'static Info,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) adapter: Box<dyn RrSets>,
    /// Told of each request that is met with silence.
    pub(crate) silent: Arc<Notify>,
    _server: Server,
}

/// The name that the cases are about.
pub(crate) const NAME: &str = "home.example.org";

impl World {
    pub(crate) async fn new(fake: &'static dyn Fake) -> Self {
        Self::filled(fake, |_| {}).await
    }

    /// With more in it than the one zone and what is in the way.
    pub(crate) async fn filled(fake: &'static dyn Fake, fill: impl FnOnce(&mut Store)) -> Self {
        let world = Self::behind(fake, fill, async |server| Some(server.base().to_owned())).await;
        world.expect("nothing is in between")
    }

    /// With something in between, whose base URL the account gets.
    pub(crate) async fn behind(
        fake: &'static dyn Fake,
        fill: impl FnOnce(&mut Store),
        front: impl AsyncFnOnce(&Server) -> Option<String>,
    ) -> Option<Self> {
        let info = registry::find(fake.id()).expect("a provider of this id");
        let mut store = Store::default();
        store.add_zone(ZONE);
        // Neighbours: none of them may ever be touched.
        store.add("other.example.org", "A", "192.0.2.200", 3600);
        store.add("xhome.example.org", "A", "192.0.2.201", 3600);
        store.add("home.example.org", "TXT", "neighbour", 3600);
        fill(&mut store);
        let state = State { store, trouble: None, asked: Vec::new(), seen: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let silent = Arc::new(Notify::new());
        let (shared, told) = (Arc::clone(&state), Arc::clone(&silent));
        let server = Server::http(handler(move |request| {
            let (state, told) = (Arc::clone(&shared), Arc::clone(&told));
            async move {
                let asked = Asked::new(&request);
                let trouble = {
                    let mut state = state.lock().expect("no case panics while it looks");
                    let writes = fake.writes(&asked);
                    state.asked.push((asked.clone(), writes));
                    state.trouble.filter(|(with, _)| *with == With::Everything || writes).map(|row| row.1)
                };
                match trouble {
                    Some(Trouble::ShutOut) => fake.shut_out(),
                    Some(Trouble::Status(status)) => reply(status, ""),
                    Some(Trouble::Busy) => fake.busy(),
                    Some(Trouble::Broken) => fake.broken(),
                    Some(Trouble::Cut) => panic!("this ends the connection"),
                    Some(Trouble::Garbage) => reply(200, "<html>a page of somebody in between</html>"),
                    Some(Trouble::Silence) => {
                        told.notify_one();
                        std::future::pending().await
                    }
                    None if !fake.lets_in(&asked) => fake.shut_out(),
                    None => {
                        let mut state = state.lock().expect("no case panics while it looks");
                        let answer = fake.answer(&mut state.store, &asked);
                        let values = state.store.values(NAME, "A");
                        state.seen.push(values);
                        answer
                    }
                }
            }
        }))
        .await;
        let fields = fake.fields().iter().map(|(key, value)| (*key, Secret::new(*value))).collect();
        let base = front(&server).await?.parse().expect("a base");
        let account = Account { provider: info.id, base: Some(base), fields };
        for secret in account.secrets() {
            assert!(
                secret.expose().contains(SECRET) || secret.expose().contains("PRIVATE KEY"),
                "{}",
                info.id
            );
        }
        let network = Network::new(NetworkSettings::default());
        let adapter = rest::open(&account, &network, &Budgets::new(), || 1_780_000_000);
        let Some(Adapter::RrSets(adapter)) = adapter else { panic!("{} is no REST provider", info.id) };
        Some(Self { info, state, adapter, silent, _server: server })
    }

    pub(crate) fn trouble(&self, with: With, trouble: Trouble) {
        self.state.lock().expect("nobody panics").trouble = Some((with, trouble));
    }

    pub(crate) fn at_peace(&self) {
        self.state.lock().expect("nobody panics").trouble = None;
    }

    /// How many requests there were that write.
    pub(crate) fn writes(&self) -> usize {
        self.state.lock().expect("nobody panics").asked.iter().filter(|(_, writes)| *writes).count()
    }

    pub(crate) fn values(&self, name: &str, rtype: &str) -> Vec<String> {
        self.state.lock().expect("nobody panics").store.values(name, rtype)
    }

    /// The records that are none of a case's business.
    pub(crate) fn neighbours(&self, name: &str, rtype: &str) -> Vec<FakeRecord> {
        let state = self.state.lock().expect("nobody panics");
        let others = state.store.records.iter().filter(|record| record.name != name || record.rtype != rtype);
        others.cloned().collect()
    }

    pub(crate) fn records(&self, name: &str, rtype: &str) -> Vec<FakeRecord> {
        let state = self.state.lock().expect("nobody panics");
        let own = state.store.records.iter().filter(|record| record.name == name && record.rtype == rtype);
        own.cloned().collect()
    }

    pub(crate) async fn zone(&self) -> Zone {
        self.adapter.locate(Some(&name(ZONE)), &name(NAME)).await.expect("the zone is there")
    }

    pub(crate) async fn get(&self, key: &Key) -> RrSet {
        self.adapter.get(&self.zone().await, key).await.expect("the set can be read")
    }

    /// Reads the set and writes these values.
    pub(crate) async fn put(&self, key: &Key, values: &[&str], ttl: u32) -> Result<(), Fault> {
        let zone = self.adapter.locate(Some(&name(ZONE)), &key.name).await.inspect_err(keeps_secrets)?;
        let expect = self.adapter.get(&zone, key).await.inspect_err(keeps_secrets)?;
        let mut values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        values.sort();
        let step = Replace { expect, values, ttl };
        self.adapter.replace(&zone, &step).await.inspect_err(keeps_secrets)
    }
}

/// No fault shows a secret, in whichever form.
pub(crate) fn keeps_secrets(fault: &Fault) {
    let shown = format!("{fault} {fault:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(crate) fn key(text: &str, rtype: RecordType) -> Key {
    Key { name: name(text), rtype }
}
