//! `cargo xtask dns`: the embedded name server beside BIND and Knot, with the same zone and the same questions.
//!
//! Answers and signed updates per second are counted by dnsperf, which shares the machine's cores with the server; memory
//! is what the kernel says. Ours is the name server alone, with its limiter, built as the program is.

use super::root;
use std::fmt::Write as _;
use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Names in the zone.
const NAMES: u32 = 100_000;
/// Seconds of one measurement, and how often each server is measured, in turn.
const SECONDS: u32 = 5;
const ROUNDS: usize = 3;
/// Where the servers listen on 127.0.0.1, one after the other.
const PORT: u16 = 5391;
/// The key of updates.
const SECRET: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Ours,
    Knot,
    Bind,
}

impl Who {
    const ALL: [Self; 3] = [Self::Ours, Self::Knot, Self::Bind];

    fn name(self) -> &'static str {
        match self {
            Self::Ours => "Dynflare",
            Self::Knot => "Knot",
            Self::Bind => "BIND",
        }
    }
}

/// What was found of one server.
#[derive(Default)]
struct Found {
    answers: Vec<f64>,
    changes: Vec<f64>,
    empty_kib: u64,
    full_kib: u64,
}

/// Measures all three and gives that part of the page.
pub(super) fn measure() -> Result<String, String> {
    let folder = std::env::temp_dir().join(format!("dynflare-dns-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let measured = measured(&folder);
    // What is left is in the temporary directory, where it hurts nobody.
    let _left = fs::remove_dir_all(&folder);
    measured
}

fn measured(folder: &Path) -> Result<String, String> {
    let ours = build()?;
    questions(folder).map_err(|error| error.to_string())?;
    let mut found: [Found; 3] = Default::default();
    for round in 0..ROUNDS {
        for (who, found) in Who::ALL.into_iter().zip(&mut found) {
            let folder = folder.join(format!("{}-{round}", who.name()));
            let running = Running::start(who, &ours, &folder, NAMES)?;
            found.answers.push(dnsperf(&["-d", &path(&folder, "../questions"), "-c", "20", "-e"])?);
            found.full_kib = found.full_kib.max(running.resident()?);
            let key = format!("hmac-sha256:k256:{SECRET}");
            let updates = path(&folder, "../updates");
            found.changes.push(dnsperf(&["-d", &updates, "-u", "-y", &key, "-c", "50", "-q", "1000"])?);
            drop(running);
            if round == 0 {
                found.empty_kib =
                    Running::start(who, &ours, &folder.with_extension("empty"), 0)?.resident()?;
            }
        }
    }
    Ok(section(&mut found))
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// Builds the name server as it is in the program.
fn build() -> Result<PathBuf, String> {
    let root = root()?;
    let status = Command::new(option_env!("CARGO").unwrap_or("cargo"))
        .current_dir(root)
        .args(["build", "--release", "--package", "dynflare-nameserver", "--example", "measured"])
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    let built = root.join("target/release/examples/measured");
    if status.success() { Ok(built) } else { Err("the release build failed".to_owned()) }
}

fn questions(folder: &Path) -> std::io::Result<()> {
    let (mut questions, mut updates) = (String::new(), String::new());
    // Each name once, in an order that no cache likes (a step without a factor in common with the count).
    for number in (0..NAMES).map(|number| u64::from(number) * 61_803 % u64::from(NAMES)) {
        writeln!(questions, "h{number}.dyn.example.org A").expect("writing to a string");
        let address = format!("198.51.{}.{}", number % 100, number % 250 + 1);
        writeln!(updates, "dyn.example.org\ndelete h{number} A\nadd h{number} 60 A {address}\nsend")
            .expect("writing to a string");
    }
    fs::write(folder.join("questions"), questions)?;
    fs::write(folder.join("updates"), updates)
}

/// Answers per second, as dnsperf counts them; an error where some were lost.
fn dnsperf(arguments: &[&str]) -> Result<f64, String> {
    let output = Command::new("dnsperf")
        .args(["-s", "127.0.0.1", "-p", &PORT.to_string(), "-T", "1", "-l", &SECONDS.to_string()])
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot run dnsperf (apt-get install dnsperf): {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let after = |label: &str| said.split(label).nth(1).and_then(|rest| rest.split_whitespace().next());
    let rate = after("per second:").and_then(|rate| rate.parse().ok());
    let codes = said.split("Response codes:").nth(1).and_then(|rest| rest.lines().next()).unwrap_or("none");
    match rate {
        Some(rate) if codes.contains("NOERROR") && codes.contains("(100.00%)") => Ok(rate),
        _ => Err(format!("dnsperf: answers other than NOERROR ({codes})\n{said}")),
    }
}

struct Running(Child);

impl Running {
    fn start(who: Who, ours: &Path, folder: &Path, names: u32) -> Result<Self, String> {
        let said = |error: std::io::Error| format!("{}: {error}", who.name());
        fs::create_dir_all(folder).map_err(said)?;
        let mut command = match who {
            Who::Ours => {
                let mut command = Command::new(ours);
                command.arg(format!("127.0.0.1:{PORT}")).arg(names.to_string());
                command.arg(folder.join("store"));
                command
            }
            Who::Knot => knot(folder, names).map_err(said)?,
            Who::Bind => bind(folder, names).map_err(said)?,
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let running = Self(command.spawn().map_err(said)?);
        wait(names).map(|()| running).map_err(|why| format!("{}: {why}", who.name()))
    }

    /// Resident memory in KiB.
    fn resident(&self) -> Result<u64, String> {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.0.id())).map_err(|error| error.to_string())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
            .ok_or_else(|| "no VmRSS".to_owned())
    }
}

/// Waits until the server answers for the zone, and for its last name.
fn wait(names: u32) -> Result<(), String> {
    let owner = if names == 0 { "ns1".to_owned() } else { format!("h{}", names - 1) };
    let mut asked = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in [owner.as_str(), "dyn", "example", "org"] {
        asked.push(u8::try_from(label.len()).map_err(|error| error.to_string())?);
        asked.extend(label.bytes());
    }
    asked.extend([0, 0, 1, 0, 1]);
    let end = Instant::now() + Duration::from_secs(60);
    let attempt = || -> std::io::Result<bool> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(("127.0.0.1", PORT))?;
        socket.set_read_timeout(Some(Duration::from_millis(200)))?;
        socket.send(&asked)?;
        let mut answer = [0; 512];
        Ok(socket.recv(&mut answer)? > asked.len() && answer[3] % 16 == 0)
    };
    while !attempt().unwrap_or(false) {
        if Instant::now() > end {
            return Err("it does not answer".to_owned());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

impl Drop for Running {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn zone(folder: &Path, names: u32) -> std::io::Result<()> {
    let mut text =
        "$TTL 60\n$ORIGIN dyn.example.org.\n@ IN SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\n\
                    ns1 A 127.0.0.1\n"
            .to_owned();
    for number in 0..names {
        writeln!(text, "h{number} A 203.0.{}.{}", number % 113, number % 250 + 1)
            .expect("writing to a string");
    }
    fs::write(folder.join("zone"), text)
}

fn knot(folder: &Path, names: u32) -> std::io::Result<Command> {
    zone(folder, names)?;
    let path = folder.display();
    let text = format!(
        "server:\n  rundir: \"{path}\"\n  listen: [\"127.0.0.1@{PORT}\"]\n  udp-workers: 2\n  tcp-workers: 2\n\
         database:\n  storage: \"{path}\"\n\
         key:\n  - id: k256\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\
         acl:\n  - id: anything\n    key: k256\n    action: update\n\
         zone:\n  - domain: dyn.example.org\n    storage: \"{path}\"\n    file: zone\n    acl: anything\n    \
         zonefile-sync: -1\n    zonefile-load: difference-no-serial\n    journal-content: all\n"
    );
    fs::write(folder.join("knot.conf"), text)?;
    let mut command = Command::new("/usr/sbin/knotd");
    command.arg("-c").arg(folder.join("knot.conf"));
    Ok(command)
}

fn bind(folder: &Path, names: u32) -> std::io::Result<Command> {
    zone(folder, names)?;
    let path = folder.display();
    let text = format!(
        "key \"k256.\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};\n\
         options {{ directory \"{path}\"; pid-file \"named.pid\"; lock-file none; session-keyfile none;\n\
         managed-keys-directory \"{path}\"; listen-on port {PORT} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n\
         recursion no; dnssec-validation no; notify no; minimal-responses yes; update-quota 2000; }};\n\
         controls {{ }};\n\
         zone \"dyn.example.org\" {{ type primary; file \"zone\"; update-policy {{ grant k256. zonesub ANY; }}; }};\n"
    );
    fs::write(folder.join("named.conf"), text)?;
    let mut command = Command::new("/usr/sbin/named");
    command.args(["-g", "-n", "2", "-c"]).arg(folder.join("named.conf"));
    Ok(command)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn section(found: &mut [Found; 3]) -> String {
    let mut text = format!(
        "{NAMES} names, each with one address; medians of {ROUNDS} runs of {SECONDS} seconds in turn; dnsperf on the same \
         cores, 20 clients for answers, 50 with up to 1000 updates under way for changes. Every change is signed \
         (HMAC-SHA256), made by RFC 2136 over UDP and durable when it is answered, as far as each server promises that.\n\n\
         | server | answers per second | changes per second | memory with {NAMES} names | per name above none |\n\
         |---|--:|--:|--:|--:|\n"
    );
    for (who, found) in Who::ALL.into_iter().zip(found) {
        let above = found.full_kib.saturating_sub(found.empty_kib) * 1024 / u64::from(NAMES);
        writeln!(
            text,
            "| {} | {:.0} | {:.0} | {} KiB | {above} bytes |",
            who.name(),
            median(&mut found.answers),
            median(&mut found.changes),
            found.full_kib
        )
        .expect("writing to a string");
    }
    text
}
