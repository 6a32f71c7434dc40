//! Every kind of source at once, each asking its real server across the lab: they all name the right address.

use crate::{dynflare, said};
use dynflare_testkit::lab::{
    Daemon, Lab, Localtunnel, Miniupnpd, Pem, Place, Shape, Spawned, Sshd, echo, echo_tls,
};
use dynflare_testkit::serve::Server;
use dynflare_testkit::tls::{Authority, Validity};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who is where on the internet; each name has an address of either family.
const NAMES: [(&str, u8); 7] = [
    ("echo.example.com", 10),
    ("lt.example.org", 20),
    ("stun.example.org", 30),
    ("own.example.org", 40),
    ("dns.example.org", 50),
    ("nginx.example.org", 70),
    ("haproxy.example.org", 80),
];

/// The sources: name, spec and what else their tables hold. `{…}` is filled in by [`World::new`].
const SOURCES: [(&str, &str, &str); 15] = [
    ("http", "url:http://echo.example.com/", ""),
    ("https", "url:https://echo.example.com/", ""),
    ("doh", "dns:https://dns.example.org/dns-query?name=whoami.example.org", ""),
    ("doh-text", "dns:https://dns.example.org/dns-query?name=whoami.example.org&type=TXT", ""),
    ("dot", "dns:tls://dns.example.org/whoami.example.org", ""),
    ("dns-tcp", "dns:tcp://dns.example.org/whoami.example.org/TXT", ""),
    ("dns-udp", "dns:udp://dns.example.org/whoami.example.org", ""),
    ("stun-udp", "stun:stun.example.org", ""),
    ("stun-tcp", "stun:tcp://stun.example.org", ""),
    ("stun-tls", "stun:tls://stun.example.org", ""),
    ("own", "echo:https://own.example.org", "{key}"),
    ("ssh-nginx", "tunnel:https://nginx.example.org", "command = \"{ssh 9001}\""),
    (
        "ssh-haproxy",
        "tunnel:https://haproxy.example.org",
        "command = \"{ssh 9002}\"\nclient = \"proxy-protocol\"",
    ),
    ("localtunnel", "tunnel:https://lt.example.org", "command = \"{lt}\""),
    ("spoken", "tunnel:sh {script} {port}", ""),
];

/// Those that need no server on the internet.
const AT_HOME: [&str; 5] = ["interface", "router", "pcp", "nat-pmp", "upnp"];

/// A lab with all of them.
struct World {
    lab: Lab,
    config: String,
    folder: PathBuf,
    _authority: Authority,
    _servers: [Server; 4],
    _daemons: Vec<Daemon>,
    _tunnels: (Sshd, Localtunnel),
    _router: Miniupnpd,
    _own: Spawned,
    _pem: Pem,
    // Last, so that the next world begins when this one is gone.
    _turn: MutexGuard<'static, ()>,
}

