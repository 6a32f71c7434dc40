//! The nsupdate.info service (`PyPI`: `nsupdate`), a dyndns2 server that others run: the real one, before a real name
//! server.
//!
//! It is installed into `target/testkit/nsupdate` when it is not there yet. Its pages and its DNS side are as they are;
//! only the port of the name server and the name of the TSIG key, which it takes for granted, are told it. Where it
//! cannot be installed the test says so and does not run, which under `CI=true` is a failure.

use crate::nameserver::process::{Directory, follow};
use crate::nameserver::{KEYS, NameServer, skip};
use crate::pypi;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The version that was tried by hand, and what its hasher of passwords needs beside what it asks for.
const PACKAGES: &[&str] = &["nsupdate==0.13.0", "argon2-cffi==25.1.0"];

/// A running service. Dropping it ends it.
pub struct NsupdateInfo {
    child: Child,
    base: String,
    /// Kept for its drop, after that of the process.
    _directory: Directory,
}

impl NsupdateInfo {
    /// Starts a service that lets one name be updated, with this password, at a name server.
    ///
    /// `None` where it cannot run; under `CI=true` that is a failed test.
    pub fn start(name: &str, password: &str, server: &NameServer) -> Option<Self> {
        match Self::try_start(name, password, server) {
            Ok(service) => Some(service),
            Err(why) => {
                skip(&format!("the service of nsupdate.info cannot run: {why}"));
                None
            }
        }
    }

    fn try_start(name: &str, password: &str, server: &NameServer) -> Result<Self, String> {
        let python = pypi::install("nsupdate", PACKAGES)?.join("bin/python");
        let text = |error: io::Error| error.to_string();
        let directory = Directory::new().map_err(text)?;
        let script = directory.file("serve.py", include_str!("nsupdate_info/serve.py"));
        let mut child = Command::new(python)
            .arg(script)
            .arg(&directory.0)
            .args([name, password])
            .arg(server.v4().port().to_string())
            .args([KEYS[0].name, KEYS[0].secret])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(text)?;
        let (lines, log) = follow(&mut child);
        let mut service = Self { child, base: String::new(), _directory: directory };
        let deadline = Instant::now() + Duration::from_secs(120);
        while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if let Some(port) = line.strip_prefix("port ") {
                service.base = format!("http://127.0.0.1:{port}");
                return Ok(service);
            }
        }
        let log = log.lock().map(|log| log.clone()).unwrap_or_default();
        Err(format!("it does not start: {log}"))
    }

    /// Its base URL.
    pub fn base(&self) -> &str {
        &self.base
    }
}

impl Drop for NsupdateInfo {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
