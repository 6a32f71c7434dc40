//! `dynflare serve`: your own dynamic DNS on a server of yours; and what goes with it.
//!
//! With a configuration it serves what `[serve]` says ([`standing`]); with `--echo` only echoes, and without a file.
//! [`init`] writes everything that a new server needs, [`account`] makes accounts.

mod account;
mod echo;
mod endpoint;
mod house;
mod init;
#[cfg(feature = "nameserver")]
mod names;
#[cfg(not(feature = "nameserver"))]
#[path = "serve/nameless.rs"]
mod names;
mod sockets;
mod standing;
mod vital;

use super::args::Invocation;
use super::exit::Exit;
use super::output::Output;
use crate::config::{Environment, Settings};
use crate::server::client::Telling;
use crate::signed::Scheme;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What is served, and how.
#[derive(clap::Args, Clone, Debug, PartialEq, Eq)]
#[command(args_conflicts_with_subcommands = true)]
#[expect(clippy::doc_markdown, reason = "these comments are help texts, and help has no backticks")]
pub struct Arguments {
    /// What to do instead of serving
    #[command(subcommand)]
    pub command: Option<What>,
    /// Only tell clients their address (/, /ip, /json, /trace), without a configuration file
    #[arg(long)]
    pub echo: bool,
    /// Where to listen; may be repeated [default: 127.0.0.1:8053 and [::1]:8053]
    #[arg(long, requires = "echo", value_name = "ADDRESS:PORT")]
    pub listen: Vec<SocketAddr>,
    /// The certificate chain (PEM), read again when it changes
    #[arg(long, value_name = "FILE", requires_all = ["echo", "tls_key"])]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires_all = ["echo", "tls_cert"])]
    pub tls_key: Option<PathBuf>,
    /// Where proxies are whose word about clients counts; may be repeated
    #[arg(long, requires = "echo", value_name = "PREFIX")]
    pub trusted_proxy: Vec<String>,
    /// How they tell: x-forwarded-for, forwarded, cf-connecting-ip or proxy-protocol [default: x-forwarded-for]
    #[arg(long, value_name = "WAY", requires_all = ["echo", "trusted_proxy"], value_parser = way)]
    pub client_from: Option<Telling>,
    /// Where the key is that answers are signed with: file:PATH, env:NAME, credential:NAME or cmd:PROGRAM
    #[arg(long, requires = "echo", value_name = "REFERENCE", conflicts_with = "new_key")]
    pub key: Option<String>,
    /// Print a fresh key and the lines to paste, and end: ed25519 or hmac-sha256
    #[arg(long, value_name = "KIND", num_args = 0..=1, default_missing_value = "ed25519", value_parser = scheme)]
    pub new_key: Option<Scheme>,
}

/// What can be done instead of serving.
#[derive(clap::Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Make an account for the update endpoint, or show those there are
    Account {
        /// What to do
        #[command(subcommand)]
        command: account::What,
    },
    /// Write configuration, systemd units and a container file for a new server, and show the lines for its parent zone
    Init(init::Arguments),
}

fn way(text: &str) -> Result<Telling, String> {
    let found = Telling::WORDS.iter().find(|(word, _)| *word == text).map(|(_, way)| *way);
    found.ok_or_else(|| {
        format!("expected {}", Telling::WORDS.iter().map(|row| row.0).collect::<Vec<_>>().join(", "))
    })
}

fn scheme(text: &str) -> Result<Scheme, String> {
    match text {
        "ed25519" => Ok(Scheme::Ed25519),
        "hmac-sha256" => Ok(Scheme::HmacSha256),
        _ => Err("expected ed25519 or hmac-sha256".to_owned()),
    }
}

impl Arguments {
    /// Whether it is done with a configuration.
    pub(super) fn takes_configuration(&self) -> bool {
        match &self.command {
            Some(What::Init(_) | What::Account { command: account::What::Add(_) }) => false,
            Some(What::Account { command: account::What::List }) => true,
            None => !self.echo && self.new_key.is_none(),
        }
    }
}

/// Does what needs no configuration.
pub(super) async fn alone(arguments: &Arguments, world: &Environment, output: &Output) -> Exit {
    match &arguments.command {
        Some(What::Init(arguments)) => init::run(arguments, output),
        Some(What::Account { command: account::What::Add(arguments) }) => account::add(arguments, output),
        Some(What::Account { command: account::What::List }) | None => {
            echo::run(arguments, world, output).await
        }
    }
}

/// Does what takes a configuration.
pub(super) async fn run(
    (arguments, invocation): (&Arguments, &Invocation),
    world: &Environment,
    settings: &Settings,
    output: &Output,
) -> Exit {
    match &arguments.command {
        Some(What::Account { .. }) => account::list(settings, output),
        Some(What::Init(_)) | None => standing::run(invocation, world, settings, output).await,
    }
}
