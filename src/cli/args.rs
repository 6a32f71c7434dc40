//! The command line: one table, from which help, completions and the man page come too.
//!
//! Arguments are taken as text and put into the topmost layer of the configuration, which reads and checks them with
//! everything else. The original program's spellings (`-dry`, `-cloudflare-email`, `-cloudflare-api-key`) are
//! rewritten before anything is parsed. Nothing is printed here, and nothing ends the process.

use crate::config::Arguments;
use crate::secret::Secret;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand};
#[cfg(feature = "setup")]
use clap_complete::Shell;
use std::convert::Infallible;
use std::ffi::OsString;
#[cfg(feature = "demo")]
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// What was asked for on the command line.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The command.
    pub command: Command,
    /// The part that is configuration.
    pub arguments: Arguments,
    /// Whether steps are taken.
    pub steps: Steps,
    /// Whether output is for people or for machines.
    pub output: Output,
    /// How much is told.
    pub verbosity: Verbosity,
}

/// Whether steps are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// They are.
    Take,
    /// They are only shown (`--dry-run`).
    Show,
}

/// Whom the output is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// People.
    Human,
    /// Programs (`--json`).
    Json,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only what went wrong (`-q`).
    Quiet,
    /// What changed and what went wrong.
    Normal,
    /// Also why (`-v`).
    Verbose,
    /// Everything (`-vv`).
    Debug,
}

/// Keeps DNS records pointing at this machine's public address, and believes only a quorum
#[derive(Debug, Parser)]
#[command(name = "dynflare", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "Example:\n  CLOUDFLARE_API_TOKEN=… dynflare -r cloudflare:example.org:A+AAAA:home")]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    global: Global,
}

/// What Dynflare can be told to do.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one of it in a run, and how large it is depends on the features"
)]
pub enum Command {
    /// Put the records right once; the default
    Update(Update),
    /// Keep the records right: as a daemon, until told to end
    Run(super::run::Arguments),
    /// Show what update would change; exit 4 if there is anything
    Plan,
    /// Show the records of the zones in question
    Records,
    /// Ask for the public address: who said what, and the verdict
    Detect(Detect),
    /// Look whether everything is right, and say what to do; changes nothing
    #[cfg(feature = "doctor")]
    Doctor(super::doctor::Arguments),
    /// Check the configuration, without asking anybody
    Check,
    /// Show the sources: who is asked, and how each has done
    Sources,
    /// Try out how you are told what happens
    #[cfg(feature = "notify")]
    Notify {
        /// What to do
        #[command(subcommand)]
        command: Notify,
    },
    /// List the built-in providers, or tell about one
    Providers {
        /// The provider
        id: Option<String>,
    },
    /// Show how the daemon does; without one, what the last run left behind
    Status(super::status::Arguments),
    /// Have the daemon begin a round now
    Kick,
    /// Show what was changed and what went wrong, oldest first
    History(super::history::Arguments),
    /// Show the effective settings and where each comes from
    Config,
    /// Make a configuration from that of another client
    #[cfg(feature = "import")]
    Import(super::import::Arguments),
    /// Make a configuration: a few questions, each of which can be answered by an argument
    #[cfg(feature = "setup")]
    Init(super::init::Arguments),
    /// Show the whole loop with no account and no internet
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Tell other machines their address: your own source, on a server of yours
    #[cfg(feature = "serve")]
    Serve(super::serve::Arguments),
    /// Print the files that have systemd, cron, Kubernetes or another system run this program
    #[cfg(feature = "setup")]
    Generate(super::generate::Arguments),
    /// Print completions for a shell
    #[cfg(feature = "setup")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page
    #[cfg(feature = "setup")]
    Man,
}

/// How a round is made.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Send also what a provider refused for good before: you have put it right there
    #[arg(long)]
    pub retry_stopped: bool,
}

/// What of the detection is asked for.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detect {
    /// Ask the router too, though it is not in the pool, for the whole report on how this machine is connected
    #[cfg_attr(feature = "router", arg(long))]
    #[cfg_attr(not(feature = "router"), arg(skip))]
    pub router: bool,
}

/// What to do with notifications.
#[cfg(feature = "notify")]
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Notify {
    /// Send a test message to the targets, and show what came of it
    Test {
        /// Only to these targets
        names: Vec<String>,
    },
}

