//! How soon DNS is right after this machine's address changed: the daemon in a lab of network namespaces, from the
//! moment of the change to the first right answer of a real BIND, as `dig` sees it.

use dynflare_testkit::lab::{Bind, Lab, Miniupnpd, Place, Shape, Spawned, echo_tls};
use dynflare_testkit::nameserver::{KEYS, ZONE};
use dynflare_testkit::serve::Server;
use dynflare_testkit::tls::{Authority, Validity};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often the address changes in each case, and how often while one daemon runs: after six rounds in quick succession
/// it starts one each 10 s, a router can announce the loss of the old address and the new one apart, and a line that gets
/// another address every few seconds is nobody's.
const CHANGES: u8 = 30;
/// See [`CHANGES`].
const IN_A_ROW: u8 = 3;

/// How long a change may take before the measurement gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// The sentinel's interval in the case that only it can notice: the shortest there is.
const SENTINEL: Duration = Duration::from_secs(10);

/// The five operators.
const SOURCES: [(&str, &str); 5] = [
    ("ip.example.com", "198.51.100.10"),
    ("ip.example.net", "198.51.100.20"),
    ("ip.example.org", "198.51.100.30"),
    ("ip.example.edu", "198.51.100.40"),
    ("ip.example.info", "198.51.100.50"),
];

/// How the daemon can notice.
struct Case {
    title: &'static str,
    shape: Shape,
    announces: bool,
    sentinel: Option<Duration>,
    target: Duration,
}

const CASES: [Case; 3] = [
    Case {
        title: "the address is on the machine's own interface",
        shape: Shape::Direct,
        announces: false,
        sentinel: None,
        target: Duration::from_millis(500),
    },
    Case {
        title: "behind a router that announces (miniupnpd, NAT-PMP)",
        shape: Shape::Plain,
        announces: true,
        sentinel: None,
        target: Duration::from_secs(1),
    },
    Case {
        title: "behind a router that says nothing, sentinel every 10 s",
        shape: Shape::Plain,
        announces: false,
        sentinel: Some(SENTINEL),
        target: Duration::from_secs(SENTINEL.as_secs() + 2),
    },
];

/// What one case came to.
pub(super) struct Reaction {
    title: &'static str,
    target: Duration,
    /// From the change to the first right answer, sorted.
    took: Vec<Duration>,
}

impl Reaction {
    fn row(&self) -> String {
        let worst = self.took.last().copied().unwrap_or_default();
        let median = self.took.get(self.took.len() / 2).copied().unwrap_or_default();
        let met = if worst <= self.target { "met" } else { "**missed**" };
        let seconds = |span: Duration| format!("{:.2} s", span.as_secs_f64());
        format!(
            "| {} | {} | {} | {} | {} | {met} |",
            self.title,
            self.took.len(),
            seconds(self.target),
            seconds(median),
            seconds(worst)
        )
    }
}

/// The cases as Markdown.
pub(super) fn section(reactions: &[Reaction]) -> String {
    let mut text =
        String::from("| case | changes | target (worst) | median | worst | |\n|---|--:|--:|--:|--:|---|\n");
    for reaction in reactions {
        writeln!(text, "{}", reaction.row()).expect("writing to a String");
    }
    text
}

/// Measures every case with this program.
pub(super) fn measure(program: &Path) -> Result<Vec<Reaction>, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("cannot start: {error}"))?;
    let _inside = runtime.enter();
    CASES.iter().map(|case| one(case, program)).collect()
}

