//! Real name servers for tests: BIND 9, Knot and PowerDNS, one process each, in a directory of their own.
//!
//! A server listens on one port of 127.0.0.1 and `::1`, UDP and TCP, and serves the zones `example.org` and, delegated
//! from it, `b.example.org`. The keys in [`KEYS`] may change anything in both; [`HOME_ONLY`] may change the address
//! records of `home.example.org` alone. The process ends, and its directory goes, when the value is dropped.
//!
//! Where a server is not installed the test is skipped in plain words, except under `CI=true`, where it fails.
//! How each server is set up is the business of `bind`, `knot` and `pdns`; reading back is done by `dig`.

use crate::port;
use crate::tls::Identity;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc::Receiver, mpsc::RecvTimeoutError};
use std::time::{Duration, Instant};

pub(crate) mod bind;
pub(crate) mod client;
mod knot;
mod pdns;
pub(crate) mod process;
mod secondary;
mod zone;

pub use bind::Secured;
pub use client::{dig, installed as clients_installed, nsupdate, read};
pub use pdns::Api;
pub use process::skip;
use process::{Directory, command, follow, installed, persist, run};
pub use secondary::Primary;

/// The zone that every server serves.
pub const ZONE: &str = "example.org";

/// The zone below it, on the same server.
pub const SUBZONE: &str = "b.example.org";

/// A name below [`ZONE`] by which Knot (A, AAAA) and PowerDNS (TXT) tell who asks: Knot at the zone of that name,
/// PowerDNS in [`ZONE`] itself.
pub const WHOAMI: &str = "whoami.example.org";

/// A TSIG key that the servers know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name, without the trailing dot.
    pub name: &'static str,
    /// `hmac-sha256` and its like.
    pub algorithm: &'static str,
    /// The shared secret in base64.
    pub secret: &'static str,
}

/// The keys that may change anything, one per algorithm.
pub const KEYS: [Key; 3] = [
    Key { name: "k256", algorithm: "hmac-sha256", secret: "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" },
    Key {
        name: "k384",
        algorithm: "hmac-sha384",
        secret: "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3",
    },
    Key {
        name: "k512",
        algorithm: "hmac-sha512",
        secret: "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMw==",
    },
];

/// The key that may change only A and AAAA of `home.example.org`.
pub const HOME_ONLY: Key = Key {
    name: "home-only",
    algorithm: "hmac-sha256",
    secret: "aG9tZWhvbWVob21laG9tZWhvbWVob21laG9tZWhvbWU=",
};

/// The programs that can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ISC BIND 9.
    Bind,
    /// CZ.NIC Knot DNS.
    Knot,
    /// PowerDNS Authoritative Server over SQLite.
    PowerDns,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bind, Self::Knot, Self::PowerDns];

    /// The programs it takes, the server itself first.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Bind => bind::PROGRAMS,
            Self::Knot => knot::PROGRAMS,
            Self::PowerDns => pdns::PROGRAMS,
        }
    }

    /// The Debian packages that hold the programs.
    fn packages(self) -> &'static str {
        match self {
            Self::Bind => "bind9",
            Self::Knot => "knot",
            Self::PowerDns => "pdns-server pdns-backend-sqlite3 sqlite3",
        }
    }
}

/// How a server is started once its files are written.
pub(crate) struct Launch {
    pub(crate) command: Command,
    /// A part of the line by which it says that it is ready.
    pub(crate) ready: &'static str,
}

/// A running server.
#[derive(Debug)]
pub struct NameServer {
    kind: Kind,
    port: u16,
    child: Child,
    log: Arc<Mutex<String>>,
    /// Kept for its drop, after that of the process.
    _directory: Directory,
}

impl NameServer {
    /// Starts a server and waits until it answers.
    ///
    /// `None` where it is not installed; under `CI=true` that is a failed test.
    pub fn start(kind: Kind) -> Option<Self> {
        if !client::installed() || !installed(kind.programs(), kind.packages()) {
            return None;
        }
        Some(persist(|| Self::try_start(kind)))
    }

    /// Starts BIND with DNS over TLS and over HTTPS beside the usual; see [`Secured`].
    pub fn start_secured(identity: &Identity) -> Option<(Self, Secured)> {
        if !client::installed() || !installed(bind::PROGRAMS, Kind::Bind.packages()) {
            return None;
        }
        let prepare = |path: &Path, port| bind::prepare_secured(path, port, identity);
        Some(persist(|| Self::try_start_with(Kind::Bind, prepare)))
    }

    fn try_start(kind: Kind) -> Result<Self, String> {
        let prepare = |path: &Path, port| {
            let launch = match kind {
                Kind::Bind => bind::prepare(path, port),
                Kind::Knot => knot::prepare(path, port),
                Kind::PowerDns => pdns::prepare(path, port),
            };
            launch.map(|launch| (launch, ()))
        };
        Self::try_start_with(kind, prepare).map(|(server, ())| server)
    }

    fn try_start_with<T>(
        kind: Kind,
        prepare: impl Fn(&Path, u16) -> io::Result<(Launch, T)>,
    ) -> Result<(Self, T), String> {
        let directory = Directory::new().map_err(|error| format!("no directory for it: {error}"))?;
        let port = port::free().map_err(|error| format!("no free port: {error}"))?;
        let (launch, more) = prepare(&directory.0, port).map_err(|error| error.to_string())?;
        let server = Self::launch(kind, directory, port, launch)?;
        // BIND goes on without an address that it could not have, and says so in its log alone.
        TcpStream::connect(server.v4()).map_err(|error| format!("{error}: {}", server.log()))?;
        Ok((server, more))
    }

    fn launch(kind: Kind, directory: Directory, port: u16, launch: Launch) -> Result<Self, String> {
        let Launch { mut command, ready } = launch;
        command.current_dir(&directory.0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let (lines, log) = follow(&mut child);
        let server = Self { kind, port, child, log, _directory: directory };
        server.wait(&lines, ready).map(|()| server)
    }

    fn wait(&self, lines: &Receiver<String>, ready: &str) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(ready) => return Ok(()),
                Ok(_) => {}
                // It has ended, most likely as its port was taken.
                Err(RecvTimeoutError::Disconnected) => return Err(self.log()),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{:?} never said {ready:?}: {}", self.kind, self.log())
                }
            }
        }
    }

    /// Which program it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it listens on IPv4, UDP and TCP.
    pub fn v4(&self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.port)
    }

    /// Where it listens on IPv6, UDP and TCP.
    pub fn v6(&self) -> SocketAddr {
        SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), self.port)
    }

    /// What the server has written so far.
    pub fn log(&self) -> String {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }

    /// The data of the records of a name and type as `dig` prints them, sorted; empty where there are none.
    pub fn read(&self, name: &str, rtype: &str) -> Vec<String> {
        read(self.v4(), name, rtype).into_iter().map(|(_, data)| data).collect()
    }

    /// The time to live of the records of a name and type; `None` where there are none.
    pub fn ttl(&self, name: &str, rtype: &str) -> Option<u32> {
        read(self.v4(), name, rtype).first().map(|(ttl, _)| *ttl)
    }

    /// Changes the zone as somebody else would: `commands` are lines for `nsupdate`, without `server` and `send`.
    pub fn change(&self, commands: &str) {
        let output = nsupdate(self.v4(), Some(KEYS[0]), &format!("zone {ZONE}\n{commands}"));
        assert!(output.is_empty(), "nsupdate: {output}");
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
