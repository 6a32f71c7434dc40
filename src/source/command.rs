//! A program that prints one address and nothing else.
//!
//! Started without a shell, without input, and killed when the question is dropped or its time is up.

use super::{Answering, Engine, LIMIT, Question, beginning, one_address};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::Opinion;
use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt};

/// What to run.
#[derive(Clone)]
pub(super) struct Command {
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
    /// Variables of the environment that are none of the program's business.
    pub(super) without: Vec<String>,
}

/// Without the arguments, which may hold a password.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Engine for Command {
    fn kind(&self) -> &'static str {
        "command"
    }

    fn serves(&self, _family: Family) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move {
            let ended = tokio::time::timeout(question.timeout, self.run(question.family)).await;
            let Ok(ended) = ended else {
                let what = format!("{} did not end within {:?}", self.program, question.timeout);
                return Err(Fault::new(Class::Unavailable, what).into());
            };
            let (status, printed, complained) = ended?;
            if !status.success() {
                let fault = Fault::new(Class::Unavailable, format!("{} failed", self.program));
                let fault = fault.status(status.to_string());
                let last = complained.lines().rfind(|line| !line.trim().is_empty());
                return Err(last.map_or(fault.clone(), |line| fault.said(beginning(line))).into());
            }
            Ok(Opinion::Address(one_address(&printed, question.family)?))
        })
    }

    fn without_variables(&self, names: &[String]) -> Option<Arc<dyn Engine>> {
        let without = [self.without.as_slice(), names].concat();
        Some(Arc::new(Self { without, ..self.clone() }))
    }
}

impl Command {
    async fn run(&self, family: Family) -> Result<(ExitStatus, String, String), Fault> {
        let digit = match family {
            Family::V4 => "4",
            Family::V6 => "6",
        };
        let mut command = tokio::process::Command::new(&self.program);
        for name in &self.without {
            command.env_remove(name);
        }
        let mut child = command
            .args(self.arguments.iter().map(|argument| argument.replace("{family}", digit)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.fault(Class::Invalid, "cannot start", &error))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (printed, complained) = tokio::join!(self.read(stdout), self.read(stderr));
        let printed = printed?;
        let status =
            child.wait().await.map_err(|error| self.fault(Class::Unexpected, "cannot wait for", &error))?;
        Ok((status, printed, complained.unwrap_or_default()))
    }

    /// All of a pipe; what is longer than an answer may be ends the question, and with it the child.
    async fn read(&self, pipe: Option<impl AsyncRead + Unpin>) -> Result<String, Fault> {
        let mut bytes = Vec::new();
        let Some(pipe) = pipe else { return Ok(String::new()) };
        pipe.take(LIMIT as u64 + 1)
            .read_to_end(&mut bytes)
            .await
            .map_err(|error| self.fault(Class::Unexpected, "cannot read from", &error))?;
        if bytes.len() > LIMIT {
            let what = format!("{} printed more than {LIMIT} bytes", self.program);
            return Err(Fault::new(Class::Unexpected, what));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn fault(&self, class: Class, what: &str, error: &std::io::Error) -> Fault {
        let text = error.to_string();
        let words = text.split(" (os error").next().unwrap_or(&text).to_lowercase();
        Fault::new(class, format!("{what} {}: {words}", self.program))
    }
}
