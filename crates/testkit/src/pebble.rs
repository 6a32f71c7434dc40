//! A real certificate authority: pebble, with pebble-challtestsrv as the name server that it asks.
//!
//! All names lead to loopback. Its state is in memory, so a second start is an authority that knows nobody.

use crate::lab::{Lab, Place};
use crate::nameserver::process::{Directory, command, find, follow, installed};
use crate::port;
use crate::tls::{Authority, Validity};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The external account that an authority with [`Options::binding`] knows: key identifier and key.
pub const BINDING: (&str, &str) =
    ("kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W");

/// Where it is on the internet of a lab.
const IN_LAB: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 80);

/// How long its programs may take to be there.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the authority is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it looks for TLS-ALPN-01.
    pub tls_port: u16,
    /// Where it looks for HTTP-01.
    pub http_port: u16,
    /// Where names lead to; empty for nowhere.
    pub v4: &'static str,
    /// The same for IPv6.
    pub v6: &'static str,
    /// How long certificates are valid, in seconds.
    pub validity: u32,
    /// Only accounts that belong to [`BINDING`].
    pub binding: bool,
    /// It takes up to so many seconds before it looks for a proof.
    pub slowness: u8,
    /// Of a hundred good nonces so many are refused.
    pub refused_nonces: u8,
    /// Of a hundred valid authorizations so many serve again.
    pub reused_authorizations: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tls_port: 1,
            http_port: 1,
            v4: "127.0.0.1",
            v6: "::1",
            validity: 90 * 86_400,
            binding: false,
            slowness: 0,
            refused_nonces: 5,
            reused_authorizations: 50,
        }
    }
}

/// A running authority.
#[derive(Debug)]
pub struct Pebble {
    address: SocketAddr,
    management: SocketAddr,
    children: Vec<Child>,
    lines: Receiver<String>,
    log: Arc<Mutex<String>>,
    _directory: Directory,
}

/// Where an authority runs: on loopback, or on the internet of a lab, where a resolver tells it about names.
#[derive(Clone, Copy)]
enum Site<'s> {
    Loopback,
    Lab(&'s Lab, &'s str),
}

impl Site<'_> {
    fn host(self) -> IpAddr {
        match self {
            Self::Loopback => Ipv4Addr::LOCALHOST.into(),
            Self::Lab(..) => IN_LAB.into(),
        }
    }

    fn command(self, program: &str) -> Command {
        match self {
            Self::Loopback => command(program),
            Self::Lab(lab, _) => lab.command_in(Place::INTERNET, program),
        }
    }

    fn listens(self, address: SocketAddr) -> io::Result<TcpStream> {
        match self {
            Self::Loopback => TcpStream::connect(address),
            Self::Lab(lab, _) => lab.enter(Place::INTERNET, || TcpStream::connect(address)),
        }
    }
}

impl Pebble {
    /// Starts an authority whose own server shows a certificate of `tls`; `None` where it is not installed.
    pub fn start(options: &Options, tls: &Authority) -> Option<Self> {
        if !installed(&["pebble", "pebble-challtestsrv"], "pebble") {
            return None;
        }
        let started = port::free().and_then(|port| Self::try_start(options, tls, port, Site::Loopback));
        Some(started.unwrap_or_else(|error| panic!("pebble does not start: {error}")))
    }

    /// The same on the internet of a lab, at 198.51.100.80; it finds names through this resolver, as a public one does.
    pub fn start_in(lab: &Lab, resolver: &str, options: &Options, tls: &Authority) -> Option<Self> {
        if !installed(&["pebble", "pebble-challtestsrv"], "pebble") {
            return None;
        }
        let started =
            port::free().and_then(|port| Self::try_start(options, tls, port, Site::Lab(lab, resolver)));
        Some(started.unwrap_or_else(|error| panic!("pebble does not start: {error}")))
    }

    /// The same at the port where another was: it knows nothing of what that one did.
    pub fn start_again(options: &Options, tls: &Authority, address: SocketAddr) -> Option<Self> {
        find("pebble")?;
        let started = Self::try_start(options, tls, address.port(), Site::Loopback);
        Some(started.unwrap_or_else(|error| panic!("pebble does not start: {error}")))
    }