/// What of the demo is asked for.
#[cfg(feature = "demo")]
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// End after the first round
    #[arg(long)]
    pub once: bool,
    /// Move a running demo to this address
    #[arg(long, value_name = "ADDRESS", requires = "at", conflicts_with = "once")]
    pub move_to: Option<Ipv4Addr>,
    /// Where the running demo listens, as it says itself
    #[arg(long, value_name = "ADDRESS:PORT", requires = "move_to")]
    pub at: Option<SocketAddr>,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line; they end in `Invocation`")]
#[expect(clippy::doc_markdown, reason = "these comments are help texts, and help has no backticks")]
struct Global {
    /// PROVIDER:ZONE:TYPE:NAME[?OPTION=VALUE&…] to keep right; may be repeated
    #[arg(short, long, global = true, value_name = "RECORD")]
    record: Vec<String>,
    /// A source to ask: ID, url:…, dns:…, tunnel:… or another kind; may be repeated
    #[arg(short, long, global = true, value_name = "SOURCE")]
    source: Vec<String>,
    /// open, or provider-only: nobody new is asked [default: open]
    #[arg(long, global = true, value_name = "WHO")]
    privacy: Option<String>,
    /// How many operators may vote [default: 5]
    #[arg(long, global = true, value_name = "NUMBER")]
    panel: Option<String>,
    /// How many must agree [default: more than half of the panel]
    #[arg(long, global = true, value_name = "NUMBER")]
    quorum: Option<String>,
    /// majority or plurality [default: majority]
    #[arg(long, global = true, value_name = "RULE")]
    rule: Option<String>,
    /// How long one detection may take [default: 12s]
    #[arg(long, global = true, value_name = "DURATION")]
    deadline: Option<String>,
    /// Accept addresses of this block although they are not public; may be repeated
    #[arg(long, global = true, value_name = "PREFIX")]
    allow: Vec<String>,
    /// Never accept addresses of this block; may be repeated
    #[arg(long, global = true, value_name = "PREFIX")]
    deny: Vec<String>,
    /// Whose records these are, where several instances share a name
    #[arg(long, global = true, value_name = "NAME")]
    owner: Option<String>,
    /// The configuration file
    #[arg(short, long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where a later run finds what this one learnt
    #[arg(long, global = true, value_name = "DIRECTORY")]
    state_dir: Option<String>,
    /// A file of certificate authorities to trust too; may be repeated
    #[arg(long, global = true, value_name = "FILE")]
    ca_file: Vec<String>,
    /// Show what would be done, and change nothing
    #[arg(long, global = true, alias = "dry")]
    dry_run: bool,
    /// Show the records of the zones in question, like the command records
    #[arg(short, long, global = true)]
    print: bool,
    /// Write JSON
    #[arg(long, global = true)]
    json: bool,
    /// Tell more; twice: everything
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// Tell only what went wrong
    #[arg(short, long, global = true)]
    quiet: bool,
    /// A token for Cloudflare; better in CLOUDFLARE_API_TOKEN, since arguments are seen by every user
    #[arg(long, global = true, value_name = "TOKEN", value_parser = secret, hide_short_help = true)]
    cloudflare_api_token: Option<Secret>,
    /// The e-mail address that belongs to a global key
    #[arg(long, global = true, value_name = "ADDRESS", value_parser = secret, hide_short_help = true)]
    cloudflare_email: Option<Secret>,
    /// A global key for Cloudflare; better in CLOUDFLARE_API_KEY
    #[arg(long, global = true, value_name = "KEY", value_parser = secret, hide_short_help = true)]
    cloudflare_api_key: Option<Secret>,
}

#[expect(clippy::unnecessary_wraps, reason = "the parser asks for a function that may fail")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

/// The commands that this program was built without, each with the Cargo feature that it takes.
const LEFT_OUT: &[(&str, &str)] = &[
    #[cfg(not(feature = "demo"))]
    ("demo", "demo"),
    #[cfg(not(feature = "doctor"))]
    ("doctor", "doctor"),
    #[cfg(not(feature = "import"))]
    ("import", "import"),
    #[cfg(not(feature = "notify"))]
    ("notify", "notify"),
    #[cfg(not(feature = "serve"))]
    ("serve", "serve"),
    #[cfg(not(feature = "setup"))]
    ("completions", "setup"),
    #[cfg(not(feature = "setup"))]
    ("generate", "setup"),
    #[cfg(not(feature = "setup"))]
    ("init", "setup"),
    #[cfg(not(feature = "setup"))]
    ("man", "setup"),
];

