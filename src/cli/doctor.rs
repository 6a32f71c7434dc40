//! `dynflare doctor`: is everything right, and if not, what to do. Everything is looked at side by side and nothing is
//! changed; what cannot be looked at is a finding like any other.

mod gather;
mod page;

use super::args::Invocation;
use super::exit::Exit;
use super::output::{Format, Output};
use super::waiting;
use crate::config::{self, Diagnostic, Environment, Secrets, Settings};
use crate::doctor::{Finding, Level, Subject, configuration, in_order, worst};
use crate::report::clean::Cleaner;

/// What of the diagnosis is asked for.
#[derive(clap::Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Ask the router too, though it is not in the pool, how this machine is connected
    #[arg(long)]
    pub router: bool,
}

/// The configuration, as far as it can be used.
enum Read {
    /// All of it.
    Whole(Box<Settings>, Vec<Diagnostic>),
    /// All but the accounts: something else is wrong with it, or their secrets cannot be read.
    WithoutAccounts { settings: Box<Settings>, notices: Vec<Diagnostic>, mistakes: Vec<Diagnostic> },
    /// Nothing.
    Not(Vec<Diagnostic>),
}

impl Read {
    fn of(world: &Environment, arguments: &config::Arguments) -> Self {
        let mistakes = match config::load(world, arguments, Secrets::All) {
            Ok((settings, notices)) => return Self::Whole(Box::new(settings), notices),
            Err(mistakes) => mistakes,
        };
        match config::load(world, arguments, Secrets::OfSources) {
            Ok((settings, notices)) => {
                Self::WithoutAccounts { settings: Box::new(settings), notices, mistakes }
            }
            Err(_) => Self::Not(mistakes),
        }
    }

    fn cleaner(&self) -> Cleaner {
        match self {
            Self::Whole(settings, _) | Self::WithoutAccounts { settings, .. } => {
                Cleaner::new(settings.secrets())
            }
            Self::Not(_) => Cleaner::default(),
        }
    }
}

/// Looks at everything, and shows it.
pub(super) async fn run(
    arguments: Arguments,
    invocation: &Invocation,
    world: &Environment,
    format: Format,
) -> Exit {
    let read = Read::of(world, &invocation.arguments);
    let cleaner = read.cleaner();
    let output = Output { volume: Output::volume(invocation.verbosity), format, cleaner: cleaner.clone() };
    let mut findings = match &read {
        Read::Whole(settings, notices) => configuration::judge(settings, notices, &cleaner),
        Read::WithoutAccounts { mistakes, .. } | Read::Not(mistakes) => {
            configuration::of_mistakes(mistakes, &cleaner)
        }
    };
    // That nothing is to be done is a mistake to every command.
    let usable = worst(&findings) < Level::Error;
    match &read {
        Read::Whole(settings, notices) => {
            let looking = gather::everything(settings, arguments, notices, &cleaner);
            findings.extend(waiting::during("looking at everything", &output, looking).await);
        }
        Read::WithoutAccounts { settings, notices, .. } => {
            let looking = gather::without_accounts(settings, arguments, notices, &cleaner);
            findings.extend(waiting::during("looking at what can be looked at", &output, looking).await);
            let what = "not looked at, since the configuration cannot be used as it is";
            findings.push(Finding::new(Level::Note, Subject::Record, what).hint("see `configuration`"));
        }
        Read::Not(_) => {
            let what = "nobody was asked: the configuration does not say whom one may ask";
            findings.push(Finding::new(Level::Note, Subject::Sources, what).hint("see `configuration`"));
        }
    }
    let findings = in_order(findings);
    let exit = exit(&findings, usable);
    page::show(&findings, exit, &output);
    exit
}

/// The exit code: what a configuration that cannot be used comes to is the same for every command.
fn exit(findings: &[Finding], usable: bool) -> Exit {
    match worst(findings) {
        _ if !usable => Exit::Usage,
        Level::Ok | Level::Note => Exit::AsDesired,
        Level::Warning => Exit::Warned,
        Level::Error => Exit::Failed,
    }
}
