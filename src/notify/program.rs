//! A target that is a program of this machine: started without a shell in a process group of its own, given the news on
//! its standard input and in a few variables, and killed with everything it started when its time is up.

use super::channel::{Channel, Job, Sending, Twice};
use super::message::Message;
use super::settings::Settings;
use dynflare_core::fault::{Class, Fault};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// How long a program may take unless the user says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How much of what it complains is read, in bytes.
const TALK: u64 = 4096;

/// How long what it started may still hold its output open after it has ended.
const GRACE: Duration = Duration::from_millis(200);

/// The exit code by which a program says that it may work later (`EX_TEMPFAIL` of sysexits.h).
const LATER: i32 = 75;

/// The variables a program is given, besides the environment without credentials; sorted.
pub const VARIABLES: &[(&str, &str)] = &[
    ("DYNFLARE_ACCOUNT", "the account of the record"),
    ("DYNFLARE_FROM", "the values before a change, separated by commas"),
    ("DYNFLARE_KIND", "`changed`, `failing`, `recovered`, `refused`, `config` or `test`"),
    ("DYNFLARE_NAME", "the name of the record"),
    ("DYNFLARE_TEXT", "the sentence"),
    ("DYNFLARE_TITLE", "a few words"),
    ("DYNFLARE_TO", "the values after a change, separated by commas"),
    ("DYNFLARE_TYPE", "the type of the record"),
];

/// A program of the user's.
pub(super) struct Program {
    command: Vec<String>,
    timeout: Duration,
    without: Vec<String>,
}

impl Program {
    /// The program that these settings describe.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            command: settings.list("command").to_vec(),
            timeout: settings.duration("timeout", TIMEOUT),
            without: settings.without.clone(),
        }
    }

    fn name(&self) -> &str {
        self.command.first().map_or("the program", String::as_str)
    }

    async fn run(&self, message: &Message) -> Result<(), Fault> {
        let mut running = Running(self.spawn(message)?);
        let ended = tokio::time::timeout(self.timeout, running.end(&message.to_json().to_string())).await;
        let Ok((status, complaint)) = ended else {
            let what =
                format!("{} did not end within {} s and was killed", self.name(), self.timeout.as_secs_f64());
            return Err(Fault::new(Class::Unconfirmed, what));
        };
        let status = status.map_err(|error| self.fault(Class::Unexpected, "cannot wait for", &error))?;
        if status.success() {
            return Ok(());
        }
        let class = if status.code() == Some(LATER) { Class::Unavailable } else { Class::Invalid };
        let fault = Fault::new(class, format!("{} failed", self.name())).status(status.to_string());
        let last = complaint.lines().rfind(|line| !line.trim().is_empty());
        Err(last.map_or(fault.clone(), |line| fault.said(line)))
    }

    fn spawn(&self, message: &Message) -> Result<Child, Fault> {
        let mut command = Command::new(self.name());
        command
            .args(self.command.iter().skip(1))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command.kill_on_drop(true);
        for name in &self.without {
            command.env_remove(name);
        }
        let record = message.record().cloned().unwrap_or_default();
        let (from, to) = message.values();
        for (name, value) in [
            ("DYNFLARE_ACCOUNT", record.account),
            ("DYNFLARE_FROM", from.join(",")),
            ("DYNFLARE_KIND", message.kind.to_owned()),
            ("DYNFLARE_NAME", record.name),
            ("DYNFLARE_TEXT", message.text.clone()),
            ("DYNFLARE_TITLE", message.title.clone()),
            ("DYNFLARE_TO", to.join(",")),
            ("DYNFLARE_TYPE", record.rtype),
        ] {
            command.env(name, value);
        }
        #[cfg(unix)]
        command.process_group(0);
        command.spawn().map_err(|error| self.fault(Class::Invalid, "cannot start", &error))
    }

    fn fault(&self, class: Class, what: &str, error: &std::io::Error) -> Fault {
        let text = error.to_string();
        let words = text.split(" (os error").next().unwrap_or(&text).to_lowercase();
        Fault::new(class, format!("{what} {}: {words}", self.name()))
    }
}

impl Channel for Program {
    fn send<'a>(&'a self, job: &'a Job) -> Sending<'a> {
        Box::pin(async move {
            match job {
                Job::Message(message) => self.run(message).await,
                Job::Ping(_) | Job::Standing(_) => Ok(()),
            }
        })
    }

    fn twice(&self, _job: &Job) -> Twice {
        Twice::Told
    }
}

/// A running program; dropped, it and its process group are killed.
struct Running(Child);

impl Running {
    /// Gives it its input and waits for its end; also what it complained.
    async fn end(&mut self, input: &str) -> (std::io::Result<ExitStatus>, String) {
        let (stdin, stderr) = (self.0.stdin.take(), self.0.stderr.take());
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A program that does not read its input is none the worse for it.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let mut complaint = Vec::new();
        let mut listening = Box::pin(listen(stderr, &mut complaint));
        let mut heard = false;
        let ((), status) = {
            let both = async { tokio::join!(feed, self.0.wait()) };
            tokio::pin!(both);
            tokio::select! {
                ended = &mut both => ended,
                () = &mut listening => {
                    heard = true;
                    both.await
                }
            }
        };
        if !heard {
            // What it left running may keep the pipe open for good.
            let _ = tokio::time::timeout(GRACE, &mut listening).await;
        }
        drop(listening);
        (status, String::from_utf8_lossy(&complaint).into_owned())
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

/// The beginning of what it says; the rest is read and forgotten, so that it never waits for a reader.
async fn listen(output: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    let Some(output) = output else { return };
    let mut limited = output.take(TALK);
    // Whether it ended well is the program's business.
    let _ = limited.read_to_end(into).await;
    let _ = tokio::io::copy(&mut limited.into_inner(), &mut tokio::io::sink()).await;
}
