//! Stoplight Prism, which checks every request and every answer against an `OpenAPI` document, as a proxy or with the
//! document's own examples for answers.
//!
//! It is installed into `target/testkit/npm` when it is not there yet. The documents are [`published`] ones, or are
//! looked for in `$DYNFLARE_SPECS`, then in `../shared/specs` beside the workspace; they are somebody else's, so they
//! are not part of this repository. Where Prism or a document is not to be had the test says so and does not run,
//! which under `CI=true` is a failure.

mod published;
mod tap;

pub use published::{Published, excerpt};
pub use tap::{Beside, Tap, passed_on};

use crate::nameserver::process::{Directory, follow};
use crate::nameserver::skip;
use crate::npm;
use crate::port;
use serde_json::Value;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The version that was tried by hand; later ones may be stricter.
const VERSION: &str = "5.14.2";

/// A running Prism. Dropping it ends it.
pub struct Prism {
    child: Child,
    address: SocketAddr,
    /// Kept for its drop, after that of the process.
    _directory: Directory,
}

impl Prism {
    /// Starts a proxy before `upstream` that answers 422 to a request and 500 to an answer that breaks the document.
    ///
    /// `None` where it cannot run; under `CI=true` that is a failed test.
    pub fn start(document: &Value, upstream: &str) -> Option<Self> {
        Self::run(document, Some(upstream))
    }

    /// Starts a server that answers 422 to a request that breaks the document, and else what the document gives as an
    /// example.
    ///
    /// `None` where it cannot run; under `CI=true` that is a failed test.
    pub fn mock(document: &Value) -> Option<Self> {
        Self::run(document, None)
    }

    fn run(document: &Value, upstream: Option<&str>) -> Option<Self> {
        match Self::try_start(document, upstream) {
            Ok(prism) => Some(prism),
            Err(why) => {
                skip(&format!("no schema check, for Prism cannot run: {why}"));
                None
            }
        }
    }

    fn try_start(document: &Value, upstream: Option<&str>) -> Result<Self, String> {
        let program = install()?;
        let text = |error: io::Error| error.to_string();
        let directory = Directory::new().map_err(text)?;
        let file = directory.0.join("document.json");
        fs::write(&file, document.to_string()).map_err(text)?;
        let port = port::free().map_err(text)?;
        let mut child = Command::new("node")
            .arg(program)
            .args([if upstream.is_some() { "proxy" } else { "mock" }, "--errors", "-h", "127.0.0.1", "-p"])
            .arg(port.to_string())
            .arg(&file)
            .args(upstream)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(text)?;
        let (lines, log) = follow(&mut child);
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let prism = Self { child, address, _directory: directory };
        let deadline = Instant::now() + Duration::from_secs(120);
        while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if line.contains("Prism is listening") {
                return Ok(prism);
            }
        }
        let log = log.lock().map(|log| log.clone()).unwrap_or_default();
        Err(format!("it does not start: {log}"))
    }

    /// Where it listens. The document's own base path is not part of its paths.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads one of the documents.
///
/// `None` where it is not there; under `CI=true` that is a failed test.
#[expect(clippy::disallowed_methods, reason = "where the documents are is a property of the surroundings")]
pub fn document(name: &str) -> Option<Value> {
    let directory =
        std::env::var_os("DYNFLARE_SPECS").map_or_else(|| workspace().join("../shared/specs"), PathBuf::from);
    let file = directory.join(name);
    match fs::read(&file) {
        Ok(text) => Some(serde_json::from_slice(&text).expect("the document is JSON")),
        Err(error) => {
            skip(&format!("no schema check, for {} cannot be read: {error}", file.display()));
            None
        }
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of everything that Prism brings along, installed if need be.
pub(crate) fn modules() -> Result<PathBuf, String> {
    npm::install("npm", &[("@stoplight/prism-cli", VERSION)])
}

/// The path of Prism's program, installed if need be.
fn install() -> Result<PathBuf, String> {
    Ok(modules()?.join("@stoplight/prism-cli/dist/index.js"))
}
