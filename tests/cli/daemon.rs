//! A daemon of the real binary in the small world, followed by what it says.

use crate::lab::{Lab, Ran, TOKEN, program};
use dynflare_testkit::cloudflare::FakeZone;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::PathBuf;
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
        Self::start_in(lab, name, &config, arguments, &[])
    }

    /// One with a configuration and variables of the test's own.
    pub(crate) fn start_in(
        lab: Lab,
        name: &str,
        config: &str,
        arguments: &[&str],
        variables: &[(&str, String)],
    ) -> Self {
        let state = std::env::temp_dir().join(format!("dfl-watched-{}-{name}", std::process::id()));
        lab.folder.file("dynflare.toml", config);
        let (child, lines) = begin(&lab, &state, arguments, variables);
        Self { lab, state, child, lines }
    }

    /// Another one in the place of one that was killed.
    pub(crate) fn again(&mut self, arguments: &[&str]) {
        (self.child, self.lines) = begin(&self.lab, &self.state, arguments, &[]);
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

fn begin(
    lab: &Lab,
    state: &std::path::Path,
    arguments: &[&str],
    variables: &[(&str, String)],
) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dynflare"))
        .args(["run", "--config"])
        .arg(lab.folder.path().join("dynflare.toml"))
        .args(arguments)
        .env_clear()
        .env("CLOUDFLARE_API_TOKEN", TOKEN)
        .env("STATE_DIRECTORY", state)
        .env("TZ", "UTC")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    (child, lines)
}
