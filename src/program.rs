//! A program of this machine that is run once, for whoever needs one: a source, a notification, a provider.
//!
//! It is started without a shell in a process group of its own, given its input, and listened to. When its time is up,
//! when it says more than anybody wants to hear, or when the question is dropped, it is killed with everything it
//! started. What its end means is its caller's to judge.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;

/// How much of what it complains is kept, in bytes.
const TALK: u64 = 4096;

/// How long what it started may still hold its output open after it has ended.
const GRACE: Duration = Duration::from_millis(200);

/// The most characters of a complaint that anybody is told.
const LONGEST: usize = 200;

/// What to run.
#[derive(Debug)]
pub(crate) struct Command<'c> {
    /// The program and its arguments.
    pub(crate) argv: &'c [String],
    /// Variables of the environment that are none of its business.
    pub(crate) without: &'c [String],
    /// Variables that it is given.
    pub(crate) with: Vec<(&'static str, String)>,
    /// What it reads.
    pub(crate) input: Option<String>,
    /// How much it may print, in bytes; where nobody listens, `None`.
    pub(crate) limit: Option<usize>,
    /// How long it may take.
    pub(crate) timeout: Duration,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// What it printed.
    pub(crate) printed: String,
    complained: String,
}

/// Why it came to no end of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// It could not be started, for this reason.
    Start(String),
    /// Its time was up.
    Late,
    /// It printed more than so many bytes.
    Flood(usize),
    /// It was lost while it ran, for this reason.
    Lost(String),
}

impl Ended {
    /// The last line of what it complained, as far as anybody wants to hear it.
    pub(crate) fn last_words(&self) -> Option<String> {
        let last = self.complained.lines().rfind(|line| !line.trim().is_empty())?;
        Some(last.trim().chars().take(LONGEST).collect())
    }
}

impl Failed {
    /// What happened to the program of this name.
    pub(crate) fn sentence(&self, command: &Command<'_>) -> String {
        let name = command.name();
        match self {
            Self::Start(why) => format!("cannot start {name}: {why}"),
            Self::Late => {
                format!("{name} did not end within {} s and was killed", command.timeout.as_secs_f64())
            }
            Self::Flood(limit) => format!("{name} printed more than {limit} bytes"),
            Self::Lost(why) => format!("cannot wait for {name}: {why}"),
        }
    }
}

impl Command<'_> {
    /// What messages call it: the arguments may hold a password.
    pub(crate) fn name(&self) -> &str {
        self.argv.first().map_or("the program", String::as_str)
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self) -> Result<Ended, Failed> {
        let mut running = Running(self.spawn().map_err(|error| Failed::Start(words(&error)))?);
        let ended = tokio::time::timeout(self.timeout, running.end(self.input.as_deref(), self.limit)).await;
        ended.unwrap_or(Err(Failed::Late))
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let mut command = tokio::process::Command::new(self.name());
        command
            .args(self.argv.iter().skip(1))
            .stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(if self.limit.is_some() { Stdio::piped() } else { Stdio::null() })
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for name in self.without {
            command.env_remove(name);
        }
        command.envs(self.with.iter().map(|(name, value)| (*name, value)));
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }
}

/// What the system says about a failure, without its number.
fn words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// A running program; dropped, it and its process group are killed.
struct Running(Child);

impl Running {
    async fn end(&mut self, input: Option<&str>, limit: Option<usize>) -> Result<Ended, Failed> {
        let (stdin, stdout, stderr) = (self.0.stdin.take(), self.0.stdout.take(), self.0.stderr.take());
        let feed = async {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A program that does not read its input is none the worse for it.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let (mut printed, mut complained) = (Vec::new(), Vec::new());
        let limit = limit.unwrap_or_default();
        let mut listening = Box::pin(async {
            let complaint = async {
                listen(stderr, &mut complained).await;
                Ok(())
            };
            tokio::try_join!(hear(stdout, limit, &mut printed), complaint).map(|_| ())
        });
        let mut heard = false;
        let ((), status) = {
            let both = async { tokio::join!(feed, self.0.wait()) };
            tokio::pin!(both);
            tokio::select! {
                ended = &mut both => ended,
                all = &mut listening => {
                    all?;
                    heard = true;
                    both.await
                }
            }
        };
        if !heard {
            // What it left running may keep the pipes open for good.
            if let Ok(all) = tokio::time::timeout(GRACE, &mut listening).await {
                all?;
            }
        }
        drop(listening);
        let status = status.map_err(|error| Failed::Lost(words(&error)))?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Ended { status, printed: text(printed), complained: text(complained) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Without a number it has ended and was waited for; what it left running is meant to run.
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let group = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            if let Some(group) = group {
                // That there is nobody left to kill is what is wanted.
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
    }
}

/// All that it prints.
async fn hear(
    output: Option<impl AsyncRead + Unpin>,
    limit: usize,
    into: &mut Vec<u8>,
) -> Result<(), Failed> {
    let Some(output) = output else { return Ok(()) };
    let read = output.take(limit as u64 + 1).read_to_end(into).await;
    read.map_err(|error| Failed::Lost(words(&error)))?;
    if into.len() > limit { Err(Failed::Flood(limit)) } else { Ok(()) }
}

/// The beginning of what it complains; the rest is read and forgotten, so that it never waits for a reader.
async fn listen(output: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    let Some(output) = output else { return };
    let mut limited = output.take(TALK);
    // Whether it ended well is the program's business.
    let _ = limited.read_to_end(into).await;
    let _ = tokio::io::copy(&mut limited.into_inner(), &mut tokio::io::sink()).await;
}