/// What is wrong with a command line; a command that is not there may be known all the same.
fn stop(error: clap::Error) -> Stop {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return Stop(error);
    };
    match LEFT_OUT.iter().find(|(command, _)| command == word) {
        Some((command, feature)) => {
            let message = format!(
                "this program was built without `{command}`; use one that was built with the feature `{feature}`"
            );
            Stop(table().error(error.kind(), message))
        }
        None => Stop(error),
    }
}

/// Why there is no invocation: help or the version was asked for, or the command line is wrong.
#[derive(Debug)]
pub struct Stop(clap::Error);

impl Stop {
    /// What to print, with ANSI colours if the caller's stream takes them.
    pub fn text(&self, colour: crate::config::Colour) -> String {
        match colour {
            crate::config::Colour::Never => self.0.render().to_string(),
            crate::config::Colour::Ansi => self.0.render().ansi().to_string(),
        }
    }

    /// What is wrong, in one sentence.
    pub fn sentence(&self) -> String {
        let text = self.0.render().to_string();
        let first = text.split("\n\n").next().unwrap_or_default().trim();
        first.strip_prefix("error: ").unwrap_or(first).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether the command line is wrong: the text goes to standard error and the exit code is 2. Otherwise it goes
    /// to standard output and the code is 0.
    pub fn is_mistake(&self) -> bool {
        self.0.use_stderr()
    }
}

/// For whom the output is, on a command line that may be wrong.
pub fn output(words: &[OsString]) -> Output {
    let mut flags = words.iter().take_while(|word| *word != "--");
    if flags.any(|word| word == "--json") { Output::Json } else { Output::Human }
}

/// Reads the command line, the program's name first.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Invocation, Stop> {
    let line = CommandLine::try_parse_from(rewritten(words)).map_err(stop)?;
    let global = line.global;
    let command = match (line.command, global.print) {
        (Some(command), false) => command,
        (None, false) => Command::Update(Update::default()),
        (None | Some(Command::Records), true) => Command::Records,
        (Some(_), true) => {
            let message = "--print shows the records and cannot be used with another command";
            return Err(Stop(table().error(clap::error::ErrorKind::ArgumentConflict, message)));
        }
    };
    let steps = if global.dry_run { Steps::Show } else { Steps::Take };
    let output = if global.json { Output::Json } else { Output::Human };
    let verbosity = match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::Debug,
    };
    let mut arguments = arguments(global);
    if let Command::Run(run) = &command {
        arguments.set("listen", "--listen", run.listen.clone());
    }
    Ok(Invocation { command, arguments, steps, output, verbosity })
}

/// The table of commands and arguments, for completions and the man page.
pub fn table() -> clap::Command {
    CommandLine::command()
}

/// The original program's arguments with one dash, as ours with two. What stands behind `--` is left alone.
fn rewritten(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut literal = false;
    let rewrite = |word: OsString| {
        literal |= word == "--";
        let Some(text) = word.to_str().filter(|_| !literal) else { return word };
        match text {
            "-dry" => "--dry-run".into(),
            "-cloudflare-email" | "-cloudflare-api-key" => format!("-{text}").into(),
            _ if text.starts_with("-cloudflare-email=") || text.starts_with("-cloudflare-api-key=") => {
                format!("-{text}").into()
            }
            _ => word,
        }
    };
    words.into_iter().map(rewrite).collect()
}

/// What of the command line is configuration.
fn arguments(global: Global) -> Arguments {
    let mut arguments = Arguments::default();
    arguments.set_config(global.config);
    let one = |value: Option<String>| value.into_iter().collect();
    arguments.set("records", "--record", global.record);
    arguments.set("pool", "--source", global.source);
    arguments.set("privacy", "--privacy", one(global.privacy));
    arguments.set("panel", "--panel", one(global.panel));
    arguments.set("quorum", "--quorum", one(global.quorum));
    arguments.set("rule", "--rule", one(global.rule));
    arguments.set("deadline", "--deadline", one(global.deadline));
    arguments.set("allow", "--allow", global.allow);
    arguments.set("deny", "--deny", global.deny);
    arguments.set("owner", "--owner", one(global.owner));
    arguments.set("state_dir", "--state-dir", one(global.state_dir));
    arguments.set("ca_file", "--ca-file", global.ca_file);
    arguments.set_cloudflare("token", "--cloudflare-api-token", global.cloudflare_api_token);
    arguments.set_cloudflare("email", "--cloudflare-email", global.cloudflare_email);
    arguments.set_cloudflare("key", "--cloudflare-api-key", global.cloudflare_api_key);
    arguments
}

#[cfg(test)]
mod tests;
