//! A target that is a program of this machine, given the news on its standard input and in a few variables.

use super::channel::{Channel, Job, Sending, Twice};
use super::message::Message;
use super::settings::Settings;
use crate::program::{Command, Failed};
use dynflare_core::fault::{Class, Fault};
use std::time::Duration;

/// How long a program may take unless the user says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

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

    async fn run(&self, message: &Message) -> Result<(), Fault> {
        let command = self.command(message);
        let ended = command.run().await.map_err(|failed| {
            let class = match failed {
                Failed::Start(_) => Class::Invalid,
                Failed::Late => Class::Unconfirmed,
                Failed::Flood(_) | Failed::Lost(_) => Class::Unexpected,
            };
            Fault::new(class, failed.sentence(&command))
        })?;
        if ended.status.success() {
            return Ok(());
        }
        let class = if ended.status.code() == Some(LATER) { Class::Unavailable } else { Class::Invalid };
        let fault = Fault::new(class, format!("{} failed", command.name())).status(ended.status.to_string());
        Err(match ended.last_words() {
            Some(words) => fault.said(words),
            None => fault,
        })
    }

    fn command(&self, message: &Message) -> Command<'_> {
        let record = message.record().cloned().unwrap_or_default();
        let (from, to) = message.values();
        Command {
            argv: &self.command,
            without: &self.without,
            with: vec![
                ("DYNFLARE_ACCOUNT", record.account),
                ("DYNFLARE_FROM", from.join(",")),
                ("DYNFLARE_KIND", message.kind.to_owned()),
                ("DYNFLARE_NAME", record.name),
                ("DYNFLARE_TEXT", message.text.clone()),
                ("DYNFLARE_TITLE", message.title.clone()),
                ("DYNFLARE_TO", to.join(",")),
                ("DYNFLARE_TYPE", record.rtype),
            ],
            input: Some(message.to_json().to_string()),
            limit: None,
            timeout: self.timeout,
        }
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
