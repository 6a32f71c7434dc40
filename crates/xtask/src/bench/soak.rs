//! What the daemon costs in the long run: memory over thousands of rounds and over a day, processor time of a round that
//! changes nothing, and how often it wakes while there is nothing to do.
//!
//! Three daemons, one after the other, each with four operators over TLS on this machine. The first is kicked round after
//! round and keeps a record at a real BIND. The second lives a day by a clock that runs [`HASTE`] times as fast (the
//! library faketime), with rounds, audits and the sentinel as they come by default, and a record at the fake Cloudflare.
//! The third has nothing to do.

use dynflare_testkit::cloudflare::{FakeCloudflare, FakeZone, Grant};
use dynflare_testkit::echo::{Echo, Say};
use dynflare_testkit::nameserver::{KEYS, Kind, NameServer, ZONE};
use dynflare_testkit::serve::Server;
use dynflare_testkit::tls::Authority;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// How many rounds the first daemon has, unless told otherwise.
pub(crate) const ROUNDS: u32 = 10_000;

/// The first rounds count for nothing: buffers grow to their size.
const WARM_UP: u32 = 200;

/// How fast the day goes by: in ten minutes.
const HASTE: u32 = 144;

/// The day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// When the day's first figures are taken: an hour into it.
const MORNING: Duration = Duration::from_secs(60 * 60);

/// How long nothing is to be done.
const IDLE: Duration = Duration::from_secs(60);

/// Built-in sources that answer with an address and nothing else; they are asked here instead.
const OPERATORS: [&str; 4] = ["akamai", "amazon", "hetzner", "ipify"];

const TOKEN: &str = "cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno";

/// Ticks of the kernel's processor times in a second (`sysconf(_SC_CLK_TCK)`, 100 on every Linux since 2.6).
const TICKS: u32 = 100;

/// A process as the kernel counts it.
struct Seen {
    resident_kib: u64,
    own_kib: u64,
    cpu: Duration,
    wakes: u64,
}

impl Seen {
    fn of(pid: u32) -> Result<Self, String> {
        let read = |file: &str| {
            let path = format!("/proc/{pid}/{file}");
            std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
        };
        let (status, stat) = (read("status")?, read("stat")?);
        let value = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            let number = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
            number.ok_or_else(|| format!("the kernel does not tell {key}"))
        };
        // Behind the name, which may hold anything: fields 14 and 15 of proc(5).
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |field: usize| fields.get(field - 3).and_then(|ticks| ticks.parse::<u32>().ok());
        let ticks = ticks(14).zip(ticks(15)).map(|(user, system)| user + system);
        Ok(Self {
            resident_kib: value("VmRSS")?,
            own_kib: value("RssAnon")?,
            cpu: Duration::from_secs(1) * ticks.ok_or("the kernel does not tell processor times")? / TICKS,
            // Of the thread that the loop runs on.
            wakes: value("voluntary_ctxt_switches")?,
        })
    }
}

/// Servers on loopback, and a folder for one daemon after the other.
struct Ground {
    runtime: tokio::runtime::Runtime,
    sources: Vec<Echo>,
    _api: Server,
    api: String,
    folder: PathBuf,
}

impl Ground {
    fn new() -> Result<Self, String> {
        let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("cannot start: {error}"))?;
        let authority = Authority::new();
        let identity = authority.loopback();
        let cloudflare = FakeCloudflare::new();
        cloudflare.token(TOKEN, Grant::all());
        cloudflare.zone(FakeZone::new(ZONE));
        let (sources, server) = runtime.block_on(async {
            let mut sources = Vec::new();
            for _ in OPERATORS {
                sources.push(Echo::https(&identity, Say::address("203.0.113.7")).await);
            }
            (sources, Server::https(&identity, cloudflare.handler()).await)
        });
        let folder = std::env::temp_dir().join(format!("dynflare-soak-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let api = format!("{}/client/v4", server.base());
        // Not where other programs make files: the daemon watches the folders of all files of its configuration.
        let file = folder.join("ca.pem");
        std::fs::write(&file, authority.pem()).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Self { runtime, sources, _api: server, api, folder })
    }