    fn try_start(options: &Options, tls: &Authority, port: u16, site: Site<'_>) -> io::Result<Self> {
        let directory = Directory::new()?;
        let host = site.host();
        let own = match site {
            Site::Loopback => tls.loopback(),
            Site::Lab(..) => tls.issue(&[&host.to_string()], Validity::Current),
        };
        let pem = own.pem().clone();
        let (management, dns) = (port::free()?, port::free()?);
        let mut config = format!(
            r#"{{ "pebble": {{ "listenAddress": "{host}:{port}", "managementListenAddress": "{host}:{management}",
            "certificate": "{}", "privateKey": "{}", "httpPort": {}, "tlsPort": {},
            "certificateValidityPeriod": {}, "externalAccountBindingRequired": {}"#,
            directory.file("cert.pem", &pem.certificate),
            directory.file("key.pem", &pem.key),
            options.http_port,
            options.tls_port,
            options.validity,
            options.binding,
        );
        if options.binding {
            let (id, key) = BINDING;
            config.extend([r#", "externalAccountMACKeys": { ""#, id, r#"": ""#, key, r#"" }"#]);
        }
        let config = directory.file("config.json", &(config + " } }"));
        let mut children = Vec::new();
        let resolver = match site {
            Site::Lab(_, resolver) => format!("{resolver}:53"),
            Site::Loopback => {
                children.push(names(options, dns)?);
                format!("127.0.0.1:{dns}")
            }
        };
        let mut pebble = site.command("pebble");
        pebble.args(["-strict", "-config", &config, "-dnsserver", &resolver]);
        match options.slowness {
            0 => pebble.env("PEBBLE_VA_NOSLEEP", "1"),
            seconds => pebble.env("PEBBLE_VA_SLEEPTIME", seconds.to_string()),
        };
        pebble.env("PEBBLE_WFE_NONCEREJECT", options.refused_nonces.to_string());
        pebble.env("PEBBLE_AUTHZREUSE", options.reused_authorizations.to_string());
        let mut child = quiet(&mut pebble).spawn()?;
        let (lines, log) = follow(&mut child);
        let pebble = Self {
            address: SocketAddr::new(host, port),
            management: SocketAddr::new(host, management),
            children: children.into_iter().chain([child]).collect(),
            lines,
            log,
            _directory: directory,
        };
        wait(&pebble.lines, "ACME directory available at").ok_or_else(|| io::Error::other(pebble.log()))?;
        // It says so just before it listens.
        for listens in [pebble.management, pebble.address] {
            let deadline = Instant::now() + PATIENCE;
            while let Err(error) = site.listens(listens) {
                if Instant::now() > deadline {
                    return Err(error);
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(pebble)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it says what its roots are, to whoever asks over HTTPS: `/roots/0`.
    pub fn management(&self) -> SocketAddr {
        self.management
    }

    /// The URL of its directory.
    pub fn directory(&self) -> String {
        format!("https://{}/dir", self.address)
    }

    /// Waits until it has written a line that holds this. Blocks the thread.
    #[track_caller]
    pub fn wait(&self, words: &str) {
        assert!(wait(&self.lines, words).is_some(), "it never said {words}: {}", self.log());
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        text(&self.log)
    }

    /// How many orders were made.
    pub fn orders(&self) -> usize {
        self.log().matches("Added order").count()
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The name server that leads every name to where `options` says, once it is there.
fn names(options: &Options, port: u16) -> io::Result<Child> {
    let mut names = command("pebble-challtestsrv");
    names.args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-dns01", &format!("127.0.0.1:{port}")]);
    names.args(["-defaultIPv4", options.v4, "-defaultIPv6", options.v6]);
    names.args(["-management", &format!("127.0.0.1:{}", port::free()?)]);
    let mut child = quiet(&mut names).spawn()?;
    let (lines, log) = follow(&mut child);
    if wait(&lines, "Starting management server").is_none() {
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
        return Err(io::Error::other(text(&log)));
    }
    Ok(child)
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped())
}

fn text(log: &Mutex<String>) -> String {
    log.lock().map(|log| log.clone()).unwrap_or_default()
}

fn wait(lines: &Receiver<String>, ready: &str) -> Option<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if lines.recv_timeout(left).ok()?.contains(ready) {
            return Some(());
        }
    }
}
