//! A real mail server, aiosmtpd, that keeps what it is sent: in the open, with STARTTLS, with TLS from the beginning,
//! with a login.

use crate::nameserver::process::{Directory, follow, skip};
use crate::tls::Identity;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// The login that the server knows.
pub const LOGIN: (&str, &str) = ("me@example.org", "s3cret-of-the-mailbox");

/// Debian's own interpreter, which sees Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

/// What Debian's package of the server brings.
const PACKAGE: &str = "/usr/lib/python3/dist-packages/aiosmtpd/smtp.py";

/// How the server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// In the open, without a login.
    Open,
    /// STARTTLS before anything else, and a login.
    StartTls,
    /// TLS from the beginning, and a login.
    Tls,
}

/// A running mail server.
#[derive(Debug)]
pub struct Mailbox {
    address: SocketAddr,
    child: Child,
    lines: Receiver<String>,
    _directory: Directory,
}

impl Mailbox {
    /// Starts a server and waits until it listens; `None` where it is not installed.
    pub fn start(security: Security, identity: &Identity) -> Option<Self> {
        if !Path::new(PACKAGE).exists() || !Path::new(PYTHON).exists() {
            skip("aiosmtpd is not installed (apt-get install python3-aiosmtpd)");
            return None;
        }
        let directory = Directory::new().expect("the temporary directory can be written");
        let files = [
            ("server.py", include_str!("mailbox/server.py")),
            ("cert.pem", &identity.pem().certificate),
            ("key.pem", &identity.pem().key),
        ];
        for (name, text) in files {
            fs::write(directory.0.join(name), text).expect("our own directory");
        }
        let word = match security {
            Security::Open => "open",
            Security::StartTls => "starttls",
            Security::Tls => "tls",
        };
        let mut command = Command::new(PYTHON);
        command.args(["-u", "server.py", word, LOGIN.0, LOGIN.1]).current_dir(&directory.0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("python was found");
        let (lines, log) = follow(&mut child);
        let address = std::iter::from_fn(|| lines.recv_timeout(Duration::from_secs(30)).ok())
            .find_map(|line| line.strip_prefix("LISTENING ").map(str::to_owned));
        let Some(address) = address.and_then(|text| text.parse().ok()) else {
            panic!("aiosmtpd does not start: {}", log.lock().map(|log| log.clone()).unwrap_or_default())
        };
        Some(Self { address, child, lines, _directory: directory })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next mail as it came, as JSON with `from`, `to`, `login` (whether there was one), `tls` and `text`.
    pub fn mail(&self) -> Option<serde_json::Value> {
        let mut lines = std::iter::from_fn(|| self.lines.recv_timeout(Duration::from_secs(15)).ok());
        lines.find_map(|line| serde_json::from_str(line.strip_prefix("MAIL ")?).ok())
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
