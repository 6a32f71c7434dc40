//! What the machine's service talks to: three truthful sources and a provider, out on the internet of a lab.

use dynflare_testkit::cloudflare::{FakeCloudflare, FakeZone, Grant};
use dynflare_testkit::lab::{Lab, Place, Shape, echo};
use dynflare_testkit::machine::{Machine, PROGRAM, Prepared};
use dynflare_testkit::serve::Server;

pub(crate) const SERVICE: &str = include_str!("../../etc/systemd/dynflare.service");
pub(crate) const SOCKET: &str = include_str!("../../etc/systemd/dynflare.socket");

/// The token that may do everything.
const TOKEN: &str = "cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno";

/// Where the sources and the provider are.
const SOURCES: [&str; 3] = ["198.51.100.10", "198.51.100.20", "198.51.100.30"];
pub(crate) const PROVIDER: &str = "198.51.100.40";

/// The unit as it is, but for where the program is.
pub(crate) fn inside(unit: &str) -> String {
    unit.replace("/usr/bin/dynflare", PROGRAM)
}

/// The lab and what is in it.
pub(crate) struct World {
    pub(crate) lab: Lab,
    pub(crate) cloudflare: FakeCloudflare,
    _servers: Vec<Server>,
}

impl World {
    /// A home behind a router that the world sees at 203.0.113.5; one zone, example.org.
    pub(crate) fn new() -> Option<Self> {
        let lab = Lab::new(Shape::Plain)?;
        let cloudflare = FakeCloudflare::new();
        cloudflare.token(TOKEN, Grant::all());
        cloudflare.zone(FakeZone::new("example.org"));
        let listen = |address: &str| lab.listen(Place::INTERNET, &format!("{address}:80"));
        let mut servers: Vec<Server> = SOURCES.iter().map(|source| echo(listen(source))).collect();
        servers.push(Server::http_on(listen(PROVIDER), cloudflare.handler()));
        Some(Self { lab, cloudflare, _servers: servers })
    }

    /// The configuration of this world for these records, with `more` at the top.
    pub(crate) fn config(records: &[&str], more: &str) -> String {
        let records: Vec<String> =
            records.iter().map(|name| format!("\"cloudflare:example.org:A:{name}\"")).collect();
        let sources: Vec<String> = SOURCES
            .iter()
            .zip(["one", "two", "three"])
            .map(|(address, name)| format!("[sources.{name}]\nspec = \"url:http://{address}/\"\n"))
            .collect();
        format!(
            "version = 1\nrecords = [{}]\npool = [\"one\", \"two\", \"three\"]\npanel = 3\n\
             allow = [\"203.0.113.0/24\"]\n{more}\n\
             [providers.cloudflare]\nbase_url = \"http://{PROVIDER}/client/v4\"\n\
             token = \"credential:cloudflare-token\"\n\n{}",
            records.join(", "),
            sources.join("\n")
        )
    }

    /// A machine at home with the units as they are, a token, this configuration and these lines for the service.
    pub(crate) fn machine(&self, config: &str, service: &str) -> Option<Machine> {
        let machine = Self::configured(config, service)?;
        machine.write("etc/systemd/system/dynflare.service", &inside(SERVICE));
        machine.write("etc/systemd/system/dynflare.socket", SOCKET);
        self.start(machine)
    }

    /// A machine with a token, this configuration and these lines for the service, which is not there yet.
    pub(crate) fn configured(config: &str, service: &str) -> Option<Prepared> {
        let machine = Prepared::new()?;
        machine.write("etc/dynflare/dynflare.toml", config);
        machine.write("etc/dynflare/cloudflare-token", TOKEN);
        let credential = "LoadCredential=cloudflare-token:/etc/dynflare/cloudflare-token";
        let lines = format!("[Service]\n{credential}\n{service}\n");
        machine.write("etc/systemd/system/dynflare.service.d/test.conf", &lines);
        Some(machine)
    }

    /// Switches a machine on at home.
    pub(crate) fn start(&self, machine: Prepared) -> Option<Machine> {
        machine.start(&self.lab, Place::HOME, env!("CARGO_BIN_EXE_dynflare"))
    }

    /// What the provider holds at a name.
    pub(crate) fn contents(&self, name: &str) -> Vec<String> {
        self.cloudflare.contents("example.org", &format!("{name}.example.org"), "A")
    }
}