impl World {
    fn new(shape: Shape) -> Option<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let lab = Lab::new(shape)?;
        let hosts = NAMES.map(|(name, number)| {
            [(name, format!("198.51.100.{number}")), (name, format!("2001:db8:cafe::{number}"))]
        });
        let hosts: Vec<(&str, &str)> =
            hosts.iter().flatten().map(|(name, address)| (*name, address.as_str())).collect();
        lab.hosts(Place::HOME, &hosts);
        let folder = std::env::temp_dir().join(format!("dynflare-every-{}-{shape:?}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder of our own");
        let authority = Authority::new();
        let identity = authority.issue(&NAMES.map(|(name, _)| name), Validity::Current);
        let pem = Pem::new(&identity);
        let listen = |address: &str| lab.listen(Place::INTERNET, address);
        let servers = [
            echo(listen("198.51.100.10:80")),
            echo(listen("[2001:db8:cafe::10]:80")),
            echo_tls(listen("198.51.100.10:443"), &identity),
            echo_tls(listen("[2001:db8:cafe::10]:443"), &identity),
        ];
        let daemons = vec![
            Daemon::dnsdist(&lab, ["198.51.100.50", "2001:db8:cafe::50"], &pem)?,
            Daemon::coturn(&lab, ["198.51.100.30", "2001:db8:cafe::30"], &pem)?,
            Daemon::nginx(&lab, Place::INTERNET, &edges(&pem), "198.51.100.70:443")?,
            Daemon::haproxy(
                &lab,
                Place::INTERNET,
                &format!(
                    "frontend f\n  mode tcp\n  bind 198.51.100.80:443,[2001:db8:cafe::80]:443 ssl crt {}\n  default_backend b\n\
                     backend b\n  mode tcp\n  server s 127.0.0.1:9002 send-proxy-v2",
                    pem.both()
                ),
                "198.51.100.80:443",
            )?,
        ];
        let tunnels =
            (Sshd::start(&lab, "198.51.100.90:22")?, Localtunnel::start(&lab, "198.51.100.90:3000")?);
        let router = Miniupnpd::start(&lab)?;
        let (own, key) = own_server(&lab, &pem, &folder);
        let script = folder.join("open.sh");
        let text = format!(
            "echo 'terms: https://example.org/terms'\necho 'your url is: https://nginx.example.org:8443'\nexec {}\n",
            tunnels.0.command(9003).replace("{port}", "$1")
        );
        std::fs::write(&script, text).expect("a file of our own");
        let mut config = format!(
            "version = 1\nca_file = \"{}\"\nallow = [\"203.0.113.0/24\", \"2001:db8::/32\"]\nstate_dir = \"{}\"\npool = [\n",
            authority.file().display(),
            folder.display()
        );
        let names = SOURCES.iter().map(|(name, ..)| *name).chain(AT_HOME);
        config.extend(names.map(|name| format!("  \"{name}\",\n")));
        config.push_str("]\n");
        for (name, spec, more) in SOURCES {
            let spec = spec.replace("{script}", &script.display().to_string());
            let more = more
                .replace("{key}", &key)
                .replace("{ssh 9001}", &tunnels.0.command(9001))
                .replace("{ssh 9002}", &tunnels.0.command(9002))
                .replace("{lt}", &tunnels.1.command("calmcat"));
            writeln!(config, "[sources.{name}]\nspec = \"{spec}\"\n{more}").expect("writing to a String");
        }
        let file = folder.join("dynflare.toml");
        std::fs::write(&file, config).expect("a file of our own");
        Some(Self {
            lab,
            config: file.display().to_string(),
            folder,
            _authority: authority,
            _servers: servers,
            _daemons: daemons,
            _tunnels: tunnels,
            _router: router,
            _own: own,
            _pem: pem,
            _turn: turn,
        })
    }

    /// What the program says, as JSON, once these sources have all answered: on a busy machine a tunnel may not be open
    /// in time. Nobody may ever say another address.
    fn detect(&self, v4: (&str, &[&str]), v6: (&str, &[&str])) -> Value {
        for attempt in 0.. {
            let output = dynflare(&self.lab, Place::HOME, &["detect", "--json", "--config", &self.config]);
            let found: Value =
                serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
            let mut missing = Vec::new();
            for (family, (address, names)) in [("IPv4", v4), ("IPv6", v6)] {
                let answers = answers(&found, family);
                for name in names {
                    match answers.iter().find(|(source, _)| source == name).map(|(_, said)| *said) {
                        Some(Ok(said)) => assert_eq!(said, address, "{name} over {family}: {found:#}"),
                        Some(Err(_)) | None => missing.push((family, *name)),
                    }
                }
            }
            if missing.is_empty() {
                return found;
            }
            assert!(attempt < ATTEMPTS, "no answer from {missing:?}: {found:#}");
        }
        unreachable!("invariant: the loop ends by itself")
    }

    /// Has the next questions ask by the other of two names at localtunnel's server, which after a change of address
    /// keeps the old name for connections that it takes for alive.
    fn rename_localtunnel(&self) {
        let text = std::fs::read_to_string(&self.config).expect("our own file");
        let text = text.replace("calmcat", "calmdog").replace("lt.example.org", "lt.example.org:8443");
        std::fs::write(&self.config, text).expect("our own file");
    }
}

/// How often those are asked again who were not there in time.
const ATTEMPTS: u32 = 4;

/// Two of these at a time are too much for a small machine.
static TURN: Mutex<()> = Mutex::new(());

