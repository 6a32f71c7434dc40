//! The daemon at work in a small internet: the real program, and what goes wrong around it. One file for each matter.

mod early;
mod hole;
mod nameless;

use dynflare_testkit::cloudflare::{FakeCloudflare, FakeRecord, FakeZone, Grant};
use dynflare_testkit::lab::{Lab, Place, Shape, Spawned, echo};
use dynflare_testkit::serve::Server;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const TOKEN: &str = "cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno";

/// Three operators, and the provider; each has the address of its family with the same last number.
const SOURCES: [u8; 3] = [10, 20, 30];
const PROVIDER: u8 = 40;

/// How long something is waited for; a generous limit for a busy machine, never a measure.
const PATIENCE: Duration = Duration::from_secs(60);

fn v4(server: u8) -> String {
    format!("198.51.100.{server}")
}

fn v6(server: u8) -> String {
    format!("2001:db8:cafe::{server}")
}

/// A lab with truthful sources and a provider that holds the record of ours, which is stale.
struct World {
    lab: Lab,
    fake: FakeCloudflare,
    folder: PathBuf,
    _servers: Vec<Server>,
}

impl World {
    fn new(name: &str) -> Option<Self> {
        let lab = Lab::new(Shape::Plain)?;
        let fake = FakeCloudflare::new();
        fake.token(TOKEN, Grant::all());
        fake.zone(FakeZone::new("example.com"));
        let stale = FakeRecord::new("A", "home.example.com", "203.0.113.99").comment("dynflare");
        fake.record("example.com", stale);
        let listen = |address: String| lab.listen(Place::INTERNET, &address);
        let mut servers: Vec<Server> =
            SOURCES.iter().map(|source| echo(listen(format!("{}:80", v4(*source))))).collect();
        for address in [format!("{}:80", v4(PROVIDER)), format!("[{}]:80", v6(PROVIDER))] {
            servers.push(Server::http_on(listen(address), fake.handler()));
        }
        let folder = std::env::temp_dir().join(format!("dynflare-running-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder of our own");
        Some(Self { lab, fake, folder, _servers: servers })
    }

    /// Starts the daemon at a place. It asks these hosts, and changes the record at this one.
    fn run(&self, place: Place, sources: [&str; 3], provider: &str) -> Spawned {
        let pool = sources.map(|host| format!("\"url:http://{host}/\"")).join(", ");
        let text = format!(
            "version = 1\nrecords = [\"cloudflare:example.com:A:home\"]\npool = [{pool}]\npanel = 3\n\
             allow = [\"203.0.113.0/24\", \"192.0.2.0/24\"]\nconfirm = false\nrouter_events = \"off\"\n\
             state_dir = \"{}\"\n\
             [providers.cloudflare]\nbase_url = \"http://{provider}/client/v4\"\ntoken = \"{TOKEN}\"\n",
            self.folder.join("state").display()
        );
        let file = self.folder.join("dynflare.toml").display().to_string();
        std::fs::write(&file, text).expect("a file of our own");
        self.lab.spawn_in(place, &["env", "-i", env!("CARGO_BIN_EXE_dynflare"), "run", "--config", &file])
    }

    fn contents(&self) -> Vec<String> {
        self.fake.contents("example.com", "home.example.com", "A")
    }

    /// Waits until the provider was asked for something.
    fn until_asked(&self, daemon: &Spawned) {
        let end = Instant::now() + PATIENCE;
        while self.fake.log().is_empty() {
            assert!(Instant::now() < end, "the provider was never asked: {}", daemon.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}