    /// A daemon that keeps this record, with these lines and variables besides.
    fn daemon(
        &self,
        program: &Path,
        record: &str,
        more: &str,
        variables: &[(&str, String)],
    ) -> Result<Daemon, String> {
        let mut text = format!(
            "version = 1\nrecords = [\"{record}\"]\npool = {OPERATORS:?}\n\
             allow = [\"203.0.113.0/24\"]\nca_file = \"{}\"\nstate_dir = \"{}\"\nconfirm = false\n\
             router_events = \"off\"\n{more}\n[providers.cloudflare]\ntoken = \"{TOKEN}\"\nbase_url = \"{}\"\n",
            self.folder.join("ca.pem").display(),
            self.folder.join("state").display(),
            self.api
        );
        for (name, source) in OPERATORS.iter().zip(&self.sources) {
            writeln!(text, "[sources.{name}]\nurl = \"{}/\"", source.base()).expect("writing to a String");
        }
        let file = self.folder.join("dynflare.toml");
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut child = Command::new(program)
            .args(["run", "-v", "--config"])
            .arg(file)
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let lines = BufReader::new(child.stdout.take().ok_or("it has an output")?).lines();
        Ok(Daemon { child, lines })
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

/// A daemon at work. It is killed on drop.
struct Daemon {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Daemon {
    /// Waits for a line that holds this.
    fn says(&mut self, wanted: &str) -> Result<(), String> {
        loop {
            match self.lines.next() {
                Some(Ok(line)) if line.contains(wanted) => return Ok(()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(format!("cannot read what it says: {error}")),
                None => return Err(format!("it ended without {wanted:?}")),
            }
        }
    }

    /// So many rounds that change nothing.
    fn rounds(&mut self, count: u32) -> Result<(), String> {
        for _ in 0..count {
            let pid = self.child.id().to_string();
            let kicked = Command::new("kill").args(["-USR1", &pid]).status();
            if !kicked.is_ok_and(|status| status.success()) {
                return Err("cannot kick it".to_owned());
            }
            self.says("unchanged")?;
        }
        Ok(())
    }

    fn seen(&self) -> Result<Seen, String> {
        Seen::of(self.child.id())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Measures a program that is there already, and gives the figures as Markdown.
pub(super) fn measure(program: &Path, rounds: u32) -> Result<String, String> {
    let ground = Ground::new()?;
    let _inside = ground.runtime.enter();
    let mut text = String::from("| what | begin | end | |\n|---|--:|--:|---|\n");
    many_rounds(&ground, program, rounds, &mut text)?;
    a_day(&ground, program, &mut text)?;
    nothing(&ground, program, &mut text)?;
    Ok(text)
}

fn memory(text: &mut String, what: &str, [before, after]: [&Seen; 2]) {
    for (kind, before, after) in
        [("resident", before.resident_kib, after.resident_kib), ("of its own", before.own_kib, after.own_kib)]
    {
        writeln!(text, "| {what}, memory {kind} | {before} KiB | {after} KiB | |")
            .expect("writing to a String");
    }
}

fn many_rounds(ground: &Ground, program: &Path, rounds: u32, text: &mut String) -> Result<(), String> {
    let bind = NameServer::start(Kind::Bind).ok_or("BIND is not installed")?;
    let key = &KEYS[0];
    let variables = [
        ("RFC2136_SERVER", bind.v4().to_string()),
        ("RFC2136_KEY", format!("{}:{}:{}", key.algorithm, key.name, key.secret)),
    ];
    let record = format!("rfc2136:{ZONE}:A:home");
    let more = "schedule = \"on events only\"\nsentinel = \"off\"";
    let mut daemon = ground.daemon(program, &record, more, &variables)?;
    daemon.says("created 203.0.113.7")?;
    daemon.rounds(WARM_UP)?;
    let before = daemon.seen()?;
    daemon.rounds(rounds)?;
    let after = daemon.seen()?;
    memory(text, &format!("{rounds} rounds"), [&before, &after]);
    let each = after.cpu.saturating_sub(before.cpu) / rounds;
    writeln!(
        text,
        "| processor time of a round that changes nothing | | {:.2} ms | |",
        each.as_secs_f64() * 1e3
    )
    .expect("writing to a String");
    Ok(())
}

/// The library that makes clocks fast.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|file| file.is_file())
}

fn a_day(ground: &Ground, program: &Path, text: &mut String) -> Result<(), String> {
    let Some(library) = faketime() else {
        println!("no day is lived: libfaketime is not installed (apt-get install faketime)");
        return Ok(());
    };
    let variables = [("LD_PRELOAD", library.display().to_string()), ("FAKETIME", format!("+0 x{HASTE}"))];
    let mut daemon = ground.daemon(program, &format!("cloudflare:{ZONE}:A:home"), "", &variables)?;
    daemon.says("created 203.0.113.7")?;
    std::thread::sleep(MORNING / HASTE);
    let before = daemon.seen()?;
    std::thread::sleep(DAY.saturating_sub(MORNING) / HASTE);
    let after = daemon.seen()?;
    memory(
        text,
        &format!("a day in {} s, from its second hour on", (DAY / HASTE).as_secs()),
        [&before, &after],
    );
    let spent = after.cpu.saturating_sub(before.cpu).as_secs_f64();
    writeln!(text, "| the same, processor time | | {spent:.2} s | |").expect("writing to a String");
    Ok(())
}

fn nothing(ground: &Ground, program: &Path, text: &mut String) -> Result<(), String> {
    let more = "schedule = \"on events only\"\nsentinel = \"off\"";
    let mut daemon = ground.daemon(program, &format!("cloudflare:{ZONE}:A:idle"), more, &[])?;
    daemon.says("created 203.0.113.7")?;
    // What the first round leaves behind comes to rest: threads that nobody needs any more, kept connections.
    std::thread::sleep(IDLE / 4);
    let before = daemon.seen()?;
    std::thread::sleep(IDLE);
    let after = daemon.seen()?;
    memory(text, "idle", [&before, &after]);
    let wakes = after.wakes - before.wakes;
    writeln!(text, "| wake-ups in {} s without a timer | | {wakes} | |", IDLE.as_secs())
        .expect("writing to a String");
    Ok(())
}
