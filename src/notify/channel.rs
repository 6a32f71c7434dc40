//! What a target is sent, and the one thing that every kind of target can do: send it.

use super::http::Http;
use super::kinds::Way;
use super::message::Message;
use super::program::Program;
use super::settings::Settings;
use crate::net::Network;
use crate::report::news::Subject;
use dynflare_core::fault::Fault;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// How a round ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything is as desired.
    Fine,
    /// Something failed: why, in one line.
    Failed(String),
}

/// How one record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub record: Subject,
    /// Its values; `None` where they are not known.
    pub values: Option<Vec<String>>,
    /// Whether it is well.
    pub health: Health,
}

/// Whether a record is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is.
    Well,
    /// It fails, or somebody has to look.
    Unwell,
}

/// A ping to a service that watches whether rounds still happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ping {
    /// A round began.
    Started,
    /// It ended well.
    Fine,
    /// It did not, and why.
    Failed(String),
    /// Nothing happened; somebody tests.
    Test,
}

/// What is queued for a target.
#[derive(Clone, Debug)]
pub(super) enum Job {
    /// A message.
    Message(Arc<Message>),
    /// A ping.
    Ping(Ping),
    /// How all records stand.
    #[cfg_attr(not(feature = "mqtt"), expect(dead_code, reason = "only a broker is told of it"))]
    Standing(Arc<[Standing]>),
}

impl Job {
    /// Whether this makes an older job of no interest.
    pub(super) fn supersedes(&self, older: &Self) -> bool {
        match (self, older) {
            // The beginning of a round says nothing of how the one before ended.
            (Self::Ping(Ping::Started), Self::Ping(_)) => matches!(older, Self::Ping(Ping::Started)),
            (Self::Ping(_), Self::Ping(_)) | (Self::Standing(_), Self::Standing(_)) => true,
            (Self::Message(_) | Self::Ping(_) | Self::Standing(_), _) => false,
        }
    }

    /// What it is called where its fate is told.
    pub(super) fn title(&self) -> &str {
        match self {
            Self::Message(message) => &message.title,
            Self::Ping(Ping::Started) => "the ping that a round began",
            Self::Ping(Ping::Fine | Ping::Failed(_)) => "the ping that a round ended",
            Self::Ping(Ping::Test) => "a test",
            Self::Standing(_) => "the state of the records",
        }
    }
}

/// The end of a sending.
pub(super) type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>>;

/// Whether the same can be sent again where nobody knows if it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    /// It has the same effect as once.
    Harmless,
    /// It would be told twice.
    Told,
}

/// A way to reach somebody.
pub(super) trait Channel: Send + Sync {
    /// Sends once, within a time limit of its own.
    fn send<'a>(&'a self, job: &'a Job) -> Sending<'a>;

    /// What sending the same job twice comes to.
    fn twice(&self, job: &Job) -> Twice;
}

/// The way to a target.
pub(super) fn open(settings: &Settings, network: &Network) -> Box<dyn Channel> {
    match &settings.kind.way {
        Way::Http(row) => Box::new(Http::new(row, settings, network)),
        Way::Program => Box::new(Program::new(settings)),
        #[cfg(feature = "mail")]
        Way::Mail => Box::new(super::mail::Mail::new(settings, network)),
        #[cfg(feature = "mqtt")]
        Way::Mqtt => Box::new(super::mqtt::Mqtt::new(settings, network)),
    }
}
