//! A daemon of the real binary in the small world, followed by what it says.

use crate::lab::{Lab, Ran, TOKEN, program};
use dynflare_testkit::cloudflare::FakeZone;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// What it keeps right unless a test says otherwise.
const RECORD: &str = "records = [\"cloudflare:example.org:A:home\"]";

/// A daemon in a world, with its state where the path is short enough for a socket.
pub(crate) struct Daemon {
    pub(crate) lab: Lab,
    pub(crate) state: PathBuf,
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Daemon {
    /// One that keeps a record at the fake Cloudflare.
    pub(crate) async fn start(name: &str, arguments: &[&str]) -> Self {
        let lab = Lab::new().await;
        lab.cloudflare.zone(FakeZone::new("example.org"));
        let config = lab.config(RECORD);
        Self::start_in(lab, name, &Start { config: &config, arguments, ..Start::default() })
    }

    /// One as the test wants it.
    pub(crate) fn start_in(lab: Lab, name: &str, start: &Start<'_>) -> Self {
        let state = Self::state(name);
        lab.folder.file("dynflare.toml", start.config);
        let (child, lines) = begin(&lab, &state, start);
        Self { lab, state, child, lines }
    }

    /// Where a daemon of this name has its state.
    pub(crate) fn state(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("dfl-watched-{}-{name}", std::process::id()))
    }

    /// Another one in the place of one that was killed.
    pub(crate) fn again(&mut self, arguments: &[&str]) {
        (self.child, self.lines) = begin(&self.lab, &self.state, &Start { arguments, ..Start::default() });
    }

    /// The next line of standard output that holds this.
    pub(crate) async fn says(&mut self, wanted: &str) -> String {
        loop {
            let line = self.lines.next_line().await.expect("text").expect("it goes on");
            if line.contains(wanted) {
                return line;
            }
        }
    }

    /// Runs a command that asks it.
    pub(crate) async fn asked(&self, arguments: &[&str]) -> Ran {
        let all = arguments.iter().map(|word| (*word).to_owned()).collect();
        program(all, vec![("STATE_DIRECTORY".to_owned(), self.state.display().to_string())]).await
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("it runs"), signal).expect("it is ours");
    }

    /// Tells it to end, and returns what it wrote to standard error.
    pub(crate) async fn stop(mut self) -> String {
        self.signal(Signal::TERM);
        let mut said = String::new();
        let mut error = self.child.stderr.take().expect("a pipe");
        error.read_to_string(&mut said).await.expect("text");
        let status = self.child.wait().await.expect("it ends");
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(!self.state.join("control.sock").exists(), "it takes its socket along");
        fs::remove_dir_all(&self.state).expect("its state");
        said
    }
}

/// How one is started.
#[derive(Default)]
pub(crate) struct Start<'a> {
    pub(crate) config: &'a str,
    pub(crate) arguments: &'a [&'a str],
    pub(crate) variables: &'a [(&'a str, String)],
    /// What becomes the daemon in the end, where that is not the program itself.
    pub(crate) behind: &'a [&'a str],
}

fn begin(lab: &Lab, state: &Path, start: &Start<'_>) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut argv = start.behind.iter().copied().chain([env!("CARGO_BIN_EXE_dynflare")]);
    let mut child = Command::new(argv.next().expect("at least the program"))
        .args(argv)
        .args(["run", "--config"])
        .arg(lab.folder.path().join("dynflare.toml"))
        .args(start.arguments)
        .env_clear()
        .env("CLOUDFLARE_API_TOKEN", TOKEN)
        .env("STATE_DIRECTORY", state)
        .env("TZ", "UTC")
        .envs(start.variables.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    (child, lines)
}