fn one(case: &Case, program: &Path) -> Result<Reaction, String> {
    let lab = Lab::new(case.shape).ok_or("there can be no lab of network namespaces here")?;
    lab.set_wan(wan(0));
    let _router =
        if case.announces { Some(Miniupnpd::start(&lab).ok_or("miniupnpd is not installed")?) } else { None };
    let bind = Bind::start(&lab).ok_or("BIND is not installed")?;
    let mut took = Vec::new();
    let mut home = Home::start(&lab, case, program);
    for change in 1..=CHANGES {
        if change % IN_A_ROW == 1 {
            home.start_again(&lab);
            // Its first address is found without any change.
            home.until_right(&lab, &bind, wan(change - 1))?;
        }
        // Not in step with the daemon's own timers, and not before its triggers have settled.
        std::thread::sleep(Duration::from_millis(2_000 + u64::from(change) * 37));
        let before = Instant::now();
        lab.set_wan(wan(change));
        home.until_right(&lab, &bind, wan(change))?;
        took.push(before.elapsed());
    }
    took.sort();
    let reaction = Reaction { title: case.title, target: case.target, took };
    // The whole takes ten minutes: what is known by now is not lost should it break off.
    println!("{}", reaction.row());
    Ok(reaction)
}

/// Addresses that look public; nothing in a lab can reach anybody who has them.
fn wan(number: u8) -> IpAddr {
    IpAddr::from([11, 22, 33, 100 + number])
}

/// The daemon at home, and whom it asks.
struct Home {
    command: [String; 4],
    /// Gone only while another takes its place.
    daemon: Option<Spawned>,
    folder: PathBuf,
    _servers: Vec<Server>,
    _authority: Authority,
}

impl Home {
    fn start(lab: &Lab, case: &Case, program: &Path) -> Self {
        let folder = std::env::temp_dir().join(format!("dynflare-reaction-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("state")).expect("a folder of our own");
        let authority = Authority::new();
        let names = SOURCES.map(|(name, _)| name);
        let identity = authority.issue(&names, Validity::Current);
        lab.hosts(Place::HOME, &SOURCES);
        let serve = |(_, address): (&str, &str)| {
            echo_tls(lab.listen(Place::INTERNET, &format!("{address}:443")), &identity)
        };
        let servers = SOURCES.map(serve).into();
        let pool = names.map(|name| format!("\"url:https://{name}/\""));
        let key = KEYS[0];
        let sentinel = case.sentinel.map_or("off".to_owned(), |span| format!("{}s", span.as_secs()));
        let provider = format!(
            "[providers.bind]\ntype = \"rfc2136\"\nserver = \"{}\"\nkey = \"{}:{}:{}\"\n",
            Bind::V4,
            key.algorithm,
            key.name,
            key.secret
        );
        let text = format!(
            "version = 1\nrecords = [\"bind:{ZONE}:A:home\"]\npool = [{}]\nca_file = \"{}\"\nstate_dir = \"{}\"\n\
             interval = \"1h\"\nsentinel = \"{sentinel}\"\nconfirm = false\nmax_changes_per_hour = 3600\n{provider}",
            pool.join(", "),
            authority.file().display(),
            folder.join("state").display()
        );
        let file = folder.join("dynflare.toml").display().to_string();
        std::fs::write(&file, text).expect("a file of our own");
        let command = [program.display().to_string(), "run".to_owned(), "--config".to_owned(), file];
        let mut home = Self { command, daemon: None, folder, _servers: servers, _authority: authority };
        home.start_again(lab);
        home
    }

    fn start_again(&mut self, lab: &Lab) {
        self.daemon = None;
        let command = self.command.each_ref().map(String::as_str);
        self.daemon = Some(lab.spawn_in(Place::HOME, &command));
    }

    /// Asks again and again until the server gives this address, and nothing else.
    fn until_right(&self, lab: &Lab, bind: &Bind, address: IpAddr) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        let right = [address.to_string()];
        while bind.read(lab, Place::INTERNET, (&format!("home.{ZONE}"), "A")) != right {
            if Instant::now() > end {
                let log = self.daemon.as_ref().map(Spawned::log).unwrap_or_default();
                return Err(format!("DNS never gave {address}: {log}"));
            }
        }
        Ok(())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}
