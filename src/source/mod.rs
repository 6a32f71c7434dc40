//! The contract of every source of addresses.
//!
//! A source belongs to an operator and knows how one party, asked over one family, answers. It translates and nothing
//! else: no retry, log, print or judgement. Every question may be dropped at any await point, and what it held goes with
//! it. Every failure is a [`Fault`]; what is not exactly one address of the family asked is one.
//!
//! [`table`] holds the built-in sources, [`spec`] reads those that users write, [`ask`] runs a round over them.

pub mod ask;
mod command;
mod dns;
mod echo;
pub mod extras;
mod failure;
mod file;
mod fixed;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
pub mod http;
pub mod interception;
pub mod interface;
mod pace;
mod pattern;
pub mod privacy;
pub mod router;
pub mod spec;
mod stun;
pub mod table;
mod text;
mod tunnel;
mod turn;

pub use ask::{Answer, Detection, Filters, Inquiry};
pub use dns::DnsError;
pub use extras::Extras;
pub use failure::Failure;
pub use interface::InterfaceError;
pub use pattern::{Pattern, PatternError};
pub use spec::SpecError;
pub use stun::StunError;
pub use table::{Group, Kind, SOURCES, SourceRow};
use text::{beginning, not_an_address, one_address};
use turn::Turns;

use crate::net::{Base, Network, Route};
use dynflare_core::address::{Family, Prefix, Special};
use dynflare_core::fault::Fault;
use dynflare_core::quorum::{Opinion, Vote};
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The largest answer that is read, in bytes. Whatever is longer is not one address.
const LIMIT: usize = 4096;

/// What is asked of a source.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The family, forced at the socket.
    pub family: Family,
    /// The way its sockets take: forced to the family, from the round's one address.
    pub route: Route,
    /// The network.
    pub network: &'a Network,
    /// How long the answer may take.
    pub timeout: Duration,
    /// Which addresses will count, for those who have several to choose from.
    pub filters: &'a Filters,
    /// Where what is said beside the opinion goes.
    pub aside: &'a Mutex<Aside>,
}

/// What a source says beside its opinion: for people who want to know why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// The network that the address is in, where the source knows it.
    pub network: Option<Prefix>,
    /// Addresses that are this machine's as well, where the user wants all of them.
    pub beside: Vec<IpAddr>,
    /// Sentences, such as why other addresses were passed over.
    pub notes: Vec<String>,
}

impl Question<'_> {
    /// Says a sentence beside the opinion.
    pub fn note(&self, sentence: String) {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).notes.push(sentence);
    }

    /// Says which addresses are this machine's as well.
    pub fn beside(&self, addresses: Vec<IpAddr>) {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).beside = addresses;
    }

    /// Says which network the address is in.
    pub fn network(&self, network: Prefix) {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).network = Some(network);
    }
}

/// An answer to come.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Opinion, Failure>> + Send + 'a>>;

/// How one kind of source is asked.
pub trait Engine: fmt::Debug + Send + Sync {
    /// What kind of source it is, by its transport, in a word for tables: `https`, `dot`, `stun`, `file`.
    fn kind(&self) -> &'static str;

    /// Whether it can be asked about this family at all.
    fn serves(&self, family: Family) -> bool;

    /// Whether asking needs a way out over the family.
    fn is_remote(&self) -> bool;

    /// Asks.
    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a>;

    /// Why this address is not believed, where the kind of source can say more about it than the general rule.
    fn refused(&self, _address: IpAddr, _special: Special) -> Option<Fault> {
        None
    }

    /// The same without these variables in the environment, where another program is run; elsewhere nobody needs their names.
    fn without_variables(&self, _names: &dyn Fn() -> Vec<String>) -> Option<Arc<dyn Engine>> {
        None
    }

    /// The same with another base URL, where there is a base URL.
    fn with_base(&self, _families: &[Family], _base: &Base) -> Option<Arc<dyn Engine>> {
        None
    }
}

