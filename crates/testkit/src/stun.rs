//! A real STUN server for tests: coturn on loopback, over UDP, TCP and TLS, one process in a directory of its own.

use crate::nameserver::process::{Directory, command, follow, installed};
use crate::port;
use crate::tls::Identity;
use std::fs;
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A running server on 127.0.0.1 and `::1`. It ends when the value is dropped.
#[derive(Debug)]
pub struct Coturn {
    /// The port of UDP and TCP.
    pub port: u16,
    /// The port of TLS.
    pub tls: u16,
    child: Child,
    log: Arc<Mutex<String>>,
    /// Kept for its drop, after that of the process.
    _directory: Directory,
}

impl Coturn {
    /// Starts a server and waits until it listens.
    ///
    /// `None` where it is not installed; under `CI=true` that is a failed test.
    pub fn start(identity: &Identity) -> Option<Self> {
        if !installed(&["turnserver"], "coturn") {
            return None;
        }
        // Another process may take a port between our look and the server's: then once more.
        let mut last = String::new();
        for _ in 0..5 {
            match Self::try_start(identity) {
                Ok(server) => return Some(server),
                Err(error) => last = error,
            }
        }
        panic!("coturn does not start: {last}")
    }

    fn try_start(identity: &Identity) -> Result<Self, String> {
        let words = |error: std::io::Error| error.to_string();
        let directory = Directory::new().map_err(words)?;
        let [certificate, key, pid, users] =
            ["certificate.pem", "key.pem", "turnserver.pid", "users.db"].map(|name| directory.0.join(name));
        fs::write(&certificate, &identity.pem().certificate).map_err(words)?;
        fs::write(&key, &identity.pem().key).map_err(words)?;
        let (port, tls) = (port::free().map_err(words)?, port::free().map_err(words)?);
        let mut turnserver = command("turnserver");
        turnserver.args([
            "-n",
            "--stun-only",
            "--no-cli",
            "--no-dtls",
            "--no-rfc5780",
            "--log-file",
            "stdout",
        ]);
        turnserver.args(["--listening-ip", "127.0.0.1", "--listening-ip", "::1"]);
        turnserver.arg("--listening-port").arg(port.to_string());
        turnserver.arg("--tls-listening-port").arg(tls.to_string());
        turnserver.arg("--cert").arg(certificate).arg("--pkey").arg(key);
        turnserver.arg("--pidfile").arg(pid).arg("--userdb").arg(users);
        turnserver.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = turnserver.spawn().map_err(words)?;
        let (lines, log) = follow(&mut child);
        let server = Self { port, tls, child, log, _directory: directory };
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains("Total General servers") => break,
                Ok(_) => {}
                Err(_) => return Err(server.log()),
            }
        }
        // It says so before the last of its sockets listens.
        let listens = |address: (&str, u16)| TcpStream::connect(address).is_ok();
        while ![("127.0.0.1", port), ("::1", port), ("127.0.0.1", tls), ("::1", tls)].into_iter().all(listens)
        {
            if Instant::now() > deadline {
                return Err(server.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// What the server has written so far.
    pub fn log(&self) -> String {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
