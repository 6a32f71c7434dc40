//! What the program can do for you: one file per command, and the way from arguments to an exit code.
//!
//! Printing happens here and in [`output`]; ending the process is `main`'s.

pub mod args;
mod around;
mod ask;
mod bell;
mod check;
#[cfg(feature = "setup")]
pub mod completions;
#[cfg(feature = "demo")]
mod demo;
mod detect;
#[cfg(feature = "doctor")]
mod doctor;
pub mod exit;
#[cfg(feature = "setup")]
mod generate;
mod history;
#[cfg(feature = "import")]
pub mod import;
#[cfg(feature = "setup")]
mod init;
mod kick;
#[cfg(feature = "setup")]
pub mod man;
#[cfg(feature = "notify")]
mod notify;
mod output;
mod providers;
mod records;
mod reporter;
mod run;
#[cfg(feature = "serve")]
mod serve;
mod sources;
mod status;
mod table;
mod terminal;
mod update;
mod waiting;
mod watch;

use crate::config::{self, Colour, Diagnostic, Environment, Notice, Secrets, Settings};
use crate::report::clean::Cleaner;
use args::{Command, Invocation, Steps, Verbosity};
use ask::Folders;
use exit::Exit;
use output::{Format, Output};
use serde_json::json;
use std::ffi::OsString;
use std::future::Future;
use std::io::{self, IsTerminal};
use tokio::runtime::Builder;

/// Does what the command line says. `words` are the arguments, the program's name first.
pub fn run(words: impl IntoIterator<Item = OsString>, world: &Environment) -> Exit {
    // A panic is the fault of the source or the record it happened for, and is reported as that.
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if tokio::task::try_id().is_none() {
            default(panic);
        }
    }));
    terminal::learn(world);
    let words: Vec<OsString> = words.into_iter().collect();
    let wanted = args::output(&words);
    match args::parse(words) {
        Ok(invocation) => dispatch(&invocation, world),
        Err(stop) => {
            let output = Output::plain(Format::Text);
            if stop.is_mistake() {
                if wanted == args::Output::Json {
                    let mistake = Diagnostic::absence(stop.sentence()).hint("try `--help`");
                    return wrong(&[mistake], Format::Json);
                }
                output.error(stop.text(colour(&io::stderr())).trim_end());
                return Exit::Usage;
            }
            output.line(stop.text(colour(&io::stdout())).trim_end());
            Exit::AsDesired
        }
    }
}

