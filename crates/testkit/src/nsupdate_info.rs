//! The nsupdate.info service (`PyPI`: `nsupdate`), a dyndns2 server that others run: the real one, before a real name
//! server.
//!
//! It is installed into `target/testkit/nsupdate` when it is not there yet. Its pages and its DNS side are as they are;
//! only the port of the name server and the name of the TSIG key, which it takes for granted, are told it. Where it
//! cannot be installed the test says so and does not run, which under `CI=true` is a failure.

use crate::nameserver::process::{Directory, find, follow, run};
use crate::nameserver::{KEYS, NameServer, skip};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The version that was tried by hand.
const VERSION: &str = "0.13.0";

/// What its hasher of passwords needs beside what it asks for.
const HASHER: &str = "argon2-cffi==25.1.0";

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
        let python = install()?;
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

/// The interpreter of the place where it is installed, if need be now.
fn install() -> Result<PathBuf, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().map_err(|_| "another test failed to install it".to_owned())?;
    if find("python3").is_none() {
        return Err("python3 is not installed (apt-get install python3-venv)".to_owned());
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/testkit/nsupdate");
    let python = home.join("bin/python");
    let whole = home.join(VERSION);
    if whole.exists() {
        return Ok(python);
    }
    let text = |error: io::Error| error.to_string();
    if home.exists() {
        fs::remove_dir_all(&home).map_err(text)?;
    }
    // A place for packages knows its own path, so it cannot be made elsewhere and moved; a file says that it is whole.
    run(Command::new("python3").args(["-m", "venv"]).arg(&home)).map_err(text)?;
    let package = format!("nsupdate=={VERSION}");
    let mut pip = Command::new(home.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", &package, HASHER]);
    run(&mut pip).map_err(|error| format!("pip cannot install it: {error}"))?;
    fs::write(whole, "").map_err(text)?;
    Ok(python)
}
