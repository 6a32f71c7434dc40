//! What every test starts from: one fake, one zone, one adapter.

use dynflare::net::{Network, NetworkSettings};
use dynflare::provider::cloudflare::{Cloudflare, Credential, Settings};
use dynflare::provider::{Records, Scope, Zone};
use dynflare::secret::Secret;
use dynflare_core::name::Name;
use dynflare_core::plan::Change;
use dynflare_core::record::{Attributes, Key, Record, RecordType};
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeRecord, FakeZone, Grant};
use dynflare_testkit::serve::Server;

/// A token in today's form.
pub(crate) const TOKEN: &str = "cfut_Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY12345678";

/// A fake that is being served, and an adapter that talks to it.
pub(crate) struct Setting {
    pub(crate) fake: FakeCloudflare,
    pub(crate) cloudflare: Cloudflare,
    server: Server,
}

impl Setting {
    /// The zone `example.org`, and a token that may do everything.
    pub(crate) async fn new() -> Self {
        Self::with(Grant::all()).await
    }

    /// The zone `example.org`, and a token that may do this.
    pub(crate) async fn with(grant: Grant) -> Self {
        let fake = FakeCloudflare::new();
        fake.zone(FakeZone::new("example.org"));
        fake.token(TOKEN, grant);
        Self::around(fake, Credential::Token(Secret::new(TOKEN))).await
    }

    pub(crate) async fn around(fake: FakeCloudflare, credential: Credential) -> Self {
        let server = fake.serve().await;
        let cloudflare = adapter(&server, credential);
        Self { fake, cloudflare, server }
    }

    /// Another adapter, as another run of the program would have it.
    pub(crate) fn another(&self, credential: Credential) -> Cloudflare {
        adapter(&self.server, credential)
    }

    /// Where the fake is.
    pub(crate) fn base(&self) -> String {
        self.server.base().to_string()
    }

    /// How many connections the fake has accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.server.accepted()
    }

    /// The zone `example.org`, located; the log is empty afterwards.
    pub(crate) async fn zone(&self) -> Zone {
        let name = name("example.org");
        let zone = self.cloudflare.locate(Some(&name), &name).await.expect("the zone is there");
        self.fake.clear_log();
        zone
    }

    /// Adds a record to `example.org` and gives it as the adapter lists it; the log is empty afterwards.
    pub(crate) async fn listed(&self, record: FakeRecord) -> Record {
        let id = self.fake.record("example.org", record);
        let zone = self.zone().await;
        let all = self.cloudflare.list(&zone, Scope::All).await.expect("a list");
        self.fake.clear_log();
        all.into_iter().find(|listed| listed.id == id).expect("the record is in the list")
    }

    /// Takes one change and gives its outcome.
    pub(crate) async fn apply(&self, change: Change) -> Result<(), dynflare_core::fault::Fault> {
        let zone = self.zone().await;
        self.cloudflare.apply(&zone, &[change]).await.remove(0)
    }
}

fn adapter(server: &Server, credential: Credential) -> Cloudflare {
    let base = format!("{}/client/v4", server.base()).parse().expect("a loopback URL");
    Cloudflare::new(Settings { base, credential }, &Network::new(NetworkSettings::default()))
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(crate) fn key(text: &str, rtype: RecordType) -> Key {
    Key { name: name(text), rtype }
}

/// Gives a record another content and leaves the rest alone.
pub(crate) fn update(record: &Record, content: &str) -> Change {
    Change::Update {
        record: record.clone(),
        content: Some(content.to_owned()),
        attributes: Attributes::default(),
    }
}

/// Makes an A record without further wishes.
pub(crate) fn create(at: &str, content: &str) -> Change {
    Change::Create {
        key: key(at, RecordType::A),
        content: content.to_owned(),
        attributes: Attributes::default(),
    }
}