/// One source, ready to be asked. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Source {
    /// What reports call it: a built-in's id, or what the user wrote.
    pub id: String,
    /// The independent party that runs it. Sources of one operator have one vote together.
    pub operator: String,
    /// Whether its answers count.
    pub vote: Vote,
    /// The groups of the default pool it is in.
    pub groups: &'static [Group],
    turns: Turns,
    engine: Arc<dyn Engine>,
}

impl Source {
    /// A source of any kind that votes, is in no group and is its own operator.
    pub fn new(id: impl Into<String>, engine: impl Engine + 'static) -> Self {
        let id = id.into();
        let (turns, engine) = (Turns::default(), Arc::new(engine));
        Self { operator: id.clone(), id, vote: Vote::Full, groups: &[], turns, engine }
    }

    /// The built-in sources that are asked unless the user says otherwise.
    pub fn default_pool() -> Vec<Self> {
        SOURCES.iter().filter(|row| row.pooled).map(SourceRow::source).collect()
    }

    /// Reads `ipify`, `url:https://…`, `dns:tls://…`, `stun:…`, `static:192.0.2.1,2001:db8::1`, `file:/path` or
    /// `command:program argument …`.
    ///
    /// A built-in that is named is there because somebody wants it: no group limits it.
    pub fn parse_spec(text: &str) -> Result<Self, SpecError> {
        spec::parse(text, &Extras::default())
    }

    /// One that answers with what was configured.
    pub fn fixed(v4: Option<std::net::Ipv4Addr>, v6: Option<std::net::Ipv6Addr>) -> Self {
        let fixed = fixed::Fixed { v4, v6 };
        Self::new(format!("static:{fixed}"), fixed)
    }

    /// A source that reads a file each time.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::new(format!("file:{}", path.display()), file::File { path })
    }

    /// A source that looks at an interface of this machine: `text` is what follows the word `interface` in a spec.
    /// All of them are one operator, the machine itself.
    pub fn interface(text: &str) -> Result<Self, InterfaceError> {
        let interface = interface::Interface::parse(text)?;
        Ok(Self::new(format!("interface{text}"), interface).run_by("this machine"))
    }

    /// One that runs a program, without a shell; `{family}` in an argument becomes `4` or `6`. `None` without one.
    pub fn command(argv: &[String]) -> Option<Self> {
        let (program, arguments) = argv.split_first().filter(|(program, _)| !program.is_empty())?;
        let (program, arguments) = (program.clone(), arguments.to_vec());
        let id = format!("command:{program}");
        let command = command::Command { program, arguments, without: Vec::new() };
        Some(Self::new(id, command))
    }

    /// The same source under another operator.
    #[must_use]
    pub fn run_by(mut self, operator: impl Into<String>) -> Self {
        self.operator = operator.into();
        self
    }

    /// The same source under another id; its operator stays.
    #[must_use]
    pub fn called(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// The same source, where it is a program without these variables in its environment.
    #[must_use]
    pub fn without_variables(mut self, names: &dyn Fn() -> Vec<String>) -> Self {
        if let Some(engine) = self.engine.without_variables(names) {
            self.engine = engine;
        }
        self
    }

    /// The same with another base URL for these families, keeping the paths; `None` where there is no URL.
    pub fn with_base(&self, families: &[Family], base: &Base) -> Option<Self> {
        let engine = self.engine.with_base(families, base)?;
        Some(Self { engine, ..self.clone() })
    }

    /// Whether it can be asked about this family at all.
    pub fn serves(&self, family: Family) -> bool {
        self.engine.serves(family)
    }

    /// What kind of source it is, by its transport: `https`, `dot`, `stun`, `file`.
    pub fn kind(&self) -> &'static str {
        self.engine.kind()
    }

    /// Whether asking needs a way out over the family.
    pub fn is_remote(&self) -> bool {
        self.engine.is_remote()
    }

    /// Asks once.
    pub async fn ask(&self, question: Question<'_>) -> Result<Opinion, Failure> {
        self.engine.ask(question).await
    }
}