fn dispatch(invocation: &Invocation, world: &Environment) -> Exit {
    let format = match invocation.output {
        args::Output::Human => Format::Text,
        args::Output::Json => Format::Json,
    };
    let plain = Output::plain(format);
    let kind = match invocation.steps {
        Steps::Take => update::Kind::Update,
        Steps::Show => update::Kind::DryRun,
    };
    let with = |secrets, command: &dyn Fn(&Settings, &Output) -> Exit| {
        with_settings(invocation, world, (format, secrets), command)
    };
    match &invocation.command {
        Command::Update(how) => with(Secrets::Read, &|settings, output| {
            let stops = if how.retry_stopped { update::Stops::Lift } else { update::Stops::Heed };
            wait(update::run(settings, (kind, stops), output))
        }),
        Command::Plan => with(Secrets::Read, &|settings, output| {
            wait(update::run(settings, (update::Kind::Plan, update::Stops::Heed), output))
        }),
        Command::Records => with(Secrets::Read, &|settings, output| wait(records::run(settings, output))),
        Command::Check => with(Secrets::All, &check::check),
        Command::Detect(wanted) => {
            with(Secrets::OfSources, &|settings, output| wait(detect::run(settings, *wanted, output)))
        }
        #[cfg(feature = "doctor")]
        Command::Doctor(arguments) => wait(doctor::run(*arguments, invocation, world, format)),
        Command::Sources => with(Secrets::Leave, &sources::run),
        Command::Config => with(Secrets::Leave, &check::config),
        #[cfg(feature = "notify")]
        Command::Notify { command: args::Notify::Test { names } } => {
            with(Secrets::OfNotifications, &|settings, output| wait(notify::test(names, settings, output)))
        }
        Command::Providers { id } => providers::run(id.as_deref(), &plain),
        Command::History(arguments) => with(Secrets::Leave, &|settings, output| {
            history::run(arguments, invocation.verbosity, settings, output)
        }),
        Command::Run(_) => {
            with(Secrets::OfRun, &|settings, output| wait(run::run(invocation, world, settings, output)))
        }
        #[cfg(feature = "import")]
        Command::Import(arguments) => import::run(arguments, &plain),
        #[cfg(feature = "setup")]
        Command::Init(arguments) => wait(init::run(arguments, invocation, world, &plain)),
        Command::Status(arguments) => {
            let output = Output { volume: Output::volume(invocation.verbosity), ..plain };
            wait(status::run(*arguments, &Folders::find(world, &invocation.arguments), &output))
        }
        Command::Kick => wait(kick::run(&Folders::find(world, &invocation.arguments), &plain)),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) if arguments.takes_configuration() => {
            with(Secrets::OfServe, &|settings, output| {
                wait(serve::run((arguments, invocation), world, settings, output))
            })
        }
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => wait(serve::alone(arguments, world, &plain)),
        #[cfg(feature = "setup")]
        Command::Generate(arguments) => generate::run(arguments, &plain),
        #[cfg(feature = "setup")]
        Command::Completions { shell } => text(&plain, "script", &completions::script(*shell)),
        #[cfg(feature = "setup")]
        Command::Man => text(&plain, "page", &man::page()),
        #[cfg(feature = "demo")]
        Command::Demo(demo) => wait(demo::run(demo, &plain)),
    }
}

#[cfg(feature = "setup")]
fn text(output: &Output, name: &str, text: &str) -> Exit {
    match output.format {
        Format::Text => output.line(text.trim_end()),
        Format::Json => output.json(&json!({ name: text, "exit": 0 })),
    }
    Exit::AsDesired
}

/// Reads the configuration, says what is wrong with it or worth knowing, and runs a command with it.
fn with_settings(
    invocation: &Invocation,
    world: &Environment,
    (format, secrets): (Format, Secrets),
    command: impl Fn(&Settings, &Output) -> Exit,
) -> Exit {
    match config::load(world, &invocation.arguments, secrets) {
        Ok((settings, notices)) => {
            let cleaner = Cleaner::new(settings.secrets());
            let output = Output { volume: Output::volume(invocation.verbosity), format, cleaner };
            if invocation.verbosity > Verbosity::Quiet {
                for notice in &notices {
                    say(notice, &output);
                }
            }
            let served = secrets == Secrets::All && settings.served().is_some();
            if settings.records.is_empty() && secrets.need_records() && !served {
                return wrong(&[Settings::no_records()], format);
            }
            command(&settings, &output)
        }
        Err(mistakes) => wrong(&mistakes, format),
    }
}

/// Says what is wrong with the configuration.
fn wrong(mistakes: &[Diagnostic], format: Format) -> Exit {
    let output = Output::plain(format);
    match format {
        Format::Json => output.json(&json!({
            "right": false,
            "mistakes": mistakes.iter().map(Diagnostic::to_json).collect::<Vec<_>>(),
            "exit": Exit::Usage.code(),
        })),
        Format::Text => {
            for mistake in mistakes {
                output.error(&mistake.render(colour(&io::stderr())));
            }
        }
    }
    Exit::Usage
}

fn say(notice: &Notice, output: &Output) {
    output.error(&output.cleaner.masked(&notice.render(colour(&io::stderr()))));
}

fn colour(stream: &impl IsTerminal) -> Colour {
    terminal::colour(stream)
}

/// Runs the asynchronous part on this one thread.
fn wait(command: impl Future<Output = Exit>) -> Exit {
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let exit = runtime.block_on(command);
            // A name that is still being looked up must not keep a decided run from ending.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            Output::plain(Format::Text).error(&format!("error: cannot start\n  cause: {error}"));
            Exit::Later
        }
    }
}