impl Drop for World {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

/// nginx before each of the tunnels that it is the edge of, and after somebody's forgery.
fn edges(pem: &Pem) -> String {
    let forged = "proxy_set_header X-Forwarded-For \"198.51.100.66, $proxy_add_x_forwarded_for\";";
    let server = |number: u8, port: u16, to: &str, more: &str| {
        format!(
            "server {{ listen 198.51.100.{number}:{port} ssl; listen [2001:db8:cafe::{number}]:{port} ssl;\n\
             ssl_certificate {}; ssl_certificate_key {};\n\
             location / {{ proxy_pass http://{to}; {forged} {more} }} }}\n",
            pem.certificate, pem.key
        )
    };
    [
        server(70, 443, "127.0.0.1:9001", ""),
        server(70, 8443, "127.0.0.1:9003", ""),
        server(20, 443, "198.51.100.90:3000", "proxy_set_header Host calmcat.tun.test;"),
        server(20, 8443, "198.51.100.90:3000", "proxy_set_header Host calmdog.tun.test;"),
    ]
    .concat()
}

/// The program itself on the internet as an echo server that signs, and the client's line with the key.
fn own_server(lab: &Lab, pem: &Pem, folder: &std::path::Path) -> (Spawned, String) {
    let made = dynflare(lab, Place::INTERNET, &["serve", "--echo", "--new-key", "ed25519"]);
    let text = said(&made);
    let lines: Vec<&str> = text.lines().collect();
    let key = folder.join("server.key");
    std::fs::write(&key, lines[1]).expect("a file of our own");
    let key = format!("file:{}", key.display());
    let program = env!("CARGO_BIN_EXE_dynflare");
    let listen = ["--listen", "198.51.100.40:443", "--listen", "[2001:db8:cafe::40]:443"];
    let tls = ["--tls-cert", &pem.certificate, "--tls-key", &pem.key, "--key", &key];
    let argv = [[program, "serve", "--echo"].as_slice(), &listen, &tls].concat();
    let own = lab.spawn_in(Place::INTERNET, &argv);
    lab.wait_until_listening(Place::INTERNET, "[2001:db8:cafe::40]:443", &own);
    (own, (*lines.last().expect("lines")).to_owned())
}

/// What each source answered over a family, or why it did not.
fn answers<'a>(found: &'a Value, family: &str) -> Vec<(&'a str, Result<&'a str, &'a str>)> {
    let detections = found["detections"].as_array().expect("a list");
    let one = detections.iter().find(|one| one["family"] == family).expect("both families are asked about");
    let asked = one["asked"].as_array().expect("a list");
    let said = |one: &'a Value| {
        let fault = || one["fault"]["what"].as_str().unwrap_or_default();
        (one["source"].as_str().unwrap_or_default(), one["answer"].as_str().ok_or_else(fault))
    };
    asked.iter().map(said).collect()
}

/// All that ask somebody outside, and these.
fn outside_and(more: &[&'static str]) -> Vec<&'static str> {
    SOURCES.iter().map(|(name, ..)| *name).chain(more.iter().copied()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_source_names_the_right_address_and_follows_its_change() {
    let Some(world) = World::new(Shape::Plain) else { return };
    let (four, six) = (outside_and(&["router", "pcp", "nat-pmp", "upnp"]), outside_and(&["interface"]));
    // The router's own daemon tells no address that is reserved for documentation.
    for (v4, v6) in [("11.22.33.44", "2001:db8:1:100::50"), ("11.22.33.45", "2001:db8:2::7")] {
        for address in [v4, v6] {
            world.lab.set_wan(address.parse().expect("an address"));
        }
        let found = world.detect((v4, &four), (v6, &six));
        for (detection, address) in found["detections"].as_array().expect("a list").iter().zip([v4, v6]) {
            assert_eq!(detection["outcome"], "agreed", "{found:#}");
            assert_eq!(detection["address"], address, "{found:#}");
        }
        assert_eq!(found["nat"][0]["standing"], "behind-nat", "{found:#}");
        world.rename_localtunnel();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_carrier_everybody_sees_the_carrier_and_the_report_says_so() {
    let Some(world) = World::new(Shape::CarrierGrade) else { return };
    let (four, six) = (outside_and(&[]), outside_and(&["interface"]));
    let found = world.detect(("203.0.113.5", &four), ("2001:db8:1:100::50", &six));
    let answers = answers(&found, "IPv4");
    for name in ["router", "pcp"] {
        let said = answers.iter().find(|(source, _)| *source == name).map(|(_, said)| *said);
        let words = "the router itself has 100.64.9.2, which is not public";
        assert!(said.is_some_and(|said| said.is_err_and(|why| why.starts_with(words))), "{found:#}");
    }
    let report = &found["nat"][0];
    assert_eq!(report["standing"], "carrier-grade-nat", "{found:#}");
    assert_eq!((&report["reachable"], &report["router"]), (&false.into(), &"100.64.9.2".into()), "{found:#}");
}
